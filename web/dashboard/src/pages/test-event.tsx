import { useMutation, useQuery } from "@tanstack/react-query";
import { Send } from "lucide-react";
import { useId, useState } from "react";
import { sendTestEvent } from "../api/connections.ts";
import { messageOf } from "../api/http.ts";
import { triggers } from "../api/triggers.ts";
import { parseObject } from "../lib/json.ts";
import { Button, Field, Input, Textarea } from "../ui/index.ts";

export function TestEventForm({ w }: { w: string }) {
  const known = useQuery(triggers(w, { kind: "backend" }));
  const names = useId();
  const [userId, setUserId] = useState("test-user");
  const [name, setName] = useState("ended_sleep");
  const [properties, setProperties] = useState('{"hours": 7.5}');
  const [problem, setProblem] = useState<string | null>(null);
  const send = useMutation({ mutationFn: (event: Parameters<typeof sendTestEvent>[1]) => sendTestEvent(w, event) });

  function submit() {
    const parsed = parseObject(properties);
    setProblem("error" in parsed ? parsed.error : null);
    if ("value" in parsed) send.mutate({ user_id: userId.trim(), event_name: name.trim(), properties: parsed.value });
  }

  return (
    <form className="grid gap-3 md:grid-cols-2" onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <Field label="User id"><Input value={userId} onChange={(event) => setUserId(event.target.value)} required /></Field>
      <Field label="Backend trigger">
        <Input value={name} onChange={(event) => setName(event.target.value)} list={names} required autoComplete="off" />
      </Field>
      <datalist id={names}>{known.data?.map((trigger) => <option key={trigger.name} value={trigger.name} />)}</datalist>
      <Field label="Properties" className="md:col-span-2" error={problem}>
        <Textarea value={properties} onChange={(event) => setProperties(event.target.value)} rows={3} spellCheck={false} className="font-mono text-sm" />
      </Field>
      <div className="flex flex-wrap items-center gap-3 md:col-span-2">
        <Button type="submit" look="primary" busy={send.isPending} icon={<Send size={14} aria-hidden />}>Send test event</Button>
        <p aria-live="polite" className="min-w-0 text-sm text-ink-2 wrap-anywhere">
          {send.data && <>Stored as <code className="font-mono">{send.data.event_id}</code>. It is in the list below.</>}
          {send.error && <span className="text-bad">{messageOf(send.error)}</span>}
        </p>
      </div>
    </form>
  );
}
