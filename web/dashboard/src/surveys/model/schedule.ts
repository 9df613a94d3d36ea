/** When users may be asked: moments as they are read in a time zone, and how the whole reads. */
import { type Schedule, type Weekday, WEEKDAYS } from "./document.ts";

export const WEEKDAY_NAMES: Readonly<Record<Weekday, string>> = { mon: "Mon", tue: "Tue", wed: "Wed", thu: "Thu", fri: "Fri", sat: "Sat", sun: "Sun" };
export const WEEKDAYS_LONG: Readonly<Record<Weekday, string>> = { mon: "Monday", tue: "Tuesday", wed: "Wednesday", thu: "Thursday", fri: "Friday", sat: "Saturday", sun: "Sunday" };

export const zoneOf = (schedule: Schedule | undefined): string => schedule?.time_zone ?? "UTC";

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** Every zone that this browser knows, UTC first. */
export function zones(): readonly string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
}

/** Milliseconds by which the zone's clocks are ahead of UTC at a moment. */
function offsetAt(time: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" }).formatToParts(time);
  const part = (type: string) => Number(parts.find((each) => each.type === type)?.value);
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second")) - Math.floor(time / 1_000) * 1_000;
}

/** A moment as the zone's clocks show it, `2026-12-01T09:00`: what a date and time field takes. */
export function toLocal(moment: string | undefined, zone: string): string {
  const time = Date.parse(moment ?? "");
  if (Number.isNaN(time) || !isZone(zone)) return "";
  return new Date(time + offsetAt(time, zone)).toISOString().slice(0, 16);
}

/** The moment at which the zone's clocks show this. A time that the clocks skip is the moment after the gap; of one shown twice, the first. */
export function fromLocal(local: string, zone: string): string | undefined {
  const shown = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(local) ? Date.parse(`${local}:00Z`) : Number.NaN;
  if (Number.isNaN(shown) || !isZone(zone)) return undefined;
  const day = 86_400_000;
  const [before, after] = [offsetAt(shown - day, zone), offsetAt(shown + day, zone)];
  const fits = [before, after].map((offset) => shown - offset).filter((time) => time + offsetAt(time, zone) === shown);
  return new Date(fits[0] ?? shown - before).toISOString().replace(".000Z", "Z");
}

/** Another zone: the clock times stay, so the moments move. */
export function inZone(schedule: Schedule, zone: string): Schedule {
  const old = zoneOf(schedule);
  const move = (moment: string | undefined) => moment && (fromLocal(toLocal(moment, old), zone) ?? moment);
  const [starts, ends] = [move(schedule.starts_at), move(schedule.ends_at)];
  const { time_zone: _, ...rest } = schedule;
  return { ...rest, ...(starts && { starts_at: starts }), ...(ends && { ends_at: ends }), ...(zone !== "UTC" && { time_zone: zone }) };
}

/** Nothing set: at any time. */
export function tidySchedule(schedule: Schedule): Schedule | undefined {
  const { starts_at: starts, ends_at: ends, weekdays, hours } = schedule;
  const isAllDays = !weekdays || weekdays.length === WEEKDAYS.length;
  const { weekdays: _, ...rest } = schedule;
  const tidy = isAllDays ? rest : schedule;
  return starts || ends || hours || !isAllDays || schedule.time_zone ? tidy : undefined;
}

/** Why a schedule cannot be; null when it can. */
export function scheduleError({ starts_at: starts, ends_at: ends, weekdays, hours, time_zone: zone }: Schedule): string | null {
  if (zone !== undefined && !isZone(zone)) return `There is no time zone “${zone}”.`;
  if (starts && ends && Date.parse(starts) >= Date.parse(ends)) return "The end must be after the start.";
  if (weekdays?.length === 0) return "Choose at least one weekday.";
  return hours && hours.from === hours.to ? "The hours must not begin and end at the same time." : null;
}

/** `Berlin time`, `UTC`. */
export function zoneInWords(zone: string): string {
  if (zone === "UTC" || zone === "Etc/UTC") return "UTC";
  return `${(zone.split("/").at(-1) ?? zone).replaceAll("_", " ")} time`;
}

/** `Mon–Fri`, `Mon, Wed and Sat`. */
function weekdaysInWords(weekdays: readonly Weekday[]): string {
  const chosen = WEEKDAYS.filter((day) => weekdays.includes(day));
  const [first, last] = [chosen[0], chosen.at(-1)];
  const isRun = chosen.length > 2 && first && last && WEEKDAYS.indexOf(last) - WEEKDAYS.indexOf(first) === chosen.length - 1;
  if (isRun) return `${WEEKDAY_NAMES[first]}–${WEEKDAY_NAMES[last]}`;
  const names = chosen.map((day) => WEEKDAY_NAMES[day]);
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : (names[0] ?? "on no day");
}

const hour = (time: string): string => time.replace(/^0(?=\d)/, "").replace(/:00$/, "");

/** `1 Dec 2026, 09:00`, as the zone's clocks show it. */
function day(moment: string, zone: string): string {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: isZone(zone) ? zone : "UTC", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return Number.isNaN(Date.parse(moment)) ? moment : format.format(new Date(moment));
}

/** `Mon–Fri 9–17 Berlin time, from 1 Dec 2026, 09:00`; empty when it is at any time. */
export function scheduleInWords(schedule: Schedule | undefined): string {
  if (!schedule) return "";
  const { starts_at: starts, ends_at: ends, weekdays, hours } = schedule;
  const zone = zoneOf(schedule);
  const when = [weekdays && weekdaysInWords(weekdays), hours && `${hour(hours.from)}–${hour(hours.to)}${hours.from > hours.to ? " (over midnight)" : ""}`].filter(Boolean).join(" ");
  const span = [starts && `from ${day(starts, zone)}`, ends && `until ${day(ends, zone)}`].filter(Boolean).join(" ");
  const said = [when, span].filter(Boolean).join(", ");
  return said && `${said} ${zoneInWords(zone)}`;
}
