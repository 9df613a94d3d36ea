import { cx } from "../lib/cx.ts";

export type Bar = { key: string; label: string; value: number; text: string; tone?: "accent" | "good" | "warn" | "bad" | "neutral" };

const FILLS = { accent: "bg-accent", good: "bg-band-good", warn: "bg-band-warn", bad: "bg-band-bad", neutral: "bg-line-strong" };

/** Labelled bars, one under the other: long labels keep their words. */
export function Bars({ label, bars, max }: { label: string; bars: Bar[]; max?: number }) {
  const most = Math.max(max ?? 0, ...bars.map((bar) => bar.value), 1e-9);
  return (
    <ul aria-label={label} className="flex flex-col gap-2">
      {bars.map((bar) => (
        <li key={bar.key} className="grid grid-cols-[minmax(0,1fr)_max-content] items-baseline gap-x-3 gap-y-1">
          <span className="wrap-anywhere">{bar.label}</span>
          <span className="num text-ink-2">{bar.text}</span>
          <span aria-hidden className="col-span-2 h-2 overflow-hidden rounded-full bg-sunken">
            <span className={cx("block h-full rounded-full", FILLS[bar.tone ?? "accent"])} style={{ width: `${(bar.value / most) * 100}%` }} />
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Upright bars on a common floor, for few ordered values such as 0 to 10. */
export function Columns({ label, bars }: { label: string; bars: Bar[] }) {
  const most = Math.max(...bars.map((bar) => bar.value), 1);
  return (
    <ul aria-label={label} className="flex h-40 items-end gap-1">
      {bars.map((bar) => (
        <li key={bar.key} title={`${bar.label}: ${bar.text}`} className="flex h-full min-w-0 flex-1 flex-col justify-end gap-1 text-center">
          <span className="flex min-h-0 flex-1 flex-col justify-end">
            <span className="text-xs text-ink-2 tabular-nums">{bar.text}</span>
            <span aria-hidden className={cx("min-h-0.5 rounded-t-sm", FILLS[bar.tone ?? "accent"])} style={{ height: `calc((100% - 1rem) * ${bar.value / most})` }} />
          </span>
          <span className="text-xs text-ink-3 tabular-nums">{bar.label}</span>
        </li>
      ))}
    </ul>
  );
}

/** Parts of one whole in a single strip. */
export function Strip({ label, parts }: { label: string; parts: Bar[] }) {
  const whole = parts.reduce((sum, part) => sum + part.value, 0) || 1;
  return (
    <div>
      <div aria-hidden className="flex h-3 gap-0.5 overflow-hidden rounded-full bg-sunken">
        {parts.map((part) => part.value > 0 && <span key={part.key} className={FILLS[part.tone ?? "accent"]} style={{ width: `${(part.value / whole) * 100}%` }} />)}
      </div>
      <ul aria-label={label} className="mt-2 flex flex-wrap gap-x-5 gap-y-1">
        {parts.map((part) => (
          <li key={part.key} className="flex items-center gap-1.5">
            <span aria-hidden className={cx("size-2.5 rounded-full", FILLS[part.tone ?? "accent"])} />
            <span>{part.label}</span>
            <span className="text-ink-2 tabular-nums">{part.text}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
