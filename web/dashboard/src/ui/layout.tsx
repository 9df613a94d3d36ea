import type { HTMLAttributes, ReactNode } from "react";
import { useEffect } from "react";
import { cx } from "../lib/cx.ts";

type PageProps = { title: string; lead?: ReactNode; actions?: ReactNode; back?: ReactNode; wide?: boolean; children: ReactNode };

/** A page: its heading, one line of what it is for, its actions, its content. Names the browser tab. */
export function Page({ title, lead, actions, back, wide, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Sonde`;
  }, [title]);
  return (
    <div className={cx("mx-auto w-full px-4 py-6 md:px-8", wide ? "max-w-[90rem]" : "max-w-5xl")}>
      {back && <div className="mb-2 text-sm">{back}</div>}
      <header className="mb-5 flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          <h1 className="text-xl font-semibold wrap-anywhere">{title}</h1>
          {lead && <p className="mt-0.5 max-w-3xl text-ink-2">{lead}</p>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

type CardProps = Omit<HTMLAttributes<HTMLElement>, "title"> & { title?: ReactNode; lead?: ReactNode; actions?: ReactNode; flush?: boolean; level?: 2 | 3 };

/** A surface with an optional heading. `flush` lets a table reach the edges. */
export function Card({ title, lead, actions, flush, level = 2, className, children, ...rest }: CardProps) {
  const Heading = level === 2 ? "h2" : "h3";
  return (
    <section className={cx("overflow-hidden rounded-lg border border-line bg-surface", className)} {...rest}>
      {(title || actions) && (
        <div className={cx("flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 pt-3.5", flush && "pb-3")}>
          <div className="min-w-0">
            {title && <Heading className="text-lg font-semibold wrap-anywhere">{title}</Heading>}
            {lead && <p className="max-w-3xl text-sm text-ink-2">{lead}</p>}
          </div>
          {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
        </div>
      )}
      <div className={flush ? undefined : "px-4 py-3.5"}>{children}</div>
    </section>
  );
}

type Tone = "neutral" | "accent" | "good" | "warn" | "bad";
const TONES: Record<Tone, string> = {
  neutral: "bg-sunken text-ink-2",
  accent: "bg-accent-soft text-accent-strong",
  good: "bg-good-soft text-good",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
};

export function Badge({ tone = "neutral", title, children }: { tone?: Tone; title?: string; children: ReactNode }) {
  return <span title={title} className={cx("inline-flex items-center gap-1 rounded-full px-2 py-px text-xs font-medium whitespace-nowrap", TONES[tone])}>{children}</span>;
}

/** Something to know before going on. */
export function Callout({ tone = "neutral", icon, children, actions }: { tone?: Tone; icon?: ReactNode; children: ReactNode; actions?: ReactNode }) {
  return (
    <div className={cx("flex flex-wrap items-start gap-x-3 gap-y-2 rounded-lg px-3.5 py-2.5 text-base", TONES[tone])}>
      {icon && <span className="mt-0.5 shrink-0">{icon}</span>}
      <div className="min-w-48 flex-1 wrap-anywhere">{children}</div>
      {actions}
    </div>
  );
}

/** A key and its value, in a list of facts. */
export function Facts({ items, className }: { items: [ReactNode, ReactNode][]; className?: string }) {
  return (
    <dl className={cx("grid grid-cols-[max-content_1fr] gap-x-4 gap-y-1.5 text-base", className)}>
      {items.map(([key, value], index) => (
        <div key={index} className="contents">
          <dt className="text-ink-3">{key}</dt>
          <dd className="min-w-0 wrap-anywhere">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
