import { BarChart3, Table2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Segmented } from "../ui/segmented.tsx";
import { Table, Td, Th } from "../ui/table.tsx";

export type ChartTable = { columns: string[]; rows: (string | number)[][] };

type ChartProps = { title: string; table: ChartTable; children: ReactNode; actions?: ReactNode };

/** A drawing and, one press away, the same numbers as a table. Screen readers get the drawing's label. */
export function Chart({ title, table, children, actions }: ChartProps) {
  const [view, setView] = useState<"chart" | "table">("chart");
  return (
    <figure aria-label={title}>
      <div className="mb-3 flex flex-wrap items-center justify-between gap-2">
        {actions ?? <span />}
        <Segmented
          label={`${title}: view`}
          value={view}
          onChange={setView}
          options={[
            { value: "chart", title: "Chart", label: <BarChart3 size={14} aria-hidden /> },
            { value: "table", title: "Table", label: <Table2 size={14} aria-hidden /> },
          ]}
        />
      </div>
      {view === "chart" ? children : <ChartAsTable title={title} table={table} />}
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
