/**
 * The client protocol over a Map, with CORS as the real server speaks it, and the embedded files under /sdk/.
 * A test bends it through `behaviour` and reads `requests`.
 */
import { createServer } from "node:http";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const EMBED = join(import.meta.dirname, "../sdk-web/dist/embed/v1");
const PREFIX = "/api/v1/client";

export function widgetFile() {
  const files = readdirSync(EMBED).filter((name) => name.startsWith("widget-") && name.endsWith(".js"));
  if (files.length !== 1) throw new Error("run `npm run build` first");
  return files[0];
}

export async function fakeSonde(content) {
  const sonde = { requests: [], behaviour: {}, content, displays: new Map(), origin: "" };
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    serve(sonde, request, response, text).catch((error) => {
      response.writeHead(500);
      response.end(String(error));
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  sonde.origin = `http://127.0.0.1:${server.address().port}`;
  sonde.calls = () => sonde.requests.map(({ method, path }) => `${method} ${path}`);
  sonde.bodies = (route) => sonde.requests.filter(({ method, path }) => `${method} ${path}` === route).map(({ body }) => body);
  sonde.close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return sonde;
}

async function serve(sonde, request, response, text) {
  const { pathname } = new URL(request.url, sonde.origin);
  const cors = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "etag, retry-after",
  };
  if (request.method === "OPTIONS") {
    response.writeHead(204, {
      ...cors,
      "access-control-allow-methods": "GET, POST, PUT",
      "access-control-allow-headers": "content-type, x-sonde-key, x-sonde-token, if-none-match",
      "access-control-max-age": "7200",
    });
    return response.end();
  }
  if (pathname.startsWith("/sdk/v1/")) {
    response.writeHead(200, { ...cors, "content-type": "text/javascript; charset=utf-8", "x-content-type-options": "nosniff" });
    return response.end(readFileSync(join(EMBED, pathname.slice("/sdk/v1/".length))));
  }
  const call = { method: request.method, path: pathname.replace(PREFIX, ""), headers: request.headers, body: text ? JSON.parse(text) : null };
  sonde.requests.push(call);
  const bent = await sonde.behaviour[`${call.method} ${call.path}`]?.(call);
  const { status = 200, body = null, headers = {} } = bent ?? answer(sonde, call);
  response.writeHead(status, { ...cors, ...headers, "content-type": "application/json" });
  response.end(status === 304 ? undefined : JSON.stringify(body));
}

function answer(sonde, { method, path, headers, body }) {
  const etag = '"config-1"';
  if (path === "/config") {
    if (headers["if-none-match"] === etag) return { status: 304, headers: { etag } };
    return { headers: { etag }, body: { triggers: ["MainActivity"], poll_after_ms: 60_000 } };
  }
  if (!headers["x-sonde-key"] && !body?.key) return { status: 401, body: { title: "missing key" } };
  if (path.startsWith("/surveys/")) return { body: sonde.content };
  if (path === "/session") return { body: { client_token: `token:${body.user_id ?? body.anonymous_id}`, server_time: new Date().toISOString() } };
  if (!headers["x-sonde-token"] && !body?.client_token) return { status: 401, body: { title: "missing token" } };
  if (path === "/identify") return { body: { client_token: `token:${body.user_id}` } };
  if (path === "/attributes") return { body: { status: "ok" } };
  if (path === "/trigger") return claim(sonde);
  if (path === "/batch") return { body: { results: body.items.map(() => ({ status: 200 })) } };
  const display = sonde.displays.get(path.split("/")[2]);
  if (!display) return { status: 404, body: { title: "no such display" } };
  if (method === "PUT") {
    if (body.revision > display.revision) Object.assign(display, { revision: body.revision, answers: body.answers, completed: display.completed || body.completed });
    return { body: { revision: display.revision, state: display.completed ? "completed" : "answered" } };
  }
  display.state = body.state;
  return { body: { state: body.state } };
}

function claim(sonde) {
  if (!sonde.content) return { body: { survey: null } };
  const id = `dsp_${sonde.displays.size + 1}`;
  sonde.displays.set(id, { state: "claimed", revision: 0, answers: {}, completed: false });
  const survey = { id: "srv_1", version: 3, content_url: `${PREFIX}/surveys/srv_1/3/en` };
  return { body: { display_id: id, survey, values: sonde.values ?? {}, delay_ms: 0 } };
}
