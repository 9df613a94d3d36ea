import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { cx } from "../lib/cx.ts";

type TabsProps<T extends string> = {
  label: string;
  value: T;
  onChange: (value: T) => void;
  tabs: { value: T; label: ReactNode }[];
  children: ReactNode;
};

/** Tabs over one panel: the content of the chosen tab. Keep the value in the URL. */
export function Tabs<T extends string>({ label, value, onChange, tabs, children }: TabsProps<T>) {
  return (
    <Radix.Root value={value} onValueChange={(next) => onChange(next as T)}>
      <Radix.List aria-label={label} className="mb-4 flex gap-1 overflow-x-auto border-b border-line">
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.value}
            value={tab.value}
            className="-mb-px flex items-center gap-1.5 border-b-2 border-transparent px-3 py-2 text-base font-medium whitespace-nowrap text-ink-2 focus-inset hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink"
          >
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content key={tab.value} value={tab.value} className="rounded-md">
          {tab.value === value && children}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}

type SegmentedProps<T extends string> = { label: string; value: T; onChange: (value: T) => void; options: { value: T; label: ReactNode; title?: string }[]; className?: string };

/** One choice among few, all in sight. */
export function Segmented<T extends string>({ label, value, onChange, options, className }: SegmentedProps<T>) {
  return (
    <div role="group" aria-label={label} className={cx("inline-flex rounded-md border border-line-strong/60 bg-surface p-0.5", className)}>
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
