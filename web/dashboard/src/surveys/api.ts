import { queryOptions, useMutation, useQuery } from "@tanstack/react-query";
import type { JsonObject, Page, Survey, SurveyError, SurveyStatus, SurveySummary, Trigger, TriggerKind } from "../api/contract.ts";
import { ApiError, http, OfflineError } from "../api/http.ts";
import { queryClient } from "../api/query.ts";
import { settings } from "../api/settings.ts";
import { useWorkspace } from "../app/workspace.tsx";
import { toastError } from "../ui/index.ts";
import type { Outcome } from "./model/autosave.ts";
import type { SurveyDocument } from "./model/document.ts";

const at = <R extends string = "">(w: string, rest: R = "" as R) => `/workspaces/${w}/surveys${rest}` as const;

export const surveysQuery = (w: string) =>
  queryOptions({ queryKey: ["w", w, "surveys", "all"], queryFn: ({ signal }) => http.get<Page<SurveySummary>>(at(w), {}, signal) });

export const surveyQuery = (w: string, id: string) =>
  queryOptions({
    queryKey: ["w", w, "surveys", "draft", id],
    queryFn: ({ signal }) => http.get<Survey>(at(w, `/${id}`), {}, signal),
    // The editor holds the truth while it is open.
    refetchOnWindowFocus: false,
    staleTime: Infinity,
    gcTime: 0,
  });

export const versionQuery = (w: string, id: string, version: number) =>
  queryOptions({
    queryKey: ["w", w, "surveys", "version", id, version],
    queryFn: ({ signal }) => http.get<{ document: JsonObject }>(at(w, `/${id}/versions/${version}`), {}, signal),
    staleTime: Infinity,
  });

export const triggersQuery = (w: string, kind: TriggerKind) =>
  queryOptions({
    queryKey: ["w", w, "triggers", "picker", kind],
    queryFn: ({ signal }) => http.get<Page<Trigger>>(`/workspaces/${w}/triggers`, { kind, archived: false }, signal),
    refetchInterval: 10_000,
  });

export const useSettings = () => useQuery(settings(useWorkspace().id));
export const useTriggers = (kind: TriggerKind) => useQuery(triggersQuery(useWorkspace().id, kind));

/** Everything that lists or sums up surveys. Open drafts are left alone: the editor holds them. */
function refreshList(w: string): void {
  void queryClient.invalidateQueries({ queryKey: ["w", w, "surveys"], predicate: ({ queryKey }) => queryKey[3] !== "draft" });
}

export async function createSurvey(w: string, document: SurveyDocument): Promise<Survey> {
  const survey = await http.post<Survey>(at(w), { document });
  refreshList(w);
  return survey;
}

export async function duplicateSurvey(w: string, id: string): Promise<Survey> {
  const survey = await http.post<Survey>(at(w, `/${id}/duplicate`));
  refreshList(w);
  return survey;
}

export async function deleteSurvey(w: string, id: string): Promise<void> {
  await http.delete(at(w, `/${id}`));
  refreshList(w);
}

export type Step = "publish" | "launch" | "pause" | "resume" | "end";

export async function takeStep(w: string, id: string, step: Step): Promise<Survey> {
  const survey = await http.post<Survey>(at(w, `/${id}/${step}`));
  refreshList(w);
  void queryClient.invalidateQueries({ queryKey: ["w", w, "triggers"] });
  return survey;
}

export async function createTrigger(w: string, kind: TriggerKind, name: string): Promise<void> {
  try {
    await http.post(`/workspaces/${w}/triggers`, { kind, name });
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 409)) throw error;
  }
  void queryClient.invalidateQueries({ queryKey: ["w", w, "triggers"] });
}

export async function saveDraft(w: string, id: string, document: SurveyDocument, revision: number): Promise<Outcome> {
  try {
    const reply = await http.put<{ draft_revision: number; errors: SurveyError[] }>(at(w, `/${id}/draft`), { document, revision });
    // Whoever opens the survey again at once begins with what was saved.
    const saved = { draft: document as unknown as JsonObject, draft_revision: reply.draft_revision, draft_errors: reply.errors };
    queryClient.setQueryData(surveyQuery(w, id).queryKey, (survey) => survey && { ...survey, ...saved });
    return { ok: { revision: reply.draft_revision, errors: reply.errors } };
  } catch (error) {
    if (error instanceof OfflineError) return { refused: "offline" };
    if (error instanceof ApiError && error.status === 409) return { refused: "conflict" };
    return { failed: error instanceof Error ? error.message : "Something went wrong." };
  }
}

export const STEP_DONE: Readonly<Record<Step, string>> = {
  publish: "Published.",
  launch: "Live now.",
  pause: "Paused. Nobody is asked until you resume it.",
  resume: "Live again.",
  end: "Ended.",
};

/** In the list: the status changes at once, and back if the server refuses. */
export function useListStep() {
  const w = useWorkspace().id;
  const key = surveysQuery(w).queryKey;
  return useMutation({
    mutationFn: ({ id, step }: { id: string; step: Step }) => takeStep(w, id, step),
    onMutate: async ({ id, step }) => {
      await queryClient.cancelQueries({ queryKey: key, exact: true });
      const before = queryClient.getQueryData(key);
      const status: SurveyStatus = step === "pause" ? "paused" : step === "end" ? "ended" : "live";
      queryClient.setQueryData(key, (page) => page && { ...page, items: page.items.map((item) => (item.id === id ? { ...item, status } : item)) });
      return before;
    },
    onError: (error, _variables, before) => {
      if (before) queryClient.setQueryData(key, before);
      toastError(error);
    },
  });
}
