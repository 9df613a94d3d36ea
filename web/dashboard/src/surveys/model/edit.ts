/** Every change to a document as a pure function: document in, document out. */
import { asDocument, type Condition, isFact, type Option, type Question, type QuestionType, type Rule, type SurveyDocument, type Text, words } from "./document.ts";
import { freeId } from "./ids.ts";

const NAMES: Readonly<Record<QuestionType, string>> = {
  single_select_feedback: "choice",
  nps_feedback: "recommend",
  star_feedback: "rating",
  input_feedback: "comment",
};

export function blankSurvey(name: string, language = "en"): SurveyDocument {
  return asDocument({ name, default_language: language, questions: [], thank_you: { title: { [language]: "Thank you!" } }, show_progress: true });
}

export function newQuestion(document: SurveyDocument, type: QuestionType): Question {
  const id = freeId(NAMES[type], document.questions.map((question) => question.id));
  const language = document.default_language;
  const base = { id, type, title: { [language]: "" } };
  switch (type) {
    case "single_select_feedback":
      return { ...base, required: true, options: ["1", "2"].map((n) => ({ id: `option_${n}`, label: { [language]: `Option ${n}` } })) };
    case "nps_feedback":
      return { ...base, required: true, labels: { low: { [language]: "Not at all likely" }, high: { [language]: "Extremely likely" } } };
    case "star_feedback":
      return { ...base, required: true };
    case "input_feedback":
      return base;
  }
}

/** Puts a question at `at`; the end when absent. */
export function insertQuestion(document: SurveyDocument, question: Question, at = document.questions.length): SurveyDocument {
  return { ...document, questions: document.questions.toSpliced(at, 0, question) };
}

export function updateQuestion(document: SurveyDocument, id: string, change: (question: Question) => Question): SurveyDocument {
  return { ...document, questions: document.questions.map((question) => (question.id === id ? change(question) : question)) };
}

/** The copy follows its original, with an id of its own; its rules about itself speak of the copy. */
export function duplicateQuestion(document: SurveyDocument, id: string): { document: SurveyDocument; id: string } {
  const at = document.questions.findIndex((question) => question.id === id);
  const original = document.questions[at];
  if (!original) return { document, id };
  const copyId = freeId(id, document.questions.map((question) => question.id));
  const copy: Question = { ...original, id: copyId, ...(original.logic && { logic: original.logic.map((rule) => renamed(rule, id, copyId)) }) };
  return { document: insertQuestion(document, copy, at + 1), id: copyId };
}

/** Rules that name the question go with it: a rule that has lost a condition would mean something else. */
export function removeQuestion(document: SurveyDocument, id: string): SurveyDocument {
  const questions = document.questions.filter((question) => question.id !== id).map((question) => withRules(question, (rule) => !names(rule, id)));
  return { ...document, questions };
}

export function moveQuestion(document: SurveyDocument, id: string, to: number): SurveyDocument {
  const from = document.questions.findIndex((question) => question.id === id);
  return from < 0 ? document : { ...document, questions: moved(document.questions, from, to) };
}

export function moved<T>(items: readonly T[], from: number, to: number): readonly T[] {
  const item = items[from];
  return item === undefined ? items : items.toSpliced(from, 1).toSpliced(to, 0, item);
}

export function addOption(document: SurveyDocument, question: Question, label = "", allowsText = false): Question {
  const options = question.options ?? [];
  const ids = options.map((option) => option.id);
  const id = allowsText ? freeId("other", ids) : freeId(`option_${options.length + 1}`, ids);
  const text = label || (allowsText ? "Something else" : "");
  const option: Option = { id, label: { [document.default_language]: text }, ...(allowsText && { allows_text: true }) };
  return { ...question, options: [...options, option] };
}

/** An empty text in a further language is taken out: nothing there is as good as a blank, and shorter. */
export function withWords(text: Text | undefined, language: string, value: string, defaultLanguage: string): Text {
  const { [language]: _, ...others } = text ?? {};
  return value === "" && language !== defaultLanguage ? others : { ...others, [language]: value };
}

/** As `withWords`, for a text that may be absent: without any words it is. */
export function optionalWords(text: Text | undefined, language: string, value: string, defaultLanguage: string): Text | undefined {
  const result = withWords(text, language, value, defaultLanguage);
  return Object.values(result).some((each) => each !== "") ? result : undefined;
}

/** Sets a field, or leaves it out when undefined. */
export function put<T extends object, K extends keyof T>(target: T, key: K, value: T[K] | undefined): T {
  const { [key]: _, ...rest } = target;
  return (value === undefined ? rest : { ...rest, [key]: value }) as T;
}

export function names(rule: Rule, id: string): boolean {
  const conditions = "all" in rule.if ? rule.if.all : rule.if.any;
  return ("jump" in rule.then && rule.then.jump === id) || conditions.some((condition) => !isFact(condition) && condition.question === id);
}

/** Changes the type, and keeps what both types have. */
export function changeType(document: SurveyDocument, question: Question, type: QuestionType): Question {
  const fresh = newQuestion({ ...document, questions: [] }, type);
  const { id, title, description, required, labels } = question;
  const keepsLabels = fresh.type !== "single_select_feedback" && fresh.type !== "input_feedback" && labels;
  return { ...fresh, id, title, ...(description && { description }), required: required ?? false, ...(keepsLabels && { labels }) };
}

/** The first words of a question, to name it in a sentence. */
export function nameOf(document: SurveyDocument, question: Question): string {
  return words(question.title, document.default_language, document.default_language) || "Untitled question";
}

function withRules(question: Question, keep: (rule: Rule) => boolean): Question {
  if (!question.logic) return question;
  const logic = question.logic.filter(keep);
  return put(question, "logic", logic.length > 0 ? logic : undefined);
}

function renamed(rule: Rule, from: string, to: string): Rule {
  const each = (condition: Condition): Condition => (!isFact(condition) && condition.question === from ? { ...condition, question: to } : condition);
  return { ...rule, if: "all" in rule.if ? { all: rule.if.all.map(each) } : { any: rule.if.any.map(each) } };
}
