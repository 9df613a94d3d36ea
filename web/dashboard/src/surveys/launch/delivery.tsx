import { Card, Checkbox, Field, Input, Select, Switch } from "../../ui/index.ts";
import { PLATFORMS, type Platform, PRIORITIES, type Priority, type Repeat } from "../model/document.ts";
import { put } from "../model/edit.ts";
import { errorAt } from "../model/pointers.ts";
import { useSettings } from "../api.ts";
import { useErrors } from "../editor/context.tsx";
import { Audience } from "./audience.tsx";
import { QuotaField } from "./quota.tsx";
import { useLaunch } from "./use-launch.ts";

const NAMES: Readonly<Record<Platform, string>> = { web: "Web", ios: "iOS", android: "Android" };

export function WhoCard() {
  const { launch, edit } = useLaunch();
  const errors = useErrors();
  const chosen = launch.platforms ?? PLATFORMS;
  const toggle = (platform: Platform, on: boolean) => {
    const next = PLATFORMS.filter((each) => (each === platform ? on : chosen.includes(each)));
    edit((old) => put(old, "platforms", next.length === PLATFORMS.length ? undefined : next));
  };
  const error = errorAt(errors, "/launch/platforms") ?? (chosen.length === 0 ? "Choose at least one platform." : undefined);
  return (
    <Card title="For whom" lead="Without a condition everybody may be asked.">
      <div className="flex flex-col gap-4">
        <Audience />
        <fieldset>
          <legend className="mb-1 text-sm font-medium">Platforms</legend>
          <div className="flex flex-wrap gap-5">
            {PLATFORMS.map((platform) => <Checkbox key={platform} label={NAMES[platform]} checked={chosen.includes(platform)} onChange={(event) => toggle(platform, event.target.checked)} />)}
          </div>
          {error && <p role="alert" className="mt-1 text-sm text-bad">{error}</p>}
        </fieldset>
        <Field label="Share of users" hint="In per cent. A user is always in or always out." error={errorAt(errors, "/launch/sampling_percent")} className="max-w-64">
          <Input
            type="number"
            inputMode="decimal"
            min={0}
            max={100}
            step={0.01}
            value={launch.sampling_percent ?? 100}
            onChange={(event) => edit((old) => put(old, "sampling_percent", event.target.value === "" || event.target.value === "100" ? undefined : Number(event.target.value)), "/launch/sampling_percent")}
          />
        </Field>
      </div>
    </Card>
  );
}

const PRIORITY_NAMES: Readonly<Record<Priority, string>> = { lowest: "Lowest", low: "Low", normal: "Normal", high: "High", highest: "Highest" };

export function HowOftenCard() {
  const { launch, edit } = useLaunch();
  const days = useSettings().data?.wait_period_days;
  const waits = days === undefined ? "" : days === 0 ? " The workspace has no wait period now." : ` Now ${days} ${days === 1 ? "day" : "days"}.`;
  return (
    <Card title="How often">
      <div className="flex flex-col gap-4">
        <RepeatFields />
        <Switch
          checked={launch.ignores_wait_period ?? false}
          onChange={(on) => edit((old) => put(old, "ignores_wait_period", on || undefined))}
          label="Also during the wait period"
          hint={`The wait period keeps two surveys apart for the same user.${waits}`}
        />
        <Field label="Priority" hint="When several surveys are due at once, the highest goes first; the others stay due." className="max-w-64">
          <Select value={launch.priority ?? "normal"} onChange={(event) => edit((old) => put(old, "priority", event.target.value === "normal" ? undefined : (event.target.value as Priority)))}>
            {PRIORITIES.toReversed().map((priority) => <option key={priority} value={priority}>{PRIORITY_NAMES[priority]}</option>)}
          </Select>
        </Field>
        <QuotaField />
      </div>
    </Card>
  );
}

const DEFAULT: Repeat = { until: "shown" };

function RepeatFields() {
  const { launch, edit } = useLaunch();
  const errors = useErrors();
  const repeat = launch.repeat ?? DEFAULT;
  const at = "/launch/repeat";
  const set = (next: Repeat, about?: string) => {
    const isDefault = next.until === "shown" && (next.times ?? 1) === 1 && !next.min_days_between;
    edit((old) => put(old, "repeat", isDefault ? undefined : next), about);
  };
  const until = (value: Repeat["until"]) => set(value === "shown" ? { ...repeat, until: value } : put({ ...repeat, until: value }, "times", undefined));
  const whole = (typed: string) => Math.max(0, Math.round(Number(typed)));
  const again = repeat.until !== "shown" || (repeat.times ?? 1) > 1;
  return (
    <div className="grid gap-4 sm:grid-cols-3">
      <Field label="Same user" error={errorAt(errors, `${at}/until`)}>
        <Select value={repeat.until} onChange={(event) => until(event.target.value as Repeat["until"])}>
          <option value="shown">a number of times</option>
          <option value="answered">until the first answer</option>
          <option value="completed">until it is completed</option>
          <option value="always">every time</option>
        </Select>
      </Field>
      {repeat.until === "shown" && (
        <Field label="Times" error={errorAt(errors, `${at}/times`)}>
          <Input type="number" inputMode="numeric" min={1} value={repeat.times ?? 1} onChange={(event) => set({ ...repeat, times: whole(event.target.value) }, `${at}/times`)} />
        </Field>
      )}
      {again && (
        <Field label="Days between" error={errorAt(errors, `${at}/min_days_between`)}>
          <Input
            type="number"
            inputMode="numeric"
            min={0}
            max={3_650}
            value={repeat.min_days_between ?? 0}
            onChange={(event) => set(put(repeat, "min_days_between", whole(event.target.value) || undefined), `${at}/min_days_between`)}
          />
        </Field>
      )}
    </div>
  );
}
