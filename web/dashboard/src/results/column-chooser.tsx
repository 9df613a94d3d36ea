import { Columns3 } from "lucide-react";
import { type Column, type ColumnGroup, defaultColumns } from "../lib/columns.ts";
import { Button, Checkbox, Popover } from "../ui/index.ts";

const GROUPS: ColumnGroup[] = ["Display", "Answers", "Event", "Trigger", "User"];

export function ColumnChooser({ columns, chosen, onChange }: { columns: Column[]; chosen: string[]; onChange: (ids: string[]) => void }) {
  return (
    <Popover label="Columns" align="end" className="w-80" trigger={<Button size="sm" icon={<Columns3 size={14} aria-hidden />}>Columns</Button>}>
      <div className="flex flex-col gap-3">
        {GROUPS.map((group) => {
          const members = columns.filter((column) => column.group === group);
          if (members.length === 0) return null;
          return (
            <fieldset key={group}>
              <legend className="mb-1 text-sm font-semibold">{group}</legend>
              <div className="flex flex-col gap-1">
                {members.map((column) => (
                  <Checkbox
                    key={column.id}
                    label={<span className="line-clamp-2 wrap-anywhere" title={column.title}>{column.title}</span>}
                    checked={chosen.includes(column.id)}
                    onChange={(event) => onChange(event.target.checked ? [...chosen, column.id] : chosen.filter((id) => id !== column.id))}
                  />
                ))}
              </div>
            </fieldset>
          );
        })}
        <Button size="sm" onClick={() => onChange(defaultColumns(columns))}>Back to the usual columns</Button>
      </div>
    </Popover>
  );
}
