/**
 * What the core needs from its surroundings. A platform (browser, React Native, a test) implements these;
 * the core itself touches no clock, network, storage or random source.
 */

export interface Request {
  readonly method: "GET" | "POST" | "PUT";
  /** Relative to the API's origin, beginning with a slash. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Reply {
  readonly status: number;
  /** The parsed JSON body, or null. */
  readonly body: unknown;
  readonly etag?: string | null;
  readonly retryAfterMs?: number | null;
}

export interface Transport {
  /** Rejects when there was no answer: offline, refused, timed out. Any status is an answer. */
  send(request: Request): Promise<Reply>;
  /** Hands text to the platform to deliver after the page is gone. False when it was not accepted. */
  beacon(path: string, text: string): boolean;
}

/** A small key-value store that never throws; a platform without one gives one in memory. */
export interface Store {
  get(key: string): string | null;
  set(key: string, value: string): void;
  remove(key: string): void;
  keys(): string[];
}

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls once after that many milliseconds, unless the returned function was called before. */
  after(delayMs: number, call: () => void): () => void;
}

export interface Random {
  uuid(): string;
  /** In [0, 1). */
  fraction(): number;
}

/** Where the user is, read anew for each firing. */
export interface Surroundings {
  locale(): string;
  url(): string | undefined;
  theme(): "light" | "dark" | undefined;
}

export interface SurveyHooks {
  /** The whole answer set so far. */
  onAnswer(answers: Answers): void;
  onComplete(answers: Answers): void;
  onDismiss(): void;
  /** The survey has left the screen, for whatever reason. Called once. */
  onClose(): void;
}

export interface ShownSurvey {
  close(): void;
  /** Reports what the user has typed but the survey has not reported yet. */
  flush(): void;
}

/** Draws surveys. `load` may be called often and must be cheap after the first success. */
export interface Presenter {
  load(): Promise<unknown>;
  /**
   * Throws when the content cannot be drawn. Called only after `load` succeeded. `theme` is the workspace's, if it has one; `values` are
   * what the content leaves open, as the trigger's answer gave them.
   */
  show(content: unknown, hooks: SurveyHooks, theme?: unknown, values?: unknown): ShownSurvey;
}

export interface Answer {
  readonly options?: readonly string[];
  readonly number?: number;
  readonly text?: string;
  readonly other_text?: string;
}

export type Answers = Readonly<Record<string, Answer>>;

export type Value = string | number | boolean | null;
export type Attributes = Readonly<Record<string, Value>>;
/** By which the customer's server vouches for the user; a function is called for each new session. */
export type Proof = string | (() => Promise<string>);
export type Properties = Readonly<Record<string, unknown>>;

/** A frontend trigger as it was fired. */
export interface Firing {
  readonly name: string;
  readonly properties: Properties;
  readonly sequence: readonly string[];
  readonly at: number;
  readonly url: string | undefined;
}

/** What somebody who listens for activations needs to know. */
export interface Listening {
  readonly config: { refresh(): Promise<void> };
  readonly session: {
    /** Another one: another user. */
    readonly current: object;
    call(method: Request["method"], path: string): Promise<Reply>;
  };
}

export interface Platform {
  /** As the protocol names it: `web`, `ios`, `android`. */
  readonly name: string;
  /** The SDK's own name and version. */
  readonly sdk: string;
  readonly transport: Transport;
  /** Outlives the visit. */
  readonly storage: Store;
  /** Lives as long as one visit (in a browser: the tab). */
  readonly visit: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly surroundings: Surroundings;
  readonly presenter: Presenter;
  /** There is a reason to listen for activations; may be said often. `fired`: the newest firing of each live trigger. */
  listen?(parts: Listening, fired: ReadonlyMap<string, Firing>, ask: (firing: Firing) => void): void;
  /** Debug log. Absent: silent. */
  log?(message: string, detail?: unknown): void;
}
