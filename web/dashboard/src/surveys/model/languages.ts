/** Languages of a survey: adding, removing, and what is not translated yet. */
import { FRAME_TEXTS, languagesOf, type SurveyDocument, type Text } from "./document.ts";

export interface Place {
  /** JSON pointer of the text. */
  readonly pointer: string;
  /** Where it is, for people. */
  readonly label: string;
  readonly text: Text;
}

const TAG = /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i;

export function isLanguageTag(tag: string): boolean {
  return TAG.test(tag);
}

/** `German`, in the reader's language; the tag itself when it has no name. */
export function languageName(tag: string, reader = "en"): string {
  try {
    return new Intl.DisplayNames([reader], { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

export function addLanguage(document: SurveyDocument, tag: string): SurveyDocument {
  const languages = languagesOf(document);
  const known = languages.some((language) => language.toLowerCase() === tag.toLowerCase());
  return known || !isLanguageTag(tag) ? document : { ...document, languages: [...languages, tag] };
}

/** Takes the language out of the survey and out of every text. The default language stays. */
export function removeLanguage(document: SurveyDocument, tag: string): SurveyDocument {
  if (tag === document.default_language) return document;
  const languages = languagesOf(document).filter((language) => language !== tag);
  return { ...(without(document, tag) as SurveyDocument), languages };
}

/** Every text of the document that has words in the default language. */
export function texts(document: SurveyDocument): readonly Place[] {
  const found: Place[] = [];
  const add = (pointer: string, label: string, text: Text | undefined) => {
    if (text?.[document.default_language]?.trim()) found.push({ pointer, label, text });
  };
  for (const [at, question] of document.questions.entries()) {
    const place = `/questions/${at}`;
    const label = `Question ${at + 1}`;
    add(`${place}/title`, label, question.title);
    add(`${place}/description`, `${label}, description`, question.description);
    for (const [index, option] of (question.options ?? []).entries()) add(`${place}/options/${index}/label`, `${label}, option ${index + 1}`, option.label);
    add(`${place}/labels/low`, `${label}, low end`, question.labels?.low);
    add(`${place}/labels/high`, `${label}, high end`, question.labels?.high);
    add(`${place}/placeholder`, `${label}, placeholder`, question.placeholder);
  }
  add("/thank_you/title", "Thank-you card", document.thank_you?.title);
  add("/thank_you/description", "Thank-you card, description", document.thank_you?.description);
  for (const name of FRAME_TEXTS) add(`/texts/${name}`, `Button and hint texts, ${name}`, document.texts?.[name]);
  return found;
}

/** The texts that have no words in that language. */
export function missing(document: SurveyDocument, language: string): readonly Place[] {
  return texts(document).filter(({ text }) => !text[language]?.trim());
}

function without(value: unknown, tag: string): unknown {
  if (Array.isArray(value)) return value.map((item) => without(item, tag));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key, inner]) => !(key === tag && typeof inner === "string"));
  return Object.fromEntries(kept.map(([key, inner]) => [key, without(inner, tag)]));
}
