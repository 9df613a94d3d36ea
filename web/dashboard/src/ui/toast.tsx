import { CircleAlert, CircleCheck, X } from "lucide-react";
import { useSyncExternalStore } from "react";
import { messageOf } from "../api/http.ts";
import { Button, IconButton } from "./button.tsx";

type Action = { label: string; run: () => void };
export type Toast = { id: number; text: string; tone: "good" | "bad"; action?: Action };

let toasts: readonly Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();
const timers = new Map<number, ReturnType<typeof setTimeout>>();

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

export function dismiss(id: number): void {
  clearTimeout(timers.get(id));
  timers.delete(id);
  set(toasts.filter((toast) => toast.id !== id));
}

function add(text: string, tone: Toast["tone"], action: Action | undefined, life: number): number {
  const id = nextId++;
  set([...toasts.slice(-3), { id, text, tone, ...(action && { action }) }]);
  timers.set(id, setTimeout(() => dismiss(id), life));
  return id;
}

export const UNDO_MS = 8000;

/** Says what happened. With an action (such as Undo) it stays a little longer. */
export const toast = (text: string, action?: Action): number => add(text, "good", action, action ? UNDO_MS : 4000);
export const toastError = (error: unknown, before = ""): number => add(`${before}${before && " "}${messageOf(error)}`, "bad", undefined, 9000);

export function Toaster() {
  const shown = useSyncExternalStore((listener) => (listeners.add(listener), () => listeners.delete(listener)), () => toasts);
  return (
    <section aria-label="Notifications" aria-live="polite" aria-atomic="false" className="pointer-events-none fixed right-4 bottom-4 left-4 z-[60] flex flex-col items-end gap-2">
      {shown.map((item) => (
        <div key={item.id} className="pointer-events-auto flex max-w-md min-w-64 animate-rise items-center gap-2.5 rounded-lg border border-line bg-raised py-2 pr-2 pl-3 shadow-pop">
          {item.tone === "good" ? <CircleCheck size={16} className="shrink-0 text-good" aria-hidden /> : <CircleAlert size={16} className="shrink-0 text-bad" aria-hidden />}
          <p className="min-w-0 flex-1 text-base wrap-anywhere">{item.text}</p>
          {item.action && (
            <Button size="sm" onClick={() => { item.action?.run(); dismiss(item.id); }}>{item.action.label}</Button>
          )}
          <IconButton label="Dismiss" onClick={() => dismiss(item.id)}><X size={14} aria-hidden /></IconButton>
        </div>
      ))}
    </section>
  );
}
