/** Saves the newest draft, one request at a time, each on the revision that the last one gave. No screen, no clock of its own. */
import type { DocumentError } from "./document.ts";

export type SaveState =
  | { readonly kind: "saved"; readonly at: number | null }
  | { readonly kind: "waiting" | "saving" | "offline" | "conflict" }
  | { readonly kind: "failed"; readonly message: string };

export interface Saved {
  readonly revision: number;
  readonly errors: readonly DocumentError[];
}

export type Outcome = { readonly ok: Saved } | { readonly refused: "conflict" | "offline" } | { readonly failed: string };

export interface SavePorts<T> {
  save(document: T, revision: number): Promise<Outcome>;
  after(ms: number, run: () => void): () => void;
  now(): number;
  changed(state: SaveState, errors: readonly DocumentError[] | null): void;
}

export const QUIET_MS = 700;
const RETRY_MS = 5_000;

export class Autosave<T> {
  readonly #ports: SavePorts<T>;
  #revision: number;
  #kept: T;
  #newest: T;
  #cancel: () => void = () => {};
  #running: Promise<void> | null = null;
  #state: SaveState = { kind: "saved", at: null };

  constructor(document: T, revision: number, ports: SavePorts<T>) {
    this.#kept = this.#newest = document;
    this.#revision = revision;
    this.#ports = ports;
  }

  get state(): SaveState {
    return this.#state;
  }

  get isDirty(): boolean {
    return this.#kept !== this.#newest;
  }

  get revision(): number {
    return this.#revision;
  }

  /** The document is now this; it is saved when nothing more changes for a moment. */
  change(document: T): void {
    if (document === this.#newest) return;
    this.#newest = document;
    if (this.#state.kind === "conflict") return;
    this.#say({ kind: "waiting" });
    this.#wait(QUIET_MS);
  }

  /** Saves now what is unsaved. True when everything is kept. */
  async flush(): Promise<boolean> {
    this.#cancel();
    if (this.#state.kind === "conflict") return false;
    await (this.#running ??= this.#save().finally(() => (this.#running = null)));
    return !this.isDirty;
  }

  /** After a conflict: this browser's document replaces what is on the server. */
  overwrite(revision: number): Promise<boolean> {
    this.#revision = revision;
    this.#say({ kind: "waiting" });
    return this.flush();
  }

  stop(): void {
    this.#cancel();
  }

  #wait(ms: number): void {
    this.#cancel();
    this.#cancel = this.#ports.after(ms, () => void this.flush());
  }

  async #save(): Promise<void> {
    while (this.isDirty) {
      const document = this.#newest;
      this.#say({ kind: "saving" });
      const outcome = await this.#ports.save(document, this.#revision);
      if (!("ok" in outcome)) return this.#refuse(outcome);
      this.#kept = document;
      this.#revision = outcome.ok.revision;
      this.#say(this.isDirty ? { kind: "saving" } : { kind: "saved", at: this.#ports.now() }, this.isDirty ? null : outcome.ok.errors);
    }
    if (this.#state.kind !== "saved") this.#say({ kind: "saved", at: this.#ports.now() });
  }

  #refuse(outcome: Exclude<Outcome, { ok: Saved }>): void {
    if ("failed" in outcome) this.#say({ kind: "failed", message: outcome.failed });
    else this.#say({ kind: outcome.refused });
    const mayPass = "failed" in outcome || outcome.refused === "offline";
    if (mayPass) this.#wait(RETRY_MS);
  }

  #say(state: SaveState, errors: readonly DocumentError[] | null = null): void {
    this.#state = state;
    this.#ports.changed(state, errors);
  }
}
