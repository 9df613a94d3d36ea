import { queryOptions } from "@tanstack/react-query";
import type { Cohort } from "./contract.ts";
import { http } from "./http.ts";
import { queryClient } from "./query.ts";

const at = (w: string) => `/workspaces/${w}/cohorts` as const;
const one = (w: string, id: string) => `${at(w)}/${encodeURIComponent(id)}` as const;

export type CohortBody = Pick<Cohort, "name" | "description" | "condition">;

export const cohorts = (w: string) =>
  queryOptions({ queryKey: ["w", w, "cohorts", "all"], queryFn: async ({ signal }) => (await http.get<{ items: Cohort[] }>(at(w), {}, signal)).items });

export const cohort = (w: string, id: string) =>
  queryOptions({ queryKey: ["w", w, "cohorts", "one", id], queryFn: ({ signal }) => http.get<Cohort>(one(w, id), {}, signal) });

async function changed<T>(w: string, reply: Promise<T>): Promise<T> {
  const value = await reply;
  await queryClient.invalidateQueries({ queryKey: ["w", w, "cohorts"], refetchType: "none" });
  return value;
}

export const createCohort = (w: string, body: CohortBody) => changed(w, http.post<Cohort>(at(w), body));
export const saveCohort = (w: string, id: string, body: CohortBody) => changed(w, http.put<Cohort>(one(w, id), body));
export const deleteCohort = (w: string, id: string) => changed(w, http.delete(one(w, id)));
