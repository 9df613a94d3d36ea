import type { ConditionSource, FilterCondition, Json, Operator, ResultsFilter } from "../api/contract.ts";
import { show } from "./json.ts";

export const SOURCES: Record<ConditionSource, string> = {
  answer: "Answer",
  event: "Event property",
  trigger: "Trigger property",
  user: "User attribute",
  display: "Display",
};
export const OPERATORS: Record<Operator, string> = {
  equals: "is",
  not_equals: "is not",
  in: "is one of",
  contains: "contains",
  starts_with: "starts with",
  ends_with: "ends with",
  greater: "is greater than",
  greater_or_equal: "is at least",
  less: "is less than",
  less_or_equal: "is at most",
  exists: "is set",
  not_exists: "is not set",
};
export const DISPLAY_PATHS = ["state", "platform", "locale", "event_name"];
export const STATES = ["shown", "answered", "completed", "dismissed", "abandoned"];

export const EMPTY_FILTER: ResultsFilter = { from: null, to: null, all: [] };

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const needsValue = (op: Operator): boolean => op !== "exists" && op !== "not_exists";

/** Whatever the URL holds, as a filter; what makes no sense is left out. Nothing left is `undefined`. */
export function readFilter(value: unknown): ResultsFilter | undefined {
  if (!isObject(value)) return undefined;
  const date = (each: unknown) => (typeof each === "string" && DATE.test(each) && !Number.isNaN(Date.parse(each)) ? each : null);
  const all = Array.isArray(value["all"]) ? value["all"].flatMap(readCondition) : [];
  return tidy({ from: date(value["from"]), to: date(value["to"]), all });
}

function readCondition(value: unknown): FilterCondition[] {
  if (!isObject(value)) return [];
  const { source, path, op } = value;
  if (typeof source !== "string" || !Object.hasOwn(SOURCES, source)) return [];
  if (typeof op !== "string" || !Object.hasOwn(OPERATORS, op)) return [];
  if (typeof path !== "string" || path === "") return [];
  const condition = { source: source as ConditionSource, path, op: op as Operator };
  if (!needsValue(condition.op)) return [condition];
  return value["value"] === undefined ? [] : [{ ...condition, value: value["value"] as Json }];
}

/** The shortest form of a filter: one that lets everything pass is `undefined`. */
export function tidy(filter: ResultsFilter): ResultsFilter | undefined {
  return filter.from || filter.to || filter.all.length > 0 ? filter : undefined;
}

/** What the API takes as its `filter` parameter. */
export function writeFilter(filter: ResultsFilter | undefined): string | undefined {
  return filter && JSON.stringify({ from: filter.from, to: filter.to, all: filter.all });
}

/** The operators that make sense for a source and, for an answer, its question's type. */
export function operatorsFor(source: ConditionSource, kind: "choices" | "number" | "text" | undefined): Operator[] {
  const there: Operator[] = ["exists", "not_exists"];
  if (source === "answer" && kind === "choices") return ["contains", "equals", "not_equals", ...there];
  if (source === "answer" && kind === "number") return ["equals", "not_equals", "greater_or_equal", "less_or_equal", "greater", "less", ...there];
  if (source === "answer") return ["contains", "equals", "starts_with", "ends_with", ...there];
  if (source === "display") return ["equals", "not_equals", "in"];
  return Object.keys(OPERATORS) as Operator[];
}

export type ValueType = "text" | "number" | "boolean";

/** The type that typed-in text most likely means. */
export function guessType(text: string): ValueType {
  const trimmed = text.trim();
  if (trimmed === "true" || trimmed === "false") return "boolean";
  return trimmed !== "" && Number.isFinite(Number(trimmed)) ? "number" : "text";
}

/** Typed-in text as a value of a type: "5" and 5 are two different things to the server. `undefined` when it does not fit. */
export function typed(text: string, type: ValueType): Json | undefined {
  const trimmed = text.trim();
  if (type === "text") return trimmed === "" ? undefined : trimmed;
  if (type === "boolean") return trimmed === "true" ? true : trimmed === "false" ? false : undefined;
  return trimmed !== "" && Number.isFinite(Number(trimmed)) ? Number(trimmed) : undefined;
}

type Named = { id: string; title: string; choices?: { id: string; label: string }[] | null };

/** A condition in words, with the question's and the options' own. */
export function describe(condition: FilterCondition, questions: readonly Named[]): string {
  const question = condition.source === "answer" ? questions.find((each) => each.id === condition.path) : undefined;
  const subject = condition.source === "answer" ? `“${question?.title ?? condition.path}”` : condition.source === "display" ? condition.path.replace("_", " ") : `${condition.source}.${condition.path}`;
  if (!needsValue(condition.op)) return `${subject} ${OPERATORS[condition.op]}`;
  const word = (value: Json | undefined) => question?.choices?.find((choice) => choice.id === value)?.label ?? show(value);
  const value = Array.isArray(condition.value) ? condition.value.map(word).join(", ") : word(condition.value);
  return `${subject} ${OPERATORS[condition.op]} ${value}`;
}

/** Date presets: the last `days` days up to and with today. */
export function lastDaysRange(days: number, today: Date = new Date()): { from: string; to: null } {
  return { from: new Date(today.getTime() - (days - 1) * 86_400_000).toISOString().slice(0, 10), to: null };
}
