/** The whole launch in one plain sentence: where, when, how often, for whom. */
import type { Launch, Platform, Repeat, Trigger } from "./document.ts";
import { spoken } from "./duration.ts";
import { filterInWords } from "./filters.ts";

export function launchSentence(launch: Launch): string {
  const parts = [where(launch), when(launch), howOften(launch.repeat), who(launch), aside(launch)].filter(Boolean);
  return `${parts.join(", ")}.`;
}

function where({ frontend_triggers: triggers, platforms, display_delay_ms: delay = 0 }: Launch): string {
  const places = triggers.length > 0 ? list(triggers.map(named), "or") : "a place not chosen yet";
  const after = delay > 0 ? `Shown ${spokenMs(delay)} after ${places}` : `Shown at ${places}`;
  return platforms ? `${after} on ${list(platforms.map((platform) => PLATFORM_NAMES[platform]), "and")}` : after;
}

function when({ activation }: Launch): string {
  if (!activation) return "";
  const events = activation.backend_triggers.length > 0 ? list(activation.backend_triggers.map(named), "or") : "an event not chosen yet";
  const { delay_secs: delay = 0, expires_after_secs: expiry } = activation;
  return delay > 0 ? `from ${spoken(delay)} to ${spoken(expiry)} after ${events}` : `within ${spoken(expiry)} of ${events}`;
}

function howOften(repeat: Repeat | undefined): string {
  const { until, times = 1, min_days_between: days = 0 } = repeat ?? { until: "shown" };
  const gap = days > 0 ? `, at least ${spoken(days * 86_400)} apart` : "";
  if (until === "shown") return times === 1 ? "once per user" : `up to ${times} times per user${gap}`;
  if (until === "answered") return `again until the user answers${gap}`;
  if (until === "completed") return `again until the user completes it${gap}`;
  return `every time it is due${gap}`;
}

function who({ sampling_percent: percent = 100 }: Launch): string {
  return percent < 100 ? `to ${percent}% of users` : "";
}

function aside({ ignores_wait_period: ignores }: Launch): string {
  return ignores ? "even during the wait period" : "";
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
