import { CircleAlert, RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { messageOf } from "../api/http.ts";
import { cx } from "../lib/cx.ts";
import { Button } from "./button.tsx";

/** Nothing here yet: what this place is for, and the next step. */
export function Empty({ icon, title, children, action }: { icon?: ReactNode; title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-12 text-center">
      {icon && <span className="mb-1 text-ink-3" aria-hidden>{icon}</span>}
      <p className="text-lg font-semibold">{title}</p>
      {children && <div className="max-w-md text-ink-2">{children}</div>}
      {action && <div className="mt-3 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}

export function Failed({ error, retry, title = "This could not be loaded" }: { error: unknown; retry?: () => void; title?: string }) {
  return (
    <div role="alert" className="flex flex-col items-center gap-2 px-6 py-12 text-center">
      <CircleAlert size={22} className="text-bad" aria-hidden />
      <p className="text-lg font-semibold">{title}</p>
      <p className="max-w-md text-ink-2 wrap-anywhere">{messageOf(error)}</p>
      {retry && <Button className="mt-2" icon={<RotateCw size={14} aria-hidden />} onClick={retry}>Try again</Button>}
    </div>
  );
}

export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={cx("skeleton h-4", className)} />;
}

/** Rows of bones where a list will be. */
export function SkeletonRows({ rows = 5, label = "Loading" }: { rows?: number; label?: string }) {
  return (
    <div role="status" aria-label={label} className="flex flex-col divide-y divide-line">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="flex items-center gap-4 px-4 py-3">
          <Skeleton className="w-40 max-w-[40%]" />
          <Skeleton className="flex-1" />
          <Skeleton className="w-16" />
        </div>
      ))}
    </div>
  );
}

type LoadProps<T> = { query: { data: T | undefined; error: unknown; refetch: () => unknown }; children: (data: T) => ReactNode; skeleton?: ReactNode; title?: string };

/** A query's three faces: bones, a failure that can be retried, the data. */
export function Load<T>({ query, children, skeleton = <SkeletonRows />, title }: LoadProps<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <Failed error={query.error} retry={() => query.refetch()} {...(title && { title })} />;
  return skeleton;
}
