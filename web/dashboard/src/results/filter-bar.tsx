import { CalendarDays, Filter, X } from "lucide-react";
import { useState } from "react";
import type { Results, ResultsFilter } from "../api/contract.ts";
import { describe, EMPTY_FILTER, lastDaysRange, tidy } from "../lib/filter.ts";
import { Button, Field, IconButton, Input, Popover } from "../ui/index.ts";
import { ConditionForm } from "./condition-form.tsx";

type Props = { filter: ResultsFilter | undefined; results: Results | undefined; onChange: (filter: ResultsFilter | undefined) => void };

const PRESETS: [string, number][] = [["Last 7 days", 7], ["Last 30 days", 30], ["Last 90 days", 90]];

function datesText({ from, to }: ResultsFilter): string {
  if (from && to) return `${from} to ${to}`;
  return from ? `Since ${from}` : to ? `Until ${to}` : "All time";
}

export function FilterBar({ filter = EMPTY_FILTER, results, onChange }: Props) {
  const [adding, setAdding] = useState(false);
  const change = (next: ResultsFilter) => onChange(tidy(next));
  return (
    <div className="mb-4 flex flex-wrap items-center gap-2" role="group" aria-label="Filter">
      <Popover label="Dates" className="w-72" trigger={<Button size="sm" icon={<CalendarDays size={14} aria-hidden />}>{datesText(filter)}</Button>}>
        <div className="flex flex-col gap-3">
          <div className="flex flex-wrap gap-1.5">
            <Button size="sm" onClick={() => change({ ...filter, from: null, to: null })}>All time</Button>
            {PRESETS.map(([label, days]) => <Button key={days} size="sm" onClick={() => change({ ...filter, ...lastDaysRange(days) })}>{label}</Button>)}
          </div>
          <Field label="From"><Input type="date" max={filter.to ?? undefined} value={filter.from ?? ""} onChange={(event) => change({ ...filter, from: event.target.value || null })} /></Field>
          <Field label="To, that day included"><Input type="date" min={filter.from ?? undefined} value={filter.to ?? ""} onChange={(event) => change({ ...filter, to: event.target.value || null })} /></Field>
        </div>
      </Popover>
      <ul className="contents">
        {filter.all.map((condition, index) => {
          const words = describe(condition, results?.questions ?? []);
          return (
            <li key={index} className="inline-flex h-7 max-w-full items-center rounded-md bg-accent-soft pl-2.5 text-sm text-accent-strong">
              <span className="max-w-80 truncate" title={words}>{words}</span>
              <IconButton label={`Remove: ${words}`} className="text-accent-strong" onClick={() => change({ ...filter, all: filter.all.filter((_, at) => at !== index) })}><X size={14} aria-hidden /></IconButton>
            </li>
          );
        })}
      </ul>
      <Popover label="Add a condition" className="w-80" open={adding} onOpenChange={setAdding} trigger={<Button size="sm" icon={<Filter size={14} aria-hidden />} disabled={!results}>Add filter</Button>}>
        {results && <ConditionForm results={results} onAdd={(condition) => { setAdding(false); change({ ...filter, all: [...filter.all, condition] }); }} />}
      </Popover>
      {tidy(filter) && <Button size="sm" look="quiet" onClick={() => onChange(undefined)}>Clear all</Button>}
    </div>
  );
}
