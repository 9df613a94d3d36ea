import { useSyncExternalStore } from "react";
import { exactTime, relativeTime } from "../lib/time.ts";

let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  // Nobody looked for a while: the clock stood still.
  if (!timer) now = Date.now();
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 15_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** Now, kept fresh: milliseconds since 1970. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

/** A moment, relative to now and kept fresh; the exact time on hover. */
export function Time({ at, never = "never" }: { at: string | null | undefined; never?: string }) {
  const tick = useNow();
  if (!at) return <span className="text-ink-3">{never}</span>;
  const time = new Date(at).getTime();
  // The shared clock may lag a little: what happened since its last tick is not "in 3 seconds".
  const reference = time > tick && time - tick < 20_000 ? time : tick;
  return <time dateTime={at} title={exactTime(at)} className="whitespace-nowrap">{relativeTime(at, reference)}</time>;
}
