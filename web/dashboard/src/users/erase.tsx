import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { messageOf } from "../api/http.ts";
import { eraseUser, type UserRef } from "../api/users.ts";
import { Button, Dialog, Field, Input, Radio, toast } from "../ui/index.ts";

/** It cannot be undone, so the id must be typed. */
export function EraseUser({ w, user, onClose }: { w: string; user: UserRef; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [typed, setTyped] = useState("");
  const [responses, setResponses] = useState<"delete" | "anonymise">("delete");
  const erase = useMutation({
    mutationFn: () => eraseUser(w, user, responses),
    onSuccess: async () => {
      onClose();
      await navigate({ to: "/users" });
      client.removeQueries({ queryKey: ["w", w, "users"] });
      void client.invalidateQueries({ queryKey: ["w", w] });
      toast(`${user.id} is erased.`);
    },
  });
  return (
    <Dialog open onOpenChange={onClose} title="Erase this user?" description="Events, attributes, history and refusals go at once, and cannot come back.">
      <form className="flex flex-col gap-4" onSubmit={(event) => { event.preventDefault(); if (typed === user.id) erase.mutate(); }}>
        <fieldset className="flex flex-col gap-2">
          <legend className="mb-1 text-sm font-medium">Responses</legend>
          <Radio name="responses" label="Delete them" hint="They leave the results and every count." checked={responses === "delete"} onChange={() => setResponses("delete")} />
          <Radio name="responses" label="Keep them without the user" hint="Answers stay in the results; the id, the attributes and the properties go." checked={responses === "anonymise"} onChange={() => setResponses("anonymise")} />
        </fieldset>
        <Field label="To confirm, type the user's id" hint={<code className="font-mono wrap-anywhere select-all">{user.id}</code>} error={erase.error && messageOf(erase.error)}>
          <Input value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" spellCheck={false} autoFocus />
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Keep the user</Button>
          <Button look="danger" type="submit" disabled={typed !== user.id} busy={erase.isPending}>Erase for good</Button>
        </div>
      </form>
    </Dialog>
  );
}
