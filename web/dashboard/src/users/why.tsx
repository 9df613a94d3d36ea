import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { CircleCheck, CircleSlash } from "lucide-react";
import type { Decision, Decisions } from "../api/contract.ts";
import { triggers } from "../api/triggers.ts";
import { decisions, type Question, type UserRef } from "../api/users.ts";
import { exactTime } from "../lib/time.ts";
import { reasonName } from "../lib/reasons.ts";
import { StatusBadge } from "../surveys/parts/status.tsx";
import { Badge, Button, Card, Empty, Field, Input, Load, Select } from "../ui/index.ts";

const route = getRouteApi("/workspace/users/$userId");

/** A dry run of the very decision, for each survey. Nothing is claimed or changed by it. */
export function Why({ w, user }: { w: string; user: UserRef }) {
  const { trigger, platform, at } = route.useSearch();
  const question: Question = { trigger, platform, at: at && new Date(at).toISOString() };
  const query = useQuery(decisions(w, user, question));
  return (
    <Card title="Why, and why not" lead="What the server would decide for each survey, without showing anything.">
      <Ask w={w} />
      <Load query={query} title="The decisions could not be loaded">{(found) => <Verdicts found={found} />}</Load>
    </Card>
  );
}

const AHEAD_MAX_MS = 100 * 3_600_000;
/** A moment as this browser's clocks show it, for a date and time field. */
const local = (time: number) => new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

function Ask({ w }: { w: string }) {
  const { trigger, platform, at } = route.useSearch();
  const navigate = route.useNavigate();
  const set = (part: { trigger?: string | undefined; platform?: typeof platform; at?: string | undefined }) => void navigate({ search: (old) => ({ ...old, ...part }), replace: true, resetScroll: false });
  const known = useQuery(triggers(w, { kind: "frontend" })).data ?? [];
  const names = [...new Set([...known.map(({ name }) => name), ...(trigger ? [trigger] : [])])];
  return (
    <div className="mb-4 flex flex-wrap items-start gap-3" role="group" aria-label="Asked for">
      <Field label="Frontend trigger" className="min-w-48 flex-1">
        <Select value={trigger ?? ""} onChange={(event) => set({ trigger: event.target.value || undefined })}>
          <option value="">any of the survey's own</option>
          {names.map((name) => <option key={name} value={name}>{name}</option>)}
        </Select>
      </Field>
      <Field label="Platform" className="min-w-28">
        <Select value={platform ?? ""} onChange={(event) => set({ platform: (event.target.value || undefined) as typeof platform })}>
          <option value="">any</option>
          <option value="web">Web</option>
          <option value="ios">iOS</option>
          <option value="android">Android</option>
        </Select>
      </Field>
      <Field label="Moment" hint={at ? "On your clocks; up to 100 hours ahead." : "Empty: now."} className="min-w-52">
        <Input type="datetime-local" value={at ?? ""} min={local(Date.now())} max={local(Date.now() + AHEAD_MAX_MS)} onChange={(event) => set({ at: event.target.value || undefined })} />
      </Field>
      {at && <Button className="mt-6" onClick={() => set({ at: undefined })}>Now</Button>}
    </div>
  );
}

function Verdicts({ found }: { found: Decisions }) {
  const { surveys, winner } = found;
  if (surveys.length === 0) {
    return <Empty title="No survey was published yet" action={<Link to="/surveys" className="text-accent underline underline-offset-2">Go to Surveys</Link>}>As soon as one is, this says for each why this user gets it or not.</Empty>;
  }
  const rank = ({ survey, due }: Decision) => (survey.id === winner?.id ? 0 : due ? 1 : survey.status === "live" ? 2 : 3);
  const sorted = surveys.toSorted((a, b) => rank(a) - rank(b));
  return (
    <>
      <p className="mb-2 text-sm text-ink-2" aria-live="polite">{summary(found)} Asked for <time dateTime={found.at}>{exactTime(found.at)}</time>.</p>
      <ul aria-label="Decisions" className="flex flex-col divide-y divide-line border-t border-line">
        {sorted.map((decision) => <Verdict key={decision.survey.id} decision={decision} wins={decision.survey.id === winner?.id} />)}
      </ul>
    </>
  );
}

function summary({ surveys, winner, trigger }: Decisions): string {
  if (winner) return `“${winner.name}” would be shown.`;
  const due = surveys.filter((each) => each.due).length;
  if (due === 0) return "Nothing would be shown.";
  const many = due === 1 ? "One survey is due" : `${due} surveys are due`;
  return trigger === null ? `${many}, at one of its own triggers.` : `${many}.`;
}

function Verdict({ decision: { survey, due, reasons }, wins }: { decision: Decision; wins: boolean }) {
  const Icon = due ? CircleCheck : CircleSlash;
  return (
    <li className="flex gap-3 py-3">
      <Icon size={18} aria-hidden className={`mt-0.5 shrink-0 ${due ? "text-good" : "text-ink-3"}`} />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <Link to="/surveys/$surveyId/launch" params={{ surveyId: survey.id }} className="min-w-0 font-medium underline-offset-2 wrap-anywhere hover:underline">{survey.name || "Untitled survey"}</Link>
          <StatusBadge status={survey.status} />
          {due ? <Badge tone="good">{wins ? "would be shown" : "due"}</Badge> : <Badge>not shown</Badge>}
        </p>
        <ul className="mt-1 flex flex-col gap-1">
          {reasons.map((reason, at) => (
            <li key={at} className="wrap-anywhere text-ink-2">
              {reason.detail || reasonName(reason.code)} <code className="ml-1 font-mono text-xs whitespace-nowrap text-ink-3">{reason.code}</code>
            </li>
          ))}
          {due && reasons.length === 0 && <li className="text-ink-2">Every condition holds.</li>}
        </ul>
      </div>
    </li>
  );
}
