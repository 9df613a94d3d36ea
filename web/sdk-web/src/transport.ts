import type { Reply, Transport } from "@sonde/sdk-core";

const TIMEOUT_MS = 10_000;

/**
 * No `keepalive`: a claim or a confirmation must not outlive its page, and what must is handed over by beacon.
 */
export function fetchTransport(origin: string): Transport {
  return {
    async send({ method, path, headers, body }): Promise<Reply> {
      const abort = new AbortController();
      const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
      const text = body === undefined ? null : JSON.stringify(body);
      try {
        const response = await fetch(new URL(path, origin), {
          method,
          headers: text === null ? headers : { ...headers, "content-type": "application/json" },
          body: text,
          credentials: "omit",
          signal: abort.signal,
        });
        const seconds = Number(response.headers.get("retry-after"));
        return {
          status: response.status,
          body: await response.json().catch(() => null),
          etag: response.headers.get("etag"),
          retryAfterMs: seconds > 0 ? seconds * 1000 : null,
        };
      } finally {
        clearTimeout(timer);
      }
    },
    // A string goes as text/plain, which needs no preflight: there is no time for one.
    beacon: (path, text) => navigator.sendBeacon(new URL(path, origin), text),
  };
}
