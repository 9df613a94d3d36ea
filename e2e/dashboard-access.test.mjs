/** Who may do what through the dashboard's API, over which kind of connection. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { launch } from "../web/testkit/chromium.mjs";
import { cookiesOf, logIn, Member, OWNER, plain } from "./support/member.mjs";
import { ROOT, Sonde } from "./support/sonde.mjs";
import { shortSurvey } from "./support/surveys.mjs";
import { until } from "./support/until.mjs";

const OPENAPI = JSON.parse(readFileSync(join(ROOT, "schemas/openapi.json"), "utf8"));
const METHODS = ["get", "post", "put", "patch", "delete"];
/** Every call below a workspace: method and path. */
const CALLS = Object.entries(OPENAPI.paths)
  .filter(([path]) => path.includes("{workspace}"))
  .flatMap(([path, operations]) => METHODS.filter((method) => operations[method]).map((method) => [method.toUpperCase(), path.replace("/api/v1", "")]));
/** A body that the call would take. */
const BODIES = {
  "PATCH /workspaces/{workspace}": () => ({ name: "Taken over" }),
  "POST /workspaces/{workspace}/connections/backend/test-event": () => ({ user_id: "eve", event_name: "ended_sleep", properties: {} }),
  "PUT /workspaces/{workspace}/settings": ({ settings }) => ({ ...settings, name: "Taken over" }),
  "POST /workspaces/{workspace}/surveys": () => ({ document: shortSurvey({ name: "Eve's" }) }),
  "PUT /workspaces/{workspace}/surveys/{survey}/draft": ({ draft }) => ({ document: shortSurvey({ name: "Eve's" }), revision: draft }),
  "POST /workspaces/{workspace}/cohorts": () => ({ name: "Eve's", condition: { attribute: "plan", op: "exists" } }),
  "PUT /workspaces/{workspace}/cohorts/{cohort}": () => ({ name: "Eve's", condition: { attribute: "plan", op: "exists" } }),
  "POST /workspaces/{workspace}/triggers": () => ({ kind: "backend", name: "eve" }),
  "POST /workspaces/{workspace}/triggers/archive": () => ({ kind: "frontend", name: "MainActivity", confirm: true }),
  "PUT /workspaces/{workspace}/users/{id}/test": () => ({ is_test_user: true }),
  "POST /workspaces/{workspace}/triggers/restore": () => ({ kind: "frontend", name: "MainActivity" }),
};
/** Changes that would end the evidence of those before them come last. */
const ORDER = ["GET", "PATCH", "PUT", "POST", "DELETE"];

function sorted(calls) {
  const rank = ([method, path]) => ORDER.indexOf(method) * 10 + (path.endsWith("/end") ? 9 : 0);
  return calls.toSorted((a, b) => rank(a) - rank(b));
}

const text = (reply) => `${reply.status} ${reply.text.slice(0, 200)}`;

describe("workspaces of others", () => {
  let sonde;
  let owner;
  let eve;
  let theirs;
  let display;

  before(async () => {
    sonde = await Sonde.start();
    const workspace = await sonde.workspace();
    const { survey_id: survey } = await workspace.launch(shortSurvey());
    const visitor = await workspace.visitor("ada");
    display = (await visitor.see()).display_id;
    await visitor.answer(display, { mood: { options: ["good"] } }, { completed: true });
    const other = ["init", "--email", "eve@example.com", "--password-stdin", "--workspace", "Eve's"];
    await sonde.admin.json(other, { input: `${OWNER.password}\n` });
    owner = await Member.logIn(sonde.origin);
    eve = await Member.logIn(sonde.origin, { ...OWNER, email: "eve@example.com" });
    const at = `/workspaces/${workspace.id}`;
    const [settings, { draft_revision: draft }, { backend }] = await Promise.all([owner.do("GET", `${at}/settings`), owner.do("GET", `${at}/surveys/${survey}`), owner.do("GET", `${at}/connections`)]);
    // What is counted on the side has been counted.
    await until("the trigger is counted", async () => (await owner.do("GET", `${at}/triggers?kind=frontend`)).items[0]?.count === 1);
    const { id: secret } = await owner.do("POST", `${at}/settings/identity-secrets`);
    const { id: cohort } = await owner.do("POST", `${at}/cohorts`, { name: "Pro", condition: { attribute: "plan", op: "exists" } });
    theirs = { at, workspace: workspace.id, survey, cohort, settings, draft, key: backend.keys[0].id, secret, id: display, version: "1" };
  });
  after(async () => assert.equal(await sonde?.stop(), 0));

  /** A path of the document with the other workspace's own ids in it. */
  function fill(path) {
    const id = path.includes("/users/{id}") ? "ada" : path.endsWith("/texts") ? "mood" : display;
    const ids = { ...theirs, id };
    return path.replaceAll(/\{(\w+)\}/g, (_, name) => ids[name] ?? assert.fail(`nothing for {${name}} in ${path}`));
  }
  const bodyOf = (method, path) => BODIES[`${method} ${path}`]?.(theirs) ?? (method === "GET" || method === "DELETE" ? undefined : {});
  const snapshot = async () => {
    const paths = ["/settings", "/cohorts", "/connections", "/surveys", `/surveys/${theirs.survey}`, `/surveys/${theirs.survey}/responses`, "/triggers?kind=frontend", "/triggers?kind=backend"];
    return JSON.stringify(await Promise.all(paths.map((path) => owner.do("GET", theirs.at + path))));
  };

  it("the document lists the calls: none is forgotten", () => {
    assert.ok(CALLS.length >= 30, `${CALLS.length}`);
    for (const name of Object.keys(BODIES)) assert.ok(CALLS.some(([method, path]) => `${method} ${path}` === name), name);
  });

  it("are not there for a member of none of them: 404 for each call, and nothing changes", async () => {
    const before = await snapshot();
    const wrong = [];
    for (const [method, path] of sorted(CALLS)) {
      const reply = await eve.send(method, fill(path), bodyOf(method, path));
      if (reply.status !== 404) wrong.push(`${method} ${path}: ${text(reply)}`);
    }
    assert.deepEqual(wrong, []);
    assert.equal(await snapshot(), before);
  });

  it("cannot be reached through one's own: another's survey, cohort, key, secret and response are 404 there", async () => {
    const [{ id: mine }] = (await eve.do("GET", "/auth/state")).workspaces;
    const wrong = [];
    for (const [method, path] of sorted(CALLS).filter(([, path]) => /\{(survey|cohort|key|secret)\}/.test(path))) {
      const reply = await eve.send(method, fill(path).replace(theirs.workspace, mine), bodyOf(method, path));
      if (reply.status !== 404) wrong.push(`${method} ${path}: ${text(reply)}`);
    }
    assert.deepEqual(wrong, []);
  });

  it("without a session each call is 401, with an invented one too", async () => {
    const wrong = [];
    for (const cookie of [undefined, "sonde=invented", `other-${owner.cookie}`]) {
      for (const [method, path] of CALLS) {
        const reply = await owner.send(method, fill(path), bodyOf(method, path), { cookie });
        if (reply.status !== 401) wrong.push(`${method} ${path}: ${text(reply)}`);
      }
    }
    assert.deepEqual(wrong, []);
  });

  it("a change without the session's own token is 403: missing, empty, another member's", async () => {
    const before = await snapshot();
    const wrong = [];
    const changes = sorted(CALLS.filter(([method]) => method !== "GET"));
    assert.ok(changes.length >= 15);
    for (const token of [undefined, "", "1", eve.csrf]) {
      for (const [method, path] of changes) {
        const reply = await owner.send(method, fill(path), bodyOf(method, path), { "x-sonde-csrf": token });
        if (reply.status !== 403) wrong.push(`${method} ${path}: ${text(reply)}`);
      }
    }
    assert.deepEqual(wrong, []);
    assert.equal(await snapshot(), before);
  });

  it("the owner may: the same calls, with the same bodies, are let through", async () => {
    const streams = /\/stream$/;
    const refused = [];
    for (const [method, path] of sorted(CALLS).filter(([, path]) => !streams.test(path))) {
      const reply = await owner.send(method, fill(path), bodyOf(method, path));
      if ([401, 403, 404].includes(reply.status)) refused.push(`${method} ${path}: ${text(reply)}`);
    }
    assert.deepEqual(refused, []);
  });
});

describe("sessions", () => {
  let sonde;

  before(async () => {
    sonde = await Sonde.start();
    await sonde.workspace();
  });
  after(async () => assert.equal(await sonde?.stop(), 0));

  it("the cookie is kept from scripts and from other sites", async () => {
    // Some browsers take the bound one on this machine, some do not.
    assert.deepEqual(cookiesOf(await logIn(sonde.origin)), ["__Host-sonde HttpOnly Path=/ SameSite=Lax Secure", "sonde HttpOnly Path=/ SameSite=Lax"]);
  });

  it("signing in needs the header that only the dashboard's own pages can send", async () => {
    const body = JSON.stringify(OWNER);
    const reply = await plain(sonde.origin, "/api/v1/auth/login", { method: "POST", headers: { "content-type": "application/json" }, body });
    assert.equal(reply.status, 403, reply.text);
    const preflight = await plain(sonde.origin, "/api/v1/auth/login", { method: "OPTIONS", headers: { origin: "https://evil.example", "access-control-request-method": "POST", "access-control-request-headers": "x-sonde-csrf" } });
    assert.equal(preflight.headers["access-control-allow-origin"], undefined);
  });

  it("a new password ends the member's other sessions, and the old one is no password any more", async () => {
    const email = "cleo@example.com";
    await sonde.admin.json(["init", "--email", email, "--password-stdin", "--workspace", "Cleo's"], { input: `${OWNER.password}\n` });
    const who = { ...OWNER, email };
    const [here, there] = [await Member.logIn(sonde.origin, who), await Member.logIn(sonde.origin, who)];
    assert.equal((await here.send("POST", "/auth/password", { current: "not this one", new: "a new long password" })).status >= 400, true);
    assert.equal((await there.do("GET", "/auth/state")).member.email, email);
    await here.do("POST", "/auth/password", { current: OWNER.password, new: "a new long password" });
    assert.equal((await there.do("GET", "/auth/state")).member, null);
    assert.equal((await here.do("GET", "/auth/state")).member.email, email);
    assert.equal((await logIn(sonde.origin, who)).status, 401);
    assert.equal((await logIn(sonde.origin, { email, password: "a new long password" })).status, 200);
  });

  it("logging out ends the session on the server, not only in the browser", async () => {
    const member = await Member.logIn(sonde.origin);
    await member.do("POST", "/auth/logout");
    assert.equal((await member.do("GET", "/auth/state")).member, null);
  });

  it("the eleventh wrong password in a row is 429 with the time to wait, known address or not; others still get in", async () => {
    for (const email of ["owner@example.com", "nobody@example.com"]) {
      const wrong = { email, password: "not the password" };
      for (let tries = 1; tries <= 10; tries += 1) assert.equal((await logIn(sonde.origin, wrong)).status, 401, `${email}, try ${tries}`);
      const refused = await logIn(sonde.origin, { ...wrong, password: OWNER.password });
      assert.equal(refused.status, 429, refused.text);
      const wait = Number(refused.headers["retry-after"]);
      assert.ok(wait > 800 && wait <= 900, refused.headers["retry-after"]);
    }
    assert.equal((await logIn(sonde.origin, { email: "cleo@example.com", password: "a new long password" })).status, 200);
  });
});

describe("the way to the server", () => {
  /** A Sonde that has an owner, started with these settings. */
  async function withOwner(test, env, tell) {
    const sonde = await Sonde.start({ env });
    test.after(() => sonde.stop());
    await sonde.workspace();
    return tell(sonde, sonde.origin);
  }

  it("plain http under a foreign name, or through a proxy nobody told of, takes no password", (test) =>
    withOwner(test, {}, async (_, origin) => {
      for (const headers of [{ host: "sonde.example.com" }, { host: "127.0.0.1.example.com" }, { "x-forwarded-for": "192.0.2.7" }, { forwarded: "for=192.0.2.7" }]) {
        const reply = await logIn(origin, OWNER, headers);
        assert.equal(reply.status, 403, `${JSON.stringify(headers)}: ${reply.text}`);
        assert.match(reply.json.detail, /--insecure-cookie/);
        assert.equal(reply.headers["set-cookie"], undefined);
      }
      for (const host of ["localhost:1", "127.0.0.1", "[::1]:8080"]) assert.equal((await logIn(origin, OWNER, { host })).status, 200, host);
    }));

  it("with --insecure-cookie it does", (test) =>
    withOwner(test, { SONDE_INSECURE_COOKIE: "true" }, async (_, origin) => {
      const reply = await logIn(origin, OWNER, { host: "sonde.example.com" });
      assert.equal(reply.status, 200, reply.text);
      assert.deepEqual(cookiesOf(reply), ["sonde HttpOnly Path=/ SameSite=Lax"]);
    }));

  it("behind https the cookie is bound to the host and to https", (test) =>
    withOwner(test, { SONDE_PUBLIC_URL: "https://sonde.example.com" }, async (_, origin) => {
      const reply = await logIn(origin, OWNER, { host: "sonde.example.com", "x-forwarded-proto": "https" });
      assert.equal(reply.status, 200, reply.text);
      assert.deepEqual(cookiesOf(reply), ["__Host-sonde HttpOnly Path=/ SameSite=Lax Secure"]);
    }));

  it("a page says so when the password would go over plain http", (test) =>
    withOwner(test, {}, async (sonde) => {
      const browser = await launch();
      test.after(() => browser.close());
      const page = await browser.newPage({ extraHTTPHeaders: { "x-forwarded-for": "192.0.2.7" } });
      await page.goto(`${sonde.origin}/login`);
      await page.getByLabel("E-mail", { exact: true }).fill(OWNER.email);
      await page.getByLabel("Password", { exact: true }).fill(OWNER.password);
      await page.getByRole("button", { name: "Log in", exact: true }).click();
      await page.getByText(/plain http is refused/).waitFor();
    }));
});
