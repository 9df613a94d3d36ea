import { Api, ApiError } from "./api.ts";
import { Config } from "./config.ts";
import { type Claim, Display, type DisplayParts } from "./display.ts";
import { Emitter, type EventName, type Listener } from "./emitter.ts";
import { TRIGGER_RETRY_MS } from "./limits.ts";
import type { Attributes, Firing, Platform, Proof, Properties } from "./ports.ts";
import { Queue, type Unkept } from "./queue.ts";
import { Seen } from "./seen.ts";
import { Sequence } from "./sequence.ts";
import { Session } from "./session.ts";

export interface TriggerResult {
  readonly shown: boolean;
}

/**
 * The coordinator: one object per SDK key. No method throws and no promise rejects. Firings are asked one after
 * another in the order they were fired; at most one survey is claimed or on screen.
 */
export class Client {
  readonly #platform: Platform;
  readonly #api: Api;
  readonly #session: Session;
  /** The newest firing of each live trigger. */
  readonly #fired = new Map<string, Firing>();
  readonly #parts: DisplayParts;
  readonly #config: Config;
  readonly #queue: Queue;
  readonly #seen: Seen;
  readonly #sequence: Sequence;
  readonly #emitter: Emitter;
  #lane: Promise<unknown> = Promise.resolve();
  #display: Display | null = null;
  /** Rises when the page goes away: what was asked before must not paint after. */
  #departures = 0;

  constructor(key: string, platform: Platform) {
    this.#platform = platform;
    this.#api = new Api(key, platform.transport);
    this.#session = new Session(this.#api, platform);
    this.#config = new Config(this.#api, platform.clock, platform.name, () => platform.listen?.(this.#parts, this.#fired, (firing) => this.#again(firing)));
    this.#queue = new Queue(this.#api, this.#session, platform);
    this.#seen = new Seen(platform, (item) => this.#report(item));
    this.#sequence = new Sequence(platform.visit);
    this.#emitter = new Emitter((error) => platform.log?.("a listener threw", error));
    this.#parts = { api: this.#api, session: this.#session, config: this.#config, queue: this.#queue, emitter: this.#emitter, platform };
  }

  /** Opens the session and learns the config; sends what an earlier page could not. */
  start(userId?: string | number | null, attributes?: Attributes, proof?: Proof): void {
    const user = textOf(userId);
    if (user) this.#session.become(user, attributes, proof);
    else this.#session.add(attributes);
    this.#session.addOlder(this.#queue.takeAttributes());
    this.#begin();
    void this.#config.ready();
    this.#queue.wake();
  }

  identify(userId: string | number, attributes?: Attributes, proof?: Proof): void {
    const user = textOf(userId);
    if (!user) return this.#platform.log?.("identify needs a user id");
    const before = this.#session.current;
    const samePerson = this.#session.become(user, attributes, proof);
    if (before === this.#session.current) {
      // Known already: only the attributes are news.
      if (attributes) this.setAttributes(attributes);
      return;
    }
    if (samePerson) {
      this.#display?.cancel();
      this.#display?.adopt();
    } else {
      this.#leave();
    }
    this.#begin();
  }

  setAttributes(attributes: Attributes): void {
    if (this.#session.starting) this.#session.add(attributes);
    else this.#queue.put({ type: "attributes", attributes });
  }

  /** Forgets the user. The next firing of a live trigger begins as a new anonymous user. */
  logout(): void {
    this.#leave();
    this.#session.forget();
  }

  on<N extends EventName>(name: N, listener: Listener<N>): () => void {
    return this.#emitter.on(name, listener);
  }

  trigger(name: string, properties: Properties = {}): Promise<TriggerResult> {
    const { clock, surroundings } = this.#platform;
    return this.#again({ name, properties: snapshot(properties), sequence: this.#sequence.push(name), at: clock.now(), url: surroundings.url() });
  }

  /** Asks about a firing, perhaps for the second time. */
  async #again(firing: Firing): Promise<TriggerResult> {
    const { name } = firing;
    const departures = this.#departures;
    const asked = this.#lane.then(() => this.#ask(firing, departures)).catch((error: unknown) => {
      this.#platform.log?.(`trigger ${name} failed`, error);
      return null;
    });
    this.#lane = asked;
    const display = await asked;
    const shown = display !== null && (await display.show());
    if (display && !shown && this.#display === display) this.#display = null;
    this.#platform.log?.(`trigger ${name}`, { shown });
    this.#emitter.emit("survey_displayed", { trigger: name, can_display_survey: shown });
    return { shown };
  }

  /** The page is back, or the network is. */
  resume(): void {
    void this.#config.refresh();
    this.#queue.wake();
  }

  /** The page may never come back: hand over what is unsent. */
  hide(): void {
    this.#config.pause();
    this.#display?.flush();
    this.#queue.beacon(this.#seen.take());
  }

  /** The page goes: as `hide`, and nothing that is still on its way may paint. */
  depart(): void {
    this.#departures += 1;
    this.#display?.cancel();
    this.hide();
  }

  #begin(): void {
    this.#session.token().catch((error: unknown) => this.#platform.log?.("no session", error));
  }

  /** Nothing of the former user stays on screen or on its way to it. */
  #leave(): void {
    this.#fired.clear();
    this.#display?.flush();
    this.#display?.close();
    this.#display = null;
    this.#sequence.clear();
  }

  /** Asks the server when the trigger is live. Resolves to the claimed display, which now holds the screen. */
  async #ask(firing: Firing, departures: number): Promise<Display | null> {
    await this.#config.ready();
    const live = this.#config.has(firing.name);
    if (live) this.#fired.set(firing.name, firing);
    else if (live === false) this.#seen.note(firing.name, firing.properties);
    if (!live || this.#display || departures !== this.#departures) return null;
    await this.#queue.attributesSettled();
    const user = this.#session.current;
    const claim = await this.#claim(firing, user);
    if (!claim || user !== this.#session.current || departures !== this.#departures) return null;
    const display = new Display(claim, this.#parts, () => {
      if (this.#display === display) this.#display = null;
    });
    this.#display = display;
    return display;
  }

  async #claim(firing: Firing, user: object): Promise<Claim | null> {
    const { random, surroundings, clock } = this.#platform;
    const body = {
      request_id: random.uuid(),
      trigger: firing.name,
      properties: firing.properties,
      trigger_seq: firing.sequence,
      url: firing.url,
      locale: surroundings.locale(),
      theme: surroundings.theme(),
    };
    for (let attempt = 0; ; attempt += 1) {
      try {
        const reply = await this.#session.call("POST", "/trigger", body);
        const claim = reply.body as Partial<Claim> | null;
        return claim?.survey && claim.display_id ? (claim as Claim) : null;
      } catch (error) {
        const passing = error instanceof ApiError && error.mayPass && error.status !== 401 && error.status !== 429;
        if (!passing || attempt > 0 || user !== this.#session.current) throw error;
        await new Promise<void>((resolve) => void clock.after(TRIGGER_RETRY_MS, resolve));
      }
    }
  }

  #report(item: Unkept): void {
    this.#session.call("POST", "/batch", { items: [item] }).catch((error: unknown) => this.#platform.log?.("seen not sent", error));
  }
}

function textOf(userId: string | number | null | undefined): string {
  return typeof userId === "string" || Number.isSafeInteger(userId) ? String(userId) : "";
}

/** As they were when the trigger fired, and as JSON can say them. */
function snapshot(properties: Properties): Properties {
  try {
    return { ...(JSON.parse(JSON.stringify(properties)) as Properties) };
  } catch {
    return {};
  }
}
