import type { Api } from "./api.ts";
import { POLL_MS, POLL_SHORTEST_MS } from "./limits.ts";
import type { Clock } from "./ports.ts";

interface Wire {
  readonly triggers?: readonly string[];
  readonly poll_after_ms?: number;
  readonly theme?: unknown;
  readonly push?: boolean;
}

/** Which triggers are worth a question. Refreshes itself; a failed refresh keeps what is known. */
export class Config {
  readonly #api: Api;
  readonly #clock: Clock;
  readonly #platform: string;
  /** How the workspace wants its surveys to look; the presenter knows what it means. */
  theme: unknown;
  readonly #onPush: () => void;
  #names: ReadonlySet<string> | null = null;
  #etag: string | null = null;
  #pollAfterMs = POLL_MS;
  #loading: Promise<void> | null = null;
  #cancel: () => void = () => {};

  constructor(api: Api, clock: Clock, platform: string, onPush: () => void) {
    this.#onPush = onPush;
    this.#api = api;
    this.#clock = clock;
    this.#platform = platform;
  }

  /** Null while nothing is known. */
  has(trigger: string): boolean | null {
    return this.#names && this.#names.has(trigger);
  }

  /** Settles when the config is known or could not be had; never rejects. */
  ready(): Promise<void> {
    return this.#names ? Promise.resolve() : this.refresh();
  }

  refresh(): Promise<void> {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = null;
      this.#cancel();
      this.#cancel = this.#clock.after(this.#pollAfterMs, () => void this.refresh());
    });
    return this.#loading;
  }

  /** No polling while nobody looks. */
  pause(): void {
    this.#cancel();
  }

  async #load(): Promise<void> {
    const etag = this.#etag;
    // Should the conditional request fail on its way, the next one is unconditional.
    this.#etag = null;
    try {
      const reply = await this.#api.call("GET", `/config?platform=${this.#platform}`, undefined, { etag });
      if (reply.status === 304) {
        this.#etag = etag;
        return;
      }
      // A torn body is null: reading it fails, and what was known stays.
      const wire = reply.body as Wire;
      this.#names = new Set(wire.triggers);
      this.theme = wire.theme;
      this.#pollAfterMs = Math.max(wire.poll_after_ms ?? POLL_MS, POLL_SHORTEST_MS);
      this.#etag = reply.etag ?? null;
      if (wire.push) this.#onPush();
    } catch {
      // The next poll tries again.
    }
  }
}
