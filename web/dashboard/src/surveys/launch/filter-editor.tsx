import { Plus, X } from "lucide-react";
import { Button, IconButton } from "../../ui/index.ts";
import { useErrors } from "../editor/context.tsx";
import type { PropertyCondition, Trigger } from "../model/document.ts";
import { newFilter, type SeenProperty } from "../model/filters.ts";
import { errorAt } from "../model/pointers.ts";
import { PropertyFields } from "../parts/property-fields.tsx";

type Change = (conditions: readonly PropertyCondition[]) => void;

/** Conditions over the properties that came with the trigger: all must hold. */
export function FilterEditor({ trigger, seen, pointer, change }: { trigger: Trigger; seen: readonly SeenProperty[]; pointer: string; change: Change }) {
  const errors = useErrors();
  const conditions = trigger.filter?.all ?? [];
  const replace = (at: number, next: PropertyCondition) => change(conditions.map((each, index) => (index === at ? next : each)));
  const add = () => {
    const first = seen.find(({ key }) => !conditions.some(({ path }) => path === key)) ?? seen[0];
    change([...conditions, newFilter(first?.key ?? "", first?.types)]);
  };
  const error = errorAt(errors, pointer);
  return (
    <div className="mt-1">
      <ul className="flex flex-col gap-2">
        {conditions.map((condition, at) => (
          <li key={at} className="flex items-start gap-2">
            <span className="w-11 shrink-0 pt-2 text-sm text-ink-3">{at === 0 ? "where" : "and"}</span>
            <PropertyFields condition={condition} seen={seen} change={(next) => replace(at, next)} />
            <IconButton label={`Delete filter ${at + 1} of ${trigger.name}`} onClick={() => change(conditions.filter((_, index) => index !== at))}><X size={14} aria-hidden /></IconButton>
          </li>
        ))}
      </ul>
      {error && <p role="alert" className="mt-1 text-sm text-bad">{error}</p>}
      <Button size="sm" look="quiet" className="mt-1 -ml-2" icon={<Plus size={14} aria-hidden />} onClick={add}>{conditions.length > 0 ? "And" : "Only where…"}</Button>
    </div>
  );
}
