import { Card, Field, Input, Switch } from "../../ui/index.ts";
import type { Trigger } from "../model/document.ts";
import { put } from "../model/edit.ts";
import { errorAt } from "../model/pointers.ts";
import { useErrors } from "../editor/context.tsx";
import { Sequence } from "./sequence.tsx";
import { TriggerList } from "./trigger-list.tsx";
import { TriggerPicker } from "./trigger-picker.tsx";
import { useLaunch, withTrigger } from "./use-launch.ts";

/** The moments in the app or site at which the survey may appear. */
export function FrontendCard() {
  const { launch, edit } = useLaunch();
  const errors = useErrors();
  const triggers = launch.frontend_triggers;
  const change = (next: (triggers: readonly Trigger[]) => readonly Trigger[]) => edit((old) => ({ ...old, frontend_triggers: next(old.frontend_triggers) }));
  const delay = (launch.display_delay_ms ?? 0) / 1_000;
  return (
    <Card title="Where it shows" lead="A frontend trigger is a named moment, such as a screen that opens. Any of these shows the survey." className="overflow-visible">
      <div className="flex flex-col gap-4">
        <TriggerPicker kind="frontend" label="Frontend triggers" chosen={triggers} add={(name) => change((old) => withTrigger(old, name))} hint={triggers.length === 0 ? "Choose at least one." : undefined} />
        <TriggerList kind="frontend" triggers={triggers} pointer="/launch/frontend_triggers" change={change} />
        <Field label="Wait on screen" hint="Seconds between the trigger and the survey, up to 600." error={errorAt(errors, "/launch/display_delay_ms")} className="max-w-64">
          <Input
            type="number"
            inputMode="decimal"
            min={0}
            max={600}
            step={0.5}
            value={delay}
            onChange={(event) => edit((old) => put(old, "display_delay_ms", Math.max(0, Math.round(Number(event.target.value) * 1_000)) || undefined), "/launch/display_delay_ms")}
          />
        </Field>
        <Sequence />
        <Switch
          checked={launch.also_while_there ?? false}
          onChange={(on) => edit((old) => put(old, "also_while_there", on || undefined))}
          label="Also while the user is already there"
          hint="When the event comes up to 30 minutes after the trigger, on the same page, the survey appears without a new visit."
        />
      </div>
    </Card>
  );
}
