import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Cancel, Trigger, TriggerKind } from "./contract.ts";
import { http } from "./http.ts";

const at = (w: string) => `/workspaces/${w}/triggers` as const;

export type TriggerFilter = { kind?: TriggerKind; search?: string; archived?: boolean };

export const triggers = (w: string, filter: TriggerFilter = {}) =>
  queryOptions({
    queryKey: ["w", w, "triggers", filter],
    queryFn: async ({ signal }) => (await http.get<{ items: Trigger[] }>(at(w), filter, signal)).items,
    placeholderData: keepPreviousData,
  });

export const createTrigger = (w: string, body: { kind: TriggerKind; name: string }) => http.post<Trigger>(at(w), body);
export const archiveTrigger = (w: string, body: { kind: TriggerKind; name: string; confirm: boolean }) => http.post<void>(`${at(w)}/archive`, body);
export const restoreTrigger = (w: string, body: { kind: TriggerKind; name: string }) => http.post<void>(`${at(w)}/restore`, body);
export const saveCancels = (w: string, body: { name: string; cancels: Cancel[] }) => http.put<void>(`${at(w)}/cancels`, body);
