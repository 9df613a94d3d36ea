import { useId, useState } from "react";
import { Input, Select } from "../../ui/index.ts";
import { parseValue, type ValueType } from "../model/filters.ts";

interface ValueProps {
  readonly value: unknown;
  readonly type: ValueType | "date";
  /** Several values, with commas. */
  readonly many: boolean;
  readonly examples?: readonly string[];
  readonly change: (value: unknown) => void;
}

/** What a property or attribute is compared with. "5" the text is not 5 the number. */
export function ValueField(props: ValueProps) {
  const { value, type, many, change } = props;
  if (type === "boolean") {
    return (
      <Select aria-label="Value" value={String(value ?? "true")} onChange={(event) => change(event.target.value === "true")}>
        <option value="true">yes (true)</option>
        <option value="false">no (false)</option>
      </Select>
    );
  }
  if (type === "date" && !many) return <DateValue {...props} />;
  return <TypedValue {...props} type={type === "date" ? "text" : type} />;
}

/** A day; a moment that was set otherwise stays as it is until it is changed. */
function DateValue({ value, change }: ValueProps) {
  return <Input type="date" aria-label="Value" value={typeof value === "string" ? value.slice(0, 10) : ""} onChange={(event) => event.target.value && change(event.target.value)} />;
}

function TypedValue({ value, type, many, examples = [], change }: ValueProps & { type: ValueType }) {
  const shown = Array.isArray(value) ? value.join(", ") : String(value ?? "");
  const [typed, setTyped] = useState<string | null>(null);
  const list = useId();
  const read = (text: string): unknown => {
    const values = (many ? text.split(",").map((part) => part.trim()).filter(Boolean) : [text]).map((part) => parseValue(part, type));
    return values.includes(undefined) ? undefined : many ? values : values[0];
  };
  const set = (text: string) => {
    setTyped(text);
    const next = read(text);
    if (next !== undefined) change(next);
  };
  // An undo in between counts for more than what was typed before it.
  const now = typed === null ? undefined : read(typed);
  const isOld = now !== undefined && JSON.stringify(now) !== JSON.stringify(value);
  const isWrong = typed !== null && type === "number" && read(typed) === undefined;
  return (
    <>
      <Input
        aria-label="Value"
        aria-invalid={isWrong || undefined}
        list={list}
        inputMode={type === "number" ? "decimal" : undefined}
        value={isOld ? shown : (typed ?? shown)}
        placeholder={many ? "several, with commas" : (examples[0] ?? "value")}
        onChange={(event) => set(event.target.value)}
        onBlur={() => setTyped(null)}
      />
      <datalist id={list}>{examples.map((example) => <option key={example} value={example} />)}</datalist>
    </>
  );
}
