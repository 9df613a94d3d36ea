import type { Answer, QuestionResult, ResponseRow, Results } from "../api/contract.ts";
import { flatten, show } from "./json.ts";
import { duration } from "./time.ts";

export type ColumnGroup = "Display" | "Answers" | "Event" | "Trigger" | "User";
/** `id` is the column's name in the CSV download too, so that table, URL and file speak of the same thing. */
export type Column = { id: string; title: string; group: ColumnGroup; width: number; numeric?: boolean; text: (row: ResponseRow) => string };

const FIXED: Column[] = [
  { id: "shown_at", title: "Shown", group: "Display", width: 150, text: (row) => row.shown_at ?? "" },
  { id: "user_id", title: "User", group: "Display", width: 170, text: userOf },
  { id: "state", title: "State", group: "Display", width: 110, text: (row) => row.state },
  { id: "completed_at", title: "Completed", group: "Display", width: 150, text: (row) => row.completed_at ?? "" },
  { id: "duration_ms", title: "Time taken", group: "Display", width: 100, numeric: true, text: (row) => (row.duration_ms === null ? "" : duration(row.duration_ms / 1000)) },
  { id: "survey_version", title: "Version", group: "Display", width: 80, numeric: true, text: (row) => String(row.survey_version) },
  { id: "platform", title: "Platform", group: "Display", width: 90, text: (row) => row.platform },
  { id: "locale", title: "Language", group: "Display", width: 90, text: (row) => row.locale },
  { id: "event_name", title: "Event", group: "Display", width: 140, text: (row) => row.activated_by?.event_name ?? "" },
  { id: "trigger_name", title: "Frontend trigger", group: "Display", width: 150, text: (row) => row.trigger_name },
];
const ALWAYS = ["shown_at", "user_id", "state"];

export function userOf(row: ResponseRow): string {
  return row.user_id ?? (row.anonymous_id ? `anonymous ${row.anonymous_id}` : "");
}

/** Every column that this survey's responses can have, in the order of the CSV. */
export function columnsOf(results: Results): Column[] {
  const questions = results.questions.map((question): Column => ({
    id: `answer.${question.id}`,
    title: question.title,
    group: "Answers",
    width: question.texts ? 260 : question.choices ? 180 : 110,
    numeric: Boolean(question.nps || question.scale),
    text: (row) => answerText(row.answers[question.id], question),
  }));
  const properties = (group: ColumnGroup, source: "event" | "trigger" | "user"): Column[] =>
    [...results.property_keys[source]].sort().map((key) => ({
      id: `${source}.${key}`,
      title: `${source}.${key}`,
      group,
      width: 130,
      text: (row) => propertyText(row, source, key),
    }));
  return [...FIXED, ...questions, ...properties("Event", "event"), ...properties("Trigger", "trigger"), ...properties("User", "user")];
}

function propertyText(row: ResponseRow, source: "event" | "trigger" | "user", key: string): string {
  const found = flatten(row[source]).find(([path]) => path === key);
  return found ? show(found[1]) : show(row[source]?.[key]);
}

/** An answer in the words that the person saw. */
export function answerText(answer: Answer | undefined, question: Pick<QuestionResult, "choices"> | undefined): string {
  if (!answer) return "";
  if (answer.options) {
    const labels = answer.options.map((id) => question?.choices?.find((choice) => choice.id === id)?.label ?? id).join(", ");
    return answer.other_text ? `${labels}: ${answer.other_text}` : labels;
  }
  if (answer.number !== undefined) return String(answer.number);
  return answer.text ?? "";
}

/** What is shown while nobody has chosen: who, when, how far, the answers, and a few event properties. */
export function defaultColumns(columns: Column[]): string[] {
  const some = (group: ColumnGroup, n: number) => columns.filter((column) => column.group === group).slice(0, n).map((column) => column.id);
  return [...ALWAYS, ...some("Answers", 6), ...some("Event", 4)];
}

/** The chosen columns, in their own order; ids that do not exist (any more) are skipped. */
export function readColumns(text: string | undefined, columns: Column[]): Column[] {
  const wanted = text ? text.split(",").map((id) => id.replaceAll("%2C", ",").replaceAll("%25", "%")) : defaultColumns(columns);
  const chosen = columns.filter((column) => wanted.includes(column.id));
  return chosen.length > 0 ? chosen : columns.filter((column) => ALWAYS.includes(column.id));
}

export function writeColumns(ids: string[], columns: Column[]): string | undefined {
  const ordered = columns.map((column) => column.id).filter((id) => ids.includes(id));
  return ordered.join() === columns.map((column) => column.id).filter((id) => defaultColumns(columns).includes(id)).join()
    ? undefined
    : ordered.map((id) => id.replaceAll("%", "%25").replaceAll(",", "%2C")).join(",");
}
