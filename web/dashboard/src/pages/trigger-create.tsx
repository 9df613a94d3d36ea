import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { TriggerKind } from "../api/contract.ts";
import { ApiError, messageOf } from "../api/http.ts";
import { createTrigger } from "../api/triggers.ts";
import { Button, Dialog, Field, Input, toast } from "../ui/index.ts";

export function CreateTrigger({ w, kind, onClose }: { w: string; kind: TriggerKind; onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const create = useMutation({
    mutationFn: () => createTrigger(w, { kind, name: name.trim() }),
    onSuccess: async (trigger) => {
      await client.invalidateQueries({ queryKey: ["w", w, "triggers"] });
      onClose();
      toast(`${trigger.name} is ready to be used in surveys.`);
    },
  });
  const taken = create.error instanceof ApiError && create.error.status === 409;
  return (
    <Dialog open onOpenChange={onClose} title={`Create a ${kind} trigger`} description="Prepare a survey before the code that fires it is out.">
      <form className="flex flex-col gap-4" onSubmit={(event) => { event.preventDefault(); create.mutate(); }}>
        <Field
          label="Name"
          hint={kind === "backend" ? "Exactly as your server will send it in event_name; spaces and capitals count." : "Exactly as the SDK will fire it; spaces and capitals count."}
          error={taken ? "There is a trigger of this name already." : create.error && messageOf(create.error)}
        >
          <Input value={name} onChange={(event) => setName(event.target.value)} placeholder={kind === "backend" ? "ended_sleep" : "MainActivity"} required autoFocus autoComplete="off" spellCheck={false} />
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" busy={create.isPending} disabled={!name.trim()}>Create trigger</Button>
        </div>
      </form>
    </Dialog>
  );
}
