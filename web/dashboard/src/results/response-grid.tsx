import { type KeyboardEvent, memo, useEffect, useEffectEvent, useRef, useState } from "react";
import type { ResponseRow } from "../api/contract.ts";
import { cx } from "../lib/cx.ts";
import { type Column, userOf } from "../lib/columns.ts";
import { rowWindow } from "../lib/window.ts";
import { Badge, Time } from "../ui/index.ts";
import { STATE_TONES } from "./states.ts";

const ROW = 36;

type Props = {
  rows: ResponseRow[];
  columns: Column[];
  chosen: string | undefined;
  total: number | null;
  more: boolean;
  onChoose: (id: string) => void;
  onNearEnd: () => void;
};

/** Draws only the rows in sight, so that a hundred thousand scroll like a hundred. */
export function ResponseGrid({ rows, columns, chosen, total, more, onChoose, onNearEnd }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(560);
  const { from, to } = rowWindow(top, height, ROW, rows.length);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const near = useEffectEvent(onNearEnd);
  const ending = more && to > rows.length - 30;
  useEffect(() => {
    if (ending) near();
  }, [ending, rows.length]);

  function move(event: KeyboardEvent, index: number) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = index + step;
    scroller.current?.querySelector<HTMLElement>(`[data-row="${next}"] button`)?.focus();
  }

  const width = columns.reduce((sum, column) => sum + column.width, 0);
  return (
    <div ref={scroller} tabIndex={0} role="region" aria-label="Responses" onScroll={(event) => setTop(event.currentTarget.scrollTop)} className="max-h-[min(36rem,70dvh)] overflow-auto border-t border-line focus-inset">
      <table aria-rowcount={(total ?? rows.length) + 1} className="w-full table-fixed border-collapse text-base" style={{ minWidth: width }}>
        <caption className="sr-only">Responses, newest first</caption>
        <colgroup>{columns.map((column) => <col key={column.id} style={{ width: column.width }} />)}</colgroup>
        <thead className="sticky top-0 z-10 bg-surface">
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <th key={column.id} scope="col" title={column.title} className={cx("truncate border-b border-line px-3 py-2 text-xs font-medium text-ink-3", column.numeric ? "num" : "text-left")}>{column.title}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {from > 0 && <tr aria-hidden><td colSpan={columns.length} style={{ height: from * ROW }} /></tr>}
          {rows.slice(from, to).map((row, offset) => (
            <Row key={row.display_id} row={row} index={from + offset} columns={columns} chosen={row.display_id === chosen} onChoose={onChoose} onMove={move} />
          ))}
          {to < rows.length && <tr aria-hidden><td colSpan={columns.length} style={{ height: (rows.length - to) * ROW }} /></tr>}
        </tbody>
      </table>
    </div>
  );
}

type RowProps = { row: ResponseRow; index: number; columns: Column[]; chosen: boolean; onChoose: (id: string) => void; onMove: (event: KeyboardEvent, index: number) => void };

const Row = memo(
  function Row({ row, index, columns, chosen, onChoose, onMove }: RowProps) {
    return (
      <tr aria-rowindex={index + 2} data-row={index} onClick={() => onChoose(row.display_id)} className={cx("cursor-pointer hover:bg-hover", chosen && "bg-accent-soft")} style={{ height: ROW }}>
        {columns.map((column, at) => (
          <td key={column.id} className={cx("truncate border-b border-line px-3", column.numeric && "num")}>
            {at === 0 ? (
              <button
                type="button"
                onClick={(event) => { event.stopPropagation(); onChoose(row.display_id); }}
                onKeyDown={(event) => onMove(event, index)}
                className="max-w-full truncate text-left focus-inset"
              >
                <Cell column={column} row={row} />
                <span className="sr-only">, open the response of {userOf(row) || row.display_id}</span>
              </button>
            ) : (
              <Cell column={column} row={row} />
            )}
          </td>
        ))}
      </tr>
    );
  },
  (before, after) => before.row === after.row && before.index === after.index && before.columns === after.columns && before.chosen === after.chosen,
);

function Cell({ column, row }: { column: Column; row: ResponseRow }) {
  const text = column.text(row);
  if (column.id === "shown_at" || column.id === "completed_at") return <Time at={text || null} never="–" />;
  if (column.id === "state") return <Badge tone={STATE_TONES[text] ?? "neutral"}>{text}</Badge>;
  return text ? <span title={text}>{text}</span> : <span className="text-ink-3">–</span>;
}
