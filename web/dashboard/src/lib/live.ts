import type { LiveEvent } from "../api/contract.ts";

const KEEP = 200;

/** The list with one event more: newest first, each once, at most 200. */
export function withEvent(list: LiveEvent[] | undefined, event: LiveEvent): LiveEvent[] {
  if (list?.some((each) => each.id === event.id)) return list;
  return [event, ...(list ?? [])].sort((a, b) => b.id - a.id).slice(0, KEEP);
}
