import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Page, ResponsePage, ResponseRow, Results, TextAnswer } from "./contract.ts";
import { API, http, url } from "./http.ts";

const at = (w: string, s: string) => `/workspaces/${w}/surveys/${encodeURIComponent(s)}` as const;
/** Under this key lies all that changes when a response does. */
export const resultsKey = (w: string, s: string) => ["w", w, "results", s] as const;

export const results = (w: string, s: string, filter: string | undefined) =>
  queryOptions({
    queryKey: [...resultsKey(w, s), "summary", filter ?? ""],
    queryFn: ({ signal }) => http.get<Results>(`${at(w, s)}/results`, { filter }, signal),
    placeholderData: keepPreviousData,
  });

export const PAGE_SIZE = 100;

export const responses = (w: string, s: string, filter: string | undefined) =>
  infiniteQueryOptions({
    queryKey: [...resultsKey(w, s), "responses", filter ?? ""],
    queryFn: ({ pageParam, signal }) => http.get<ResponsePage>(`${at(w, s)}/responses`, { filter, limit: PAGE_SIZE, after: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
    // Comparing every row loaded so far with itself, for each further page, is what would make a hundred thousand slow.
    structuralSharing: false,
  });

export const response = (w: string, s: string, id: string) =>
  queryOptions({
    queryKey: [...resultsKey(w, s), "response", id],
    queryFn: ({ signal }) => http.get<ResponseRow>(`${at(w, s)}/responses/${encodeURIComponent(id)}`, {}, signal),
  });

export const texts = (w: string, s: string, question: string, search: string) =>
  infiniteQueryOptions({
    queryKey: [...resultsKey(w, s), "texts", question, search],
    queryFn: ({ pageParam, signal }) =>
      http.get<Page<TextAnswer>>(`${at(w, s)}/responses/${encodeURIComponent(question)}/texts`, { search, after: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
  });

export const deleteResponse = (w: string, s: string, id: string) => http.delete(`${at(w, s)}/responses/${encodeURIComponent(id)}`);
export const csvUrl = (w: string, s: string, filter: string | undefined) => url(`${at(w, s)}/responses.csv`, { filter });
export const responseStreamUrl = (w: string, s: string) => `${API}${at(w, s)}/responses/stream`;
