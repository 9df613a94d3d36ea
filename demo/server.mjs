/**
 * The customer, played by a process of its own: a sleep diary that knows Sonde only by its address and two keys.
 *
 *   node demo/server.mjs --port 8090 --sonde http://127.0.0.1:8080 --backend-key sk_… --sdk-key pk_…
 *
 * Each flag may come from the environment instead: SONDE_DEMO_PORT, SONDE_URL, SONDE_BACKEND_KEY, SONDE_SDK_KEY.
 * The backend key stays in this process; the browser sees the SDK key only.
 */
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { homePage, nightPage } from "./pages.mjs";

const EVENT_NAME = "ended_sleep";
const PROPERTIES = { duration_minutes: 437, sleep_score: 82.5, device: "ring", restless: false };
const SONDE_PATIENCE_MS = 10_000;
const BODY_LIMIT_BYTES = 4_096;

const STATIC = {
  "/style.css": ["style.css", "text/css"],
  "/night.js": ["night.js", "text/javascript"],
  "/home.js": ["home.js", "text/javascript"],
  "/moon.svg": ["moon.svg", "image/svg+xml"],
};

function settings() {
  const text = { type: "string" };
  const options = { port: text, sonde: text, "backend-key": text, "sdk-key": text };
  const { values } = parseArgs({ options });
  const { env } = process;
  const found = {
    port: Number(values.port ?? env.SONDE_DEMO_PORT ?? 8090),
    sonde: new URL(values.sonde ?? env.SONDE_URL ?? "http://127.0.0.1:8080").origin,
    backendKey: values["backend-key"] ?? env.SONDE_BACKEND_KEY ?? "",
    sdkKey: values["sdk-key"] ?? env.SONDE_SDK_KEY ?? "",
  };
  if (!Number.isInteger(found.port) || found.port < 0 || found.port > 65_535) throw new Error("--port must be a port");
  if (!found.backendKey || !found.sdkKey) throw new Error("--backend-key and --sdk-key are needed (or SONDE_BACKEND_KEY and SONDE_SDK_KEY)");
  return found;
}

function policy(sonde) {
  return [
    "default-src 'none'",
    `script-src 'self' ${sonde}`,
    `connect-src 'self' ${sonde}`,
    "style-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

function send(response, status, type, body) {
  response.writeHead(status, {
    "content-type": `${type}; charset=utf-8`,
    "content-security-policy": policy(config.sonde),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
  });
  response.end(body);
}

async function readJson(request) {
  let text = "";
  for await (const chunk of request) {
    text += chunk;
    if (text.length > BODY_LIMIT_BYTES) throw new Error("too long");
  }
  return JSON.parse(text);
}

/** The night is over: this server tells Sonde, and hands Sonde's answer on to be looked at. */
async function endSleep(request, response) {
  let user;
  try {
    ({ user } = await readJson(request));
    if (typeof user !== "string" || !user) throw new Error("no user");
  } catch {
    return send(response, 400, "application/json", JSON.stringify({ error: "a JSON body with `user` is needed" }));
  }
  const event = { user_id: user, event_name: EVENT_NAME, properties: PROPERTIES };
  try {
    const answer = await fetch(`${config.sonde}/api/v1/connections/backend/event`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": config.backendKey },
      body: JSON.stringify(event),
      signal: AbortSignal.timeout(SONDE_PATIENCE_MS),
    });
    const text = await answer.text();
    send(response, 200, "application/json", JSON.stringify({ event, status: answer.status, answer: text }));
  } catch {
    send(response, 200, "application/json", JSON.stringify({ event, status: 0, answer: `No answer from ${config.sonde}` }));
  }
}

async function serve(request, response) {
  const { pathname, searchParams } = new URL(request.url, "http://demo");
  const user = searchParams.get("user")?.trim() || "u1";
  const route = `${request.method} ${pathname}`;
  if (route === "POST /end-sleep") return endSleep(request, response);
  if (request.method !== "GET") return send(response, 405, "text/plain", "Method not allowed");
  if (route === "GET /") return send(response, 200, "text/html", nightPage(user));
  if (route === "GET /home") return send(response, 200, "text/html", homePage(user, config));
  const file = STATIC[pathname];
  if (!file) return send(response, 404, "text/plain", "Not found");
  send(response, 200, file[1], await readFile(join(import.meta.dirname, "public", file[0])));
}

let config;
try {
  config = settings();
} catch (error) {
  console.error(`demo: ${error.message}`);
  process.exit(2);
}

const server = createServer((request, response) => {
  serve(request, response).catch(() => response.headersSent || send(response, 500, "text/plain", "Something went wrong"));
});
server.on("error", (error) => {
  console.error(`demo: ${error.message}`);
  process.exit(1);
});
server.listen(config.port, "127.0.0.1", () => {
  console.log(`Sleep diary on http://127.0.0.1:${server.address().port}/?user=u1 (Sonde at ${config.sonde})`);
});

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}
