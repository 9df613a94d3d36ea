import { SEEN_DELAY_MS } from "./limits.ts";
import type { Platform, Properties } from "./ports.ts";
import type { Unkept } from "./queue.ts";

/** Reports triggers that no survey uses: each name with each set of property keys once a visit. */
export class Seen {
  readonly #platform: Platform;
  readonly #send: (item: Unkept) => void;
  #pending: { name: string; properties: Properties }[] = [];
  #cancel: (() => void) | null = null;

  constructor(platform: Platform, send: (item: Unkept) => void) {
    this.#platform = platform;
    this.#send = send;
  }

  note(name: string, properties: Properties): void {
    const { visit, clock } = this.#platform;
    const key = `seen:${JSON.stringify([name, ...Object.keys(properties).sort()])}`;
    if (visit.get(key) !== null) return;
    visit.set(key, "1");
    this.#pending.push({ name, properties });
    this.#cancel ??= clock.after(SEEN_DELAY_MS, () => {
      for (const item of this.take()) this.#send(item);
    });
  }

  take(): Unkept[] {
    this.#cancel?.();
    this.#cancel = null;
    const triggers = this.#pending;
    this.#pending = [];
    return triggers.length ? [{ type: "seen", triggers }] : [];
  }
}
