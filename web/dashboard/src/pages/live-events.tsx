import { Link } from "@tanstack/react-router";
import { Radio } from "lucide-react";
import type { LiveEvent } from "../api/contract.ts";
import type { StreamState } from "../lib/stream.ts";
import { Badge, Card, Empty, Load, Table, Td, Th, Time } from "../ui/index.ts";
import { UserLink } from "../users/link.tsx";
import { useLiveEvents } from "./use-live-events.ts";

const OUTCOMES = { stored: ["good", "Stored"], duplicate: ["neutral", "Duplicate"], rejected: ["bad", "Rejected"] } as const;
const STREAM: Record<StreamState, readonly ["good" | "neutral" | "warn", string]> = {
  open: ["good", "Live updates"],
  connecting: ["neutral", "Connecting"],
  lost: ["warn", "Reconnecting"],
};

export function StreamBadge({ state }: { state: StreamState }) {
  const [tone, text] = STREAM[state];
  return (
    <span role="status">
      <Badge tone={tone}><span aria-hidden className="size-1.5 rounded-full bg-current" />{text}</Badge>
    </span>
  );
}

/** What became of an event, in words. */
function Became({ event }: { event: LiveEvent }) {
  if (event.outcome === "rejected") return <span className="text-bad">{event.reason ?? "Refused"}</span>;
  if (event.outcome === "duplicate") return <span className="text-ink-2">Seen before; nothing changed</span>;
  if (event.made_due.length === 0) return <span className="text-ink-2">No live survey waits for it</span>;
  return (
    <span>
      Made due:{" "}
      {event.made_due.map((survey, index) => (
        <span key={survey.id}>
          {index > 0 && ", "}
          <Link to="/surveys/$surveyId/results" params={{ surveyId: survey.id }} className="text-accent underline underline-offset-2">{survey.name}</Link>
        </span>
      ))}
    </span>
  );
}

export function LiveEvents({ w }: { w: string }) {
  const { query, stream } = useLiveEvents(w);
  return (
    <Card flush title="Last events" lead="The last 200 since the server started, newest first." actions={<StreamBadge state={stream} />}>
      <Load query={query} title="The events could not be loaded">
        {(events) =>
          events.length === 0 ? (
            <Empty icon={<Radio size={26} />} title="Listening for events">Send one with the sample or the form above: it appears here at once, also when it is refused.</Empty>
          ) : (
            <div className="max-h-[32rem] overflow-y-auto">
              <Table caption="Last events">
                <thead><tr><Th className="max-sm:hidden">When</Th><Th className="max-sm:pl-4">Event</Th><Th>Outcome</Th><Th>What became of it</Th><Th>Properties</Th></tr></thead>
                <tbody>
                  {events.map((event) => {
                    const [tone, label] = OUTCOMES[event.outcome];
                    const user = event.user_id ?? event.anonymous_id;
                    const properties = event.properties && JSON.stringify(event.properties);
                    return (
                      <tr key={event.id} className="animate-flash">
                        <Td className="max-sm:hidden"><Time at={event.at} /></Td>
                        <Td className="max-w-56 max-sm:max-w-32 max-sm:pl-4">
                          <span className="block truncate font-medium" title={event.event_name ?? undefined}>{event.event_name ?? "–"}</span>
                          <span className="flex text-sm text-ink-2">{user ? <UserLink id={user} namespace={event.user_id ? "identified" : "anonymous"} className="" /> : "no user"}</span>
                          <span className="block text-sm text-ink-3 sm:hidden"><Time at={event.at} /></span>
                        </Td>
                        <Td><Badge tone={tone}>{label}</Badge></Td>
                        <Td className="w-full min-w-32 wrap-anywhere sm:min-w-44"><Became event={event} /></Td>
                        <Td><code className="block max-w-44 truncate font-mono text-sm text-ink-2" title={properties ?? undefined}>{properties ?? "–"}</code></Td>
                      </tr>
                    );
                  })}
                </tbody>
              </Table>
            </div>
          )
        }
      </Load>
    </Card>
  );
}
