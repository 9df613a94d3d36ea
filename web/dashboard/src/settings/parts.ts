import type { Settings } from "../api/contract.ts";

/** What each part of the settings form gets. */
export type SettingsPart = {
  draft: Settings;
  change: (part: Partial<Settings>) => void;
  /** A field that cannot be saved as it is says why; null when it can. */
  report: (field: string, problem: string | null) => void;
  problems: Record<string, string>;
};
