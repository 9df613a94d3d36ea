/** Surveys to begin with. Short on purpose: an in-product survey is answered in half a minute or not at all. */
import { asDocument, type Question, type Rule, type SurveyDocument } from "./document.ts";
import { slug } from "./ids.ts";

export interface Template {
  readonly id: string;
  readonly name: string;
  /** When to use it, in one line. */
  readonly use: string;
  readonly document: SurveyDocument;
}

const en = (text: string) => ({ en: text });

function choice(id: string, title: string, options: readonly string[], more: Partial<Question> = {}): Question {
  const built = options.map((label) => ({ id: slug(label, "option"), label: en(label) }));
  return { id, type: "single_select_feedback", title: en(title), required: true, options: built, ...more };
}

function withOther(question: Question): Question {
  return { ...question, options: [...(question.options ?? []), { id: "other", label: en("Something else"), allows_text: true }], randomise: "keep_last" };
}

const nps = (title: string, more: Partial<Question> = {}): Question => ({
  id: "recommend",
  type: "nps_feedback",
  title: en(title),
  required: true,
  labels: { low: en("Not at all likely"), high: en("Extremely likely") },
  ...more,
});

const stars = (id: string, title: string, low: string, high: string, more: Partial<Question> = {}): Question => ({
  id,
  type: "star_feedback",
  title: en(title),
  required: true,
  labels: { low: en(low), high: en(high) },
  ...more,
});

const words = (id: string, title: string, placeholder?: string, more: Partial<Question> = {}): Question => ({
  id,
  type: "input_feedback",
  title: en(title),
  ...(placeholder && { placeholder: en(placeholder) }),
  ...more,
});

const when = (question: string, op: "equals" | "in" | "greater_or_equal" | "less_or_equal", value: unknown, then: Rule["then"]): Rule => ({
  if: { all: [{ question, op, value }] },
  then,
});

function template(id: string, name: string, use: string, questions: readonly Question[], thanks = "Thank you!"): Template {
  const document = asDocument({ name, default_language: "en", questions, thank_you: { title: en(thanks), description: en("Your answer helps us improve.") } });
  return { id, name, use, document };
}

export const TEMPLATES: readonly Template[] = [
  template("nps", "Net Promoter Score", "How loyal users are, and why. Ask every few months.", [
    nps("How likely are you to recommend us to a friend or colleague?", {
      logic: [when("recommend", "greater_or_equal", 9, { jump: "best" }), when("recommend", "less_or_equal", 6, { jump: "improve" })],
    }),
    words("missing", "What is missing for a higher score?", "One thing is enough", { logic: [{ if: { any: [{ question: "recommend", op: "answered" }] }, then: { end: true } }] }),
    words("improve", "What went wrong for you?", "Tell us what happened", { logic: [{ if: { any: [{ question: "recommend", op: "answered" }] }, then: { end: true } }] }),
    words("best", "What do you like most?", "One thing is enough"),
  ]),
  template("csat", "Satisfaction after an event", "Right after an order, a booking or a call, by a backend event.", [
    stars("satisfaction", "How satisfied are you with your experience?", "Not at all", "Very", { logic: [when("satisfaction", "greater_or_equal", 4, { end: true })] }),
    words("reason", "What should have gone better?", "Please leave out names and contact details"),
  ]),
  template("effort", "Customer effort", "After a task, to find what makes people struggle.", [
    choice("effort", "How easy was it to do what you came for?", ["Very easy", "Easy", "Neither easy nor hard", "Hard", "Very hard"], {
      logic: [when("effort", "in", ["very_easy", "easy"], { end: true })],
    }),
    words("obstacle", "What made it hard?", "The step where you got stuck"),
  ]),
  template("fit", "Product-market fit", "For people who have used the product at least twice.", [
    choice("disappointed", "How would you feel if you could no longer use this product?", ["Very disappointed", "Somewhat disappointed", "Not disappointed"]),
    words("benefit", "What is the main benefit you get from it?"),
    words("improve", "How can we make it better for you?"),
  ]),
  template("onboarding", "First impression", "When somebody has just finished setting up.", [
    stars("setup", "How easy was it to get started?", "Very hard", "Very easy"),
    withOther(choice("goal", "What do you want to do first?", ["Try it out", "Solve a problem right now", "Replace another tool"])),
    words("unclear", "Was anything unclear?"),
  ]),
  template("cancel", "Cancellation reason", "When a subscription was cancelled on your server.", [
    withOther(choice("reason", "Why did you cancel?", ["Too expensive", "I no longer need it", "A feature is missing", "Hard to use", "Too many faults"], {
      logic: [when("reason", "equals", "a_feature_is_missing", { jump: "feature" }), when("reason", "in", ["i_no_longer_need_it"], { end: true })],
    })),
    words("better", "What could have kept you?", undefined, { logic: [{ if: { any: [{ question: "reason", op: "answered" }] }, then: { end: true } }] }),
    words("feature", "Which feature did you miss?"),
  ], "Thank you, and all the best."),
  template("feature", "Feature feedback", "A few uses after a new feature was tried.", [
    stars("useful", "How useful is this feature to you?", "Not useful", "Very useful"),
    words("change", "What would you change about it?"),
  ]),
  template("priority", "What to build next", "To weigh a few ideas against each other.", [
    withOther(choice("next", "Which of these would help you most?", ["Idea one", "Idea two", "Idea three"])),
    words("why", "How would it help you?"),
  ]),
  template("source", "How did you hear about us", "Soon after sign-up.", [
    withOther(choice("source", "How did you hear about us?", ["A friend or colleague", "Search", "Social media", "An article or video", "An advertisement"])),
  ]),
  template("checkout", "Abandoned checkout", "When a basket was left, by a backend event.", [
    withOther(choice("blocker", "What kept you from finishing your order?", ["Delivery costs or time", "I was only looking", "The way to pay I want is missing", "Something did not work"], {
      logic: [when("blocker", "equals", "i_was_only_looking", { end: true })],
    })),
    words("help", "What would have helped?"),
  ]),
  template("support", "After a support case", "When a ticket was solved.", [
    choice("solved", "Is your problem solved?", ["Yes", "Partly", "No"]),
    stars("support", "How was our support?", "Poor", "Excellent"),
    words("comment", "Anything else we should know?"),
  ]),
  template("content", "Was this helpful", "At the end of an article or help page.", [
    choice("helpful", "Did this page answer your question?", ["Yes", "No"], { logic: [when("helpful", "equals", "yes", { end: true })] }),
    words("looking_for", "What were you looking for?", "In a few words"),
  ]),
  template("sleep", "After a night's sleep", "The example of the guide: within two hours of “ended_sleep”, at the app's first screen.", [
    withOther(choice("feeling", "How do you feel this morning?", ["Well rested", "All right", "Still tired"])),
    stars("accuracy", "How well did the recording match your night?", "Not at all", "Perfectly", { required: false }),
  ], "Thank you, and have a good day!"),
];
