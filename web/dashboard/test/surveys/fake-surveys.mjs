/** Answers like Sonde's dashboard API where surveys are concerned, from memory; everything else is a workspace in use. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { estimateOf, people, peopleReply } from "../support/people.mjs";

const DIST = process.env.DASHBOARD_DIST ?? fileURLToPath(new URL("../../dist/", import.meta.url));
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'";
const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
export const LONG = "A survey whose name somebody wrote very long so that every place that shows it has to cut it somewhere, or wrap it";

const trigger = (kind, name, more = {}) => ({
  kind, name, first_seen_at: ago(9e5), last_seen_at: ago(300), count: 12, daily: Array(14).fill(1), properties: [], surveys: [], archived: false, stopped: false, ...more,
});

/** The fewest rules that the pages need to be shown errors. */
export function errorsOf(document) {
  const errors = [];
  const wrong = (pointer, detail) => errors.push({ pointer, detail });
  const text = (value, pointer) => value && !value[document.default_language]?.trim() && wrong(pointer, `must have a text in the default language, "${document.default_language}"`);
  if (!document.name?.trim()) wrong("/name", "must have 1 to 200 characters, without U+0000");
  if (document.questions.length === 0) wrong("/questions", "must have 1 to 100 questions");
  for (const [at, question] of document.questions.entries()) {
    text(question.title, `/questions/${at}/title`);
    if (question.type === "single_select_feedback" && question.options.length < 2) wrong(`/questions/${at}/options`, "must have 2 to 100 options");
    for (const [index, option] of (question.options ?? []).entries()) text(option.label, `/questions/${at}/options/${index}/label`);
    for (const end of ["low", "high"]) text(question.labels?.[end], `/questions/${at}/labels/${end}`);
    if (question.max_length !== undefined && !(question.max_length >= 1 && question.max_length <= 4000)) wrong(`/questions/${at}/max_length`, "must be 1 to 4000");
  }
  const { activation, frontend_triggers: places } = document.launch;
  if (places.length === 0) wrong("/launch/frontend_triggers", "must have 1 to 100 triggers");
  if (activation && !(activation.expires_after_secs >= 60 && activation.expires_after_secs <= 360_000)) wrong("/launch/activation/expires_after_secs", "must be 60 (1 minute) to 360000 (100 hours)");
  if (activation?.backend_triggers.length === 0) wrong("/launch/activation/backend_triggers", "must have 1 to 100 triggers");
  return errors;
}

export async function fakeSurveys({ documents = [] } = {}) {
  const state = { surveys: new Map(), fail: {}, calls: [], triggers: [], settings: null, people: people() };
  let count = 0;
  state.add = (document, more = {}) => {
    const id = `srv_${++count}`;
    const at = ago(count * 4000);
    state.surveys.set(id, { id, status: "draft", draft: document, draft_revision: 1, published: null, versions: [], created_at: at, updated_at: at, launched_at: null, shown: 0, completed: 0, ...more });
    return state.surveys.get(id);
  };
  state.triggers = [
    trigger("backend", "ended_sleep", { properties: [{ key: "hours", types: ["number"], examples: ["7.5", "6.25"] }, { key: "plan", types: ["string"], examples: ["pro", "free"] }] }),
    trigger("backend", "order delivered", { last_seen_at: null, first_seen_at: null }),
    trigger("frontend", "MainActivity", { properties: [{ key: "screen", types: ["string"], examples: ["home"] }] }),
    ...Array.from({ length: 40 }, (_, n) => trigger("backend", `event_${n}`, { last_seen_at: ago(n * 1000 + 900) })),
  ];
  state.settings = { name: "Sleep diary", wait_period_days: 7, languages: ["en", "de"], theme: { accent: "#27586f", radius: "large", appearance: "auto", position: "bottom_right" }, allowed_origins: ["*"], response_retention_days: null, identity_proof: { mode: "off" }, test_users: [], pipes_without_proof: false };
  for (const document of documents) state.add(document);

  const shape = ({ shown, completed, launched_at, ...survey }) => ({ ...survey, draft_errors: errorsOf(survey.draft) });
  const row = ({ id, status, draft, versions, published, shown, completed, updated_at, launched_at }) => ({
    id, name: draft.name, status, version: versions.length, draft_differs: JSON.stringify(draft) !== JSON.stringify(published?.document), shown, started: completed, completed, updated_at, launched_at,
  });
  const publish = (survey) => {
    const version = { version: survey.versions.length + 1, published_at: new Date().toISOString() };
    survey.published = { ...version, document: structuredClone(survey.draft) };
    survey.versions = [version, ...survey.versions];
    (survey.past ??= {})[version.version] = survey.published.document;
  };

  function surveys(method, [id, action, number], body) {
    if (!id && method === "GET") return [200, { items: [...state.surveys.values()].map(row), next: null }];
    if (!id) return [201, shape(state.add(body.document))];
    const survey = state.surveys.get(id);
    if (!survey) return [404, { title: "Not found", detail: "There is no such survey." }];
    if (!action && method === "DELETE") return state.surveys.delete(id), [204];
    if (!action) return [200, shape(survey)];
    if (action === "draft") {
      if (body.revision !== survey.draft_revision) return [409, { detail: "The draft was changed.", draft_revision: survey.draft_revision }];
      Object.assign(survey, { draft: body.document, draft_revision: survey.draft_revision + 1, updated_at: new Date().toISOString() });
      return [200, { draft_revision: survey.draft_revision, errors: errorsOf(survey.draft) }];
    }
    if (action === "versions") return [200, { document: survey.past[number] }];
    if (action === "duplicate") return [201, shape(state.add({ ...structuredClone(survey.draft), name: `${survey.draft.name} (copy)` }))];
    if (action === "publish" || action === "launch") {
      const errors = errorsOf(survey.draft);
      if (errors.length > 0) return [422, { detail: "The draft is not valid.", errors }];
      publish(survey);
    }
    const status = { launch: "live", pause: "paused", resume: "live", end: "ended" }[action];
    Object.assign(survey, status && { status });
    return [200, shape(survey)];
  }

  function workspace(method, parts, query, body) {
    const reply = peopleReply(state.people, method, `/${parts.join("/")}`, query, body);
    if (reply) return reply;
    if (parts[2] === "estimate") return [200, estimateOf()];
    if (parts[0] === "surveys") return surveys(method, parts.slice(1), body);
    if (parts[0] === "settings") return [200, state.settings];
    if (parts[0] === "connections") return [200, { event_url: "", backend: { enabled: true, keys: [] }, sdk: { key: "pk_1", script_url: "/sdk/v1/sonde.js", last_used_at: state.sdkSeen ?? null } }];
    if (parts[0] === "triggers" && method === "GET") return [200, { items: state.triggers.filter(({ kind }) => kind === query.get("kind")), next: null }];
    if (parts[0] === "triggers") return state.triggers.push(trigger(body.kind, body.name, { last_seen_at: null, first_seen_at: null })), [201, state.triggers.at(-1)];
    return [404, { detail: "not faked" }];
  }

  function api(method, path, query, body) {
    if (path === "/auth/state") return [200, { setup_needed: false, member: { id: "mem_1", email: "ada@example.com" }, workspaces: [{ id: "wsp_1", name: "Sleep diary" }], csrf_token: "csrf", public_url: "" }];
    return workspace(method, path.split("/").slice(3), query, body);
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url, "http://sonde");
    if (!url.pathname.startsWith("/api/")) return page(url.pathname, response);
    let text = "";
    for await (const chunk of request) text += chunk;
    const path = url.pathname.slice("/api/v1".length);
    const body = text ? JSON.parse(text) : undefined;
    state.calls.push({ method: request.method, path, body });
    if (state.offline && request.method !== "GET") return request.socket.destroy();
    const [status, reply] = state.fail[`${request.method} ${path}`] ?? api(request.method, path, url.searchParams, body);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(reply === undefined ? undefined : JSON.stringify(reply));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  state.origin = `http://127.0.0.1:${server.address().port}`;
  state.close = () => (server.closeAllConnections(), new Promise((resolve) => server.close(resolve)));
  return state;
}

async function page(pathname, response) {
  const name = extname(pathname) ? pathname : "/index.html";
  try {
    const file = await readFile(join(DIST, name));
    response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "application/octet-stream", "content-security-policy": POLICY });
    response.end(file);
  } catch {
    response.writeHead(404).end();
  }
}
