import type { Workspace } from "../api/contract.ts";

/** The workspace that the URL names (`?w=`), else the last one used here, else the first. */
export function pickWorkspace(workspaces: Workspace[], wanted: string | undefined, last: string | null): Workspace | undefined {
  return workspaces.find((each) => each.id === wanted) ?? workspaces.find((each) => each.id === last) ?? workspaces[0];
}
