import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleAlert, CircleCheck, CirclePause, CirclePlay, CircleStop, Rocket, TriangleAlert } from "lucide-react";
import { useState } from "react";
import type { Trigger } from "../../api/contract.ts";
import { useWorkspace } from "../../app/workspace.tsx";
import { Button, Card, Time } from "../../ui/index.ts";
import { connections as connectionsQuery } from "../../api/connections.ts";
import { useTriggers } from "../api.ts";
import { useDraft, useOpen } from "../editor/context.tsx";
import { useChanges, useStep } from "../editor/versions.tsx";
import { blockers, type Check, checklist, type Seen } from "../model/checklist.ts";
import { split } from "../model/pointers.ts";
import { EndDialog } from "../parts/end-dialog.tsx";

/** What is still to do, and the button. */
export function LaunchPanel() {
  const { survey } = useOpen();
  const checks = useChecks();
  const blocked = blockers(checks);
  return (
    <Card title={survey.status === "draft" ? "Before launch" : "Checklist"}>
      <ul className="flex flex-col gap-2.5">{checks.map((check) => <CheckRow key={check.id} check={check} />)}</ul>
      <div className="mt-4 flex flex-col gap-2 border-t border-line pt-4">
        <Actions blocked={blocked.length} />
      </div>
    </Card>
  );
}

function useChecks(): readonly Check[] {
  const { document, errors, save } = useDraft();
  const connections = useQuery(connectionsQuery(useWorkspace().id));
  const backend = useTriggers("backend").data?.items;
  const frontend = useTriggers("frontend").data?.items;
  const seen: Seen = { backend: timesOf(backend), frontend: timesOf(frontend), sdk: connections.data?.sdk.last_used_at, now: Date.now() };
  const checks = checklist(document, errors, seen);
  const rest = split(errors).launch;
  const isSettled = save.kind === "saved";
  if (!isSettled || rest.length === 0 || blockers(checks).length > 0) return checks;
  return [...checks, { id: "launch", state: "blocker", text: `A setting on this page is not valid: ${rest[0]?.detail ?? ""}.`, fix: "trigger" }];
}

function timesOf(triggers: readonly Trigger[] | undefined): ReadonlyMap<string, string | null> | null {
  return triggers ? new Map(triggers.map(({ name, last_seen_at: at }) => [name, at])) : null;
}

const LOOKS = {
  ok: { icon: CircleCheck, tone: "text-good", said: "Done" },
  warn: { icon: TriangleAlert, tone: "text-warn", said: "Look at" },
  blocker: { icon: CircleAlert, tone: "text-bad", said: "To do" },
} as const;

function CheckRow({ check }: { check: Check }) {
  const { survey } = useOpen();
  const { icon: Icon, tone, said } = LOOKS[check.state];
  const link = "ml-1 rounded-sm underline underline-offset-2";
  const params = { surveyId: survey.id };
  return (
    <li className="flex gap-2">
      <Icon size={16} aria-label={said} className={`mt-0.5 shrink-0 ${tone}`} />
      <span className="min-w-0 wrap-anywhere">
        {check.text}
        {check.state !== "ok" && check.fix === "questions" && <Link to="/surveys/$surveyId" params={params} className={link}>Edit questions</Link>}
        {check.state !== "ok" && check.fix === "languages" && <Link to="/surveys/$surveyId" params={params} search={{ part: "languages" }} className={link}>Translate</Link>}
        {check.state !== "ok" && check.fix === "connections" && <Link to="/connections/sdk" className={link}>Install it</Link>}
      </span>
    </li>
  );
}

function Actions({ blocked }: { blocked: number }) {
  const { survey } = useOpen();
  const { document } = useDraft();
  const [ending, setEnding] = useState(false);
  const step = useStep();
  const differs = (useChanges() ?? []).length > 0;
  const isBlocked = blocked > 0;
  if (survey.status === "ended") return <p className="text-ink-2">This survey has ended. Duplicate it to ask again.</p>;
  return (
    <>
      {survey.status === "draft" && (
        <Button look="primary" disabled={isBlocked} busy={step.isPending} icon={<Rocket size={16} aria-hidden />} onClick={() => step.mutate("launch")} aria-describedby="launch-why">Launch</Button>
      )}
      {survey.status === "draft" && isBlocked && <p id="launch-why" className="text-sm text-ink-3">{blocked === 1 ? "One thing is" : `${blocked} things are`} still to do.</p>}
      {survey.status === "live" && (
        <>
          <p className="text-ink-2">Live with version {survey.published?.version}{survey.published && <>, published <Time at={survey.published.published_at} /></>}.</p>
          {differs && <Button look="primary" disabled={isBlocked} busy={step.isPending} onClick={() => step.mutate("publish")}>Publish changes</Button>}
          <Button busy={step.isPending} icon={<CirclePause size={16} aria-hidden />} onClick={() => step.mutate("pause")}>Pause</Button>
        </>
      )}
      {survey.status === "paused" && <Button look="primary" busy={step.isPending} icon={<CirclePlay size={16} aria-hidden />} onClick={() => step.mutate("resume")}>Resume</Button>}
      {survey.status !== "draft" && <Button look="danger" icon={<CircleStop size={16} aria-hidden />} onClick={() => setEnding(true)}>End…</Button>}
      {ending && <EndDialog name={document.name} close={() => setEnding(false)} end={() => step.mutate("end")} />}
    </>
  );
}
