import type { SurveyContent, Texts } from "./content.ts";
import { focused, h, icon, isTyping } from "./dom.ts";
import { STYLES } from "./styles.ts";
import { applyTheme, type Theme } from "./theme.ts";

const CROSS = "M6 6l12 12M18 6L6 18";
/** Screen readers miss a change to a live region that came in with it. */
const ANNOUNCE_MS = 150;

export interface FrameOptions {
  readonly content: SurveyContent;
  readonly texts: Texts;
  readonly theme: Theme;
  /** Given: the survey is drawn in there, in the flow of the page. */
  readonly container: Element | undefined;
  onEscape(): void;
  onClose(): void;
}

/** The survey's element, its shadow root, the dialog and its close button; where the focus comes from and goes back to. */
export class Frame {
  readonly host: HTMLElement;
  readonly root: HTMLElement;
  readonly #card: HTMLElement;
  readonly #status: HTMLElement;
  readonly #close: HTMLButtonElement;
  readonly #options: FrameOptions;
  #returnTo: Element | null = null;
  #announcing: ReturnType<typeof setTimeout> | undefined;

  constructor(options: FrameOptions) {
    this.#options = options;
    const { content, texts, theme, container } = options;
    this.host = document.createElement("sonde-survey");
    if (container) this.host.dataset["inline"] = "";
    this.#close = h("button", { type: "button", class: "close", "aria-label": texts.close }, icon(CROSS));
    this.#close.addEventListener("click", options.onClose);
    this.#status = h("div", { class: "sr", role: "status" });
    this.#card = h("div", { class: "card", role: "dialog", "aria-labelledby": "title" });
    const lang = content.language;
    this.root = h("div", { class: "root", lang, dir: content.direction ?? "ltr" }, this.#card, this.#status);
    applyTheme(this.host, this.root, theme);
    const shadow = this.host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
    shadow.adoptedStyleSheets = [sheet];
    shadow.append(this.root);
    this.#listen();
    (container ?? document.body).append(this.host);
  }

  /** Replaces what the dialog shows. */
  fill(closable: boolean, ...parts: (Node | null)[]): void {
    this.#card.classList.toggle("closable", closable);
    // Last in the tab order: the question comes before the way out.
    this.#card.replaceChildren(...parts.filter((part) => part !== null), ...(closable ? [this.#close] : []));
    this.#card.scrollTop = 0;
  }

  /** To the heading, unless the user is typing in the page: then it is only announced. */
  open(heading: HTMLElement): void {
    const before = focused();
    if (isTyping(before)) {
      this.announce(heading.textContent ?? "");
    } else {
      this.#returnTo = before;
      heading.focus({ preventScroll: true });
    }
  }

  announce(text: string): void {
    clearTimeout(this.#announcing);
    this.#announcing = setTimeout(() => (this.#status.textContent = text), ANNOUNCE_MS);
  }

  get hasFocus(): boolean {
    return this.host.shadowRoot?.activeElement != null;
  }

  get isCloseFocused(): boolean {
    return this.host.shadowRoot?.activeElement === this.#close;
  }

  onCard(type: "pointermove" | "pointerleave" | "focusin" | "focusout", listener: (event: Event) => void): void {
    this.#card.addEventListener(type, listener);
  }

  destroy(): void {
    clearTimeout(this.#announcing);
    document.removeEventListener("keydown", this.#onPageKey);
    const hadFocus = this.hasFocus;
    this.host.remove();
    if (hadFocus && this.#returnTo?.isConnected) (this.#returnTo as HTMLElement).focus?.({ preventScroll: true });
  }

  #listen(): void {
    this.host.addEventListener("focusin", (event) => {
      const from = event.relatedTarget;
      if (from instanceof Element && from !== this.host) this.#returnTo = from;
    });
    this.host.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) this.#options.onEscape();
    });
    // A product's shortcuts must not fire while the user writes an answer.
    for (const type of ["keydown", "keyup", "keypress"]) this.host.addEventListener(type, (event) => event.stopPropagation());
    document.addEventListener("keydown", this.#onPageKey);
  }

  /** Escape outside the survey closes it only when nothing else in the page could have been meant. */
  readonly #onPageKey = (event: KeyboardEvent): void => {
    const idle = !document.activeElement || document.activeElement === document.body;
    if (event.key === "Escape" && idle && !event.defaultPrevented) this.#options.onEscape();
  };
}
