import { Check, Plus } from "lucide-react";
import { type KeyboardEvent, useId, useRef, useState } from "react";
import type { Trigger as Known, TriggerKind } from "../../api/contract.ts";
import { useWorkspace } from "../../app/workspace.tsx";
import { cx } from "../../lib/cx.ts";
import { Field, Input, Time, toastError } from "../../ui/index.ts";
import { createTrigger, useTriggers } from "../api.ts";
import { choicesOf, type Choice } from "../model/choices.ts";
import type { Trigger } from "../model/document.ts";

interface PickerProps {
  readonly kind: TriggerKind;
  readonly label: string;
  readonly chosen: readonly Trigger[];
  readonly add: (name: string) => void;
  readonly hint: string | undefined;
}

/** Finds a trigger among all that were ever seen, or makes one ahead of its first use. */
export function TriggerPicker({ kind, label, chosen, add, hint }: PickerProps) {
  const workspace = useWorkspace().id;
  const known = useTriggers(kind);
  const [typed, setTyped] = useState("");
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const choices = choicesOf(known.data?.items ?? [], typed);
  const pick = (choice: Choice | undefined) => {
    if (!choice) return;
    if (choice.isNew) createTrigger(workspace, kind, choice.name).catch((reason: unknown) => toastError(reason));
    add(choice.name);
    setTyped("");
    setActive(0);
  };
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setActive((at) => (choices.length === 0 ? 0 : (at + step + choices.length) % choices.length));
    else if (event.key === "Enter") pick(choices[active]);
    else if (event.key === "Escape" && open) setOpen(false);
    else return;
    if (event.key !== "Escape") setOpen(true);
    event.preventDefault();
  };
  const type = (text: string) => {
    setTyped(text);
    setActive(0);
    setOpen(true);
  };
  const list = useId();
  const box = useRef<HTMLDivElement>(null);
  const placeholder = kind === "backend" ? "Search, or type the name your server will send" : "Search, or type the name your app or site will fire";
  return (
    <div ref={box} className="relative" onBlur={(event) => !box.current?.contains(event.relatedTarget) && setOpen(false)}>
      <Field label={label} hint={hint}>
        <Input
          role="combobox"
          aria-expanded={open}
          aria-controls={list}
          aria-autocomplete="list"
          aria-activedescendant={open && choices[active] ? `${list}-${active}` : undefined}
          autoComplete="off"
          data-own-undo
          maxLength={128}
          placeholder={placeholder}
          value={typed}
          onChange={(event) => type(event.target.value)}
          onFocus={() => setOpen(true)}
          onClick={() => setOpen(true)}
          onKeyDown={onKey}
        />
      </Field>
      <ul
        id={list}
        role="listbox"
        aria-label={label}
        className={cx("absolute inset-x-0 top-[4.1rem] z-20 max-h-72 overflow-y-auto rounded-lg border border-line bg-raised p-1 shadow-pop", (!open || choices.length === 0) && "hidden")}
      >
        {choices.map((choice, at) => (
          <ChoiceRow key={choice.name} id={`${list}-${at}`} choice={choice} active={at === active} chosen={chosen.some(({ name }) => name === choice.name)} pick={() => pick(choice)} />
        ))}
      </ul>
    </div>
  );
}

type RowProps = { id: string; choice: Choice; active: boolean; chosen: boolean; pick: () => void };

function ChoiceRow({ id, choice, active, chosen, pick }: RowProps) {
  return (
    <li
      id={id}
      role="option"
      aria-selected={chosen}
      ref={(row) => { if (active) row?.scrollIntoView({ block: "nearest" }); }}
      onPointerDown={(event) => event.preventDefault()}
      onClick={pick}
      className={cx("flex cursor-pointer items-center gap-2 rounded-md px-2 py-1.5", active && "bg-hover")}
    >
      {choice.isNew ? <Plus size={14} aria-hidden className="shrink-0 text-accent" /> : <Check size={14} aria-hidden className={cx("shrink-0 text-accent", !chosen && "invisible")} />}
      <span className="min-w-0 flex-1 truncate">{choice.isNew ? <>Create “{choice.name}” ahead</> : choice.name}</span>
      {choice.known && <span className="shrink-0 text-sm text-ink-3"><Seen known={choice.known} /></span>}
    </li>
  );
}

export function Seen({ known }: { known: Known | undefined }) {
  if (!known?.last_seen_at) return <span className="text-warn">never seen</span>;
  return <>seen <Time at={known.last_seen_at} /></>;
}
