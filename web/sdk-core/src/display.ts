import { type Api, ApiError } from "./api.ts";
import type { Config } from "./config.ts";
import type { Emitter } from "./emitter.ts";
import { WIDGET_PATIENCE_MS } from "./limits.ts";
import type { Answers, Platform, ShownSurvey } from "./ports.ts";
import type { Queue } from "./queue.ts";
import type { Owner, Session } from "./session.ts";

/** The server's answer to a trigger that won a survey. */
export interface Claim {
  readonly display_id: string;
  readonly survey: { readonly id: string; readonly version: number; readonly content_url: string; readonly content?: unknown };
  /** What the content leaves open. */
  readonly values?: unknown;
  readonly delay_ms?: number;
}

export interface DisplayParts {
  readonly api: Api;
  readonly session: Session;
  readonly config: Config;
  readonly queue: Queue;
  readonly emitter: Emitter;
  readonly platform: Platform;
}

/** One display, from the claim to the last answer. */
export class Display {
  readonly #claim: Claim;
  readonly #parts: DisplayParts;
  readonly #closed: () => void;
  #owner: Owner;
  #cancelled = false;
  #interrupt: () => void = () => {};
  #view: ShownSurvey | null = null;
  #answers: Answers = {};
  #revision = 0;
  #finished = false;
  #shownAt = 0;

  constructor(claim: Claim, parts: DisplayParts, closed: () => void) {
    this.#claim = claim;
    this.#parts = parts;
    this.#closed = closed;
    this.#owner = parts.session.owner;
  }

  /** The user on screen has got a name: what follows is saved under it. */
  adopt(): void {
    this.#owner = this.#parts.session.owner;
  }

  /** Paints nothing unless the server confirmed `shown` to a page and a user that are still there. */
  async show(): Promise<boolean> {
    const { platform } = this.#parts;
    let confirmed = false;
    try {
      const renderer = this.#renderer();
      let broken = false;
      renderer.catch(() => (broken = true));
      const [content] = await Promise.all([this.#content(), this.#delay()]);
      if (this.#cancelled || broken) return false;
      await this.#confirm();
      confirmed = true;
      await renderer;
      if (!this.#cancelled) {
        this.#paint(content);
        return true;
      }
    } catch (error) {
      platform.log?.("display failed", error);
    }
    // The server counts it as shown, and nobody saw it: say so.
    if (confirmed) this.#report("abandoned");
    return false;
  }

  /** Nothing will be painted any more. A survey on screen is left alone. */
  cancel(): void {
    this.#cancelled = true;
    this.#interrupt();
  }

  /** Takes the survey off the screen. */
  close(): void {
    this.cancel();
    this.#view?.close();
  }

  flush(): void {
    this.#view?.flush();
  }

  /** A widget that comes too late would surprise. */
  #renderer(): Promise<unknown> {
    const { clock, presenter } = this.#parts.platform;
    return new Promise((resolve, reject) => {
      const patienceMs = (this.#claim.delay_ms ?? 0) + WIDGET_PATIENCE_MS;
      const stop = clock.after(patienceMs, () => reject(new Error("widget too late")));
      presenter.load().then(resolve, reject).finally(stop);
    });
  }

  async #content(): Promise<unknown> {
    const { content, content_url: url } = this.#claim.survey;
    return content ?? this.#parts.api.content(url);
  }

  #delay(): Promise<void> {
    const delayMs = this.#claim.delay_ms ?? 0;
    if (delayMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = this.#parts.platform.clock.after(delayMs, resolve);
      this.#interrupt = () => {
        stop();
        resolve();
      };
    });
  }

  async #confirm(): Promise<void> {
    const path = `/displays/${encodeURIComponent(this.#claim.display_id)}`;
    const reply = await this.#parts.session.call("POST", path, { state: "shown" });
    if (reply.status !== 200) throw new ApiError(reply.status);
  }

  #paint(content: unknown): void {
    const { config, emitter, platform } = this.#parts;
    const ids = { survey_id: this.#claim.survey.id, display_id: this.#claim.display_id };
    this.#shownAt = platform.clock.now();
    const language = (content as { language?: string }).language;
    this.#view = platform.presenter.show(content, {
      onAnswer: (answers) => this.#save(answers, false, language),
      onComplete: (answers) => {
        this.#save(answers, true, language);
        emitter.emit("survey_completed", { ...ids, answers });
      },
      onDismiss: () => {
        if (this.#finished) return;
        this.#finished = true;
        this.#report("dismissed");
        emitter.emit("survey_dismissed", { ...ids, answers: this.#answers });
      },
      onClose: this.#closed,
    }, config.theme, this.#claim.values);
  }

  #save(answers: Answers, completed: boolean, locale: string | undefined): void {
    if (this.#finished) return;
    this.#finished = completed;
    this.#answers = answers;
    this.#revision += 1;
    this.#parts.queue.put({
      type: "response",
      display_id: this.#claim.display_id,
      revision: this.#revision,
      completed,
      locale,
      duration_ms: Math.max(0, Math.round(this.#parts.platform.clock.now() - this.#shownAt)),
      answers,
    }, this.#owner);
  }

  #report(state: "dismissed" | "abandoned"): void {
    this.#parts.queue.put({ type: "display", display_id: this.#claim.display_id, state }, this.#owner);
  }
}
