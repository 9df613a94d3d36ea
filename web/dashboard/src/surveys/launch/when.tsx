import { useId, useState } from "react";
import { Card, Checkbox, Field, Input, Switch } from "../../ui/index.ts";
import { useErrors } from "../editor/context.tsx";
import { type Schedule, WEEKDAYS, type Weekday } from "../model/document.ts";
import { put } from "../model/edit.ts";
import { errorAt } from "../model/pointers.ts";
import { fromLocal, inZone, isZone, scheduleError, tidySchedule, toLocal, WEEKDAY_NAMES, WEEKDAYS_LONG, zoneOf, zones } from "../model/schedule.ts";
import { useLaunch } from "./use-launch.ts";

const AT = "/launch/schedule";
const OFFICE = { from: "09:00", to: "17:00" } as const;
type Part = { schedule: Schedule; set: (next: Schedule, about?: string) => void };

/** From when to when, on which days, at which hours. */
export function WhenCard() {
  const { launch, edit } = useLaunch();
  const errors = useErrors();
  const schedule = launch.schedule ?? {};
  const set = (next: Schedule, about?: string) => edit((old) => put(old, "schedule", tidySchedule(next)), about);
  const error = scheduleError(schedule) ?? errorAt(errors, AT);
  return (
    <Card title="When" lead="Without a choice, at any time while it is live.">
      <div className="flex flex-col gap-4">
        <div className="grid gap-4 sm:grid-cols-2">
          <MomentField label="Start" hint="Empty: at launch." schedule={schedule} set={set} which="starts_at" />
          <MomentField label="End" hint="Empty: never." schedule={schedule} set={set} which="ends_at" />
          <ZoneField key={zoneOf(schedule)} schedule={schedule} set={set} />
        </div>
        <Weekdays schedule={schedule} set={set} />
        <Hours schedule={schedule} set={set} />
        {error && <p role="alert" className="text-sm text-bad">{error}</p>}
      </div>
    </Card>
  );
}

function MomentField({ label, hint, schedule, set, which }: Part & { label: string; hint: string; which: "starts_at" | "ends_at" }) {
  const zone = zoneOf(schedule);
  const change = (local: string) => {
    const moment = local === "" ? undefined : fromLocal(local, zone);
    if (local === "" || moment) set(put(schedule, which, moment), `${AT}/${which}`);
  };
  return (
    <Field label={label} hint={hint}>
      <Input type="datetime-local" value={toLocal(schedule[which], zone)} onChange={(event) => change(event.target.value)} />
    </Field>
  );
}

/** Typed or chosen; taken once it is a zone. */
function ZoneField({ schedule, set }: Part) {
  const zone = zoneOf(schedule);
  const [typed, setTyped] = useState(zone);
  const list = useId();
  const isWrong = !isZone(typed);
  const change = (text: string) => {
    setTyped(text);
    if (text !== zone && zones().includes(text)) set(inZone(schedule, text));
  };
  return (
    <Field label="Time zone" error={isWrong ? "Choose one of the list, such as Europe/Berlin." : null}>
      <Input list={list} value={typed} spellCheck={false} autoComplete="off" onChange={(event) => change(event.target.value)} onBlur={() => setTyped(zone)} />
      <datalist id={list}>{zones().map((each) => <option key={each} value={each} />)}</datalist>
    </Field>
  );
}

function Weekdays({ schedule, set }: Part) {
  const chosen = schedule.weekdays ?? WEEKDAYS;
  const toggle = (day: Weekday, on: boolean) => set({ ...schedule, weekdays: WEEKDAYS.filter((each) => (each === day ? on : chosen.includes(each))) });
  return (
    <fieldset>
      <legend className="mb-1 text-sm font-medium">Weekdays</legend>
      <div className="flex flex-wrap gap-x-5 gap-y-2">
        {WEEKDAYS.map((day) => (
          <Checkbox key={day} aria-label={WEEKDAYS_LONG[day]} label={WEEKDAY_NAMES[day]} checked={chosen.includes(day)} onChange={(event) => toggle(day, event.target.checked)} />
        ))}
      </div>
    </fieldset>
  );
}

function Hours({ schedule, set }: Part) {
  const { hours } = schedule;
  const change = (part: "from" | "to", time: string) => hours && time && set({ ...schedule, hours: { ...hours, [part]: time } }, `${AT}/hours/${part}`);
  return (
    <div className="flex flex-col gap-3">
      <Switch checked={Boolean(hours)} onChange={(on) => set(put(schedule, "hours", on ? OFFICE : undefined))} label="Only at certain hours" hint="A night such as 22:00 to 06:00 belongs to the weekday on which it begins." />
      {hours && (
        <div className="flex flex-wrap gap-4">
          <Field label="From"><Input type="time" value={hours.from} onChange={(event) => change("from", event.target.value)} className="w-32!" /></Field>
          <Field label="To"><Input type="time" value={hours.to} onChange={(event) => change("to", event.target.value)} className="w-32!" /></Field>
        </div>
      )}
    </div>
  );
}
