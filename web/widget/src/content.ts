/** What the widget draws: the protocol's content, and the answers it yields. Unknown fields are ignored. */
import type { Rule } from "./logic.ts";

export interface Labels {
  readonly low?: string | null;
  readonly high?: string | null;
}

export interface Option {
  readonly id: string;
  readonly label: string;
  readonly allows_text?: boolean;
}

export interface Question {
  readonly id: string;
  readonly type: string;
  readonly title: string;
  readonly description?: string | null;
  readonly required?: boolean;
  readonly options?: readonly Option[];
  readonly randomise?: "none" | "all" | "keep_last";
  readonly labels?: Labels | null;
  readonly placeholder?: string | null;
  readonly max_length?: number;
  readonly logic?: readonly Rule[] | null;
}

export interface Texts {
  readonly next: string;
  readonly submit: string;
  readonly skip: string;
  readonly close: string;
  readonly required: string;
  readonly other: string;
}

export interface SurveyContent {
  readonly survey_id: string;
  readonly version: number;
  readonly language: string;
  readonly direction?: "ltr" | "rtl";
  readonly dismissible?: boolean;
  readonly show_progress?: boolean;
  readonly questions: readonly Question[];
  readonly thank_you?: { readonly title: string; readonly description?: string | null } | null;
  readonly texts?: Partial<Texts>;
}

export interface Answer {
  readonly options?: readonly string[];
  readonly number?: number;
  readonly text?: string;
  readonly other_text?: string;
}

export type Answers = Readonly<Record<string, Answer>>;

const ENGLISH: Texts = {
  next: "Next",
  submit: "Send",
  skip: "Skip",
  close: "Close",
  required: "Please choose an answer",
  other: "Please specify",
};

export function textsOf(content: SurveyContent): Texts {
  return { ...ENGLISH, ...content.texts };
}
