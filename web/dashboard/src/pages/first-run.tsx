import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check } from "lucide-react";
import { type ReactNode, useState } from "react";
import { connections, createBackendKey } from "../api/connections.ts";
import type { Connections, LiveEvent } from "../api/contract.ts";
import { useWorkspace } from "../app/workspace.tsx";
import { cx } from "../lib/cx.ts";
import { eventSample, scriptSnippet, SDK_KEY } from "../lib/samples.ts";
import { stepsDone } from "../lib/steps.ts";
import { Button, buttonClass, Code, CopyValue, Failed, Page, SkeletonRows, toast, toastError } from "../ui/index.ts";
import { StreamBadge } from "./live-events.tsx";
import { useLiveEvents } from "./use-live-events.ts";
import { useSteps } from "./use-steps.ts";

function Step({ n, title, done, open, children }: { n: number; title: string; done: boolean; open: boolean; children: ReactNode }) {
  return (
    <li aria-current={open ? "step" : undefined} className={cx("rounded-lg border bg-surface p-4", open ? "border-accent" : "border-line")}>
      <div className="flex items-center gap-3">
        <span aria-hidden className={cx("grid size-7 shrink-0 place-items-center rounded-full text-sm font-semibold", done ? "bg-accent text-on-accent" : "bg-sunken text-ink-2")}>
          {done ? <Check size={15} /> : n}
        </span>
        <h2 className={cx("text-lg font-semibold", done && "text-ink-2")}>{title}</h2>
        {done && <span className="ml-auto text-sm font-medium text-good">Done</span>}
      </div>
      {!done && <div className="mt-3 flex flex-col gap-3 md:pl-10">{children}</div>}
    </li>
  );
}

export function FirstRunPage() {
  const { id: w } = useWorkspace();
  const client = useQueryClient();
  const query = useQuery({ ...connections(w), refetchInterval: ({ state }) => (state.data?.sdk.last_used_at ? false : 4000) });
  const { steps, error, retry } = useSteps(w);
  const [key, setKey] = useState<string | null>(null);
  const [kept, setKept] = useState(false);
  const { query: events, stream } = useLiveEvents(w, (event: LiveEvent) => {
    if (event.outcome === "stored" && !steps?.sent) toast("Your first event has arrived.");
    void client.invalidateQueries({ queryKey: ["w", w, "triggers"] });
  });
  const enable = useMutation({
    mutationFn: () => createBackendKey(w),
    onSuccess: (made) => {
      setKey(made.key);
      setKept(false);
      return client.invalidateQueries({ queryKey: connections(w).queryKey });
    },
    onError: (failure) => toastError(failure, "No key was made."),
  });

  if (!steps || !query.data) return <Page title="First steps">{error ? <Failed error={error} retry={retry} /> : <SkeletonRows rows={4} />}</Page>;
  const done = stepsDone(steps);
  const current = !steps.enabled ? 1 : !steps.sent ? 2 : !steps.installed ? 3 : steps.launched ? 0 : 4;
  const rejected = events.data?.find((event) => event.outcome === "rejected");
  return (
    <Page
      title={done === 4 ? "All set" : "First steps"}
      lead={done === 4 ? "Events arrive, the SDK asks, a survey is live." : "From nothing to a survey that shows when your server says so. Each step ticks itself off."}
      actions={<Link to="/surveys" className={buttonClass(done === 4 ? "primary" : "quiet")}>{done === 4 ? "Go to the surveys" : "Skip for now"}</Link>}
    >
      <p className="mb-3 text-sm text-ink-2" aria-live="polite">{done} of 4 done</p>
      <div aria-hidden className="mb-5 h-1.5 overflow-hidden rounded-full bg-line"><div className="h-full rounded-full bg-accent transition-all" style={{ width: `${done * 25}%` }} /></div>
      {key && !kept && (
        <div role="status" className="mb-3 flex flex-col gap-2 rounded-lg border border-accent bg-accent-soft p-3">
          <CopyValue label="Your backend key" value={key} />
          <div className="flex flex-wrap items-center justify-between gap-2">
            <p className="text-sm text-ink-2">Keep it for your server: it is stored hashed and never shown again.</p>
            <Button size="sm" onClick={() => setKept(true)}>I have copied it</Button>
          </div>
        </div>
      )}
      <ol className="flex flex-col gap-3">
        <Step n={1} title="Enable Backend Trigger" done={steps.enabled} open={current === 1}>
          <p className="text-ink-2">You get a URL and a secret key for your server.</p>
          <div><Button look="primary" busy={enable.isPending} onClick={() => enable.mutate()}>Enable</Button></div>
        </Step>
        <Step n={2} title="Send a first event" done={steps.sent} open={current === 2}>
          {steps.enabled ? <SendFirst data={query.data} fresh={key} onNewKey={() => enable.mutate()} busy={enable.isPending} /> : <p className="text-ink-2">First enable Backend Trigger.</p>}
          {steps.enabled && (
            <p className="flex flex-wrap items-center gap-2 text-sm text-ink-2" aria-live="polite">
              <StreamBadge state={stream} />
              {rejected ? <span className="text-bad">An event came but was refused: {rejected.reason}</span> : "Waiting for an event…"}
            </p>
          )}
        </Step>
        <Step n={3} title="Install the SDK" done={steps.installed} open={current === 3}>
          <p className="text-ink-2">Put this on a page of your site and open it once.</p>
          <Code label="Script tag" text={scriptSnippet(query.data.sdk.script_url, query.data.sdk.key ?? SDK_KEY)} />
          <p className="text-sm text-ink-2">Waiting for the first page… <Link to="/connections/sdk" className="text-accent underline underline-offset-2">npm package and more</Link></p>
        </Step>
        <Step n={4} title="Launch a first survey" done={steps.launched} open={current === 4}>
          <p className="text-ink-2">Write a question or two, choose the backend trigger under Configure &amp; Launch, and launch.</p>
          <div><Link to="/surveys" className={buttonClass(current === 4 ? "primary" : "secondary")}>Create a survey</Link></div>
        </Step>
      </ol>
    </Page>
  );
}

function SendFirst({ data, fresh, onNewKey, busy }: { data: Connections; fresh: string | null; onNewKey: () => void; busy: boolean }) {
  return (
    <>
      {fresh ? (
        <p className="text-ink-2">Paste this into a terminal; your new key is in it.</p>
      ) : (
        <p className="text-ink-2">
          Paste this into a terminal, with your key ({data.backend.keys.map((key) => key.hint).join(", ")}) in place of YOUR_BACKEND_KEY.{" "}
          {data.backend.keys.length < 2 && <Button size="sm" busy={busy} onClick={onNewKey}>I have lost it: make another</Button>}
        </p>
      )}
      <Code label="curl command" text={eventSample("curl", data.event_url, fresh ?? "YOUR_BACKEND_KEY")} />
    </>
  );
}
