/** Values in texts as the server reads them: `{{event.author.name | "your book"}}` says the author's name, or "your book". */
import type { Source } from "./document.ts";

/** Texts can also say the event of each of several backend triggers; that is written by hand. */
const PIPE = /\\\{\{|\{\{((?:[^"}]|"(?:\\.|[^"\\])*"|\}(?!\}))*)\}\}/gs;
const PARTS = /^\s*(?:events?|trigger|user)\.[^|]+\|\s*"((?:\\.|[^"\\])*)"\s*$/s;

/** What users read when there is no value. What is no pipe after all stays as it is; the server says what is wrong with it. */
export function withFallbacks(text: string): string {
  return text.replace(PIPE, (whole, inner?: string) => (inner === undefined ? "{{" : (fallbackOf(inner) ?? whole)));
}

/** The same for the widget, which takes `{{` for the place of a value unless a backslash stands before it. */
export function inPreview(text: string): string {
  return withFallbacks(text).replaceAll("{{", "\\{{");
}

/** A pipe as a text has it. */
export function pipe(source: Source, path: string, fallback: string): string {
  return `{{${source}.${path.trim()} | "${fallback.replace(/["\\]/g, "\\$&")}"}}`;
}

/** Whether a pipe can name this property at all. */
export function canPipe(path: string): boolean {
  return path.trim() !== "" && !/[|{}"\p{Cc}]/u.test(path);
}

function fallbackOf(inner: string): string | undefined {
  return PARTS.exec(inner)?.[1]?.replace(/\\(.)/gs, "$1");
}
