import { Link } from "@tanstack/react-router";
import { MessageSquare } from "lucide-react";
import type { UserDisplay } from "../api/contract.ts";
import { STATE_TONES } from "../results/states.ts";
import { Badge, Card, Empty, Table, Td, Th, Time } from "../ui/index.ts";

const HAS_RESPONSE = new Set(["answered", "completed", "dismissed", "abandoned", "shown"]);

/** What was shown to the user, and what became of it. */
export function Displays({ displays }: { displays: UserDisplay[] }) {
  return (
    <Card flush title="Displays and responses" lead="Every showing of a survey to this user, newest first.">
      {displays.length === 0 ? (
        <Empty icon={<MessageSquare size={26} />} title="Nothing shown yet">When a survey is shown to this user, it is listed here with the answers.</Empty>
      ) : (
        <Table caption="Displays and responses">
          <thead><tr><Th>Survey</Th><Th>State</Th><Th className="max-sm:hidden">Shown</Th><Th className="max-sm:hidden">Completed</Th><Th><span className="sr-only">Response</span></Th></tr></thead>
          <tbody className="[&>tr:last-child>td]:border-b-0">
            {displays.map((display) => <DisplayRow key={display.display_id} display={display} />)}
          </tbody>
        </Table>
      )}
    </Card>
  );
}

function DisplayRow({ display }: { display: UserDisplay }) {
  const { survey, version, state } = display;
  return (
    <tr>
      <Td className="max-w-0 w-full min-w-36">
        <span className="block truncate" title={survey.name}>{survey.name}</span>
        <span className="block text-xs text-ink-3 wrap-anywhere">version {version}, at {display.trigger}</span>
        <span className="block text-xs text-ink-3 sm:hidden"><Time at={display.shown_at} never="not shown" /></span>
      </Td>
      <Td><Badge tone={STATE_TONES[state] ?? "neutral"}>{state}</Badge></Td>
      <Td className="max-sm:hidden"><Time at={display.shown_at} never="not shown" /></Td>
      <Td className="max-sm:hidden"><Time at={display.completed_at} never="–" /></Td>
      <Td className="text-right whitespace-nowrap">
        {HAS_RESPONSE.has(state) && (
          <Link
            to="/surveys/$surveyId/results"
            params={{ surveyId: survey.id }}
            search={{ tab: "responses", response: display.display_id }}
            aria-label={`Response to ${survey.name}, ${display.display_id}`}
            className="text-accent underline underline-offset-2"
          >
            Response
          </Link>
        )}
      </Td>
    </tr>
  );
}
