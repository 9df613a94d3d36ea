import { X } from "lucide-react";
import type { TriggerKind } from "../../api/contract.ts";
import { IconButton } from "../../ui/index.ts";
import { useTriggers } from "../api.ts";
import { useErrors } from "../editor/context.tsx";
import type { Trigger } from "../model/document.ts";
import { withFilter } from "../model/filters.ts";
import { errorOf } from "../model/pointers.ts";
import { FilterEditor } from "./filter-editor.tsx";
import { Seen } from "./trigger-picker.tsx";
import { withoutTrigger } from "./use-launch.ts";

type Change = (change: (triggers: readonly Trigger[]) => readonly Trigger[]) => void;

type Props = { kind: TriggerKind; triggers: readonly Trigger[]; pointer: string; change: Change; joint?: "and" | "or" };

/** The chosen triggers, each with its filter. */
export function TriggerList({ kind, triggers, pointer, change, joint = "or" }: Props) {
  const known = useTriggers(kind);
  const errors = useErrors();
  if (triggers.length === 0) return null;
  return (
    <ul aria-label={kind === "backend" ? "Chosen backend events" : "Chosen frontend triggers"} className="flex flex-col gap-2">
      {triggers.map((trigger, at) => {
        const stats = known.data?.items.find(({ name }) => name === trigger.name);
        const error = errorOf(errors, `${pointer}/${at}/name`);
        return (
          <li key={trigger.name} className="rounded-lg border border-line p-3">
            <div className="flex items-center gap-2">
              {at > 0 && <span className="text-sm text-ink-3">{joint}</span>}
              <span className="min-w-0 flex-1 truncate font-medium" title={trigger.name}>{trigger.name}</span>
              {known.data && <span className="shrink-0 text-sm text-ink-3"><Seen known={stats} /></span>}
              <IconButton label={`Remove ${trigger.name}`} onClick={() => change((old) => withoutTrigger(old, trigger.name))}><X size={15} aria-hidden /></IconButton>
            </div>
            {error && <p role="alert" className="text-sm text-bad">{error}</p>}
            <FilterEditor
              trigger={trigger}
              seen={stats?.properties ?? []}
              pointer={`${pointer}/${at}/filter`}
              change={(conditions) => change((old) => old.map((each) => (each.name === trigger.name ? withFilter(each, conditions) : each)))}
            />
          </li>
        );
      })}
    </ul>
  );
}
