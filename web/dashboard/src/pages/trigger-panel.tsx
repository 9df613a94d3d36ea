import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Archive, ArchiveRestore, TriangleAlert } from "lucide-react";
import { useState } from "react";
import type { SurveyStatus, Trigger } from "../api/contract.ts";
import { ApiError, messageOf } from "../api/http.ts";
import { archiveTrigger, restoreTrigger } from "../api/triggers.ts";
import { Chart } from "../charts/chart.tsx";
import { DayBars, lastDays } from "../charts/days.tsx";
import { count } from "../lib/number.ts";
import { Badge, Button, Callout, CopyButton, Dialog, Facts, Table, Td, Th, Time, toast, toastError } from "../ui/index.ts";
import { Cancels } from "./trigger-cancels.tsx";

const STATUS_TONES: Record<SurveyStatus, "good" | "neutral" | "warn"> = { live: "good", paused: "warn", draft: "neutral", ended: "neutral" };

export function TriggerPanel({ w, trigger, onClose }: { w: string; trigger: Trigger; onClose: () => void }) {
  const client = useQueryClient();
  const [warning, setWarning] = useState<string | null>(null);
  const reload = () => client.invalidateQueries({ queryKey: ["w", w, "triggers"] });
  const which = { kind: trigger.kind, name: trigger.name };

  const restore = useMutation({
    mutationFn: () => restoreTrigger(w, which),
    onSuccess: () => { toast(`${trigger.name} is back.`); onClose(); },
    onError: (error) => toastError(error, "It was not restored."),
    onSettled: reload,
  });
  const archive = useMutation({
    mutationFn: (confirm: boolean) => archiveTrigger(w, { ...which, confirm }),
    onSuccess: () => {
      toast(`${trigger.name} is archived.`, { label: "Undo", run: () => restore.mutate() });
      onClose();
    },
    onError: (error) => (error instanceof ApiError && error.status === 409 ? setWarning(messageOf(error)) : toastError(error, "It was not archived.")),
    onSettled: reload,
  });

  const days = lastDays(trigger.daily.length);
  return (
    <Dialog
      kind="panel"
      open
      onOpenChange={onClose}
      title={trigger.name}
      description={`${trigger.kind === "backend" ? "Backend" : "Frontend"} trigger`}
      footer={
        trigger.archived ? (
          <Button icon={<ArchiveRestore size={14} aria-hidden />} busy={restore.isPending} onClick={() => restore.mutate()}>Restore</Button>
        ) : (
          <Button icon={<Archive size={14} aria-hidden />} busy={archive.isPending} onClick={() => archive.mutate(false)}>Archive</Button>
        )
      }
    >
      <div className="flex flex-col gap-6">
        {warning && (
          <Callout tone="warn" icon={<TriangleAlert size={16} aria-hidden />} actions={<Button size="sm" look="danger" onClick={() => archive.mutate(true)}>Archive all the same</Button>}>
            <span role="alert">{warning}</span>
          </Callout>
        )}
        {trigger.stopped && (
          <Callout tone="warn" icon={<TriangleAlert size={16} aria-hidden />}>
            Stopped arriving: a live survey uses this trigger, and it has been silent for far longer than usual. Was the code that fires it changed?
          </Callout>
        )}
        <Facts
          items={[
            ["Name", <span key="name" className="flex items-center gap-2"><code className="min-w-0 font-mono text-sm wrap-anywhere">{trigger.name}</code><CopyButton text={trigger.name} /></span>],
            ["Last seen", <Time key="last" at={trigger.last_seen_at} never="not yet" />],
            ["First seen", <Time key="first" at={trigger.first_seen_at} never="not yet" />],
            ["Count", count(trigger.count)],
          ]}
        />
        <section>
          <Chart title="Events per day" heading={<h3 className="font-semibold">Last 14 days</h3>} table={{ columns: ["Day", "Count"], rows: days.map((day, index) => [day, count(trigger.daily[index] ?? 0)]) }}>
            <DayBars label={`${count(trigger.daily.reduce((a, b) => a + b, 0))} in ${days.length} days`} days={days} series={[{ name: "Count", values: trigger.daily, tone: "accent" }]} />
          </Chart>
        </section>
        {trigger.kind === "backend" && <Cancels key={trigger.name} w={w} trigger={trigger} />}
        <section>
          <h3 className="mb-1 font-semibold">Properties</h3>
          {trigger.properties.length === 0 ? (
            <p className="text-ink-2">None seen yet. What is sent along shows up here with its types.</p>
          ) : (
            <div className="rounded-md border border-line">
              <Table caption="Properties seen">
                <thead><tr><Th>Key</Th><Th>Types</Th><Th>Examples</Th></tr></thead>
                <tbody className="[&>tr:last-child>td]:border-b-0">
                  {trigger.properties.map((property) => (
                    <tr key={property.key}>
                      <Td className="min-w-32 wrap-anywhere"><code className="font-mono text-sm">{property.key}</code></Td>
                      <Td>{property.types.join(", ")}</Td>
                      <Td className="max-w-48 text-ink-2 wrap-anywhere max-sm:min-w-28 sm:truncate" title={property.examples.join(", ")}>{property.examples.join(", ")}</Td>
                    </tr>
                  ))}
                </tbody>
              </Table>
            </div>
          )}
        </section>
        <section>
          <h3 className="mb-1 font-semibold">Surveys using it</h3>
          {trigger.surveys.length === 0 ? (
            <p className="text-ink-2">None. Choose it in a survey under Configure &amp; Launch.</p>
          ) : (
            <ul className="flex flex-col gap-1">
              {trigger.surveys.map((survey) => (
                <li key={survey.id} className="flex items-center gap-2">
                  <Link to="/surveys/$surveyId/results" params={{ surveyId: survey.id }} className="min-w-0 text-accent underline underline-offset-2 wrap-anywhere">{survey.name}</Link>
                  <Badge tone={STATUS_TONES[survey.status]}>{survey.status}</Badge>
                </li>
              ))}
            </ul>
          )}
        </section>
      </div>
    </Dialog>
  );
}
