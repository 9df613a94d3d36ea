import { useEffect, useState } from "react";
import { Field, Input, Select } from "../../ui/index.ts";
import { amountOf, secondsOf, type Unit } from "../model/duration.ts";

interface DurationProps {
  readonly label: string;
  readonly hint: string;
  readonly seconds: number;
  readonly change: (seconds: number) => void;
  /** Why these seconds cannot be; null when they can. */
  readonly check: (seconds: number) => string | null;
  readonly error: string | undefined;
}

/** A length of time as a number and a unit. What cannot be is said at once, and keeps the survey from launching. */
export function DurationField({ label, hint, seconds, change, check, error }: DurationProps) {
  const [unit, setUnit] = useState<Unit>(() => amountOf(seconds).unit);
  const [typed, setTyped] = useState(() => String(amountOf(seconds).value));
  const [taken, setTaken] = useState(seconds);
  useEffect(() => {
    // Changed from elsewhere, by undo for example.
    if (seconds === taken) return;
    const amount = amountOf(seconds);
    setTyped(String(amount.value));
    setUnit(amount.unit);
    setTaken(seconds);
  }, [seconds, taken]);
  const read = (text: string, of: Unit) => (text.trim() === "" ? Number.NaN : secondsOf({ value: Number(text), unit: of }));
  const wrong = check(read(typed, unit));
  const set = (text: string, of: Unit) => {
    setTyped(text);
    setUnit(of);
    const next = read(text, of);
    if (!Number.isFinite(next) || next < 0) return;
    setTaken(next);
    if (next !== seconds) change(next);
  };
  return (
    <Field label={label} hint={hint} error={wrong ?? error}>
      <div className="flex gap-2">
        <Input type="number" inputMode="decimal" min={0} step="any" value={typed} onChange={(event) => set(event.target.value, unit)} className="w-24!" />
        <UnitSelect label={`Unit of “${label}”`} unit={unit} change={(next) => set(typed, next)} />
      </div>
    </Field>
  );
}

function UnitSelect({ label, unit, change }: { label: string; unit: Unit; change: (unit: Unit) => void }) {
  return (
    <Select id={undefined} aria-label={label} aria-describedby={undefined} aria-invalid={undefined} value={unit} onChange={(event) => change(event.target.value as Unit)} className="flex-1">
      <option value="minutes">minutes</option>
      <option value="hours">hours</option>
      <option value="days">days</option>
    </Select>
  );
}
