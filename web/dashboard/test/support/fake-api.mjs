/** A server that answers like Sonde's dashboard API, from memory, and serves the built pages under the real policy. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { estimateOf, people, peopleReply, refusalsOf } from "./people.mjs";
import { baseline, results, row, survey, surveys } from "./data.mjs";

const dist = fileURLToPath(new URL("../../dist/", import.meta.url));
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

export async function fakeSonde(options = {}) {
  const state = { ...baseline(options), people: people(options) };
  const calls = [];
  const streams = { events: new Set(), changes: new Set() };
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => send(response, 500, { title: "Broken", detail: String(error) }));
  });

  function send(response, status, body, headers = {}) {
    response.writeHead(status, { "content-type": status >= 400 ? "application/problem+json" : "application/json", ...headers });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  }

  function stream(request, response, set) {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write("event: hello\ndata: {}\n\n");
    set.add(response);
    request.on("close", () => set.delete(response));
  }

  function emit(set, name, data) {
    for (const each of set) each.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  function newEvent(event) {
    const full = { id: state.events.length + 1, at: new Date().toISOString(), event_id: `evt_${state.events.length + 1}`, outcome: "stored", reason: null, made_due: [], ...event };
    state.events.unshift(full);
    emit(streams.events, "event", full);
    return full;
  }

  async function answer(request, response) {
    const url = new URL(request.url, "http://sonde");
    if (!url.pathname.startsWith("/api/")) return page(url, response);
    let body = "";
    for await (const part of request) body += part;
    const json = body ? JSON.parse(body) : undefined;
    const path = url.pathname.slice("/api/v1".length);
    calls.push({ method: request.method, path, query: Object.fromEntries(url.searchParams), body: json, csrf: request.headers["x-sonde-csrf"] });
    if (request.method !== "GET" && !request.headers["x-sonde-csrf"]) return send(response, 403, { detail: "The CSRF header is missing." });
    const failure = state.fail?.[`${request.method} ${path}`];
    if (failure) return send(response, failure.status, failure.body, failure.headers);
    if (path.startsWith("/auth/")) return auth(request.method, path, json, response);
    if (!state.member) return send(response, 401, { detail: "Log in first." });
    if (path === "/workspaces") {
      const made = { id: `wsp_${state.workspaces.length + 1}`, name: json.name };
      state.workspaces.push(made);
      return send(response, 201, made);
    }
    return workspace(request, url, path.replace(/^\/workspaces\/[^/]+/, ""), json, response);
  }

  const authState = () => ({
    setup_needed: state.setupNeeded,
    member: state.member,
    workspaces: state.member ? state.workspaces : [],
    csrf_token: state.member ? "csrf" : null,
    public_url: "http://localhost",
  });

  function auth(method, path, json, response) {
    const email = json?.email;
    if (path === "/auth/state") return send(response, 200, authState());
    if (path === "/auth/setup") {
      if (json.token !== "right") return send(response, 403, { detail: "This set-up token is not the current one." });
      Object.assign(state, { setupNeeded: false, member: { id: "mem_1", email }, workspaces: [{ id: "wsp_1", name: json.workspace }] });
      return send(response, 201, authState());
    }
    if (path === "/auth/login") {
      if (json.password !== "correct horse") return send(response, 401, { detail: "Wrong." });
      state.member = { id: "mem_1", email };
      return send(response, 200, authState());
    }
    if (path === "/auth/logout") state.member = null;
    return send(response, 204);
  }

  function workspace(request, url, path, json, response) {
    const key = `${request.method} ${path}`;
    const one = /^\/surveys\/([^/]+)\/(.*)$/.exec(path);
    if (one?.[2] === "responses/stream") return stream(request, response, streams.changes);
    if (one && request.method === "GET") return surveyPart(one[2], url, response);
    if (request.method === "DELETE" && one) return send(response, 204);
    if (/^\/surveys\/[^/]+$/.test(path)) return send(response, 200, survey());
    if (request.method === "DELETE" && path.startsWith("/connections/backend/keys/")) {
      state.connections.backend.keys = state.connections.backend.keys.filter((each) => !path.endsWith(each.id));
      return send(response, 204);
    }
    const reply = peopleReply(state.people, request.method, path, url.searchParams, json);
    if (reply) return send(response, ...reply);
    if (path.startsWith("/settings/identity-secrets")) return identitySecrets(request.method, path, response);
    switch (key) {
      case "GET /connections":
        return send(response, 200, state.connections);
      case "POST /connections/backend/keys": {
        const made = { id: `key_${Date.now()}`, hint: "sk_…n3w1", created_at: new Date().toISOString(), last_used_at: null };
        state.connections.backend = { enabled: true, keys: [...state.connections.backend.keys, made] };
        return send(response, 201, { id: made.id, hint: made.hint, key: "sk_3f9a0c1d2e4b5a69788796a5b4c3d2e1n3w1" });
      }
      case "POST /connections/backend/test-event":
        return send(response, 200, { event_id: newEvent(json).event_id, duplicate: false });
      case "GET /events":
        return send(response, 200, { items: state.events });
      case "GET /events/stream":
        return stream(request, response, streams.events);
      case "GET /triggers": {
        const search = url.searchParams.get("search") ?? "";
        const items = state.triggers.filter((each) => each.kind === url.searchParams.get("kind") && each.name.includes(search) && each.archived === (url.searchParams.get("archived") === "true"));
        return send(response, 200, { items });
      }
      case "POST /triggers": {
        const made = { kind: json.kind, name: json.name, first_seen_at: null, last_seen_at: null, count: 0, daily: Array(14).fill(0), properties: [], surveys: [], archived: false, stopped: false };
        state.triggers.push(made);
        return send(response, 201, made);
      }
      case "PUT /triggers/cancels":
        state.triggers.find((each) => each.kind === "backend" && each.name === json.name).cancels = json.cancels;
        return send(response, 200, {});
      case "POST /triggers/archive":
      case "POST /triggers/restore": {
        const found = state.triggers.find((each) => each.name === json.name);
        if (path.endsWith("archive") && !json.confirm && found.surveys.some((each) => each.status === "live")) return send(response, 409, { detail: "Sleep quality is live and uses it." });
        found.archived = path.endsWith("archive");
        return send(response, 200, found);
      }
      case "GET /surveys":
        return send(response, 200, { items: options.empty ? [] : surveys(), next: null });
      case "GET /settings":
        return send(response, 200, state.settings);
      case "PUT /settings":
        state.settings = json;
        return send(response, 200, json);
      default:
        return send(response, 404, { detail: `There is no ${key}.` });
    }
  }

  function identitySecrets(method, path, response) {
    if (method === "GET") return send(response, 200, { items: state.identitySecrets });
    if (method === "DELETE") {
      state.identitySecrets = state.identitySecrets.filter((each) => !path.endsWith(each.id));
      return send(response, 204);
    }
    const made = { id: `ids_${Date.now()}`, hint: "ips_…n3w1", created_at: new Date().toISOString() };
    state.identitySecrets.push(made);
    return send(response, 201, { id: made.id, hint: made.hint, secret: "ips_3f9a0c1d2e4b5a69788796a5b4c3d2e1n3w1" });
  }

  function surveyPart(part, url, response) {
    if (part === "refusals") return send(response, 200, refusalsOf(options));
    if (part === "estimate") return send(response, 200, estimateOf());
    if (part === "results") return send(response, 200, results(options.empty));
    if (part === "responses") {
      const total = options.empty ? 0 : (options.rows ?? 230);
      const from = Number(url.searchParams.get("after") ?? 0);
      const limit = Number(url.searchParams.get("limit") ?? 50);
      const to = Math.min(total, from + limit);
      return send(response, 200, { items: Array.from({ length: to - from }, (_, index) => row(from + index)), next: to < total ? String(to) : null, total });
    }
    if (part.endsWith("/texts")) return send(response, 200, { items: [{ display_id: "dsp_3", text: "Less light in the evening", at: new Date().toISOString() }], next: null });
    const found = /^responses\/dsp_(\d+)$/.exec(part);
    return found ? send(response, 200, row(Number(found[1]))) : send(response, 404, { detail: "There is no such thing." });
  }

  async function page(url, response) {
    const file = extname(url.pathname) ? url.pathname : "/index.html";
    try {
      const bytes = await readFile(join(dist, file));
      response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", "content-security-policy": POLICY });
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  }

  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    state,
    calls,
    newEvent,
    changed: () => emit(streams.changes, "changed", {}),
    close: () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())),
  };
}
