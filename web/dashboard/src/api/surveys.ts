import { queryOptions } from "@tanstack/react-query";
import type { Estimate, Page, RefusalCounts, Survey, SurveySummary } from "./contract.ts";
import { http } from "./http.ts";

export const surveyList = (w: string, filter: { status?: string; search?: string } = {}) =>
  queryOptions({
    queryKey: ["w", w, "surveys", "list", filter],
    queryFn: async ({ signal }) => (await http.get<Page<SurveySummary>>(`/workspaces/${w}/surveys`, filter, signal)).items,
  });

export const survey = (w: string, id: string) =>
  queryOptions({
    queryKey: ["w", w, "surveys", "one", id],
    queryFn: ({ signal }) => http.get<Survey>(`/workspaces/${w}/surveys/${encodeURIComponent(id)}`, {}, signal),
  });

/** Reasons for not showing it, counted by day; the last 7. */
export const refusals = (w: string, id: string) =>
  queryOptions({
    queryKey: ["w", w, "surveys", "refusals", id],
    queryFn: ({ signal }) => http.get<RefusalCounts>(`/workspaces/${w}/surveys/${encodeURIComponent(id)}/refusals`, {}, signal),
  });

/** Who would get the draft if it were live now. */
export const estimate = (w: string, id: string) => http.get<Estimate>(`/workspaces/${w}/surveys/${encodeURIComponent(id)}/estimate`);
