import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { show } from "../lib/json.ts";
import type { Decisions, Json, KnownAttribute, Namespace, UserDetail, UserSummary } from "./contract.ts";
import { http, url } from "./http.ts";

/** A user's own place in the API. Identified users are the default there, so their links stay short. */
export type UserRef = { id: string; namespace: Namespace };

const at = (w: string) => `/workspaces/${w}/users` as const;
const one = (w: string, { id }: UserRef) => `${at(w)}/${encodeURIComponent(id)}` as const;
const which = ({ namespace }: UserRef) => ({ namespace: namespace === "anonymous" ? namespace : undefined });

/** Under this key lies all that is known of one user. */
export const userKey = (w: string, user: UserRef) => ["w", w, "users", user.namespace, user.id] as const;

export const USERS_SHOWN = 50;

export const users = (w: string, search: string) =>
  queryOptions({
    queryKey: ["w", w, "users", "list", search],
    queryFn: async ({ signal }) => (await http.get<{ items: UserSummary[] }>(at(w), { search, limit: USERS_SHOWN }, signal)).items,
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  });

export const user = (w: string, ref: UserRef) =>
  queryOptions({ queryKey: [...userKey(w, ref), "detail"], queryFn: ({ signal }) => http.get<UserDetail>(one(w, ref), which(ref), signal), refetchInterval: 10_000 });

export type Question = { trigger?: string | undefined; platform?: string | undefined; at?: string | undefined };

/** What would be decided, survey by survey. */
export const decisions = (w: string, ref: UserRef, question: Question) =>
  queryOptions({
    queryKey: [...userKey(w, ref), "decisions", question],
    queryFn: ({ signal }) => http.get<Decisions>(`${one(w, ref)}/decisions`, { ...which(ref), ...question }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  });

/** What users were given; an example, which comes as JSON text, is shown as one would type it. */
export const attributes = (w: string) =>
  queryOptions({
    queryKey: ["w", w, "attributes"],
    queryFn: async ({ signal }) => {
      const { items } = await http.get<{ items: KnownAttribute[] }>(`/workspaces/${w}/attributes`, {}, signal);
      return items.map((item) => ({ ...item, examples: item.examples.map(plain) }));
    },
  });

function plain(json: string): string {
  return show(JSON.parse(json) as Json);
}

export const setTestUser = (w: string, ref: UserRef, isTest: boolean) => http.put<void>(`${one(w, ref)}/test`, { is_test_user: isTest }, which(ref));
export const eraseUser = (w: string, ref: UserRef, responses: "delete" | "anonymise") => http.delete(one(w, ref), { ...which(ref), responses });
export const exportUrl = (w: string, ref: UserRef) => url(`${one(w, ref)}/export`, which(ref));
