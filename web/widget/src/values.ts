import type { SurveyContent } from "./content.ts";

/** What the content leaves open for one display: texts under `p0`, `p1`, …, conditions of its logic under `c0`, `c1`, …. */
export type Values = Readonly<Record<string, string | boolean>>;

const PLACES = /\\\{\{|\{\{(p\d+)\}\}/g;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const TURNS = /[\u202a-\u202e\u2066-\u2069]/g;

/** The content with every value in its place. A value is text: it is not looked into, and cannot turn what is around it. */
export function filled(content: SurveyContent, values: Values): SurveyContent {
  const isolate = (value: string) => (content.direction === "rtl" || RIGHT_TO_LEFT.test(value) ? `\u2068${value}\u2069` : value);
  const value = (name: string) => isolate(String(values[name] ?? "").replace(TURNS, ""));
  const say = (text: string) => text.replace(PLACES, (_, name?: string) => (name ? value(name) : "{{"));
  const fill = <T extends object>(node: T, ...names: (keyof T)[]): T => {
    const copy = { ...node };
    for (const name of names) if (typeof copy[name] === "string") copy[name] = say(copy[name]) as T[keyof T];
    return copy;
  };
  return {
    ...content,
    questions: content.questions.map((question) => ({
      ...fill(question, "title", "description", "placeholder"),
      ...(question.options && { options: question.options.map((option) => fill(option, "label")) }),
      ...(question.labels && { labels: fill(question.labels, "low", "high") }),
    })),
    ...(content.thank_you && { thank_you: fill(content.thank_you, "title", "description") }),
    ...(content.texts && { texts: fill(content.texts, "next", "submit", "skip", "close", "required", "other") }),
  };
}
