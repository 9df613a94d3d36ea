import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError, OfflineError } from "./http.ts";

let onSignedOut: () => void = () => {};

/** What happens when the server says that nobody is signed in any more. */
export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler;
}

function watch(error: unknown): void {
  if (error instanceof ApiError && error.status === 401) onSignedOut();
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: watch }),
  mutationCache: new MutationCache({ onError: (error, _variables, _context, mutation) => { if (!mutation.meta?.["ownErrors"]) watch(error); } }),
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      retry: (failures, error) => failures < 2 && (error instanceof OfflineError || (error instanceof ApiError && error.status >= 500)),
    },
  },
});
