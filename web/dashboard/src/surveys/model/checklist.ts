/** What to look at before users see a survey. Blockers cannot launch; warnings may. */
import { type DocumentError, languagesOf, type SurveyDocument, type Trigger as Named } from "./document.ts";
import { expiryError } from "./duration.ts";
import { languageName, missing } from "./languages.ts";
import { brokenRules } from "./logic.ts";
import { scheduleError } from "./schedule.ts";

export type State = "ok" | "warn" | "blocker";

export interface Check {
  readonly id: string;
  readonly state: State;
  readonly text: string;
  /** Where it is mended. */
  readonly fix?: "questions" | "languages" | "trigger" | "connections";
}

export interface Seen {
  /** Names of triggers with the time they were last fired; null while that is not known. */
  readonly backend: ReadonlyMap<string, string | null> | null;
  readonly frontend: ReadonlyMap<string, string | null> | null;
  /** When an SDK last called; undefined while that is not known. */
  readonly sdk: string | null | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export function checklist(document: SurveyDocument, errors: readonly DocumentError[], seen: Seen): readonly Check[] {
  return [questions(document, errors), translations(document), activation(document, seen), places(document, seen), sequence(document, seen), schedule(document, seen), logic(document), sdk(seen)]
    .flat()
    .filter((check) => check !== null);
}

export function blockers(checks: readonly Check[]): readonly Check[] {
  return checks.filter((check) => check.state === "blocker");
}

function questions(document: SurveyDocument, errors: readonly DocumentError[]): Check {
  const count = document.questions.length;
  if (count === 0) return { id: "questions", state: "blocker", text: "Add at least one question.", fix: "questions" };
  const wrong = errors.filter(({ pointer }) => !pointer.startsWith("/launch")).length;
  if (wrong > 0) return { id: "questions", state: "blocker", text: `${wrong} ${wrong === 1 ? "thing" : "things"} to mend in the questions.`, fix: "questions" };
  return { id: "questions", state: "ok", text: `${count} ${count === 1 ? "question" : "questions"}, all complete.` };
}

function translations(document: SurveyDocument): Check | null {
  const others = languagesOf(document).filter((language) => language !== document.default_language);
  if (others.length === 0) return null;
  const gaps = others.map((language) => [language, missing(document, language).length] as const).filter(([, count]) => count > 0);
  if (gaps.length === 0) return { id: "languages", state: "ok", text: `Translated into ${others.map((tag) => languageName(tag)).join(", ")}.` };
  const said = gaps.map(([tag, count]) => `${languageName(tag)} (${count})`).join(", ");
  return { id: "languages", state: "warn", text: `Texts not translated yet: ${said}. Users see ${languageName(document.default_language)} there.`, fix: "languages" };
}

function activation({ launch }: SurveyDocument, seen: Seen): readonly (Check | null)[] {
  if (!launch.activation) return [null];
  const { backend_triggers: triggers, expires_after_secs: expiry } = launch.activation;
  const wrong = expiryError(expiry);
  const expires: Check | null = wrong ? { id: "expiry", state: "blocker", text: `Expiry: ${wrong}`, fix: "trigger" } : null;
  const none: Check = { id: "backend", state: "blocker", text: "Choose the backend event that makes the survey due.", fix: "trigger" };
  return [...(triggers.length > 0 ? known("backend", triggers, seen.backend) : [none]), expires];
}

function places({ launch }: SurveyDocument, seen: Seen): readonly Check[] {
  if (launch.frontend_triggers.length === 0) return [{ id: "frontend", state: "blocker", text: "Choose where it shows: a frontend trigger.", fix: "trigger" }];
  return known("frontend", launch.frontend_triggers, seen.frontend);
}

function sequence({ launch }: SurveyDocument, seen: Seen): Check | null {
  const never = (launch.trigger_sequence ?? []).filter((name) => seen.frontend && !seen.frontend.get(name));
  if (never.length === 0) return null;
  return { id: "sequence", state: "warn", text: `${[...new Set(never)].join(", ")} must come before, and was never received.`, fix: "trigger" };
}

function schedule({ launch }: SurveyDocument, { now }: Seen): Check | null {
  if (!launch.schedule) return null;
  const wrong = scheduleError(launch.schedule);
  if (wrong) return { id: "schedule", state: "blocker", text: `Schedule: ${wrong}`, fix: "trigger" };
  const { starts_at: starts, ends_at: ends } = launch.schedule;
  if (ends && Date.parse(ends) <= now) return { id: "schedule", state: "blocker", text: "The schedule has ended already: nobody would be asked.", fix: "trigger" };
  if (starts && Date.parse(starts) > now) return { id: "schedule", state: "ok", text: "Nobody is asked before the schedule starts." };
  return null;
}

/** One line for the triggers that were never fired, else one that all were. */
function known(kind: "backend" | "frontend", triggers: readonly Named[], seen: ReadonlyMap<string, string | null> | null): readonly Check[] {
  if (!seen) return [];
  const never = triggers.filter(({ name }) => !seen.get(name)).map(({ name }) => name);
  const who = kind === "backend" ? "your server" : "your app or site";
  if (never.length > 0) return [{ id: kind, state: "warn", text: `${never.join(", ")} was never received. Does ${who} send exactly this name?`, fix: "trigger" }];
  return [{ id: kind, state: "ok", text: `${triggers.map(({ name }) => name).join(", ")}: received from ${who} before.` }];
}

function logic(document: SurveyDocument): Check | null {
  const broken = document.questions.filter((question) => brokenRules(document, question).length > 0);
  if (broken.length > 0) return { id: "logic", state: "blocker", text: "A rule leads back, or asks about something that is not there.", fix: "questions" };
  return document.questions.some((question) => question.logic?.length) ? { id: "logic", state: "ok", text: "Every rule leads forward." } : null;
}

function sdk(seen: Seen): Check | null {
  if (seen.sdk === undefined) return null;
  if (seen.sdk === null) return { id: "sdk", state: "warn", text: "No SDK has called yet: nobody will see the survey until one does.", fix: "connections" };
  return { id: "sdk", state: "ok", text: "An SDK is installed and calling." };
}
