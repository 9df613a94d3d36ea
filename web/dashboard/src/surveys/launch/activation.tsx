import { useRef } from "react";
import { Card, Field, Input, Select, Switch } from "../../ui/index.ts";
import type { Activation, Trigger } from "../model/document.ts";
import { delayError, expiryError } from "../model/duration.ts";
import { put } from "../model/edit.ts";
import { errorAt } from "../model/pointers.ts";
import { useErrors } from "../editor/context.tsx";
import { DurationField } from "./duration-field.tsx";
import { TriggerList } from "./trigger-list.tsx";
import { TriggerPicker } from "./trigger-picker.tsx";
import { useLaunch, withTrigger } from "./use-launch.ts";

const FIRST: Activation = { backend_triggers: [], expires_after_secs: 7_200 };

/** "Activate with backend event": what must have happened, and for how long it counts. */
export function ActivationCard() {
  const { launch, edit } = useLaunch();
  // Switching off and on again brings back what was chosen.
  const before = useRef(FIRST);
  const { activation } = launch;
  const toggle = (on: boolean) => {
    if (activation) before.current = activation;
    edit((old) => put(old, "activation", on ? before.current : undefined));
  };
  return (
    <Card title="Select trigger" lead="What happened makes the survey due; where the user is shows it." className="overflow-visible">
      <Switch checked={Boolean(activation)} onChange={toggle} label="Activate with backend event" hint="Your server says that something happened to this user. Without, the place alone decides." />
      {activation && <Details activation={activation} />}
    </Card>
  );
}

function Details({ activation }: { activation: Activation }) {
  const { setActivation } = useLaunch();
  const errors = useErrors();
  const at = "/launch/activation";
  const { backend_triggers: triggers, expires_after_secs: expiry, delay_secs: delay = 0 } = activation;
  const setTriggers = (change: (triggers: readonly Trigger[]) => readonly Trigger[]) => setActivation((old) => ({ ...old, backend_triggers: change(old.backend_triggers) }));
  return (
    <div className="mt-4 flex flex-col gap-4 border-t border-line pt-4">
      <TriggerPicker kind="backend" label="Backend events" chosen={triggers} add={(name) => setTriggers((old) => withTrigger(old, name))} hint={triggers.length === 0 ? "Choose at least one." : undefined} />
      <TriggerList kind="backend" triggers={triggers} pointer={`${at}/backend_triggers`} change={setTriggers} joint={activation.match === "all" ? "and" : "or"} />
      {triggers.length > 0 && <HowMany activation={activation} />}
      <div className="grid gap-4 sm:grid-cols-2">
        <DurationField
          label="Expires after"
          hint="From 1 minute to 100 hours after the event."
          seconds={expiry}
          change={(seconds) => setActivation((old) => ({ ...old, expires_after_secs: seconds }), `${at}/expires_after_secs`)}
          check={expiryError}
          error={errorAt(errors, `${at}/expires_after_secs`)}
        />
        <DurationField
          label="Delay"
          hint="Not due before this long after the event."
          seconds={delay}
          change={(seconds) => setActivation((old) => put(old, "delay_secs", seconds || undefined), `${at}/delay_secs`)}
          check={(seconds) => delayError(seconds, expiry)}
          error={errorAt(errors, `${at}/delay_secs`)}
        />
      </div>
    </div>
  );
}

const AT_LEAST_MAX = 100;

/** One event of any of them is enough, or several, or one of each. */
function HowMany({ activation }: { activation: Activation }) {
  const { setActivation } = useLaunch();
  const errors = useErrors();
  const at = "/launch/activation";
  const match = activation.match ?? "any";
  const setMatch = (next: "any" | "all") => setActivation((old) => (next === "all" ? { ...put(old, "at_least", undefined), match: next } : put(old, "match", undefined)));
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      {(activation.backend_triggers.length > 1 || match === "all") && (
        <Field label="Which of them" hint={match === "all" ? "One event of each, every one within its time." : "An event of any of them is enough."} error={errorAt(errors, `${at}/match`)}>
          <Select value={match} onChange={(event) => setMatch(event.target.value as "any" | "all")}>
            <option value="any">any of them</option>
            <option value="all">all of them</option>
          </Select>
        </Field>
      )}
      {match === "any" && (
        <Field label="At least" hint="Events within the time, counted together. Together they count once." error={errorAt(errors, `${at}/at_least`)}>
          <div className="flex items-center gap-2">
            <Input
              type="number"
              inputMode="numeric"
              min={1}
              max={AT_LEAST_MAX}
              value={activation.at_least ?? 1}
              onChange={(event) => setActivation((old) => put(old, "at_least", atLeast(event.target.value)), `${at}/at_least`)}
              className="w-24!"
            />
            <span className="text-ink-2">{(activation.at_least ?? 1) === 1 ? "event" : "events"}</span>
          </div>
        </Field>
      )}
    </div>
  );
}

/** One is what holds when nothing is said. */
function atLeast(typed: string): number | undefined {
  const n = Math.min(AT_LEAST_MAX, Math.max(1, Math.round(Number(typed))));
  return n > 1 ? n : undefined;
}
