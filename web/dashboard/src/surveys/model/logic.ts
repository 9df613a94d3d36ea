/** Rules between questions: what they can say, where they can lead, and how they read. */
import { type AnswerCondition, type Condition, isFact, type Operator, type Question, type Rule, type SurveyDocument, titleOf, words } from "./document.ts";
import { factInWords } from "./sources.ts";

export const OPERATOR_WORDS: Readonly<Record<Operator, string>> = {
  equals: "is",
  not_equals: "is not",
  in: "is one of",
  answered: "is answered",
  not_answered: "is not answered",
  greater: "is more than",
  greater_or_equal: "is at least",
  less: "is less than",
  less_or_equal: "is at most",
  contains: "contains",
};

const CHOICE: readonly Operator[] = ["equals", "not_equals", "in", "answered", "not_answered"];
const NUMBER: readonly Operator[] = ["equals", "not_equals", "greater", "greater_or_equal", "less", "less_or_equal", "answered", "not_answered"];
const TEXT: readonly Operator[] = ["contains", "answered", "not_answered"];

export function operatorsFor(question: Question | undefined): readonly Operator[] {
  if (question?.type === "single_select_feedback") return CHOICE;
  return question?.type === "input_feedback" ? TEXT : NUMBER;
}

export function needsValue(op: Operator): boolean {
  return op !== "answered" && op !== "not_answered";
}

/** Values that a rating can take; null for other questions. */
export function rangeOf(question: Question | undefined): readonly [number, number] | null {
  if (question?.type === "nps_feedback") return [0, 10];
  return question?.type === "star_feedback" ? [1, 5] : null;
}

/** A value that fits the operator: what was there if it fits, else the first that does. */
export function fittingValue(question: Question | undefined, op: Operator, value: unknown): unknown {
  if (!needsValue(op)) return undefined;
  const range = rangeOf(question);
  if (range) return typeof value === "number" ? value : range[1];
  if (question?.type !== "single_select_feedback") return typeof value === "string" ? value : "";
  const ids = (question.options ?? []).map((option) => option.id);
  const given = (Array.isArray(value) ? value : [value]).filter((id): id is string => ids.includes(id as string));
  return op === "in" ? (given.length > 0 ? given : ids.slice(0, 1)) : (given[0] ?? ids[0] ?? "");
}

export function newCondition(question: Question): AnswerCondition {
  const op = operatorsFor(question)[0] as Operator;
  return withValue({ question: question.id, op }, fittingValue(question, op, undefined));
}

export function withValue(condition: AnswerCondition, value: unknown): AnswerCondition {
  const { question, op } = condition;
  return value === undefined ? { question, op } : { question, op, value };
}

export function newRule(question: Question): Rule {
  return { if: { all: [newCondition(question)] }, then: { end: true } };
}

export function conditionsOf(rule: Rule): readonly Condition[] {
  return "all" in rule.if ? rule.if.all : rule.if.any;
}

export function modeOf(rule: Rule): "all" | "any" {
  return "all" in rule.if ? "all" : "any";
}

export function withConditions(rule: Rule, mode: "all" | "any", conditions: readonly Condition[]): Rule {
  return { ...rule, if: mode === "all" ? { all: conditions } : { any: conditions } };
}

/** Questions that a rule of this one can ask about: itself and those before it. */
export function sources(document: SurveyDocument, id: string): readonly Question[] {
  return document.questions.slice(0, indexOf(document, id) + 1);
}

/** Questions that a rule of this one can lead to: those after it. */
export function targets(document: SurveyDocument, id: string): readonly Question[] {
  return document.questions.slice(indexOf(document, id) + 1);
}

/** Rules that an edit has made impossible: they lead back, or ask about a later question or an option that is gone. */
export function brokenRules(document: SurveyDocument, question: Question): readonly number[] {
  const before = new Set(sources(document, question.id).map(({ id }) => id));
  const behind = new Set(targets(document, question.id).map(({ id }) => id));
  return (question.logic ?? []).flatMap((rule, at) => {
    const asksLater = conditionsOf(rule).some((condition) => !isFact(condition) && (!before.has(condition.question) || namesGoneOption(document, condition)));
    const leadsBack = "jump" in rule.then && !behind.has(rule.then.jump);
    return asksLater || leadsBack ? [at] : [];
  });
}

/** `If "How?" is one of Bad, Awful: go to "Why?"`. */
export function ruleInWords(document: SurveyDocument, rule: Rule): string {
  const joint = modeOf(rule) === "all" ? " and " : " or ";
  const target = "jump" in rule.then ? `go to “${titleOf(document, rule.then.jump)}”` : "end the survey";
  return `If ${conditionsOf(rule).map((condition) => conditionInWords(document, condition)).join(joint)}: ${target}`;
}

function namesGoneOption(document: SurveyDocument, { question: id, value }: AnswerCondition): boolean {
  const options = document.questions.find((question) => question.id === id)?.options;
  const named = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return options !== undefined && !named.every((each) => options.some((option) => option.id === each));
}

function conditionInWords(document: SurveyDocument, condition: Condition): string {
  if (isFact(condition)) return factInWords(condition);
  const { question: id, op, value } = condition;
  const question = document.questions.find((each) => each.id === id);
  const option = (given: unknown) => {
    const found = question?.options?.find((each) => each.id === given);
    return found ? words(found.label, document.default_language, document.default_language) || found.id : String(given);
  };
  const said = needsValue(op) ? ` ${(Array.isArray(value) ? value : [value]).map(option).join(", ")}` : "";
  return `“${titleOf(document, id)}” ${OPERATOR_WORDS[op]}${said}`;
}

function indexOf(document: SurveyDocument, id: string): number {
  return document.questions.findIndex((question) => question.id === id);
}
