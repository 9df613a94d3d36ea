import { queryOptions } from "@tanstack/react-query";
import type { Connections, LiveEvent, NewBackendKey, TestEvent, TestEventResult } from "./contract.ts";
import { API, http } from "./http.ts";

const at = (w: string) => `/workspaces/${w}/connections` as const;

export const connections = (w: string) =>
  queryOptions({ queryKey: ["w", w, "connections"], queryFn: ({ signal }) => http.get<Connections>(at(w), {}, signal) });

export const createBackendKey = (w: string) => http.post<NewBackendKey>(`${at(w)}/backend/keys`);
export const revokeBackendKey = (w: string, id: string) => http.delete(`${at(w)}/backend/keys/${encodeURIComponent(id)}`);
export const sendTestEvent = (w: string, event: TestEvent) => http.post<TestEventResult>(`${at(w)}/backend/test-event`, event);

export const recentEvents = (w: string) =>
  queryOptions({
    queryKey: ["w", w, "events"],
    queryFn: async ({ signal }) => (await http.get<{ items: LiveEvent[] }>(`/workspaces/${w}/events`, { limit: 50 }, signal)).items,
    staleTime: 0,
  });

export const eventStreamUrl = (w: string) => `${API}/workspaces/${w}/events/stream`;
