import { queryOptions } from "@tanstack/react-query";
import type { AuthState, Workspace } from "./contract.ts";
import { http, setCsrfToken } from "./http.ts";
import { queryClient } from "./query.ts";

function keep(state: AuthState): AuthState {
  setCsrfToken(state.csrf_token ?? null);
  return state;
}

export const authState = queryOptions({
  queryKey: ["auth"],
  queryFn: async () => keep(await http.get<AuthState>("/auth/state")),
  staleTime: 5 * 60_000,
});

async function enter(path: "/auth/setup" | "/auth/login", body: unknown): Promise<AuthState> {
  setCsrfToken(null);
  const state = keep(await http.post<AuthState>(path, body));
  queryClient.clear();
  queryClient.setQueryData(authState.queryKey, state);
  return state;
}

export const setUp = (body: { token: string; email: string; password: string; workspace: string }) => enter("/auth/setup", body);
export const logIn = (body: { email: string; password: string }) => enter("/auth/login", body);

export async function logOut(): Promise<void> {
  await http.post("/auth/logout");
  forget();
}

/** Drops everything that was loaded for the member. */
export function forget(): void {
  setCsrfToken(null);
  queryClient.clear();
}

export const changePassword = (body: { current: string; new: string }) => http.post<void>("/auth/password", body);

export async function createWorkspace(name: string): Promise<Workspace> {
  const workspace = await http.post<Workspace>("/workspaces", { name });
  await queryClient.invalidateQueries({ queryKey: authState.queryKey });
  await queryClient.fetchQuery(authState);
  return workspace;
}
