import { Link } from "@tanstack/react-router";
import { Radio } from "lucide-react";
import type { EventWindow, UserEvent } from "../api/contract.ts";
import { duration, exactTime } from "../lib/time.ts";
import { useNow } from "../ui/time.tsx";
import { Badge, Card, Empty, Table, Td, Th, Time } from "../ui/index.ts";

/** The events that are kept, newest first, and how long each still counts for which survey. */
export function Events({ events }: { events: UserEvent[] }) {
  return (
    <Card flush title="Pending events" lead="What your server reported, with the time that each survey still has.">
      {events.length === 0 ? (
        <Empty icon={<Radio size={26} />} title="No event in the last 100 hours">Events are kept that long, and no longer: they say that a survey is due now.</Empty>
      ) : (
        <Table caption="Pending events">
          <thead><tr><Th>Event</Th><Th>Counts for</Th></tr></thead>
          <tbody className="[&>tr:last-child>td]:border-b-0">
            {events.map((event) => (
              <tr key={event.event_id}>
                <Td className="max-w-0 w-full min-w-36" title={event.event_id}>
                  <span className="flex flex-wrap items-baseline gap-x-2"><span className="font-medium wrap-anywhere">{event.trigger}</span><span className="text-sm text-ink-2"><Time at={event.effective_at} /></span></span>
                  <code className="block truncate font-mono text-xs text-ink-2" title={JSON.stringify(event.properties)}>{JSON.stringify(event.properties)}</code>
                </Td>
                <Td className="min-w-36">{event.cancelled ? <Badge tone="warn">cancelled</Badge> : <Windows windows={event.windows} />}</Td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </Card>
  );
}

function Windows({ windows }: { windows: EventWindow[] }) {
  if (windows.length === 0) return <span className="text-ink-3">no window open</span>;
  return (
    <ul className="flex flex-col gap-1">
      {windows.map((window) => (
        <li key={window.survey.id} className="flex items-center gap-x-2 gap-y-0.5 max-sm:flex-wrap">
          <Link to="/surveys/$surveyId/launch" params={{ surveyId: window.survey.id }} title={window.survey.name} className="max-w-44 min-w-0 truncate rounded-sm underline-offset-2 hover:underline">{window.survey.name}</Link>
          <Left window={window} />
        </li>
      ))}
    </ul>
  );
}

/** Where the event stands in its window: not yet, how long still, over, used. */
function Left({ window: { opens_at: opens, expires_at: expires, consumed } }: { window: EventWindow }) {
  const now = useNow();
  const [from, to] = [Date.parse(opens), Date.parse(expires)];
  if (consumed) return <Badge>used</Badge>;
  if (now >= to) return <Badge title={exactTime(expires)}>expired {duration((now - to) / 1_000)} ago</Badge>;
  if (now < from) return <Badge tone="warn" title={exactTime(opens)}>from in {duration((from - now) / 1_000)}</Badge>;
  return <Badge tone="good" title={exactTime(expires)}>{duration((to - now) / 1_000)} left</Badge>;
}
