/** What the widget would get: the draft in one language, for the preview. */
import type { Question as Asked, SurveyContent, Values } from "@sonde/widget";
import { type Condition, FRAME_TEXTS, isFact, type Question, type Rule, type SurveyDocument, type Text, words } from "./document.ts";
import { inPreview } from "./pipes.ts";

/** A preview knows of no event, trigger or user: conditions on what is there do not hold, those on what is not there do. */
export const PREVIEW_VALUES: Values = { absent: true };

const RIGHT_TO_LEFT = new Set(["ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ps", "sd", "ug", "ur", "yi"]);
const RTL_SCRIPTS = new Set(["adlm", "arab", "aran", "hebr", "nkoo", "rohg", "syrc", "thaa"]);

/** By its script if the tag names one, else by the language. */
export function directionOf(language: string): "ltr" | "rtl" {
  const [base = "", script = ""] = language.toLowerCase().split("-");
  const rtl = /^[a-z]{4}$/.test(script) ? RTL_SCRIPTS.has(script) : RIGHT_TO_LEFT.has(base);
  return rtl ? "rtl" : "ltr";
}

/** Next, submit, skip, close, required, other: where a survey says nothing of its own. */
const BUILT_IN: Readonly<Record<string, readonly string[]>> = {
  en: ["Next", "Send", "Skip", "Close", "Please choose an answer", "Please specify"],
  de: ["Weiter", "Senden", "Überspringen", "Schließen", "Bitte wählen Sie eine Antwort", "Bitte angeben"],
  fr: ["Suivant", "Envoyer", "Passer", "Fermer", "Veuillez choisir une réponse", "Veuillez préciser"],
  es: ["Siguiente", "Enviar", "Omitir", "Cerrar", "Elija una respuesta", "Especifique"],
  it: ["Avanti", "Invia", "Salta", "Chiudi", "Scegli una risposta", "Specifica"],
  pt: ["Seguinte", "Enviar", "Pular", "Fechar", "Escolha uma resposta", "Especifique"],
  nl: ["Volgende", "Versturen", "Overslaan", "Sluiten", "Kies een antwoord", "Licht toe"],
  ar: ["التالي", "إرسال", "تخطّي", "إغلاق", "يرجى اختيار إجابة", "يرجى التوضيح"],
  he: ["הבא", "שליחה", "דילוג", "סגירה", "נא לבחור תשובה", "נא לפרט"],
};

export function builtIn(language: string): readonly string[] {
  return BUILT_IN[language.split("-")[0] ?? ""] ?? (BUILT_IN["en"] as readonly string[]);
}

export function contentOf(document: SurveyDocument, language: string): SurveyContent {
  const say = (text: Text | undefined) => inPreview(words(text, language, document.default_language));
  const optional = (text: Text | undefined) => say(text) || null;
  const known = builtIn(language);
  return {
    survey_id: "preview",
    version: 0,
    language,
    direction: directionOf(language),
    dismissible: document.dismissible ?? true,
    show_progress: document.show_progress ?? true,
    questions: document.questions.map((question) => asked(question, say, optional)),
    thank_you: document.thank_you ? { title: say(document.thank_you.title), description: optional(document.thank_you.description) } : null,
    texts: Object.fromEntries(FRAME_TEXTS.map((name, at) => [name, say(document.texts?.[name]) || known[at]])),
  };
}

function asked(question: Question, say: (text: Text | undefined) => string, optional: (text: Text | undefined) => string | null): Asked {
  const { id, type, required, randomise, max_length, logic } = question;
  return {
    id,
    type,
    title: say(question.title) || "Untitled question",
    description: optional(question.description),
    required: required ?? false,
    ...(question.options && {
      options: question.options.map((option, at) => ({ id: option.id, label: say(option.label) || `Option ${at + 1}`, allows_text: option.allows_text ?? false })),
    }),
    ...(randomise && { randomise }),
    ...(question.labels && { labels: { low: say(question.labels.low), high: say(question.labels.high) } }),
    ...(question.placeholder && { placeholder: optional(question.placeholder) }),
    ...(max_length && { max_length }),
    ...(logic && { logic: logic.map(settled) }),
  };
}

function settled(rule: Rule) {
  const settle = (condition: Condition) => {
    if (!isFact(condition)) return condition;
    return { constant: condition.op.startsWith("not_") ? "absent" : "present" };
  };
  return { then: rule.then, if: "all" in rule.if ? { all: rule.if.all.map(settle) } : { any: rule.if.any.map(settle) } };
}
