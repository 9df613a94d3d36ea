import { useId } from "react";
import { cx } from "../../lib/cx.ts";
import { Input, Select } from "../../ui/index.ts";
import type { FilterOperator, PropertyCondition } from "../model/document.ts";
import { FILTER_WORDS, filterOperators, newFilter, type SeenProperty, takesMany, takesValue, typeOf, type ValueType, withOperator } from "../model/filters.ts";
import { ValueField } from "./value-field.tsx";

/** One typed condition over a property: its path, the comparison, the type, the value. */
export function PropertyFields({ condition, seen, change }: { condition: PropertyCondition; seen: readonly SeenProperty[]; change: (next: PropertyCondition) => void }) {
  const property = seen.find(({ key }) => key === condition.path);
  const type = typeOf(condition.value, property?.types);
  const keys = useId();
  const setPath = (path: string) => {
    const next = seen.find(({ key }) => key === path);
    // A property of another type takes another kind of value.
    change(next && typeOf(undefined, next.types) !== type ? newFilter(path, next.types) : { ...condition, path });
  };
  const isUnknown = !property && condition.path !== "" && seen.length > 0;
  const operators = filterOperators(type);
  return (
    <div className="flex min-w-0 flex-1 flex-wrap gap-2">
      <Input aria-label="Property" list={keys} value={condition.path} placeholder="amount" onChange={(event) => setPath(event.target.value)} className={cx("w-auto! flex-1 basis-36", isUnknown && "border-warn!")} />
      <datalist id={keys}>{seen.map(({ key, types }) => <option key={key} value={key}>{types.join(", ")}</option>)}</datalist>
      <Select aria-label="Comparison" value={condition.op} onChange={(event) => change(withOperator(condition, event.target.value as FilterOperator, type))} className="w-40!">
        {(operators.includes(condition.op) ? operators : [...operators, condition.op]).map((op) => <option key={op} value={op}>{FILTER_WORDS[op]}</option>)}
      </Select>
      <TypeSelect type={type} change={(next) => change({ path: condition.path, op: "equals", value: next === "number" ? 0 : next === "boolean" ? true : "" })} />
      {takesValue(condition.op) && (
        <div className="basis-full">
          <ValueField value={condition.value} type={type} many={takesMany(condition.op)} examples={property?.examples ?? []} change={(value) => change({ ...condition, value })} />
          {condition.op === "matches" && <p className="mt-1 text-sm text-ink-3">A regular expression, found anywhere in the text: ^A.*z$ for the whole of it.</p>}
        </div>
      )}
    </div>
  );
}

/** Which type is meant is always in sight. */
function TypeSelect({ type, change }: { type: ValueType; change: (type: ValueType) => void }) {
  return (
    <Select aria-label="Type of value" value={type} onChange={(event) => change(event.target.value as ValueType)} className="w-32!">
      <option value="text">text</option>
      <option value="number">number</option>
      <option value="boolean">yes or no</option>
    </Select>
  );
}
