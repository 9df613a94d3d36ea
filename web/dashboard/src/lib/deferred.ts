import { useSyncExternalStore } from "react";
import { dismiss, toast, toastError, UNDO_MS } from "../ui/toast.tsx";

type Pending = { timer: ReturnType<typeof setTimeout>; commit: () => void };
const pending = new Map<string, Pending>();
const listeners = new Set<() => void>();
let hidden: ReadonlySet<string> = new Set();

function setHidden(change: (ids: Set<string>) => void): void {
  const next = new Set(hidden);
  change(next);
  hidden = next;
  for (const listener of listeners) listener();
}

if (typeof addEventListener === "function") {
  addEventListener("pagehide", () => {
    for (const { commit } of pending.values()) commit();
  });
}

/**
 * Deletes after a while in which it can be undone. Until then the thing is only hidden (`useHidden`); it comes back
 * on undo and when the server refuses. Whoever leaves the page meanwhile has not undone it: then it is deleted at once.
 */
export function deleteWithUndo(id: string, said: string, run: () => Promise<unknown>, done: () => void): void {
  setHidden((ids) => ids.add(id));
  const reveal = () => setHidden((ids) => ids.delete(id));
  const commit = () => {
    const mine = pending.get(id);
    if (!mine) return;
    clearTimeout(mine.timer);
    pending.delete(id);
    dismiss(note);
    run().then(done, (error: unknown) => {
      reveal();
      toastError(error, "It was not deleted.");
    });
  };
  const note = toast(said, {
    label: "Undo",
    run: () => {
      clearTimeout(pending.get(id)?.timer);
      pending.delete(id);
      reveal();
    },
  });
  pending.set(id, { timer: setTimeout(commit, UNDO_MS), commit });
}

/** Ids of what is deleted or about to be. */
export function useHidden(): ReadonlySet<string> {
  return useSyncExternalStore((listener) => (listeners.add(listener), () => listeners.delete(listener)), () => hidden);
}
