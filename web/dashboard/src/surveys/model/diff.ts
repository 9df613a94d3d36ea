/** What changed between two versions, question by question, in words. */
import { type Question, type SurveyDocument, type Text, words } from "./document.ts";
import { nameOf } from "./edit.ts";
import { ruleInWords } from "./logic.ts";
import { launchSentence } from "./sentence.ts";

export interface Change {
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

export interface Part {
  readonly kind: "added" | "removed" | "changed";
  readonly title: string;
  readonly changes: readonly Change[];
}

export function compare(before: SurveyDocument, after: SurveyDocument): readonly Part[] {
  const old = new Map(before.questions.map((question) => [question.id, question]));
  const kept = new Set(after.questions.map(({ id }) => id));
  const present = after.questions.map((question, at): Part | null => {
    const title = `${at + 1}. ${nameOf(after, question)}`;
    const was = old.get(question.id);
    return was ? changed(title, facts(before, was), { ...facts(after, question), ...sameRules(before, was, question) }) : { kind: "added", title, changes: [] };
  });
  const gone = before.questions.filter(({ id }) => !kept.has(id)).map((question): Part => ({ kind: "removed", title: nameOf(before, question), changes: [] }));
  const title = (id: string) => after.questions.filter((question) => question.id === id).map((question) => nameOf(after, question)).join();
  const order = (document: SurveyDocument, ids: ReadonlySet<string>) => document.questions.filter(({ id }) => ids.has(id)).map(({ id }) => title(id)).join(" → ");
  const common = new Set([...kept].filter((id) => old.has(id)));
  const moved = changed("Order of the questions", { order: order(before, common) }, { order: order(after, common) });
  const parts = [...present, ...gone, moved, changed("Survey", surveyFacts(before), surveyFacts(after)), changed("Launch", launchFacts(before), launchFacts(after))];
  return parts.filter((part) => part !== null);
}

type Facts = Readonly<Record<string, string>>;

function changed(title: string, before: Facts, after: Facts): Part | null {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changes = keys.map((what) => ({ what, before: before[what] ?? "", after: after[what] ?? "" })).filter((change) => change.before !== change.after);
  return changes.length > 0 ? { kind: "changed", title, changes } : null;
}

/** Rules that only sound different, because a title changed, are the same rules. */
function sameRules(before: SurveyDocument, was: Question, question: Question): Facts {
  return JSON.stringify(was.logic) === JSON.stringify(question.logic) ? { rules: rulesInWords(before, was) } : {};
}

const rulesInWords = (document: SurveyDocument, question: Question) => (question.logic ?? []).map((rule) => ruleInWords(document, rule)).join("; ");

function facts(document: SurveyDocument, question: Question): Facts {
  const found: Record<string, string> = {
    type: question.type,
    required: question.required ? "yes" : "no",
    "order of options": question.randomise ?? "none",
    "longest answer": question.type === "input_feedback" ? String(question.max_length ?? 2_000) : "",
    rules: rulesInWords(document, question),
  };
  say(found, "title", question.title);
  say(found, "description", question.description);
  say(found, "placeholder", question.placeholder);
  say(found, "low end", question.labels?.low);
  say(found, "high end", question.labels?.high);
  for (const option of question.options ?? []) {
    const name = `option ${option.id}`;
    say(found, name, option.label);
    if (option.allows_text) found[`${name}, with text`] = "yes";
  }
  return found;
}

function surveyFacts(document: SurveyDocument): Facts {
  const found: Record<string, string> = {
    name: document.name,
    languages: (document.languages ?? [document.default_language]).join(", "),
    "default language": document.default_language,
    "can be closed": document.dismissible === false ? "no" : "yes",
    "shows progress": document.show_progress === false ? "no" : "yes",
  };
  say(found, "thank-you title", document.thank_you?.title);
  say(found, "thank-you text", document.thank_you?.description);
  for (const [name, text] of Object.entries(document.texts ?? {})) say(found, `text “${name}”`, text);
  return found;
}

function launchFacts({ launch }: SurveyDocument): Facts {
  return { launch: launchSentence(launch), priority: launch.priority ?? "normal" };
}

function say(found: Record<string, string>, what: string, text: Text | undefined): void {
  for (const language of Object.keys(text ?? {})) {
    const said = words(text, language, "");
    if (said) found[`${what} (${language})`] = said;
  }
}
