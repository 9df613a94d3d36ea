import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useState } from "react";
import type { Cancel, Trigger } from "../api/contract.ts";
import { saveCancels, triggers } from "../api/triggers.ts";
import { Button, Field, IconButton, Input, Select, toast, toastError } from "../ui/index.ts";

const MOST = 20;

/** What an event of this trigger takes back: `order_refunded` cancels `order_delivered`. */
export function Cancels({ w, trigger }: { w: string; trigger: Trigger }) {
  const client = useQueryClient();
  const [adding, setAdding] = useState(false);
  const cancels = trigger.cancels ?? [];
  const save = useMutation({
    mutationFn: ({ next }: { next: Cancel[]; before: Cancel[] }) => saveCancels(w, { name: trigger.name, cancels: next }),
    onSuccess: (_answer, { next, before }) => {
      setAdding(false);
      toast("Saved. It holds from the next decision.", { label: "Undo", run: () => save.mutate({ next: before, before: next }) });
    },
    onError: (error) => toastError(error, "It was not saved."),
    onSettled: () => client.invalidateQueries({ queryKey: ["w", w, "triggers"] }),
  });
  const set = (next: Cancel[]) => save.mutate({ next, before: cancels });
  return (
    <section aria-label="Cancels">
      <h3 className="mb-1 font-semibold">Cancels</h3>
      {cancels.length === 0 && <p className="text-ink-2">Nothing. An event of this trigger can take back a user's earlier events of another, such as an order that was returned.</p>}
      <ul className="flex flex-col gap-1">
        {cancels.map((cancel, at) => (
          <li key={cancel.trigger} className="flex items-center gap-2">
            <span className="min-w-0 flex-1 wrap-anywhere">
              earlier <span className="font-medium">{cancel.trigger}</span>
              {cancel.equal_property === null ? " of the same user" : <> with the same <code className="font-mono text-sm">{cancel.equal_property}</code></>}
            </span>
            <IconButton label={`Do not cancel ${cancel.trigger} any more`} disabled={save.isPending} onClick={() => set(cancels.toSpliced(at, 1))}><X size={14} aria-hidden /></IconButton>
          </li>
        ))}
      </ul>
      {adding ? (
        <NewCancel w={w} trigger={trigger} taken={cancels} busy={save.isPending} close={() => setAdding(false)} add={(cancel) => set([...cancels, cancel])} />
      ) : (
        cancels.length < MOST && <Button size="sm" className="mt-2" icon={<Plus size={14} aria-hidden />} onClick={() => setAdding(true)}>Cancel earlier events</Button>
      )}
    </section>
  );
}

type NewProps = { w: string; trigger: Trigger; taken: readonly Cancel[]; busy: boolean; add: (cancel: Cancel) => void; close: () => void };

function NewCancel({ w, trigger, taken, busy, add, close }: NewProps) {
  const known = useQuery(triggers(w, { kind: "backend" })).data ?? [];
  const others = known.filter(({ name }) => name !== trigger.name && !taken.some((cancel) => cancel.trigger === name));
  const [chosen, setChosen] = useState("");
  const [property, setProperty] = useState("");
  const keys = new Set((others.find(({ name }) => name === chosen)?.properties ?? []).map(({ key }) => key));
  // What both kinds of event carry comes first to mind.
  const shared = trigger.properties.map(({ key }) => key).filter((key) => keys.has(key));
  return (
    <form className="mt-2 flex flex-col gap-3 rounded-lg border border-line p-3" onSubmit={(event) => { event.preventDefault(); add({ trigger: chosen, equal_property: property.trim() || null }); }}>
      <Field label="Backend trigger to cancel">
        <Select value={chosen} onChange={(event) => setChosen(event.target.value)} required autoFocus>
          <option value="">Choose…</option>
          {others.map(({ name }) => <option key={name} value={name}>{name}</option>)}
        </Select>
      </Field>
      <Field label="Only where this property is equal" hint="Optional, such as order_id: then only the event of that order is cancelled.">
        <Input list="shared-keys" value={property} onChange={(event) => setProperty(event.target.value)} spellCheck={false} autoComplete="off" />
      </Field>
      <datalist id="shared-keys">{shared.map((key) => <option key={key} value={key} />)}</datalist>
      <div className="flex justify-end gap-2">
        <Button size="sm" onClick={close}>Back</Button>
        <Button size="sm" look="primary" type="submit" busy={busy} disabled={chosen === ""}>Cancel those events</Button>
      </div>
    </form>
  );
}
