import type { ReactNode } from "react";
import { cx } from "../lib/cx.ts";

type SegmentedProps<T extends string> = { label: string; value: T; onChange: (value: T) => void; options: { value: T; label: ReactNode; title?: string }[]; className?: string };

/** One choice among few, all in sight. */
export function Segmented<T extends string>({ label, value, onChange, options, className }: SegmentedProps<T>) {
  return (
    <div role="group" aria-label={label} className={cx("inline-flex w-fit rounded-md border border-line-strong/60 bg-surface p-0.5", className)}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          title={option.title}
          aria-label={option.title}
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
          className="inline-flex h-7 items-center gap-1.5 rounded-sm px-2.5 text-sm font-medium text-ink-2 hover:text-ink aria-pressed:bg-accent-soft aria-pressed:text-accent-strong"
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
