import { count } from "../lib/number.ts";

/** Tiny bars for a table row; the label says the gist. */
export function Sparkline({ values, label }: { values: number[]; label: string }) {
  const most = Math.max(...values, 1);
  const width = 5;
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${values.length * width} 20`} width={values.length * width} height={20} className="block">
      {values.map((value, index) => {
        const height = value === 0 ? 1 : Math.max(2, (value / most) * 20);
        return <rect key={index} x={index * width} y={20 - height} width={width - 1.5} height={height} rx={0.75} className={value === 0 ? "fill-line-strong" : "fill-accent"} />;
      })}
    </svg>
  );
}

export type Series = { name: string; values: number[]; tone: "accent" | "neutral" };

/** Bars per day; a second series stands inside the first. */
export function DayBars({ label, days, series }: { label: string; days: string[]; series: Series[] }) {
  const most = Math.max(...series.flatMap((each) => each.values), 1);
  const height = 120;
  const slot = 100 / Math.max(days.length, 1);
  return (
    <div>
      <div className="flex gap-2">
        <div aria-hidden className="flex flex-col justify-between text-right text-xs text-ink-3 tabular-nums" style={{ height }}>
          <span>{count(most)}</span>
          <span>0</span>
        </div>
        <svg role="img" aria-label={label} width="100%" height={height} className="min-w-0 flex-1 border-b border-line">
          {series.map((each, order) =>
            each.values.map((value, index) => {
              const tall = (value / most) * (height - 2);
              const inset = order === 0 ? 0.1 : 0.25;
              return (
                <rect key={`${each.name}${index}`} x={`${(index + inset) * slot}%`} width={`${(1 - 2 * inset) * slot}%`} y={height - tall} height={tall} className={each.tone === "accent" ? "fill-accent" : "fill-line-strong/50"}>
                  <title>{`${days[index]}: ${each.name} ${count(value)}`}</title>
                </rect>
              );
            }),
          )}
        </svg>
      </div>
      <div aria-hidden className="mt-1 flex justify-between pl-6 text-xs text-ink-3"><span>{days[0]}</span><span>{days.at(-1)}</span></div>
      {series.length > 1 && (
        <ul className="mt-2 flex gap-4 text-sm text-ink-2">
          {series.map((each) => (
            <li key={each.name} className="flex items-center gap-1.5">
              <span aria-hidden className={`size-2.5 rounded-sm ${each.tone === "accent" ? "bg-accent" : "bg-line-strong/50"}`} />
              {each.name}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** The names of the last `n` days up to today, oldest first. */
export function lastDays(n: number, today: Date = new Date()): string[] {
  const format = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
  return Array.from({ length: n }, (_, index) => format.format(new Date(today.getTime() - (n - 1 - index) * 86_400_000)));
}
