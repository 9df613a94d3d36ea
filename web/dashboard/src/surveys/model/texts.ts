/** Reading and writing one text of the document by its JSON pointer: the same pointer that the server names in errors. */
import type { Question, SurveyDocument, Text } from "./document.ts";
import { put, withWords } from "./edit.ts";

type Node = Readonly<Record<string, unknown>> | readonly unknown[];

function parts(pointer: string): string[] {
  return pointer.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

export function textAt(document: SurveyDocument, pointer: string): Text | undefined {
  return parts(pointer).reduce<unknown>((node, part) => (node as Record<string, unknown> | undefined)?.[part], document) as Text | undefined;
}

/** Sets the words of one language. An `optional` text without any words is left out of the document. */
export function setText(document: SurveyDocument, pointer: string, language: string, value: string, optional = false): SurveyDocument {
  const text = withWords(textAt(document, pointer), language, value, document.default_language);
  const isEmpty = Object.values(text).every((words) => words === "");
  const changed = write(document, parts(pointer), optional && isEmpty ? undefined : text) as SurveyDocument;
  return pointer.includes("/labels/") ? { ...changed, questions: changed.questions.map(tidyLabels) } : changed;
}

/** Labels come in pairs: both ends, or none. */
function tidyLabels(question: Question): Question {
  if (!question.labels) return question;
  const { low = {}, high = {} } = question.labels;
  const isBlank = [...Object.values(low), ...Object.values(high)].every((words) => words === "");
  return isBlank ? put(question, "labels", undefined) : { ...question, labels: { low, high } };
}

function write(node: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const inner = write((node as Record<string, unknown> | undefined)?.[key], rest, value);
  if (Array.isArray(node)) return (node as Node & unknown[]).map((item, at) => (at === Number(key) ? inner : item));
  const { [key]: _, ...others } = (node ?? {}) as Record<string, unknown>;
  return inner === undefined ? others : { ...(node as object | undefined), [key]: inner };
}
