import { Link } from "@tanstack/react-router";
import type { Refusal } from "../api/contract.ts";
import { reasonName } from "../lib/reasons.ts";
import { plural } from "../lib/number.ts";
import { Card, Time } from "../ui/index.ts";

/** What was answered when the user's app asked and an event was pending: the newest 20. */
export function Refusals({ refusals }: { refusals: Refusal[] }) {
  return (
    <Card title="Why not, the last times" lead="Kept when the app or site asked while an event was pending and nothing was shown.">
      {refusals.length === 0 ? (
        <p className="text-ink-2">Not once: whenever an event was pending and the app asked, a survey was shown, or the app never asked. The newest 20 are kept.</p>
      ) : (
        <ol aria-label="Refusals" className="flex flex-col divide-y divide-line">
          {refusals.map((refusal) => <RefusalRow key={`${refusal.first_at} ${refusal.trigger} ${refusal.platform}`} refusal={refusal} />)}
        </ol>
      )}
    </Card>
  );
}

function RefusalRow({ refusal }: { refusal: Refusal }) {
  const { first_at: first, last_at: last, count, trigger, platform, surveys } = refusal;
  return (
    <li className="py-2.5 first:pt-0 last:pb-0">
      <p className="flex flex-wrap items-baseline gap-x-2 text-sm text-ink-3">
        <span className="font-medium text-ink"><Time at={last} /></span>
        <span className="wrap-anywhere">{trigger ? `at ${trigger}` : "at any trigger"}{platform ? `, ${platform}` : ""}</span>
        {count > 1 && <span>{plural(count, "time")} since <Time at={first} /></span>}
      </p>
      <ul className="mt-1 flex flex-col gap-1">
        {surveys.map(({ survey, reasons }) => (
          <li key={survey.id} className="wrap-anywhere">
            <Link to="/surveys/$surveyId/launch" params={{ surveyId: survey.id }} className="font-medium underline-offset-2 hover:underline">{survey.name}</Link>
            {": "}
            <span className="text-ink-2">{reasons.map(({ code, detail }) => detail || reasonName(code)).join(" ")}</span>
          </li>
        ))}
      </ul>
    </li>
  );
}
