import { Client } from "../src/client.ts";
import type { SondeEvents } from "../src/emitter.ts";
import type { Attributes, Platform, Reply, Request, Store, SurveyHooks } from "../src/ports.ts";

type Json = Record<string, unknown>;
type Handler = (request: Request) => Partial<Reply> | Promise<Partial<Reply>> | "offline";

export function memoryStore(values = new Map<string, string>()): Store {
  return {
    get: (key) => values.get(key) ?? null,
    set: (key, value) => void values.set(key, value),
    remove: (key) => void values.delete(key),
    keys: () => [...values.keys()],
  };
}

/** Lets every promise that can settle settle. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 60; turn += 1) await Promise.resolve();
}

export class FakeClock {
  time = 1_800_000_000_000;
  #timers: { at: number; call: () => void }[] = [];
  now = (): number => this.time;
  after = (delayMs: number, call: () => void): (() => void) => {
    const timer = { at: this.time + delayMs, call };
    this.#timers.push(timer);
    return () => void (this.#timers = this.#timers.filter((each) => each !== timer));
  };

  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    await settle();
    for (;;) {
      const due = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((each) => each !== due);
      this.time = Math.max(this.time, due.at);
      due.call();
      await settle();
    }
    this.time = end;
  }
}

export const CLAIM = {
  display_id: "dsp_1",
  survey: { id: "srv_1", version: 3, content_url: "/api/v1/client/surveys/srv_1/3/en", content: { language: "en" } },
  values: {},
  delay_ms: 0,
};

/** A whole client over a fake server, clock and screen. `routes` are tried by "METHOD /path" without the prefix. */
export class World {
  readonly clock = new FakeClock();
  readonly requests: (Request & { at: number })[] = [];
  readonly beacons: Json[] = [];
  readonly painted: { content: unknown; hooks: SurveyHooks; closed: boolean; flushed: number }[] = [];
  readonly displayed: SondeEvents["survey_displayed"][] = [];
  readonly storage: Store;
  readonly visit = memoryStore();
  readonly logs: string[] = [];
  readonly client: Client;
  loadWidget: () => Promise<unknown> = () => Promise.resolve();
  routes: Record<string, Handler> = {
    "GET /config?platform=web": () => ({ body: { triggers: ["Live", "Other"], poll_after_ms: 60_000 }, etag: '"1"' }),
    "POST /session": ({ body }) => ({ body: { client_token: `t:${(body as Json)["user_id"] ?? "anon"}` } }),
    "POST /identify": ({ body }) => ({ body: { client_token: `t:${(body as Json)["user_id"]}` } }),
    "POST /trigger": () => ({ body: CLAIM }),
    "POST /displays/dsp_1": ({ body }) => ({ body }),
    "PUT /displays/dsp_1/response": ({ body }) => ({ body }),
    "POST /attributes": () => ({ body: { status: "ok" } }),
    "POST /batch": ({ body }) => ({ body: { results: (body as { items: unknown[] }).items.map(() => ({ status: 200 })) } }),
    "GET /surveys/srv_1/3/en": () => ({ body: { language: "en", fetched: true } }),
  };

  constructor(storage: Store = memoryStore()) {
    this.storage = storage;
    let ids = 0;
    const platform: Platform = {
      name: "web",
      sdk: "test/0",
      clock: this.clock,
      random: { uuid: () => `id-${++ids}`, fraction: () => 0.5 },
      storage,
      visit: this.visit,
      transport: {
        send: (request) => this.#send(request),
        beacon: (path, text) => {
          if (text.length > 60_000) return false;
          this.beacons.push({ path, ...(JSON.parse(text) as Json) });
          return true;
        },
      },
      surroundings: { locale: () => "en-GB", url: () => "https://shop.example/", theme: () => "light" },
      presenter: {
        load: () => this.loadWidget(),
        show: (content, hooks) => {
          const view = { content, hooks, closed: false, flushed: 0 };
          this.painted.push(view);
          const close = () => {
            if (!view.closed) hooks.onClose();
            view.closed = true;
          };
          return { close, flush: () => void (view.flushed += 1) };
        },
      },
      log: (message) => void this.logs.push(message),
    };
    this.client = new Client("pk_1", platform);
    this.client.on("survey_displayed", (detail) => void this.displayed.push(detail));
  }

  async start(user: string | null = "u1", attributes?: Attributes): Promise<this> {
    this.client.start(user, attributes);
    await settle();
    return this;
  }

  /** "METHOD /path" of every request so far. */
  get calls(): string[] {
    return this.requests.map(routeOf);
  }

  bodies(route: string): Json[] {
    return this.requests.filter((request) => routeOf(request) === route).map((request) => request.body as Json);
  }

  tokens(route: string): (string | undefined)[] {
    return this.requests.filter((request) => routeOf(request) === route).map((request) => request.headers["x-sonde-token"]);
  }

  async #send(request: Request): Promise<Reply> {
    this.requests.push({ ...request, at: this.clock.now() });
    const handler = this.routes[routeOf(request)];
    if (!handler) throw new Error(`no route ${routeOf(request)}`);
    const reply = await handler(request);
    if (reply === "offline") throw new Error("offline");
    return { status: 200, body: null, ...reply };
  }
}

function routeOf({ method, path }: Request): string {
  return `${method} ${path.replace("/api/v1/client", "")}`;
}

/** A reply that comes when the test says so. */
export function later<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void } {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
