import { useQuery } from "@tanstack/react-query";
import { connections, recentEvents } from "../api/connections.ts";
import { surveyList } from "../api/surveys.ts";
import { triggers } from "../api/triggers.ts";
import { type Steps, stepsOf } from "../lib/steps.ts";

/** The four first steps of a workspace, from the server's own data. */
export function useSteps(w: string): { steps: Steps | undefined; error: unknown; retry: () => void } {
  const queries = [
    useQuery(connections(w)),
    useQuery(recentEvents(w)),
    useQuery(triggers(w, { kind: "backend" })),
    useQuery(surveyList(w)),
  ] as const;
  const [c, e, t, s] = queries;
  return {
    steps: c.data && e.data && t.data && s.data ? stepsOf(c.data, e.data, t.data, s.data) : undefined,
    error: queries.find((query) => query.error)?.error ?? null,
    retry: () => {
      for (const query of queries) if (query.error) void query.refetch();
    },
  };
}
