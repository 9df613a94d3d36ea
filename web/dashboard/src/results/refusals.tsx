import { useQuery } from "@tanstack/react-query";
import { CircleHelp } from "lucide-react";
import type { RefusalCounts } from "../api/contract.ts";
import { refusals } from "../api/surveys.ts";
import { Bars } from "../charts/bars.tsx";
import { Chart, ChartAsTable } from "../charts/chart.tsx";
import { DayBars } from "../charts/days.tsx";
import { dayName } from "../lib/days.ts";
import { count, percent } from "../lib/number.ts";
import { reasonName } from "../lib/reasons.ts";
import { Card, Empty, Load, Skeleton } from "../ui/index.ts";

/** Why the survey was not shown, over the last 7 days: counted, not logged. */
export function Refusals({ w, surveyId }: { w: string; surveyId: string }) {
  const query = useQuery({ ...refusals(w, surveyId), refetchInterval: 15_000 });
  return <Load query={query} title="The reasons could not be loaded" skeleton={<Skeleton className="h-72" />}>{(found) => <Counted found={found} />}</Load>;
}

function Counted({ found }: { found: RefusalCounts }) {
  const { days, reasons, asked, shown } = found;
  if (asked === 0) {
    return (
      <Card>
        <Empty icon={<CircleHelp size={26} />} title="Nobody's app has asked in the last 7 days">
          As soon as an app or site asks for surveys, each time this one is not shown is counted here by its reason. For one person, open Users.
        </Empty>
      </Card>
    );
  }
  const sorted = reasons.filter(({ total }) => total > 0).toSorted((a, b) => b.total - a.total);
  const bars = sorted.map(({ code, total }) => ({ key: code, label: reasonName(code), value: total, text: `${count(total)} · ${percent(total, asked)}`, tone: "neutral" as const }));
  const perDay = days.map((_, at) => sorted.reduce((sum, { daily }) => sum + (daily[at] ?? 0), 0));
  const names = days.map((day) => dayName(day));
  return (
    <div className="flex flex-col gap-4">
      <div className="grid gap-4 lg:grid-cols-2">
        <Card>
          <Chart title="Reasons for not showing it" heading={<><h2 className="text-lg font-semibold">Why not shown</h2><p className="text-sm text-ink-2">Looked at {count(asked)} times in 7 days, shown {count(shown)} times.</p></>} table={{ columns: ["Reason", "Times", "Of all"], rows: sorted.map(({ code, total }) => [reasonName(code), count(total), percent(total, asked)]) }}>
            {bars.length > 0 ? <Bars label="Reasons" bars={bars} max={asked} /> : <p className="text-ink-2">It was shown each time.</p>}
          </Chart>
        </Card>
        <Card>
          <Chart title="Not shown, by day" heading={<h2 className="text-lg font-semibold">By day</h2>} table={{ columns: ["Day", "Times"], rows: days.map((day, at) => [day, count(perDay[at] ?? 0)]) }}>
            <DayBars label={`Not shown on ${days.length} days`} days={names} series={[{ name: "Not shown", values: perDay, tone: "accent" }]} />
          </Chart>
        </Card>
      </div>
      {sorted.length > 0 && (
        <Card flush title="Reasons by day" lead="Each call counts once, under its first reason.">
          <ChartAsTable title="Reasons by day" table={{ columns: ["Reason", "Total", ...names.toReversed()], rows: sorted.map(({ code, daily, total }) => [reasonName(code), count(total), ...daily.toReversed().map(count)]) }} />
        </Card>
      )}
    </div>
  );
}
