import type { Answer, Answers, Question } from "./content.ts";
import type { Values } from "./values.ts";

/** About an answer, or settled by the server: true if the display's values say so. */
export type Condition = AnswerCondition | { readonly constant: string };

interface AnswerCondition {
  readonly question: string;
  readonly op: string;
  readonly value?: unknown;
}

export interface Rule {
  readonly if: { readonly all?: readonly Condition[]; readonly any?: readonly Condition[] };
  readonly then: { readonly jump?: string; readonly end?: boolean };
}

/**
 * Where the survey goes after the question at `at`: an index, `questions.length` at its end. The first rule that holds
 * decides, else the next question follows. A jump that does not lead forward counts as none.
 */
export function after(questions: readonly Question[], at: number, answers: Answers, values: Values = {}): number {
  const rule = questions[at]?.logic?.find((rule) => holds(rule, answers, values));
  if (rule?.then.end) return questions.length;
  const target = rule ? questions.findIndex((question) => question.id === rule.then.jump) : -1;
  return target > at ? target : at + 1;
}

/** The way that these answers take, and the answers to questions on it: no other answer has a say. */
export function walk(questions: readonly Question[], answers: Answers, values: Values = {}): { readonly path: readonly string[]; readonly answers: Answers } {
  const path: string[] = [];
  const kept: Record<string, Answer> = {};
  for (let at = 0; at < questions.length; at = after(questions, at, kept, values)) {
    const { id } = questions[at] as Question;
    const answer = answers[id];
    path.push(id);
    if (answer && answer.text?.trim() !== "") kept[id] = answer;
  }
  return { path, answers: kept };
}

/** An empty `all` holds, an empty `any` does not. */
function holds({ if: { all, any } }: Rule, answers: Answers, values: Values): boolean {
  const test = (condition: Condition) => ("constant" in condition ? values[condition.constant] === true : meets(condition, answers[condition.question]));
  return all ? all.every(test) : (any ?? []).some(test);
}

/** Without an answer only `not_answered` and `not_equals` hold. */
function meets({ op, value }: AnswerCondition, answer: Answer | undefined): boolean {
  const is = (wanted: unknown) => given(answer).includes(wanted);
  const number = answer?.number ?? NaN;
  const than = value as number;
  switch (op) {
    case "answered":
      return answer !== undefined;
    case "not_answered":
      return answer === undefined;
    case "equals":
      return is(value);
    case "not_equals":
      return !is(value);
    case "in":
      return Array.isArray(value) && value.some(is);
    case "greater":
      return number > than;
    case "greater_or_equal":
      return number >= than;
    case "less":
      return number < than;
    case "less_or_equal":
      return number <= than;
    case "contains":
      return answer?.text === undefined ? is(value) : answer.text.includes(String(value));
    default:
      return false;
  }
}

function given(answer: Answer | undefined): readonly unknown[] {
  return answer?.options ?? [answer?.number ?? answer?.text];
}
