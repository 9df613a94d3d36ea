import { Plus, X } from "lucide-react";
import { useId, useState } from "react";
import type { TriggerProperty } from "../../api/contract.ts";
import { Button, IconButton, Input, Select } from "../../ui/index.ts";
import { useErrors } from "../editor/context.tsx";
import type { FilterOperator, PropertyCondition, Trigger } from "../model/document.ts";
import { FILTER_WORDS, filterOperators, newFilter, parseValue, takesValue, typeOf, type ValueType, withOperator } from "../model/filters.ts";
import { errorAt } from "../model/pointers.ts";

type Change = (conditions: readonly PropertyCondition[]) => void;

/** Conditions over the properties that came with the trigger: all must hold. */
export function FilterEditor({ trigger, seen, pointer, change }: { trigger: Trigger; seen: readonly TriggerProperty[]; pointer: string; change: Change }) {
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
            <ConditionFields condition={condition} seen={seen} change={(next) => replace(at, next)} />
            <IconButton label={`Delete filter ${at + 1} of ${trigger.name}`} onClick={() => change(conditions.filter((_, index) => index !== at))}><X size={14} aria-hidden /></IconButton>
          </li>
        ))}
      </ul>
      {error && <p role="alert" className="mt-1 text-sm text-bad">{error}</p>}
      <Button size="sm" look="quiet" className="mt-1 -ml-2" icon={<Plus size={14} aria-hidden />} onClick={add}>{conditions.length > 0 ? "And" : "Only where…"}</Button>
    </div>
  );
}

/** A property, how it compares, and with what. */
export function ConditionFields({ condition, seen, change }: { condition: PropertyCondition; seen: readonly TriggerProperty[]; change: (next: PropertyCondition) => void }) {
  const property = seen.find(({ key }) => key === condition.path);
  const type = typeOf(condition.value, property?.types);
  const keys = useId();
  const setPath = (path: string) => {
    const next = seen.find(({ key }) => key === path);
    // A property of another type takes another kind of value.
    change(next && typeOf(undefined, next.types) !== type ? newFilter(path, next.types) : { ...condition, path });
  };
  return (
    <div className="grid min-w-0 flex-1 gap-2 sm:grid-cols-[minmax(0,1fr)_auto_auto]">
      <Input aria-label="Property" list={keys} value={condition.path} placeholder="amount" onChange={(event) => setPath(event.target.value)} className={property || condition.path === "" ? undefined : "border-warn!"} />
      <datalist id={keys}>{seen.map(({ key, types }) => <option key={key} value={key}>{types.join(", ")}</option>)}</datalist>
      <Select aria-label="Comparison" value={condition.op} onChange={(event) => change(withOperator(condition, event.target.value as FilterOperator, type))} className="sm:w-40!">
        {filterOperators(type).map((op) => <option key={op} value={op}>{FILTER_WORDS[op]}</option>)}
      </Select>
      <TypeSelect type={type} change={(next) => change({ path: condition.path, op: "equals", value: next === "number" ? 0 : next === "boolean" ? true : "" })} />
      {takesValue(condition.op) && <div className="sm:col-span-3"><ValueField condition={condition} type={type} examples={property?.examples ?? []} change={change} /></div>}
    </div>
  );
}

/** "5" the text is not 5 the number: which one is meant is always in sight. */
function TypeSelect({ type, change }: { type: ValueType; change: (type: ValueType) => void }) {
  return (
    <Select aria-label="Type of value" value={type} onChange={(event) => change(event.target.value as ValueType)} className="sm:w-32!">
      <option value="text">text</option>
      <option value="number">number</option>
      <option value="boolean">yes or no</option>
    </Select>
  );
}

type ValueProps = { condition: PropertyCondition; type: ValueType; examples: readonly string[]; change: (next: PropertyCondition) => void };

function ValueField({ condition, type, examples, change }: ValueProps) {
  const shown = Array.isArray(condition.value) ? condition.value.join(", ") : String(condition.value ?? "");
  const [typed, setTyped] = useState<string | null>(null);
  const list = useId();
  if (type === "boolean") {
    return (
      <Select aria-label="Value" value={shown} onChange={(event) => change({ ...condition, value: event.target.value === "true" })}>
        <option value="true">yes (true)</option>
        <option value="false">no (false)</option>
      </Select>
    );
  }
  const isMany = condition.op === "in";
  const read = (text: string): unknown => {
    const values = (isMany ? text.split(",").map((part) => part.trim()).filter(Boolean) : [text]).map((part) => parseValue(part, type));
    return values.includes(undefined) ? undefined : isMany ? values : values[0];
  };
  const set = (text: string) => {
    setTyped(text);
    const value = read(text);
    if (value !== undefined) change({ ...condition, value });
  };
  // An undo in between counts for more than what was typed before it.
  const value = typed === null ? undefined : read(typed);
  const isOld = value !== undefined && JSON.stringify(value) !== JSON.stringify(condition.value);
  const isWrong = typed !== null && type === "number" && !isMany && parseValue(typed, "number") === undefined;
  return (
    <>
      <Input
        aria-label="Value"
        aria-invalid={isWrong || undefined}
        list={list}
        inputMode={type === "number" ? "decimal" : undefined}
        value={isOld ? shown : (typed ?? shown)}
        placeholder={isMany ? "several, with commas" : (examples[0] ?? "value")}
        onChange={(event) => set(event.target.value)}
        onBlur={() => setTyped(null)}
      />
      <datalist id={list}>{examples.map((example) => <option key={example} value={example} />)}</datalist>
    </>
  );
}
