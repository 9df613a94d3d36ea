import type { Answer, Question, Texts } from "./content.ts";

/** One question on screen. */
export interface Field {
  readonly element: HTMLElement;
  /** Puts the focus where the answer is given. */
  focus(): void;
  /** Shows or hides that an answer is missing; `errorId` names the message. */
  mark(errorId: string | null): void;
}

export interface FieldContext {
  readonly question: Question;
  readonly texts: Texts;
  /** Ids of the elements that name and describe the field. */
  readonly labelledBy: string;
  readonly describedBy: string | null;
  readonly random: () => number;
  /** The answer so far; undefined when there is none. */
  onAnswer(answer: Answer | undefined): void;
  /** As `onAnswer`, when more is likely to follow at once. */
  onTyping(answer: Answer | undefined): void;
  /** The user chose by tap, and there is nothing more to say here. */
  onDecided(): void;
}

export type MakeField = (context: FieldContext) => Field;

/** Names, describes and marks the element that holds the answer. */
export function describe(element: HTMLElement, context: FieldContext): Field["mark"] {
  element.setAttribute("aria-labelledby", context.labelledBy);
  const mark: Field["mark"] = (errorId) => {
    const ids = [context.describedBy, errorId].filter(Boolean).join(" ");
    if (ids) element.setAttribute("aria-describedby", ids);
    else element.removeAttribute("aria-describedby");
    if (errorId) element.setAttribute("aria-invalid", "true");
    else element.removeAttribute("aria-invalid");
  };
  mark(null);
  if (context.question.required) element.setAttribute("aria-required", "true");
  return mark;
}
