/** The whole launch in one plain sentence: where, when, how often, for whom. */
import { conditionsInWords, type Names } from "../../audience/words.ts";
import type { Launch, Platform, Repeat, Trigger } from "./document.ts";
import { spoken } from "./duration.ts";
import { filterInWords } from "./filters.ts";
import { scheduleInWords } from "./schedule.ts";

export function launchSentence(launch: Launch, names: Names = {}): string {
  const parts = [where(launch), order(launch), when(launch), howOften(launch.repeat), who(launch, names), scheduleInWords(launch.schedule), quota(launch), ...asides(launch)];
  return `${parts.filter(Boolean).join(", ")}.`;
}

function where({ frontend_triggers: triggers, platforms, display_delay_ms: delay = 0 }: Launch): string {
  const places = triggers.length > 0 ? list(triggers.map(named), "or") : "a place not chosen yet";
  const after = delay > 0 ? `Shown ${spokenMs(delay)} after ${places}` : `Shown at ${places}`;
  return platforms ? `${after} on ${list(platforms.map((platform) => PLATFORM_NAMES[platform]), "and")}` : after;
}

function order({ trigger_sequence: sequence = [] }: Launch): string {
  return sequence.length > 0 ? `after ${sequence.join(", then ")} in the same visit` : "";
}

function when({ activation }: Launch): string {
  if (!activation) return "";
  const { backend_triggers: triggers, match = "any", at_least: least = 1, delay_secs: delay = 0, expires_after_secs: expiry } = activation;
  const events = triggers.length > 0 ? list(triggers.map(named), match === "all" ? "and" : "or") : "an event not chosen yet";
  if (least > 1) return `when ${events} came at least ${least} times in the last ${spoken(expiry)}${delay > 0 ? `, each at least ${spoken(delay)} ago` : ""}`;
  const all = match === "all" && triggers.length > 1 ? `${triggers.length === 2 ? "both" : "all of"} ${events}` : events;
  return delay > 0 ? `from ${spoken(delay)} to ${spoken(expiry)} after ${all}` : `within ${spoken(expiry)} of ${all}`;
}

function howOften(repeat: Repeat | undefined): string {
  const { until, times = 1, min_days_between: days = 0 } = repeat ?? { until: "shown" };
  const gap = days > 0 ? `, at least ${spoken(days * 86_400)} apart` : "";
  if (until === "shown") return times === 1 ? "once per user" : `up to ${times} times per user${gap}`;
  if (until === "answered") return `again until the user answers${gap}`;
  if (until === "completed") return `again until the user completes it${gap}`;
  return `every time it is due${gap}`;
}

function who({ audience, sampling_percent: percent = 100 }: Launch, names: Names): string {
  const share = percent < 100 ? `${percent}% of users` : "users";
  if (audience) return `to ${share} ${conditionsInWords(audience, names)}`;
  return percent < 100 ? `to ${share}` : "";
}

function quota({ quota: limit }: Launch): string {
  return limit ? `until ${limit.completed.toLocaleString("en-GB")} completed` : "";
}

function asides({ ignores_wait_period: ignores, also_while_there: there }: Launch): readonly string[] {
  return [there ? "also while the user is already there" : "", ignores ? "even during the wait period" : ""];
}

export const PLATFORM_NAMES: Readonly<Record<Platform, string>> = { web: "the web", ios: "iOS", android: "Android" };

function named(trigger: Trigger): string {
  const filter = filterInWords(trigger);
  return filter ? `${trigger.name} where ${filter}` : trigger.name;
}

export function list(items: readonly string[], joint: "and" | "or"): string {
  return items.length > 1 ? `${items.slice(0, -1).join(", ")} ${joint} ${items.at(-1)}` : (items[0] ?? "");
}

function spokenMs(ms: number): string {
  return ms % 1_000 === 0 ? spoken(ms / 1_000) : `${ms / 1_000} seconds`;
}
