import { Field, Input } from "../../ui/index.ts";
import { useErrors } from "../editor/context.tsx";
import { put } from "../model/edit.ts";
import { errorAt } from "../model/pointers.ts";
import { useLaunch } from "./use-launch.ts";

const MOST = 1_000_000_000;

/** Enough is enough: after so many completed responses nobody else is asked. */
export function QuotaField() {
  const { launch, edit } = useLaunch();
  const errors = useErrors();
  const set = (typed: string) => {
    const n = Math.min(MOST, Math.max(0, Math.round(Number(typed))));
    edit((old) => put(old, "quota", n > 0 ? { completed: n } : undefined), "/launch/quota");
  };
  return (
    <Field label="Stop after completed responses" hint="Empty: never. Whoever has it open when the number is reached may finish, so there can be a few more." error={errorAt(errors, "/launch/quota")}>
      <Input type="number" inputMode="numeric" min={1} max={MOST} placeholder="no limit" value={launch.quota?.completed ?? ""} onChange={(event) => set(event.target.value)} className="max-w-40" />
    </Field>
  );
}
