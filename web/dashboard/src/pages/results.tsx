import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ArrowLeft, Download } from "lucide-react";
import { useState } from "react";
import { csvUrl, responseStreamUrl, results, resultsKey } from "../api/results.ts";
import { survey } from "../api/surveys.ts";
import { useWorkspace } from "../app/workspace.tsx";
import { writeFilter } from "../lib/filter.ts";
import { useStream } from "../lib/stream.ts";
import { FilterBar } from "../results/filter-bar.tsx";
import { Refusals } from "../results/refusals.tsx";
import { ResponsePanel } from "../results/response-panel.tsx";
import { Responses } from "../results/responses.tsx";
import { Summary, SummarySkeleton } from "../results/summary.tsx";
import { buttonClass, Load, Page, Segmented } from "../ui/index.ts";
import { SurveyTabs } from "../surveys/parts/tabs.tsx";
import { StreamBadge } from "./live-events.tsx";

const route = getRouteApi("/workspace/surveys/$surveyId/results");

export function ResultsPage() {
  const { id: w } = useWorkspace();
  const { surveyId } = route.useParams();
  const { tab = "summary", filter, columns, response } = route.useSearch();
  const navigate = route.useNavigate();
  const client = useQueryClient();
  const [changes, setChanges] = useState(0);
  const written = writeFilter(filter);
  const head = useQuery(survey(w, surveyId));
  const query = useQuery(results(w, surveyId, written));
  const stream = useStream(responseStreamUrl(w, surveyId), {
    changed: () => {
      setChanges((n) => n + 1);
      void client.invalidateQueries({ queryKey: [...resultsKey(w, surveyId), "summary"] });
    },
  });
  const name = head.data?.draft["name"];
  const title = typeof name === "string" && name ? name : "Results";

  return (
    <Page
      wide
      title={title}
      back={<Link to="/surveys" className="inline-flex items-center gap-1 text-ink-2 hover:text-ink"><ArrowLeft size={14} aria-hidden /> Surveys</Link>}
      actions={
        <>
          <StreamBadge state={stream} />
          <a href={csvUrl(w, surveyId, written)} download className={buttonClass("secondary")}><Download size={14} aria-hidden /> Download CSV</a>
        </>
      }
    >
      <div className="-mt-2 mb-4 border-b border-line"><SurveyTabs surveyId={surveyId} /></div>
      <div className="flex flex-wrap items-start justify-between gap-x-4">
        {tab !== "refusals" && <FilterBar filter={filter} results={query.data} onChange={(next) => void navigate({ search: (old) => ({ ...old, filter: next, response: undefined }), resetScroll: false })} />}
        <Segmented
          label="View"
          className="mb-4"
          value={tab}
          onChange={(next) => void navigate({ search: (old) => ({ ...old, tab: next === "summary" ? undefined : next, response: undefined }) })}
          options={[{ value: "summary", label: "Summary" }, { value: "responses", label: "Responses" }, { value: "refusals", label: "Why not shown" }]}
        />
      </div>
      {tab === "refusals" && <Refusals w={w} surveyId={surveyId} />}
      {tab !== "refusals" && <Load query={query} skeleton={<SummarySkeleton />} title="The results could not be loaded">
        {(data) =>
          tab === "summary" ? (
            <Summary w={w} surveyId={surveyId} results={data} filtered={filter !== undefined} />
          ) : (
            <Responses
              w={w}
              surveyId={surveyId}
              results={data}
              filter={written}
              changes={changes}
              chosen={response}
              columnsText={columns}
              onColumns={(next) => void navigate({ search: (old) => ({ ...old, columns: next }), replace: true, resetScroll: false })}
              onChoose={(id) => void navigate({ search: (old) => ({ ...old, response: id }), resetScroll: false })}
            />
          )
        }
      </Load>}
      {response && (
        <ResponsePanel w={w} surveyId={surveyId} id={response} questions={query.data?.questions ?? []} onClose={() => void navigate({ search: (old) => ({ ...old, response: undefined }), resetScroll: false })} />
      )}
    </Page>
  );
}
