import { type Api, ApiError, mayPass, statusOf } from "./api.ts";
import { API, BATCH_ITEMS, QUEUE_AGE_MS, QUEUE_ENTRIES, RETRY_FIRST_MS, RETRY_LONGEST_MS } from "./limits.ts";
import type { Answers, Attributes, Platform, Request } from "./ports.ts";
import type { Owner, Session } from "./session.ts";

export interface ResponseItem {
  readonly type: "response";
  readonly display_id: string;
  readonly revision: number;
  readonly completed: boolean;
  readonly locale: string | undefined;
  readonly duration_ms: number;
  readonly answers: Answers;
}

/** As the protocol's batch takes them. */
export type Item =
  | ResponseItem
  | { readonly type: "display"; readonly display_id: string; readonly state: "dismissed" | "abandoned" }
  | { readonly type: "attributes"; readonly attributes: Attributes };

export type Unkept = { readonly type: "seen"; readonly triggers: readonly unknown[] };

/** The owner's token sends the entry on after its user has gone. */
interface Stored extends Owner {
  readonly at: number;
  readonly item: Item;
}

interface Entry extends Stored {
  readonly key: string;
  /** The stored text: an entry is removed only while it is still this one. */
  readonly raw: string;
}

const PREFIX = "queue:";

/**
 * What must reach the server sooner or later. The store is the queue: one entry per display and kind, so that only
 * the newest revision exists, and one request at a time, so that a lower revision never follows a higher one.
 * An entry leaves when the server has answered it. Sending twice is harmless, the protocol is idempotent.
 */
export class Queue {
  readonly #api: Api;
  readonly #session: Session;
  readonly #platform: Platform;
  #running = false;
  #drained: Promise<void> = Promise.resolve();
  #failures = 0;
  #lastAt = 0;
  #cancelRetry: (() => void) | null = null;

  constructor(api: Api, session: Session, platform: Platform) {
    this.#api = api;
    this.#session = session;
    this.#platform = platform;
  }

  put(item: Item, owner: Owner = this.#session.owner): void {
    const { who } = owner;
    const { token } = who === this.#session.owner.who ? this.#session.owner : owner;
    const key = item.type === "attributes" ? attributesKey(who) : `${PREFIX}${item.type}:${item.display_id}`;
    this.#lastAt = Math.max(this.#platform.clock.now(), this.#lastAt + 1);
    const entry: Stored = { who, token, at: this.#lastAt, item: this.#merged(key, item) };
    this.#platform.storage.set(key, JSON.stringify(entry));
    if (!this.#cancelRetry) this.#drain();
  }

  /** Takes this user's unsent attributes out, to go with a new session. */
  takeAttributes(): Attributes | undefined {
    const entry = this.#read(attributesKey(this.#session.owner.who));
    if (entry?.item.type !== "attributes") return undefined;
    this.#remove(entry);
    return entry.item.attributes;
  }

  /** A decision must know the attributes set before it: settles when they were sent, or could not be. */
  async attributesSettled(): Promise<void> {
    if (this.#read(attributesKey(this.#session.owner.who))) await this.#drained;
  }

  /** Tries again now, whatever the back-off says: the network is back, or the page is. */
  wake(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#drain();
  }

  /** The page is going: hands over what this user has not had answered. Entries stay until they are answered. */
  beacon(extra: readonly Unkept[]): void {
    const { token } = this.#session.owner;
    if (!token) return;
    const items: (Item | Unkept)[] = this.#entries().filter((entry) => this.#isMine(entry)).map((entry) => entry.item);
    const send = (part: readonly (Item | Unkept)[]) => {
      const text = JSON.stringify({ key: this.#api.key, client_token: token, items: part });
      return this.#platform.transport.beacon(`${API}/batch`, text);
    };
    const all = [...items, ...extra];
    // What is too much for one beacon may fit several.
    if (all.length && !send(all.slice(0, BATCH_ITEMS))) for (const item of all) send([item]);
  }

  #merged(key: string, item: Item): Item {
    if (item.type !== "attributes") return item;
    const before = this.#read(key)?.item;
    if (before?.type !== "attributes") return item;
    return { type: "attributes", attributes: { ...before.attributes, ...item.attributes } };
  }

  #drain(): void {
    if (!this.#running) this.#drained = this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    this.#running = true;
    try {
      for (let entry = this.#next(); entry; entry = this.#next()) {
        await this.#send(entry);
        this.#failures = 0;
      }
    } catch (error) {
      this.#retryLater(error instanceof ApiError ? error.retryAfterMs : null);
    }
    this.#running = false;
  }

  #retryLater(retryAfterMs: number | null): void {
    const { clock, random, log } = this.#platform;
    const backoff = Math.min(RETRY_FIRST_MS * 2 ** this.#failures, RETRY_LONGEST_MS) * (0.5 + random.fraction() / 2);
    this.#failures += 1;
    log?.("queue waits", this.#failures);
    this.#cancelRetry?.();
    this.#cancelRetry = clock.after(Math.max(backoff, retryAfterMs ?? 0), () => this.wake());
  }

  /** Returns when the entry was answered; throws when it should be sent again later. */
  async #send(entry: Entry): Promise<void> {
    const { type, ...body } = entry.item;
    try {
      if (entry.item.type === "attributes") {
        await this.#call(entry, "POST", "/attributes", body);
      } else {
        const { display_id: id, ...rest } = body as { display_id: string };
        const path = `/displays/${encodeURIComponent(id)}`;
        await (type === "response" ? this.#call(entry, "PUT", `${path}/response`, rest) : this.#call(entry, "POST", path, rest));
      }
    } catch (error) {
      const status = statusOf(error);
      // A user who has gone cannot get a new token: a stale one ends the matter.
      if (mayPass(status) && (status !== 401 || this.#isMine(entry))) throw error;
      this.#platform.log?.(`${type} refused`, status);
    }
    this.#remove(entry);
  }

  #call(entry: Entry, method: Request["method"], path: string, body: unknown) {
    if (this.#isMine(entry)) return this.#session.call(method, path, body);
    return this.#api.call(method, path, body, entry.token ? { token: entry.token } : {});
  }

  #isMine(entry: Entry): boolean {
    return entry.who === this.#session.owner.who;
  }

  /** This user's oldest entry, else the oldest of one who has left a token. */
  #next(): Entry | undefined {
    const entries = this.#entries();
    return entries.find((entry) => this.#isMine(entry)) ?? entries.find((entry) => entry.token);
  }

  /** Oldest first. Drops what is too old or too much. */
  #entries(): Entry[] {
    const { storage, clock } = this.#platform;
    const keys = storage.keys().filter((key) => key.startsWith(PREFIX));
    const all = keys.map((key) => this.#read(key)).filter((entry) => entry !== null);
    all.sort((a, b) => a.at - b.at);
    const oldest = clock.now() - QUEUE_AGE_MS;
    return all.filter((entry, index) => {
      const keep = entry.at >= oldest && index >= all.length - QUEUE_ENTRIES;
      if (!keep) storage.remove(entry.key);
      return keep;
    });
  }

  #read(key: string): Entry | null {
    const raw = this.#platform.storage.get(key);
    if (raw === null) return null;
    try {
      const stored = JSON.parse(raw) as Stored;
      if (stored.item.type) return { ...stored, key, raw };
    } catch {
      // Not ours, or cut off: forget it.
    }
    this.#platform.storage.remove(key);
    return null;
  }

  #remove(entry: Entry): void {
    const { storage } = this.#platform;
    if (storage.get(entry.key) === entry.raw) storage.remove(entry.key);
  }
}

function attributesKey(who: string): string {
  return `${PREFIX}attributes:${who}`;
}
