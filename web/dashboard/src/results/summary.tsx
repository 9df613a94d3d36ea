import { Link } from "@tanstack/react-router";
import { ClipboardList } from "lucide-react";
import type { Results } from "../api/contract.ts";
import { Bars } from "../charts/bars.tsx";
import { Chart } from "../charts/chart.tsx";
import { DayBars } from "../charts/days.tsx";
import { dayName, padDays } from "../lib/days.ts";
import { count, percent } from "../lib/number.ts";
import { duration } from "../lib/time.ts";
import { buttonClass, Card, Empty, Skeleton } from "../ui/index.ts";
import { QuestionCard } from "./question-card.tsx";

type Props = { w: string; surveyId: string; results: Results; filtered: boolean };

export function Summary({ w, surveyId, results, filtered }: Props) {
  const { funnel } = results;
  const daily = padDays(results.daily);
  if (funnel.shown === 0) {
    return (
      <Card>
        <Empty
          icon={<ClipboardList size={26} />}
          title={filtered ? "Nothing matches this filter" : "Not shown to anybody yet"}
          {...(!filtered && { action: <Link to="/surveys/$surveyId/results" params={{ surveyId }} search={{ tab: "refusals" }} className={buttonClass()}>Why not?</Link> })}
        >
          {filtered ? "Remove a condition or widen the dates." : "As soon as the survey is live and its triggers arrive, every display and answer appears here at once."}
        </Empty>
      </Card>
    );
  }
  const stages = [
    { key: "shown", label: "Shown", value: funnel.shown },
    { key: "started", label: "Started", value: funnel.started },
    { key: "completed", label: "Completed", value: funnel.completed },
  ].map((stage) => ({ ...stage, text: `${count(stage.value)} · ${percent(stage.value, funnel.shown)}` }));
  return (
    <div className="flex flex-col gap-4">
      <div className="grid gap-4 lg:grid-cols-2">
        <Card>
          <Chart
            title="Funnel"
            heading={<h2 className="text-lg font-semibold">Funnel</h2>}
            table={{ columns: ["Stage", "Count", "Of shown"], rows: [...stages, { label: "Dismissed", value: funnel.dismissed }].map(({ label, value }) => [label, count(value), percent(value, funnel.shown)]) }}
          >
            <Bars label="Funnel" bars={stages} max={funnel.shown} />
          </Chart>
          <dl className="mt-4 grid grid-cols-3 gap-4 border-t border-line pt-3">
            <Fact name="Completion" value={percent(funnel.completed, funnel.shown)} />
            <Fact name="Dismissed" value={count(funnel.dismissed)} />
            <Fact name="Median time" value={typeof results.median_seconds_to_complete === "number" ? duration(results.median_seconds_to_complete) : "–"} />
          </dl>
        </Card>
        <Card>
          <Chart title="Shown and completed by day" heading={<h2 className="text-lg font-semibold">By day</h2>} table={{ columns: ["Day", "Shown", "Completed"], rows: results.daily.map((day) => [day.date, count(day.shown), count(day.completed)]) }}>
            <DayBars
              label={`Shown and completed on ${results.daily.length} days`}
              days={daily.map((day) => dayName(day.date))}
              series={[
                { name: "Shown", tone: "neutral", values: daily.map((day) => day.shown) },
                { name: "Completed", tone: "accent", values: daily.map((day) => day.completed) },
              ]}
            />
          </Chart>
        </Card>
      </div>
      {results.questions.map((question, index) => (
        <QuestionCard key={question.id} n={index + 1} w={w} surveyId={surveyId} question={question} />
      ))}
    </div>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt className="text-sm text-ink-3">{name}</dt>
      <dd className="text-xl font-semibold tabular-nums">{value}</dd>
    </div>
  );
}

export function SummarySkeleton() {
  return (
    <div role="status" aria-label="Loading the results" className="flex flex-col gap-4">
      <div className="grid gap-4 lg:grid-cols-2"><Skeleton className="h-72" /><Skeleton className="h-72" /></div>
      <Skeleton className="h-52" />
    </div>
  );
}
