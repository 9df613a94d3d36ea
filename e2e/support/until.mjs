import { setTimeout as pause } from "node:timers/promises";

const PATIENCE_MS = 15_000;

/** Asks again and again until the answer is truthy, and hands it back. */
export async function until(what, ask) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await pause(25);
  }
}
