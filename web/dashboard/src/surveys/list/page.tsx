import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ClipboardList, Plus, Search } from "lucide-react";
import { useDeferredValue, useState } from "react";
import type { SurveySummary } from "../../api/contract.ts";
import { useWorkspace } from "../../app/workspace.tsx";
import { percent } from "../../lib/number.ts";
import { Badge, Button, buttonClass, Card, Empty, Input, Load, Page, Segmented, Table, Td, Th, Time } from "../../ui/index.ts";
import { surveysQuery } from "../api.ts";
import { StatusBadge } from "../parts/status.tsx";
import { surveysRoute } from "../routes.tsx";
import { STATUSES } from "../search.ts";
import { useHidden } from "./hidden.ts";
import { RowMenu } from "./row-menu.tsx";

export function SurveysPage() {
  const query = useQuery(surveysQuery(useWorkspace().id));
  return (
    <Page
      title="Surveys"
      lead="Short questions, asked in your product right after something happened."
      actions={<Link to="/surveys/new" className={buttonClass("primary")}><Plus size={16} aria-hidden />New survey</Link>}
    >
      <Load query={query} title="The surveys could not be loaded">{(page) => <Surveys all={page.items} />}</Load>
    </Page>
  );
}

function Surveys({ all }: { all: readonly SurveySummary[] }) {
  const { q = "", status } = surveysRoute.useSearch();
  const hidden = useHidden();
  const wanted = useDeferredValue(q.trim().toLowerCase());
  const present = all.filter(({ id }) => !hidden.has(id));
  if (present.length === 0) return <NoSurveys />;
  const found = present.filter((survey) => (!status || survey.status === status) && survey.name.toLowerCase().includes(wanted));
  return (
    <>
      <Filters surveys={present} />
      <Card flush>
        {found.length > 0 ? <SurveyTable surveys={found} /> : <NothingFound />}
      </Card>
    </>
  );
}

function Filters({ surveys }: { surveys: readonly SurveySummary[] }) {
  const { q, status } = surveysRoute.useSearch();
  const navigate = surveysRoute.useNavigate();
  const [typed, setTyped] = useState(q ?? "");
  const search = (text: string) => {
    setTyped(text);
    void navigate({ search: (before) => ({ ...before, q: text || undefined }), replace: true });
  };
  const count = (each: string) => surveys.filter((survey) => survey.status === each).length;
  const options = STATUSES.filter((each) => count(each) > 0 || each === status).map((each) => ({ value: each, label: `${each.charAt(0).toUpperCase()}${each.slice(1)} ${count(each)}` }));
  return (
    <div className="mb-3 flex flex-wrap items-center gap-3">
      <div className="relative min-w-52 flex-1 sm:max-w-80">
        <Search size={15} aria-hidden className="absolute top-2.5 left-2.5 text-ink-3" />
        <Input type="search" aria-label="Search surveys" placeholder="Search by name" value={typed} onChange={(event) => search(event.target.value)} className="pl-8" />
      </div>
      <Segmented
        label="Status"
        value={status ?? "all"}
        onChange={(next) => void navigate({ search: (before) => ({ ...before, status: next === "all" ? undefined : next }), replace: true })}
        options={[{ value: "all" as const, label: `All ${surveys.length}` }, ...options]}
      />
    </div>
  );
}

function SurveyTable({ surveys }: { surveys: readonly SurveySummary[] }) {
  return (
    <Table caption="Surveys">
      <thead>
        <tr>
          <Th>Name</Th>
          <Th>Status</Th>
          <Th numeric>Shown</Th>
          <Th numeric className="max-sm:hidden" title="Completed responses, of those who saw it">Completed</Th>
          <Th className="max-sm:hidden">Updated</Th>
          <Th><span className="sr-only">Actions</span></Th>
        </tr>
      </thead>
      <tbody>{surveys.map((survey) => <SurveyRow key={survey.id} survey={survey} />)}</tbody>
    </Table>
  );
}

function SurveyRow({ survey }: { survey: SurveySummary }) {
  const isRunning = survey.shown > 0;
  return (
    <tr className="hover:bg-hover">
      <Td className="max-w-0 w-full">
        <div className="flex min-w-0 items-center gap-2">
          <Link
            to={isRunning ? "/surveys/$surveyId/results" : "/surveys/$surveyId"}
            params={{ surveyId: survey.id }}
            title={survey.name}
            className="min-w-0 rounded-sm font-medium underline-offset-2 wrap-anywhere hover:underline max-sm:line-clamp-2 sm:truncate"
          >
            {survey.name || "Untitled survey"}
          </Link>
          {survey.version > 0 && survey.draft_differs && <Badge title="The draft has changes that users do not see yet.">changes</Badge>}
        </div>
      </Td>
      <Td><StatusBadge status={survey.status} /></Td>
      <Td numeric>{survey.shown.toLocaleString("en-GB")}</Td>
      <Td numeric className="whitespace-nowrap max-sm:hidden">
        {survey.completed.toLocaleString("en-GB")} <span className="inline-block w-11 text-ink-3">{percent(survey.completed, survey.shown)}</span>
      </Td>
      <Td className="text-ink-2 max-sm:hidden"><Time at={survey.updated_at} /></Td>
      <Td className="py-1 pl-0"><RowMenu survey={survey} /></Td>
    </tr>
  );
}

function NothingFound() {
  const navigate = surveysRoute.useNavigate();
  return <Empty title="No survey like that" action={<Button onClick={() => void navigate({ search: (before) => ({ w: before.w }), replace: true })}>Show all surveys</Button>}>Try another word or status.</Empty>;
}

const STEPS = [
  ["Write two or three questions", "Begin with a template or a blank page; the preview is the real thing."],
  ["Choose the moment", "An event from your server makes it due; a place in your app or site shows it."],
  ["Launch", "Each user is asked once, in their language. Answers arrive here with the event's properties."],
] as const;

function NoSurveys() {
  return (
    <Card>
      <Empty
        icon={<ClipboardList size={28} />}
        title="Ask your first question"
        action={
          <>
            <Link to="/surveys/new" className={buttonClass("primary")}>Choose a template</Link>
            <Link to="/surveys/new" search={{ template: "blank" }} className={buttonClass()}>Start from a blank page</Link>
          </>
        }
      >
        <ol className="mt-2 flex flex-col gap-3 text-left">
          {STEPS.map(([title, text], at) => (
            <li key={title} className="flex gap-3">
              <span aria-hidden className="flex size-6 shrink-0 items-center justify-center rounded-full bg-accent-soft text-sm font-semibold text-accent-strong">{at + 1}</span>
              <span><span className="font-medium text-ink">{title}.</span> {text}</span>
            </li>
          ))}
        </ol>
      </Empty>
    </Card>
  );
}
