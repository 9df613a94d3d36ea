import { useId } from "react";
import type { KnownAttribute, SurveyName } from "../api/contract.ts";
import { ValueField } from "../surveys/parts/value-field.tsx";
import { Input, Select } from "../ui/index.ts";
import { type AttributeType, attributeOperators, attributeType, isDays, isMany, newAttribute, ofType, operatorWords, seenType, takesValue, withAttributeOperator } from "./attributes.ts";
import { type AttributeNode, type AttributeOperator, type CohortNode, DAYS_MAX, type HistoryOperator, type Leaf, type SurveyNode } from "./model.ts";
import type { Suggestions } from "./suggestions.ts";

interface LeafProps<T extends Leaf = Leaf> {
  readonly name: string;
  readonly leaf: T;
  readonly negated: boolean;
  readonly suggestions: Suggestions;
  readonly change: (leaf: Leaf, negated: boolean) => void;
}

/** One condition, whichever kind it is. */
export function LeafFields(props: LeafProps) {
  const { leaf, name } = props;
  return (
    <div role="group" aria-label={`Condition ${name}`} className="flex min-w-0 flex-1 flex-wrap gap-2">
      {"attribute" in leaf && <AttributeFields {...props} leaf={leaf} />}
      {"survey" in leaf && <HistoryFields {...props} leaf={leaf} />}
      {"cohort" in leaf && <CohortFields {...props} leaf={leaf} />}
    </div>
  );
}

const TYPE_NAMES: Readonly<Record<AttributeType, string>> = { text: "text", number: "number", boolean: "yes or no", date: "date" };

function AttributeFields({ leaf, suggestions, change }: LeafProps<AttributeNode>) {
  const known = suggestions.attributes.find(({ name }) => name === leaf.attribute);
  const type = attributeType(leaf, known?.types);
  const names = useId();
  const set = (next: AttributeNode) => change(next, false);
  const setName = (name: string) => {
    const found = suggestions.attributes.find((each) => each.name === name);
    set(found && seenType(found.types) !== type ? newAttribute(name, found.types) : { ...leaf, attribute: name });
  };
  return (
    <>
      <Input aria-label="Attribute" list={names} value={leaf.attribute} placeholder="plan" spellCheck={false} onChange={(event) => setName(event.target.value)} className="w-auto! flex-1 basis-32" />
      <datalist id={names}>{suggestions.attributes.map(({ name, types }) => <option key={name} value={name}>{types.map((each) => TYPE_NAMES[each]).join(", ")}</option>)}</datalist>
      <Select aria-label="Type of value" value={type} onChange={(event) => set(ofType(leaf.attribute, event.target.value as AttributeType))} className="w-28! pr-1! pl-2!">
        {(Object.keys(TYPE_NAMES) as AttributeType[]).map((each) => <option key={each} value={each}>{TYPE_NAMES[each]}</option>)}
      </Select>
      <Select aria-label="Comparison" value={leaf.op} onChange={(event) => set(withAttributeOperator(leaf, event.target.value as AttributeOperator, type))} className="w-auto! max-w-full">
        {attributeOperators(type, leaf.op).map((op) => <option key={op} value={op}>{operatorWords(op, type)}</option>)}
      </Select>
      {takesValue(leaf.op) && <AttributeValue leaf={leaf} type={type} known={known} set={set} />}
    </>
  );
}

function AttributeValue({ leaf, type, known, set }: { leaf: AttributeNode; type: AttributeType; known: KnownAttribute | undefined; set: (next: AttributeNode) => void }) {
  const change = (value: unknown) => set({ ...leaf, value });
  if (isDays(leaf.op)) return <Days label="Days" value={leaf.value as number} change={change} />;
  return (
    <div className="min-w-0 flex-1 basis-32">
      <ValueField value={leaf.value} type={type} many={isMany(leaf.op)} examples={known?.examples ?? []} change={change} />
    </div>
  );
}

function Days({ label, value, change, placeholder }: { label: string; value: number | undefined; change: (days: number | undefined) => void; placeholder?: string }) {
  return (
    <Input
      type="number"
      inputMode="numeric"
      aria-label={label}
      min={1}
      max={DAYS_MAX}
      value={value ?? ""}
      placeholder={placeholder}
      className="w-20!"
      onChange={(event) => change(event.target.value === "" ? undefined : Math.min(DAYS_MAX, Math.max(1, Math.round(Number(event.target.value)))))}
    />
  );
}

const HISTORY: readonly HistoryOperator[] = ["seen", "answered", "completed"];

function HistoryFields({ leaf, negated, suggestions, change }: LeafProps<SurveyNode>) {
  const set = (part: Partial<SurveyNode>) => change({ ...leaf, ...part }, negated);
  const within = (days: number | undefined) => {
    const { within_days: _, ...rest } = leaf;
    change(days === undefined ? rest : { ...rest, within_days: days }, negated);
  };
  return (
    <>
      <Select
        aria-label="Survey history"
        value={`${negated ? "not " : ""}${leaf.op}`}
        className="w-auto! max-w-full"
        onChange={(event) => change({ ...leaf, op: event.target.value.replace("not ", "") as HistoryOperator }, event.target.value.startsWith("not "))}
      >
        {["", "not "].flatMap((not) => HISTORY.map((op) => <option key={not + op} value={not + op}>{`has ${not}${op}`}</option>))}
      </Select>
      <NameSelect label="Survey" id={leaf.survey} items={suggestions.surveys} change={(survey) => set({ survey })} />
      <div className="flex items-center gap-2">
        <span className="shrink-0 text-sm text-ink-2">in the last</span>
        <Days label="Days, empty for ever" value={leaf.within_days} change={within} placeholder="any" />
        <span className="shrink-0 text-sm text-ink-2">days</span>
      </div>
    </>
  );
}

function CohortFields({ leaf, negated, suggestions, change }: LeafProps<CohortNode>) {
  return (
    <>
      <Select aria-label="Membership" value={negated ? "out" : "in"} onChange={(event) => change(leaf, event.target.value === "out")} className="w-auto! max-w-full">
        <option value="in">is in cohort</option>
        <option value="out">is not in cohort</option>
      </Select>
      <NameSelect label="Cohort" id={leaf.cohort} items={suggestions.cohorts ?? []} change={(cohort) => change({ cohort }, negated)} />
    </>
  );
}

/** One of several by name; what is gone is still said. */
function NameSelect({ label, id, items, change }: { label: string; id: string; items: readonly SurveyName[]; change: (id: string) => void }) {
  return (
    <Select aria-label={label} value={id} onChange={(event) => change(event.target.value)} className="w-auto! min-w-0 flex-1 basis-40">
      {!items.some((item) => item.id === id) && <option value={id}>{id || "Choose…"}</option>}
      {items.map((item) => <option key={item.id} value={item.id}>{item.name}</option>)}
    </Select>
  );
}
