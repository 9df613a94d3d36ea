/** What the survey pages keep in the URL. Unknown values fall back. */

type Search = Record<string, unknown>;
type Optional<T> = { [K in keyof T]?: T[K] | undefined };

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined);
const oneOf = <const T extends string>(value: unknown, options: readonly T[]): T | undefined => options.find((option) => option === value);

export const STATUSES = ["draft", "live", "paused", "ended"] as const;
export const listSearch = (search: Search): Optional<{ q: string; status: (typeof STATUSES)[number] }> => ({
  q: text(search["q"]),
  status: oneOf(search["status"], STATUSES),
});

export const templatesSearch = (search: Search): Optional<{ template: string }> => ({ template: text(search["template"]) });

export const PARTS = ["thank_you", "texts", "languages", "survey"] as const;
export type Part = (typeof PARTS)[number];
export type EditorSearch = Optional<{
  /** The question that is open. */
  question: string;
  /** Another part that is open instead. */
  part: Part;
  /** On narrow screens: what is in sight. */
  view: "preview";
  /** The language being edited and previewed; absent: the default one. */
  lang: string;
  device: "desktop";
  look: "dark" | "light";
  dialog: "changes" | "versions";
}>;

export const editorSearch = (search: Search): EditorSearch => ({
  question: text(search["question"]),
  part: oneOf(search["part"], PARTS),
  view: oneOf(search["view"], ["preview"]),
  lang: text(search["lang"]),
  device: oneOf(search["device"], ["desktop"]),
  look: oneOf(search["look"], ["dark", "light"]),
  dialog: oneOf(search["dialog"], ["changes", "versions"]),
});
