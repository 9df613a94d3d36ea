import type { Results } from "../api/contract.ts";

type Day = Results["daily"][number];
const DAY = 86_400_000;
const short = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

/** "2026-05-03" as "3 May". */
export function dayName(date: string): string {
  const at = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(at) ? date : short.format(at);
}

/** At least `least` days: the missing ones come before the first, with nothing on them, so that few days do not draw as walls. */
export function padDays(days: Day[], least = 14): Day[] {
  const first = Date.parse(`${days[0]?.date}T00:00:00Z`);
  if (days.length >= least || Number.isNaN(first)) return days;
  const missing = least - days.length;
  const before = Array.from({ length: missing }, (_, index) => ({ date: new Date(first - (missing - index) * DAY).toISOString().slice(0, 10), shown: 0, completed: 0 }));
  return [...before, ...days];
}
