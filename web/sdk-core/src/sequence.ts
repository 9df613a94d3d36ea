import { SEQUENCE_NAMES } from "./limits.ts";
import type { Store } from "./ports.ts";

const KEY = "sequence";

/** The names fired during this visit, oldest first, over page changes. */
export class Sequence {
  readonly #visit: Store;

  constructor(visit: Store) {
    this.#visit = visit;
  }

  push(name: string): readonly string[] {
    const names = [...this.#read(), name].slice(-SEQUENCE_NAMES);
    this.#visit.set(KEY, JSON.stringify(names));
    return names;
  }

  clear(): void {
    this.#visit.remove(KEY);
  }

  #read(): string[] {
    try {
      const names: unknown = JSON.parse(this.#visit.get(KEY) ?? "[]");
      return Array.isArray(names) ? names : [];
    } catch {
      return [];
    }
  }
}
