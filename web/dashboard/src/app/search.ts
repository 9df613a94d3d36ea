import type { ResultsFilter } from "../api/contract.ts";
import { readFilter } from "../lib/filter.ts";

/** What each page keeps in the URL. Unknown or broken values fall back, they never break a page. */

type Search = Record<string, unknown>;
type Optional<T> = { [K in keyof T]?: T[K] | undefined };
const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined);

function oneOf<const T extends string>(value: unknown, options: readonly T[]): T | undefined {
  return options.find((option) => option === value);
}

export const loginSearch = (search: Search): Optional<{ return: string }> => ({ return: text(search["return"]) });

export const SAMPLES = ["curl", "node", "python", "rust"] as const;
export const connectionsSearch = (search: Search): Optional<{ sample: (typeof SAMPLES)[number] }> => ({ sample: oneOf(search["sample"], SAMPLES) });

export const triggersSearch = (search: Search): Optional<{ kind: "backend" | "frontend"; q: string; archived: true; name: string }> => ({
  kind: oneOf(search["kind"], ["backend", "frontend"]),
  q: text(search["q"]),
  archived: search["archived"] === true ? true : undefined,
  name: text(search["name"]),
});

export const SETTINGS_TABS = ["general", "theme", "security"] as const;
export const settingsSearch = (search: Search): Optional<{ tab: (typeof SETTINGS_TABS)[number] }> => ({ tab: oneOf(search["tab"], SETTINGS_TABS) });

export const RESULTS_TABS = ["summary", "responses", "refusals"] as const;
export const resultsSearch = (search: Search): Optional<{ tab: (typeof RESULTS_TABS)[number]; filter: ResultsFilter; columns: string; response: string }> => ({
  tab: oneOf(search["tab"], RESULTS_TABS),
  filter: readFilter(search["filter"]),
  columns: text(search["columns"]),
  response: text(search["response"]),
});

export const usersSearch = (search: Search): Optional<{ q: string }> => ({ q: text(search["q"]) });

const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/;
/** What is asked about one user: at which trigger, on which platform, when (on this browser's clocks). */
export const userSearch = (search: Search): Optional<{ namespace: "anonymous"; trigger: string; platform: "web" | "ios" | "android"; at: string }> => {
  const at = text(search["at"]);
  return {
    namespace: oneOf(search["namespace"], ["anonymous"]),
    trigger: text(search["trigger"]),
    platform: oneOf(search["platform"], ["web", "ios", "android"]),
    at: at && MOMENT.test(at) ? at : undefined,
  };
};
