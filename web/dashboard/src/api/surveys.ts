import { queryOptions } from "@tanstack/react-query";
import type { Page, Survey, SurveySummary } from "./contract.ts";
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
