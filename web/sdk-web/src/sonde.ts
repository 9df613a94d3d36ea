import { type Attributes, Client, type EventName, type Listener, type Proof, type Properties, type TriggerResult } from "@sonde/sdk-core";
import type { Theme } from "@sonde/widget";
import { browserClock, browserRandom, browserStore, browserSurroundings } from "./browser.ts";
import { followPage } from "./lifecycle.ts";
import { lazyPresenter, type Widget } from "./presenter.ts";
import { fetchTransport } from "./transport.ts";

export const SDK = "sonde-web/0.1.0";

export interface InitOptions {
  /** The public SDK key, `pk_…`. */
  readonly key: string;
  /** The origin of the Sonde server. The script tag takes it from its own address. */
  readonly api?: string;
  /** The customer's own id of the user. Absent: anonymous. */
  readonly user?: string | number | null;
  readonly attributes?: Attributes;
  /** Proves who the user is, where the workspace asks for it: made by the customer's server, or a function that fetches it. */
  readonly proof?: Proof | undefined;
  /** Absent: the language of the page, else of the browser. */
  readonly locale?: string;
  readonly theme?: Theme;
  /** Writes what happens, and why not, to the console. */
  readonly debug?: boolean;
}

/** Nothing here throws or rejects. What is called before `init` waits for it, in order. */
export interface Sonde {
  /** Once per page; again with another user it identifies that user. */
  init(options: InitOptions): void;
  identify(userId: string | number, attributes?: Attributes, proof?: Proof): void;
  setAttributes(attributes: Attributes): void;
  /** Tells that the user is at this moment of the product. Resolves when it is known whether a survey was shown. */
  trigger(name: string, properties?: Properties): Promise<TriggerResult>;
  /** Forgets the user and closes the survey on screen. */
  logout(): void;
  /** Returns a function that ends the subscription. */
  on<N extends EventName>(name: N, listener: Listener<N>): () => void;
}

export type Stream = typeof import("./stream.ts");

const NOT_SHOWN: TriggerResult = { shown: false };

/** `load` brings the widget, `loadStream` what listens; `origin` is where the script came from, if it was a script. */
export function createSonde(load: () => Promise<Widget>, loadStream: () => Promise<Stream>, origin?: string): Sonde {
  let client: Client | null = null;
  let key = "";
  let debug = false;
  let listening: Promise<unknown> | null = null;
  let waiting: ((client: Client) => void)[] = [];

  const log = (message: unknown, detail: unknown = "") => {
    if (debug) console.debug(`[sonde] ${message}`, detail);
  };
  const guard = (call: () => void) => {
    try {
      call();
    } catch (error) {
      log("failed", error);
    }
  };
  const onServer = () => typeof document === "undefined";
  /** Runs now, or as soon as there is a client. */
  const run = (call: (client: Client) => void) => {
    if (onServer()) return;
    const ready = client;
    if (ready) guard(() => call(ready));
    else waiting.push(call);
  };

  const start = (options: InitOptions, api: string) => {
    key = options.key;
    const created = new Client(key, {
      name: "web",
      sdk: SDK,
      transport: fetchTransport(api),
      storage: browserStore(() => localStorage, `sonde:${key}:`),
      visit: browserStore(() => sessionStorage, `sonde:${key}:`),
      clock: browserClock,
      random: browserRandom,
      surroundings: browserSurroundings(options.locale),
      presenter: lazyPresenter(load, options.theme ?? {}),
      listen: (...client) => {
        listening ??= loadStream().then(({ listen }) => listen(api, log, ...client), log);
      },
      log,
    });
    client = created;
    created.start(options.user, options.attributes, options.proof);
    followPage(created, guard);
    const calls = waiting;
    waiting = [];
    for (const call of calls) guard(() => call(created));
  };
  const startAgain = (options: InitOptions) => {
    if (options.key !== key) log("init was called before with another key");
    else if (options.user != null && options.user !== "") run((it) => it.identify(options.user as string, options.attributes, options.proof));
    else if (options.attributes) run((it) => it.setAttributes(options.attributes as Attributes));
  };

  return {
    init: (options) =>
      guard(() => {
        if (onServer()) return;
        debug = options.debug ?? debug;
        const api = options.api ?? origin;
        if (client) startAgain(options);
        else if (options.key && api) start(options, api);
        else log("init needs `key` and `api`");
      }),
    identify: (userId, attributes, proof) => run((it) => it.identify(userId, attributes, proof)),
    setAttributes: (attributes) => run((it) => it.setAttributes(attributes)),
    logout: () => run((it) => it.logout()),
    trigger(name, properties) {
      if (onServer() || typeof name !== "string" || !name) return Promise.resolve(NOT_SHOWN);
      return new Promise((resolve) => run((it) => it.trigger(name, properties).then(resolve, () => resolve(NOT_SHOWN))));
    },
    on(name, listener) {
      let ended = false;
      let end = () => {};
      run((it) => void (ended || (end = it.on(name, listener))));
      return () => {
        ended = true;
        end();
      };
    },
  };
}
