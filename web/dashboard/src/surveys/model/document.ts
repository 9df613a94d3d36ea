/** The survey document, format version 1, as drafts hold it. A draft may be incomplete; the server says what is missing. */
import type { Node } from "../../audience/model.ts";
import { withFallbacks } from "./pipes.ts";

/** One text by language tag. */
export type Text = Readonly<Record<string, string>>;

export const QUESTION_TYPES = ["single_select_feedback", "nps_feedback", "star_feedback", "input_feedback"] as const;
export type QuestionType = (typeof QUESTION_TYPES)[number];

export interface Option {
  readonly id: string;
  readonly label: Text;
  readonly allows_text?: boolean;
}

export type Operator =
  | "equals"
  | "not_equals"
  | "in"
  | "answered"
  | "not_answered"
  | "greater"
  | "greater_or_equal"
  | "less"
  | "less_or_equal"
  | "contains";

export interface AnswerCondition {
  readonly question: string;
  readonly op: Operator;
  readonly value?: unknown;
}

/** What the server knows besides answers. */
export const SOURCES = ["event", "events", "trigger", "user"] as const;
export type Source = (typeof SOURCES)[number];

/** A condition on what the server knows; it is settled there. */
export interface FactCondition extends PropertyCondition {
  readonly source: Source;
}

export type Condition = AnswerCondition | FactCondition;

export function isFact(condition: Condition): condition is FactCondition {
  return "source" in condition;
}

export interface Rule {
  readonly if: { readonly all: readonly Condition[] } | { readonly any: readonly Condition[] };
  readonly then: { readonly jump: string } | { readonly end: true };
}

export interface Question {
  readonly id: string;
  readonly type: QuestionType;
  readonly title: Text;
  readonly description?: Text;
  readonly required?: boolean;
  readonly options?: readonly Option[];
  readonly randomise?: "none" | "all" | "keep_last";
  readonly labels?: { readonly low: Text; readonly high: Text };
  readonly placeholder?: Text;
  readonly max_length?: number;
  readonly logic?: readonly Rule[];
}

export const FRAME_TEXTS = ["next", "submit", "skip", "close", "required", "other"] as const;
export type FrameText = (typeof FRAME_TEXTS)[number];

export type FilterOperator =
  | "equals"
  | "not_equals"
  | "in"
  | "contains"
  | "starts_with"
  | "ends_with"
  | "greater"
  | "greater_or_equal"
  | "less"
  | "less_or_equal"
  | "exists"
  | "not_exists"
  | "matches"
  | "any_of"
  | "all_of"
  | "not_in"
  | "not_contains";

export interface PropertyCondition {
  readonly path: string;
  readonly op: FilterOperator;
  readonly value?: unknown;
}

export interface Trigger {
  readonly name: string;
  readonly filter?: { readonly all: readonly PropertyCondition[] };
}

export interface Activation {
  readonly backend_triggers: readonly Trigger[];
  /** Whether one of the triggers is enough; absent: any. */
  readonly match?: "any" | "all";
  /** How many events of the triggers together; absent: 1. */
  readonly at_least?: number;
  readonly expires_after_secs: number;
  readonly delay_secs?: number;
}

export interface Repeat {
  readonly until: "shown" | "answered" | "completed" | "always";
  readonly times?: number;
  readonly min_days_between?: number;
}

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** When users may be asked. `starts_at` and `ends_at` are moments; weekdays and hours are local to `time_zone` (absent: UTC). */
export interface Schedule {
  readonly starts_at?: string;
  readonly ends_at?: string;
  readonly time_zone?: string;
  readonly weekdays?: readonly Weekday[];
  readonly hours?: { readonly from: string; readonly to: string };
}

export const PLATFORMS = ["web", "ios", "android"] as const;
export type Platform = (typeof PLATFORMS)[number];
export const PRIORITIES = ["lowest", "low", "normal", "high", "highest"] as const;
export type Priority = (typeof PRIORITIES)[number];

export interface Launch {
  readonly platforms?: readonly Platform[];
  readonly frontend_triggers: readonly Trigger[];
  readonly activation?: Activation;
  readonly trigger_sequence?: readonly string[];
  readonly schedule?: Schedule;
  readonly audience?: Node;
  readonly quota?: { readonly completed: number };
  readonly also_while_there?: boolean;
  readonly priority?: Priority;
  readonly sampling_percent?: number;
  readonly repeat?: Repeat;
  readonly ignores_wait_period?: boolean;
  readonly display_delay_ms?: number;
}

export interface ThankYou {
  readonly title: Text;
  readonly description?: Text;
}

export interface SurveyDocument {
  readonly format_version: 1;
  readonly name: string;
  readonly default_language: string;
  readonly languages?: readonly string[];
  readonly questions: readonly Question[];
  readonly thank_you?: ThankYou;
  readonly texts?: Readonly<Partial<Record<FrameText, Text>>>;
  readonly dismissible?: boolean;
  readonly show_progress?: boolean;
  readonly launch: Launch;
}

/** One broken rule, as the server says it. */
export interface DocumentError {
  readonly pointer: string;
  readonly detail: string;
}

/** What any JSON object becomes before it is edited: the parts that every view relies on are there. Nothing is taken away. */
export function asDocument(draft: unknown): SurveyDocument {
  const given = (draft ?? {}) as Partial<SurveyDocument>;
  return {
    ...given,
    format_version: 1,
    name: given.name ?? "",
    default_language: given.default_language ?? "en",
    questions: given.questions ?? [],
    launch: { ...given.launch, frontend_triggers: given.launch?.frontend_triggers ?? [] },
  };
}

export function languagesOf(document: SurveyDocument): readonly string[] {
  return document.languages ?? [document.default_language];
}

/** The words in a language, else in the default one, else in any; empty when there are none. */
export function words(text: Text | undefined, language: string, fallback: string): string {
  const said = (tag: string) => (text?.[tag]?.trim() ? text[tag] : undefined);
  return said(language) ?? said(fallback) ?? "";
}

/** What to call a question where there is little room. */
export function titleOf(document: SurveyDocument, id: string): string {
  const question = document.questions.find((each) => each.id === id);
  return withFallbacks(words(question?.title, document.default_language, document.default_language)) || `Untitled question (${id})`;
}
