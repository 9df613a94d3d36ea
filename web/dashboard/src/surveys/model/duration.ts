/** Lengths of time as people write them. */

export const UNITS = { minutes: 60, hours: 3_600, days: 86_400 } as const;
export type Unit = keyof typeof UNITS;

export const EXPIRY_MIN_SECS = 60;
export const EXPIRY_MAX_SECS = 360_000;

export interface Amount {
  readonly value: number;
  readonly unit: Unit;
}

/** In the largest unit that says it in whole numbers. */
export function amountOf(seconds: number): Amount {
  const unit = (["days", "hours", "minutes"] as const).find((each) => seconds > 0 && seconds % UNITS[each] === 0) ?? "minutes";
  return { value: seconds / UNITS[unit], unit };
}

export function secondsOf({ value, unit }: Amount): number {
  return Math.round(value * UNITS[unit]);
}

/** Why an expiry cannot be; null when it can. */
export function expiryError(seconds: number): string | null {
  if (!Number.isFinite(seconds)) return "Enter a number.";
  if (seconds < EXPIRY_MIN_SECS) return "The shortest is 1 minute.";
  if (seconds > EXPIRY_MAX_SECS) return "The longest is 100 hours (4 days and 4 hours).";
  return null;
}

export function delayError(delay: number, expiry: number): string | null {
  if (!Number.isFinite(delay) || delay < 0) return "Enter 0 or more.";
  return delay >= expiry ? "The delay must be shorter than the expiry." : null;
}

const SPOKEN = { day: 86_400, hour: 3_600, minute: 60, second: 1 };

/** `2 hours`, `100 hours`, `90 minutes`, `1 minute and 30 seconds`: in one unit if one says it. */
export function spoken(seconds: number): string {
  const { value, unit } = amountOf(seconds);
  if (seconds > 0 && Number.isInteger(value)) return `${value} ${value === 1 ? unit.slice(0, -1) : unit}`;
  const parts: string[] = [];
  let rest = Math.round(seconds);
  for (const [unit, size] of Object.entries(SPOKEN)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${count === 1 ? unit : `${unit}s`}`);
  }
  return parts.length > 1 ? `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}` : (parts[0] ?? "0 seconds");
}
