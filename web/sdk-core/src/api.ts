import { API } from "./limits.ts";
import type { Reply, Request, Transport } from "./ports.ts";

/** The server's refusal, or its silence (status 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly retryAfterMs: number | null;

  constructor(status: number, retryAfterMs: number | null = null) {
    super(`sonde answered ${status || "nothing"}`);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }

  /** True when the same call may succeed later. */
  get mayPass(): boolean {
    return mayPass(this.status);
  }
}

export function mayPass(status: number): boolean {
  return status === 0 || status === 401 || status === 408 || status === 429 || status >= 500;
}

export function statusOf(error: unknown): number {
  return error instanceof ApiError ? error.status : 0;
}

export interface Extra {
  readonly token?: string;
  readonly etag?: string | null;
}

/** Speaks to the client API with the SDK key. Knows nothing of sessions. */
export class Api {
  readonly key: string;
  readonly transport: Transport;

  constructor(key: string, transport: Transport) {
    this.key = key;
    this.transport = transport;
  }

  /** Resolves for 2xx and 304; rejects with an ApiError otherwise. */
  async call(method: Request["method"], path: string, body?: unknown, extra: Extra = {}): Promise<Reply> {
    const headers: Record<string, string> = { "x-sonde-key": this.key };
    if (extra.token) headers["x-sonde-token"] = extra.token;
    if (extra.etag) headers["if-none-match"] = extra.etag;
    let reply: Reply;
    try {
      reply = await this.transport.send({ method, path: API + path, headers, body });
    } catch {
      throw new ApiError(0);
    }
    if ((reply.status >= 200 && reply.status < 300) || reply.status === 304) return reply;
    throw new ApiError(reply.status, reply.retryAfterMs);
  }

  /** Content is immutable and without user data: it needs the key and no token. */
  async content(url: string): Promise<unknown> {
    const reply = await this.transport.send({ method: "GET", path: url, headers: { "x-sonde-key": this.key } });
    if (reply.status !== 200 || !reply.body) throw new ApiError(reply.status);
    return reply.body;
  }
}
