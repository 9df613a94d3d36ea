import { useSyncExternalStore } from "react";
import { UNDO_MS } from "../../ui/index.ts";

/** Surveys that were deleted a moment ago: gone from sight, and from the server when nobody took it back. */
let hidden: ReadonlySet<string> = new Set();
const listeners = new Set<() => void>();
const pending = new Map<string, () => void>();

function show(ids: ReadonlySet<string>): void {
  hidden = ids;
  for (const listener of listeners) listener();
}

export function useHidden(): ReadonlySet<string> {
  return useSyncExternalStore((listener) => (listeners.add(listener), () => listeners.delete(listener)), () => hidden);
}

/** Hides the survey now and deletes it when the time to undo is over, or when the page goes. Returns the undo. */
export function deleteSoon(id: string, run: () => Promise<void>): () => void {
  show(new Set([...hidden, id]));
  const bringBack = () => show(new Set([...hidden].filter((each) => each !== id)));
  const settle = () => {
    clearTimeout(timer);
    pending.delete(id);
    void run().finally(bringBack);
  };
  const timer = setTimeout(settle, UNDO_MS);
  pending.set(id, settle);
  return () => {
    if (!pending.delete(id)) return;
    clearTimeout(timer);
    bringBack();
  };
}

addEventListener("pagehide", () => {
  for (const settle of pending.values()) settle();
});
