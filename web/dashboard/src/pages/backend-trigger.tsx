import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Webhook } from "lucide-react";
import { useState } from "react";
import { connections, createBackendKey } from "../api/connections.ts";
import type { NewBackendKey } from "../api/contract.ts";
import { useWorkspace } from "../app/workspace.tsx";
import { eventSample, SAMPLE_NAMES, type Sample } from "../lib/samples.ts";
import { Button, Card, Code, CopyValue, Empty, Load, Page, Segmented, toastError } from "../ui/index.ts";
import { BackendKeys } from "./backend-keys.tsx";
import { BackToConnections } from "./connection-parts.tsx";
import { LiveEvents } from "./live-events.tsx";
import { TestEventForm } from "./test-event.tsx";

const route = getRouteApi("/workspace/connections/backend");

export function BackendTriggerPage() {
  const { id: w } = useWorkspace();
  const { sample = "curl" } = route.useSearch();
  const navigate = route.useNavigate();
  const client = useQueryClient();
  const query = useQuery(connections(w));
  const [fresh, setFresh] = useState<NewBackendKey | null>(null);
  const create = useMutation({
    mutationFn: () => createBackendKey(w),
    onSuccess: (key) => {
      setFresh(key);
      return client.invalidateQueries({ queryKey: connections(w).queryKey });
    },
    onError: (error) => toastError(error, "No key was made."),
  });

  return (
    <Page title="Backend Trigger" lead="Your server tells Sonde what just happened to a user, in one call." back={<BackToConnections />}>
      <Load query={query}>
        {({ event_url, backend }) =>
          backend.keys.length === 0 && !fresh ? (
            <Card>
              <Empty
                icon={<Webhook size={28} />}
                title="Backend Trigger is off"
                action={<Button look="primary" busy={create.isPending} onClick={() => create.mutate()}>Enable</Button>}
              >
                Enable it to get a URL and a secret key. Then your server can say “this just happened to this user”, and a survey can wait for that user's next visit.
              </Empty>
            </Card>
          ) : (
            <div className="flex flex-col gap-4">
              <Card title="Address and keys">
                <div className="flex flex-col gap-4">
                  <CopyValue label="URL" value={event_url} />
                  <BackendKeys keys={backend.keys} fresh={fresh} onDone={() => setFresh(null)} onCreate={() => create.mutate()} creating={create.isPending} />
                </div>
              </Card>
              <Card
                title="Send an event from your server"
                actions={
                  <Segmented
                    label="Language of the sample"
                    value={sample}
                    onChange={(next: Sample) => void navigate({ search: (old) => ({ ...old, sample: next }), replace: true, resetScroll: false })}
                    options={Object.entries(SAMPLE_NAMES).map(([value, label]) => ({ value: value as Sample, label }))}
                  />
                }
              >
                <Code label={`Sample for ${SAMPLE_NAMES[sample]}`} text={eventSample(sample, event_url, fresh?.key ?? "YOUR_BACKEND_KEY")} />
                <p className="mt-2 text-sm text-ink-2">
                  An answer of 200 means that the event is safe on disk and the very next decision sees it. {fresh ? "The sample holds your new key." : "Put your key in place of YOUR_BACKEND_KEY."}
                </p>
              </Card>
              <Card title="Send a test event" lead="From here, through the same path as your server's events. It is stored, and it can make a survey due.">
                <TestEventForm w={w} />
              </Card>
              <LiveEvents w={w} />
            </div>
          )
        }
      </Load>
    </Page>
  );
}
