import { Link } from "@tanstack/react-router";

const TAB =
  "-mb-px flex items-center gap-1.5 border-b-2 border-transparent px-3 py-2 font-medium whitespace-nowrap text-ink-2 focus-inset hover:text-ink aria-[current=page]:border-accent aria-[current=page]:text-ink";

/** The pages of one survey. */
export function SurveyTabs({ surveyId }: { surveyId: string }) {
  const params = { surveyId };
  return (
    <nav aria-label="Survey" className="flex gap-1 overflow-x-auto">
      <Link to="/surveys/$surveyId" params={params} activeOptions={{ exact: true, includeSearch: false }} className={TAB}>Edit</Link>
      <Link to="/surveys/$surveyId/launch" params={params} activeOptions={{ includeSearch: false }} className={TAB}>Configure &amp; Launch</Link>
      <Link to="/surveys/$surveyId/results" params={params} activeOptions={{ includeSearch: false }} className={TAB}>Results</Link>
    </nav>
  );
}
