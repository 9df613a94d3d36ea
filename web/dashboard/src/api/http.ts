import type { ApiPath } from "@sonde/api-client";

/** One way to the API: JSON in, JSON out, problems as `ApiError`, the CSRF header on everything that changes state. */

export type Problem = { title?: string; detail?: string; status?: number; request_id?: string; errors?: { pointer: string; detail: string }[] };

export class ApiError extends Error {
  readonly status: number;
  readonly problem: Problem & Record<string, unknown>;
  /** Seconds the server asks to wait, when it said so. */
  readonly retryAfter: number | null;

  constructor(status: number, problem: Problem & Record<string, unknown>, retryAfter: number | null = null) {
    super(problem.detail ?? problem.title ?? `The server answered ${status}.`);
    this.name = "ApiError";
    this.status = status;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }
}

/** The server did not answer at all. */
export class OfflineError extends Error {
  constructor() {
    super("The server cannot be reached. Check that it is running and try again.");
    this.name = "OfflineError";
  }
}

let csrf = "1";

/** The token of the session; "1" while there is none. */
export function setCsrfToken(token: string | null): void {
  csrf = token ?? "1";
}

export type Query = Record<string, string | number | boolean | null | undefined>;
type Options = { query?: Query | undefined; body?: unknown; signal?: AbortSignal | undefined };

export const API = "/api/v1";

/** The path with its query; what is null, undefined or "" is left out. */
export function url(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") search.set(key, String(value));
  }
  const text = search.toString();
  return `${API}${path}${text ? `?${text}` : ""}`;
}

async function call<T>(method: string, path: string, { query, body, signal }: Options = {}): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (method !== "GET") headers["x-sonde-csrf"] = csrf;
  if (body !== undefined) headers["content-type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(url(path, query), {
      method,
      headers,
      credentials: "same-origin",
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
      // A deletion goes through even when the page is being left.
      keepalive: method === "DELETE",
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new OfflineError();
  }
  const text = await response.text();
  const parsed = parse(text);
  if (!response.ok) {
    const wait = Number(response.headers.get("retry-after"));
    const problem = typeof parsed === "object" && parsed !== null ? (parsed as Problem & Record<string, unknown>) : {};
    throw new ApiError(response.status, problem, Number.isFinite(wait) && wait > 0 ? wait : null);
  }
  return parsed as T;
}

function parse(text: string): unknown {
  if (!text) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const http = {
  get: <T>(path: ApiPath<"get">, query?: Query, signal?: AbortSignal) => call<T>("GET", path, { query, signal }),
  post: <T>(path: ApiPath<"post">, body?: unknown) => call<T>("POST", path, { body }),
  put: <T>(path: ApiPath<"put">, body: unknown, query?: Query) => call<T>("PUT", path, { body, query }),
  patch: <T>(path: ApiPath<"patch">, body: unknown) => call<T>("PATCH", path, { body }),
  delete: <T = void>(path: ApiPath<"delete">, query?: Query) => call<T>("DELETE", path, { query }),
};

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;

/** What to tell a person about any failure. */
export function messageOf(error: unknown): string {
  if (error instanceof ApiError && error.problem.errors?.length) return error.problem.errors.map((each) => sentence(each.detail)).join(" ");
  if (error instanceof ApiError && error.retryAfter) return `${error.message} Try again in ${error.retryAfter} s.`;
  return error instanceof Error ? sentence(error.message) : "Something went wrong.";
}
