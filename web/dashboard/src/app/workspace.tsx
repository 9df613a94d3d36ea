import { createRoute, lazyRouteComponent, redirect, retainSearchParams } from "@tanstack/react-router";
import { authState } from "../api/auth.ts";
import type { AuthState, Workspace } from "../api/contract.ts";
import { queryClient } from "../api/query.ts";
import { recall, remember } from "../lib/storage.ts";
import { pickWorkspace } from "../lib/workspaces.ts";
import { rootRoute } from "./root.tsx";

/** Everything behind the login. Its context knows who is signed in and which workspace is open. */
export const workspaceRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "workspace",
  validateSearch: (search: Record<string, unknown>): { w?: string | undefined } => ({ w: typeof search["w"] === "string" ? search["w"] : undefined }),
  search: { middlewares: [retainSearchParams(["w"])] },
  beforeLoad: async ({ location, search }) => {
    const auth = await queryClient.ensureQueryData(authState);
    if (auth.setup_needed) throw redirect({ to: "/setup" });
    if (!auth.member) throw redirect({ to: "/login", search: { return: location.href } });
    const workspace = pickWorkspace(auth.workspaces, search.w, recall("workspace"));
    if (!workspace) throw new Error("You belong to no workspace. Ask a colleague to let you in.");
    remember("workspace", workspace.id);
    return { auth: auth as AuthState & { member: NonNullable<AuthState["member"]> }, workspace };
  },
  component: lazyRouteComponent(() => import("./shell.tsx"), "Shell"),
});

/** The open workspace. Its id is part of every API path: `/workspaces/${id}/…`. */
export function useWorkspace(): Workspace {
  return workspaceRoute.useRouteContext().workspace;
}

export function useAuth() {
  return workspaceRoute.useRouteContext().auth;
}
