import { queryOptions } from "@tanstack/react-query";
import type { IdentitySecret, NewIdentitySecret, Settings } from "./contract.ts";
import { http } from "./http.ts";

export const settings = (w: string) =>
  queryOptions({ queryKey: ["w", w, "settings"], queryFn: ({ signal }) => http.get<Settings>(`/workspaces/${w}/settings`, {}, signal) });

export const saveSettings = (w: string, body: Settings) => http.put<Settings>(`/workspaces/${w}/settings`, body);

const secretsAt = (w: string) => `/workspaces/${w}/settings/identity-secrets` as const;

export const identitySecrets = (w: string) =>
  queryOptions({
    queryKey: ["w", w, "identity-secrets"],
    queryFn: async ({ signal }) => (await http.get<{ items: IdentitySecret[] }>(secretsAt(w), {}, signal)).items,
  });

export const createIdentitySecret = (w: string) => http.post<NewIdentitySecret>(secretsAt(w));
export const revokeIdentitySecret = (w: string, id: string) => http.delete(`${secretsAt(w)}/${encodeURIComponent(id)}`);
