import type { ReactNode, TdHTMLAttributes, ThHTMLAttributes } from "react";
import { cx } from "../lib/cx.ts";

/** A table that scrolls sideways on its own, by keyboard too. */
export function Table({ caption, children, className }: { caption: string; children: ReactNode; className?: string }) {
  return (
    <div tabIndex={0} role="region" aria-label={caption} className={cx("relative overflow-x-auto focus-inset", className)}>
      <table className="w-full border-collapse text-base">
        <caption className="sr-only">{caption}</caption>
        {children}
      </table>
    </div>
  );
}

export function Th({ numeric, className, ...rest }: ThHTMLAttributes<HTMLTableCellElement> & { numeric?: boolean }) {
  return <th scope="col" className={cx("border-b border-line px-2.5 py-2 text-xs first:pl-4 last:pr-4 sm:px-4 font-medium whitespace-nowrap text-ink-3", numeric ? "num" : "text-left", className)} {...rest} />;
}

export function Td({ numeric, className, ...rest }: TdHTMLAttributes<HTMLTableCellElement> & { numeric?: boolean }) {
  return <td className={cx("border-b border-line px-2.5 py-2 align-middle first:pl-4 last:pr-4 sm:px-4", numeric && "num", className)} {...rest} />;
}
