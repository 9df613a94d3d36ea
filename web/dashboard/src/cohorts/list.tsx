import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus, UsersRound } from "lucide-react";
import { cohorts } from "../api/cohorts.ts";
import type { Cohort } from "../api/contract.ts";
import { useNames } from "../audience/suggestions.ts";
import { conditionsInWords } from "../audience/words.ts";
import { useWorkspace } from "../app/workspace.tsx";
import { plural } from "../lib/number.ts";
import { buttonClass, Card, Empty, Load, Page, Table, Td, Th, Time } from "../ui/index.ts";

export function CohortsPage() {
  const query = useQuery(cohorts(useWorkspace().id));
  const create = <Link to="/cohorts/new" className={buttonClass("primary")}><Plus size={16} aria-hidden />New cohort</Link>;
  return (
    <Page title="Cohorts" lead="Groups of users by what is known of them, named once and used in any survey." actions={query.data?.length ? create : undefined}>
      <Card flush>
        <Load query={query} title="The cohorts could not be loaded">
          {(items) =>
            items.length > 0 ? (
              <CohortTable items={items} />
            ) : (
              <Empty icon={<UsersRound size={28} />} title="No cohort yet" action={create}>
                Such as “Paying customers” or “New this month”. A cohort is looked up anew at each decision, so who is in it is always current.
              </Empty>
            )
          }
        </Load>
      </Card>
    </Page>
  );
}

function CohortTable({ items }: { items: Cohort[] }) {
  return (
    <Table caption="Cohorts">
      <thead><tr><Th>Name</Th><Th className="max-md:hidden">Who</Th><Th>Used by</Th><Th className="max-sm:hidden">Updated</Th></tr></thead>
      <tbody className="[&>tr:last-child>td]:border-b-0">{items.map((cohort) => <CohortRow key={cohort.id} cohort={cohort} />)}</tbody>
    </Table>
  );
}

function CohortRow({ cohort }: { cohort: Cohort }) {
  const words = `Users ${conditionsInWords(cohort.condition, useNames(cohort.condition))}`;
  return (
    <tr className="hover:bg-hover">
      <Td className="w-1/3 max-w-64 min-w-40">
        <Link to="/cohorts/$cohortId" params={{ cohortId: cohort.id }} title={cohort.name} className="block truncate rounded-sm font-medium underline-offset-2 hover:underline">{cohort.name}</Link>
        {cohort.description && <span className="block truncate text-sm text-ink-3" title={cohort.description}>{cohort.description}</span>}
      </Td>
      <Td className="max-w-0 w-1/2 truncate text-ink-2 max-md:hidden" title={words}>{words}</Td>
      <Td className="whitespace-nowrap">{cohort.used_by.length > 0 ? plural(cohort.used_by.length, "survey") : <span className="text-ink-3">none</span>}</Td>
      <Td className="text-ink-2 max-sm:hidden"><Time at={cohort.updated_at} /></Td>
    </tr>
  );
}
