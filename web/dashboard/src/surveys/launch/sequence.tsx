import { ArrowDown, ArrowUp, X } from "lucide-react";
import { IconButton } from "../../ui/index.ts";
import { useErrors } from "../editor/context.tsx";
import { moved, put } from "../model/edit.ts";
import { errorAt } from "../model/pointers.ts";
import { TriggerPicker } from "./trigger-picker.tsx";
import { useLaunch } from "./use-launch.ts";

const MOST = 10;

/** What must have been fired before, in this order, in the same visit. */
export function Sequence() {
  const { launch, edit } = useLaunch();
  const errors = useErrors();
  const names = launch.trigger_sequence ?? [];
  const set = (next: readonly string[]) => edit((old) => put(old, "trigger_sequence", next.length > 0 ? next : undefined));
  const error = errorAt(errors, "/launch/trigger_sequence");
  const hint = names.length === 0 ? "Optional: triggers that were fired before, in this order, in the same visit." : "In this order; others may come between.";
  return (
    <section aria-label="Only after" className="flex flex-col gap-2">
      {names.length < MOST && <TriggerPicker kind="frontend" label="Only after" chosen={names.map((name) => ({ name }))} add={(name) => set([...names, name])} hint={hint} />}
      {names.length > 0 && (
        <ol aria-label="Triggers in order" className="flex flex-col gap-1.5">
          {names.map((name, at) => (
            <li key={`${at} ${name}`} className="flex items-center gap-1 rounded-lg border border-line py-1 pr-1 pl-3">
              <span className="w-5 shrink-0 text-sm text-ink-3 tabular-nums">{at + 1}.</span>
              <span className="min-w-0 flex-1 truncate font-medium" title={name}>{name}</span>
              <IconButton label={`${name}, step ${at + 1}, earlier`} disabled={at === 0} onClick={() => set(moved(names, at, at - 1))}><ArrowUp size={14} aria-hidden /></IconButton>
              <IconButton label={`${name}, step ${at + 1}, later`} disabled={at === names.length - 1} onClick={() => set(moved(names, at, at + 1))}><ArrowDown size={14} aria-hidden /></IconButton>
              <IconButton label={`Remove step ${at + 1}, ${name}`} onClick={() => set(names.toSpliced(at, 1))}><X size={14} aria-hidden /></IconButton>
            </li>
          ))}
        </ol>
      )}
      {error && <p role="alert" className="text-sm text-bad">{error}</p>}
    </section>
  );
}
