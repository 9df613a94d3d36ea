import { BarChart3, Table2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Segmented } from "../ui/segmented.tsx";
import { Table, Td, Th } from "../ui/table.tsx";

export type ChartTable = { columns: string[]; rows: (string | number)[][] };

type ChartProps = { title: string; table: ChartTable; children: ReactNode; heading?: ReactNode; aside?: ReactNode };

/** A drawing and, one press away, the same numbers as a table. Screen readers get the drawing's label. */
export function Chart({ title, table, children, heading, aside }: ChartProps) {
  const [view, setView] = useState<"chart" | "table">("chart");
  return (
    <figure aria-label={title}>
      <div className="mb-3 flex items-start justify-between gap-3">
        <div className="min-w-0">{heading}</div>
        <Segmented
          className="shrink-0"
          label={`${title}: view`}
          value={view}
          onChange={setView}
          options={[
            { value: "chart", title: "Chart", label: <BarChart3 size={14} aria-hidden /> },
            { value: "table", title: "Table", label: <Table2 size={14} aria-hidden /> },
          ]}
        />
      </div>
      <div className={aside ? "grid gap-x-6 gap-y-4 md:grid-cols-[8rem_minmax(0,1fr)]" : undefined}>
        {aside}
        <div className="min-w-0">{view === "chart" ? children : <ChartAsTable title={title} table={table} />}</div>
      </div>
    </figure>
  );
}

export function ChartAsTable({ title, table }: { title: string; table: ChartTable }) {
  return (
    <Table caption={title}>
      <thead>
        <tr>{table.columns.map((column, index) => <Th key={column} numeric={index > 0}>{column}</Th>)}</tr>
      </thead>
      <tbody>
        {table.rows.map((row, index) => (
          <tr key={index}>
            {row.map((cell, column) => <Td key={column} numeric={column > 0} className={column === 0 ? "wrap-anywhere" : undefined}>{cell}</Td>)}
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
