const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** "just now", "5 minutes ago", "yesterday", "in 2 hours". */
export function relativeTime(at: string | number | Date, now: number = Date.now()): string {
  const seconds = Math.round((new Date(at).getTime() - now) / 1000);
  if (Number.isNaN(seconds)) return "unknown";
  const size = Math.abs(seconds);
  if (size < 10) return "just now";
  if (size < 60) return relative.format(seconds, "second");
  for (const [unit, length] of UNITS) {
    if (size >= length) return relative.format(Math.trunc(seconds / length), unit);
  }
  return "just now";
}

export function exactTime(at: string | number | Date): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : exact.format(date);
}

/** "45 s", "2 min 5 s", "1 h 3 min". */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 ? `${minutes} min ${whole % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
}
