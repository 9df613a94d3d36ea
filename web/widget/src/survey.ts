import { type Answer, type Answers, type SurveyContent, type Texts, textsOf } from "./content.ts";
import { h } from "./dom.ts";
import { sayThanks } from "./farewell.ts";
import type { Field, MakeField } from "./field.ts";
import { FIELDS } from "./fields/index.ts";
import { Flow } from "./flow.ts";
import { Frame } from "./frame.ts";
import { readableAccent, type Theme } from "./theme.ts";
import { filled, type Values } from "./values.ts";

/** Pause between a tap on a rating and the next question: long enough to see what was chosen. */
const ADVANCE_MS = 400;
/** Quiet time after which typed words are reported. */
const TYPING_MS = 600;

export interface RenderOptions {
  readonly content: SurveyContent;
  /** What the content leaves open, as the trigger's answer gives it. */
  readonly values?: Values | undefined;
  /** Where to draw, in the flow of the page. Absent: over the page, in a corner or at its foot. */
  readonly container?: Element;
  readonly theme?: Theme;
  /** In [0, 1). */
  readonly random?: () => number;
  /** Absent: true, unless a container is given. */
  readonly autofocus?: boolean;
  /** The question to begin with, for a preview; `thank_you` shows the closing card, and leaves it. Absent: the first. */
  readonly startAt?: string;
  /** The whole answer set so far, at each change. */
  readonly onAnswer?: (answers: Answers) => void;
  readonly onComplete?: (answers: Answers) => void;
  readonly onDismiss?: () => void;
  /** The survey has left the screen, for whatever reason. */
  readonly onClose?: () => void;
}

export interface RenderedSurvey {
  destroy(): void;
  /** Reports words that were typed but not reported yet. */
  flush(): void;
}

/** Draws one survey and leads through it. */
export class Survey implements RenderedSurvey {
  readonly #options: RenderOptions;
  readonly #texts: Texts;
  readonly #flow: Flow;
  readonly #frame: Frame;
  #field: Field | null = null;
  #error: HTMLElement | null = null;
  #go: HTMLElement | null = null;
  #typing: ReturnType<typeof setTimeout> | undefined;
  #advancing: ReturnType<typeof setTimeout> | undefined;
  #stopFarewell: () => void = () => {};
  /** The user's system may turn dark while the survey is on screen. */
  readonly #scheme = matchMedia("(prefers-color-scheme: dark)");
  readonly #recolour = (): void => void (this.#go && readableAccent(this.#frame.root, this.#go));
  #completed = false;
  #gone = false;

  constructor(options: RenderOptions) {
    const values = options.values ?? {};
    const content = filled(options.content, values);
    this.#options = { ...options, content };
    this.#texts = textsOf(content);
    this.#flow = new Flow(content.questions, (question) => Object.hasOwn(FIELDS, question.type), options.startAt, values);
    if (this.#flow.isOver) throw new Error("no question to draw");
    const dismissible = content.dismissible ?? true;
    this.#frame = new Frame({
      content,
      texts: this.#texts,
      theme: options.theme ?? {},
      container: options.container,
      onEscape: () => (dismissible || this.#completed) && this.#dismiss(),
      onClose: () => this.#dismiss(),
    });
    try {
      if (options.startAt === "thank_you" && content.thank_you) {
        this.#completed = true;
        this.#stopFarewell = sayThanks(this.#frame, content.thank_you, () => {});
        return;
      }
      const heading = this.#draw();
      this.#scheme.addEventListener("change", this.#recolour);
      if (options.autofocus ?? !options.container) this.#frame.open(heading);
    } catch (error) {
      this.#frame.destroy();
      throw error;
    }
  }

  destroy(): void {
    if (this.#gone) return;
    this.flush();
    this.#gone = true;
    this.#scheme.removeEventListener("change", this.#recolour);
    clearTimeout(this.#advancing);
    this.#stopFarewell();
    this.#frame.destroy();
    this.#options.onClose?.();
  }

  flush(): void {
    if (this.#typing === undefined) return;
    clearTimeout(this.#typing);
    this.#typing = undefined;
    this.#options.onAnswer?.(this.#flow.answers);
  }

  #draw(): HTMLElement {
    const { content } = this.#options;
    const { question } = this.#flow;
    const heading = h("h2", { id: "title", tabindex: -1 }, question.title);
    const about = question.description ? h("p", { id: "about", class: "about" }, question.description) : null;
    this.#field = (FIELDS[question.type] as MakeField)({
      question,
      texts: this.#texts,
      labelledBy: "title",
      describedBy: about ? "about" : null,
      random: this.#options.random ?? Math.random,
      onAnswer: (answer) => this.#give(answer),
      onTyping: (answer) => this.#type(answer),
      onDecided: () => this.#decide(),
    });
    this.#error = h("p", { id: "error", class: "error", role: "alert", hidden: true });
    const go = h("button", { type: "submit", class: "go" });
    this.#go = go;
    this.#label();
    const form = h("form", { class: "step", novalidate: true }, this.#count(), heading, about, this.#body(), this.#foot(go));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#advance();
    });
    this.#frame.fill(content.dismissible ?? true, this.#bar(), form);
    readableAccent(this.#frame.root, go);
    return heading;
  }

  #body(): HTMLElement {
    return h("div", { class: "body" }, this.#field?.element, this.#error);
  }

  #foot(go: HTMLElement): HTMLElement {
    if (this.#flow.question.required) return h("div", { class: "foot" }, go);
    const skip = h("button", { type: "button", class: "skip" }, this.#texts.skip);
    skip.addEventListener("click", () => {
      this.#give(undefined);
      this.#step();
    });
    return h("div", { class: "foot" }, skip, go);
  }

  get #showsProgress(): boolean {
    return Boolean(this.#options.content.show_progress) && this.#flow.total > 1;
  }

  #count(): HTMLElement | null {
    return this.#showsProgress ? h("p", { class: "count" }, `${this.#flow.position} / ${this.#flow.total}`) : null;
  }

  #bar(): HTMLElement | null {
    if (!this.#showsProgress) return null;
    const bar = h("div", { class: "bar", "aria-hidden": "true" }, h("i"));
    bar.style.setProperty("--part", String(this.#flow.position / this.#flow.total));
    return bar;
  }

  #give(answer: Answer | undefined): void {
    this.#mark(false);
    const changed = this.#flow.give(answer);
    this.#label();
    if (!changed && this.#typing === undefined) return;
    clearTimeout(this.#typing);
    this.#typing = undefined;
    this.#options.onAnswer?.(this.#flow.answers);
  }

  #type(answer: Answer | undefined): void {
    this.#mark(false);
    if (!this.#flow.give(answer)) return;
    this.#label();
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.flush(), TYPING_MS);
  }

  #decide(): void {
    clearTimeout(this.#advancing);
    const { question } = this.#flow;
    this.#advancing = setTimeout(() => this.#flow.question === question && this.#advance(), ADVANCE_MS);
  }

  #advance(): void {
    if (this.#gone || this.#completed) return;
    if (this.#flow.question.required && !this.#flow.answer) {
      this.#mark(true);
      this.#field?.focus();
      return;
    }
    this.#step();
  }

  #step(): void {
    clearTimeout(this.#advancing);
    this.flush();
    if (!this.#flow.next()) return this.#complete();
    const heading = this.#draw();
    heading.focus({ preventScroll: true });
  }

  /** An answer may end the survey here. */
  #label(): void {
    if (this.#go) this.#go.textContent = this.#flow.isLast ? this.#texts.submit : this.#texts.next;
  }

  #mark(missing: boolean): void {
    this.#field?.mark(missing ? "error" : null);
    if (!this.#error) return;
    this.#error.hidden = !missing;
    this.#error.textContent = missing ? this.#texts.required : "";
  }

  #complete(): void {
    this.#completed = true;
    this.#options.onComplete?.(this.#flow.final);
    const thanks = this.#options.content.thank_you;
    if (!thanks) return this.destroy();
    this.#stopFarewell = sayThanks(this.#frame, thanks, () => this.destroy());
  }

  #dismiss(): void {
    this.flush();
    if (!this.#completed) this.#options.onDismiss?.();
    this.destroy();
  }
}
