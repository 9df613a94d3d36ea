/** What the server finds wrong, brought to the field that can mend it. */
import type { DocumentError, SurveyDocument } from "./document.ts";

/** The part of the editor that an error belongs to. */
export type Section =
  | { readonly part: "question"; readonly id: string }
  | { readonly part: "thank_you" | "texts" | "languages" | "launch" | "survey" };

/** Errors at the pointer or below it, the nearest first said. */
export function errorsAt(errors: readonly DocumentError[], pointer: string): readonly DocumentError[] {
  return errors.filter((error) => error.pointer === pointer || error.pointer.startsWith(`${pointer}/`));
}

/** What to say at a field: the first error there. */
export function errorAt(errors: readonly DocumentError[], pointer: string): string | undefined {
  const found = errorsAt(errors, pointer)[0];
  return found && sentence(found.detail);
}

/** Only at exactly this place, for containers whose parts say theirs themselves. */
export function errorOf(errors: readonly DocumentError[], pointer: string): string | undefined {
  const found = errors.find((error) => error.pointer === pointer);
  return found && sentence(found.detail);
}

export function sectionOf(document: SurveyDocument, pointer: string): Section {
  const [, top = "", index = ""] = pointer.split("/");
  const question = top === "questions" ? document.questions[Number(index)] : undefined;
  if (question) return { part: "question", id: question.id };
  if (top === "thank_you" || top === "texts" || top === "launch") return { part: top };
  return { part: top === "languages" || top === "default_language" ? "languages" : "survey" };
}

/** What can be mended in the editor, and what at launch. */
export function split(errors: readonly DocumentError[]): { content: readonly DocumentError[]; launch: readonly DocumentError[] } {
  const isLaunch = ({ pointer }: DocumentError) => pointer === "/launch" || pointer.startsWith("/launch/");
  return { content: errors.filter((error) => !isLaunch(error)), launch: errors.filter(isLaunch) };
}

const PLACES: readonly (readonly [RegExp, string])[] = [
  [/\/options\/(\d+)/, "option"],
  [/\/logic\/(\d+)/, "rule"],
  [/\/title/, "title"],
  [/\/description/, "description"],
  [/\/labels\/low/, "label of the low end"],
  [/\/labels\/high/, "label of the high end"],
  [/\/placeholder/, "placeholder"],
  [/\/max_length/, "longest answer"],
  [/\/options$/, "options"],
];

/** Where an error is, in words: `Question 2, option 1`. */
export function placeOf(document: SurveyDocument, pointer: string): string {
  const section = sectionOf(document, pointer);
  if (section.part !== "question") return SECTIONS[section.part];
  const number = document.questions.findIndex((question) => question.id === section.id) + 1;
  const place = PLACES.find(([pattern]) => pattern.test(pointer));
  const index = place?.[0].exec(pointer)?.[1];
  return `Question ${number}${place ? `, ${place[1]}${index === undefined ? "" : ` ${Number(index) + 1}`}` : ""}`;
}

const SECTIONS = { thank_you: "Thank-you card", texts: "Button texts", languages: "Languages", launch: "Launch", survey: "Survey" } as const;

function sentence(detail: string): string {
  const said = detail.charAt(0).toUpperCase() + detail.slice(1);
  return /[.!?]$/.test(said) ? said : `${said}.`;
}
