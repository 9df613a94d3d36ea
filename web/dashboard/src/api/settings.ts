import { queryOptions } from "@tanstack/react-query";
import type { Settings } from "./contract.ts";
import { http } from "./http.ts";

export const settings = (w: string) =>
  queryOptions({ queryKey: ["w", w, "settings"], queryFn: ({ signal }) => http.get<Settings>(`/workspaces/${w}/settings`, {}, signal) });

export const saveSettings = (w: string, body: Settings) => http.put<Settings>(`/workspaces/${w}/settings`, body);
