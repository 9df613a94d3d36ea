/** Set-up without a dashboard: beside a running server and without one. And the server as its keeper sees it. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { accepted, call } from "./support/http.mjs";
import { run } from "./support/process.mjs";
import { Admin, Sonde, sondeBinary, throwawayFolder } from "./support/sonde.mjs";
import { SLEEP_QUALITY, after, shortSurvey } from "./support/surveys.mjs";
import { until } from "./support/until.mjs";
import { Workspace } from "./support/workspace.mjs";
import { world } from "./support/world.mjs";

const stage = await world();

/** A data folder for this story alone. */
async function folder() {
  const { path, remove } = await throwawayFolder();
  stage.finally(remove);
  return path;
}

/** A server for this story alone. Ended at once if the story has not ended it. */
async function server(options) {
  const sonde = await Sonde.start(options);
  stage.finally(() => sonde.stop("SIGKILL"));
  return sonde;
}

describe("admin commands", () => {
  it("set up a data folder before any server runs on it", async () => {
    const data = await folder();
    const admin = new Admin(data);
    const keys = await admin.init("Lull");
    assert.match(keys.workspace_id, /^wsp_/);
    assert.match(keys.backend_key, /^sk_/);
    assert.match(keys.sdk_key, /^pk_/);
    const file = join(await folder(), "sleep-quality.json");
    await writeFile(file, SLEEP_QUALITY);
    const imported = await admin.json(["import-survey", "--workspace", keys.workspace_id, "--launch", file]);
    assert.deepEqual([imported.version, imported.status], [1, "live"]);

    const sonde = await server({ data });
    const workspace = new Workspace(sonde, keys);
    await workspace.happened("mia");
    assert.ok(await (await workspace.visitor("mia")).see());
    const before = await workspace.rowTexts();
    assert.equal(before.length, 1);
    assert.equal(await sonde.stop(), 0);
    assert.deepEqual(await workspace.rowTexts(), before, "the same rows without a server");
  });

  it("say it for people unless JSON is asked for", async () => {
    const admin = new Admin(await folder());
    const words = ["init", "--email", "owner@example.com", "--password-stdin", "--workspace", "Lull"];
    const said = await admin.do(words, { input: "correct horse battery staple\n" });
    assert.match(said, /workspace +wsp_\S+\nbackend key +sk_\S+ .*\nSDK key +pk_\S+ /);
    const [workspace] = /wsp_\w+/.exec(said);
    assert.equal(await admin.do(["triggers", "--workspace", workspace]), "no trigger has been seen yet\n");
    assert.equal(await admin.do(["responses", "--workspace", workspace]), "");
  });

  it("refuse a second workspace of the same name, in plain words", async () => {
    const admin = new Admin(await folder());
    await admin.init("Lull");
    const words = ["init", "--email", "owner@example.com", "--password-stdin", "--workspace", "Lull"];
    const { code, err } = await admin.try(words, { input: "correct horse battery staple\n" });
    assert.notEqual(code, 0);
    assert.doesNotMatch(err, /constraint|UNIQUE|workspaces\.name/);
  });

  it("refuse a bad document and name every place", async () => {
    const workspace = await stage.workspace();
    const bad = JSON.parse(SLEEP_QUALITY);
    bad.questions[0].options[1].id = bad.questions[0].options[0].id;
    delete bad.questions[2].title.en;
    bad.launch.activation.expires_after_secs = 360_001;
    const words = ["import-survey", "--workspace", workspace.id, "--launch", "-"];
    const refused = await stage.sonde.admin.try(words, { input: JSON.stringify(bad) });
    assert.notEqual(refused.code, 0);
    const places = ["/questions/0/options/1/id", "/questions/2/title", "/launch/activation/expires_after_secs"];
    for (const place of places) assert.ok(refused.err.includes(place), `${place}: ${refused.err}`);
    const asJson = await stage.sonde.admin.try([...words, "--json"], { input: JSON.stringify(bad) });
    assert.notEqual(asJson.code, 0);
    const named = JSON.parse(asJson.out).errors.map((error) => error.pointer);
    for (const place of places) assert.ok(named.some((pointer) => pointer.startsWith(place)), `${place}: ${named}`);
    assert.deepEqual(accepted(await (await workspace.visitor("mia")).send("GET", "/config")).triggers, []);
  });

  it("refuse a misspelt setting, a document that is no JSON, and what does not exist", async () => {
    const { id } = await stage.workspace();
    const fails = async (words, pattern, input) => {
      const { code, err } = await stage.sonde.admin.try(words, { input });
      assert.notEqual(code, 0, words.join(" "));
      assert.match(err, pattern);
    };
    const importing = ["import-survey", "--workspace", id, "-"];
    await fails(importing, /\/launch.*frequency/s, JSON.stringify(shortSurvey({ frequency: "once" })));
    await fails(importing, /line 1 column 1/, "{");
    await fails(["import-survey", "--workspace", id, "/nowhere.json"], /\/nowhere\.json/);
    await fails(["triggers", "--workspace", "wsp_0"], /\/workspace/);
    await fails(["triggers", "--workspace", `wsp_${"0".repeat(32)}`], /no such workspace/);
    await fails(["export-survey", "--workspace", id, `srv_${"0".repeat(32)}`], /no such survey/);
  });

  it("export what was imported", async () => {
    const workspace = await stage.workspace();
    const { survey_id: survey } = await workspace.launch(SLEEP_QUALITY);
    const exporting = ["export-survey", "--workspace", workspace.id, survey];
    const exported = await stage.sonde.admin.do(exporting);
    assert.equal(exported, `${SLEEP_QUALITY.trimEnd()}\n`);
    const { survey_id: copy } = await workspace.launch(exported);
    assert.notEqual(copy, survey);
    assert.equal(await stage.sonde.admin.do(["export-survey", "--workspace", workspace.id, copy]), exported);
  });

  it("import the next version: an open display finishes on its own", async () => {
    const workspace = await stage.workspace();
    const { survey_id: survey } = await workspace.launch(shortSurvey({ title: "First", question: "old" }));
    const mia = await workspace.visitor("mia");
    const { display_id: display, survey: first } = await mia.see();
    const next = await workspace.launch(shortSurvey({ title: "Second", question: "new" }), { survey });
    assert.deepEqual(next, { survey_id: survey, version: 2, status: "live" });

    accepted(await mia.answer(display, { old: { options: ["good"] } }, { completed: true }));
    assert.deepEqual(accepted(await mia.send("GET", `/surveys/${survey}/1/en`)), first.content);
    const { survey: second } = await (await workspace.visitor("noah")).see();
    assert.deepEqual([second.version, second.content.questions[0].title], [2, "Second"]);
    const rows = (await workspace.rows()).map((row) => [row.user_id, row.survey_version, row.answers]);
    assert.deepEqual(rows, [
      ["mia", 1, { old: { options: ["good"] } }],
      ["noah", 2, {}],
    ]);
    assert.equal(await mia.fire(), null, "a new version is no new survey");
  });

  it("leave a draft alone until it is launched", async () => {
    const workspace = await stage.workspace();
    const words = ["import-survey", "--workspace", workspace.id, "-"];
    const draft = await stage.sonde.admin.json(words, { input: JSON.stringify(shortSurvey()) });
    assert.deepEqual([draft.version, draft.status], [0, "draft"]);
    const mia = await workspace.visitor("mia");
    assert.equal(await mia.fire(), null);
    const { code, err } = await stage.sonde.admin.try(["survey-status", "--workspace", workspace.id, draft.survey_id, "live"]);
    assert.notEqual(code, 0);
    assert.match(err, /never published/);
    await workspace.launch(shortSurvey(), { survey: draft.survey_id });
    assert.ok(await mia.fire());
  });

  it("end a survey for good, and an open display still finishes", async () => {
    const workspace = await stage.workspace();
    const { survey_id: survey } = await workspace.launch(shortSurvey());
    const mia = await workspace.visitor("mia");
    const { display_id: display } = await mia.see();
    assert.equal((await workspace.setStatus(survey, "ended")).status, "ended");
    assert.equal(await (await workspace.visitor("noah")).fire(), null);
    accepted(await mia.answer(display, { mood: { options: ["good"] } }, { completed: true }));
    const { code, err } = await stage.sonde.admin.try(["survey-status", "--workspace", workspace.id, survey, "live"]);
    assert.notEqual(code, 0);
    assert.match(err, /ended/);
  });

  it("list the triggers of both kinds", async () => {
    const workspace = await stage.workspace();
    await workspace.launch(shortSurvey());
    await workspace.happened("mia", "ended_sleep", { properties: { score: 1 } });
    const mia = await workspace.visitor("mia");
    await mia.fire("MainActivity", { properties: { screen: "home" } });
    await mia.fire("MainActivity", { properties: { screen: "home" } });
    const triggers = await until("both kinds are listed", async () => {
      const triggers = await workspace.triggers();
      return triggers.length === 2 && triggers;
    });
    const listed = triggers.map(({ kind, name, count, properties }) => [kind, name, count, properties]);
    assert.deepEqual(listed.toSorted(), [
      ["backend", "ended_sleep", 1, { score: ["number"] }],
      ["frontend", "MainActivity", 2, { screen: ["string"] }],
    ]);
    const table = await stage.sonde.admin.do(["triggers", "--workspace", workspace.id]);
    assert.match(table, /backend +1 .*ended_sleep +score\n/);
  });

  it("print their help", async () => {
    for (const words of [["--help"], ["serve", "--help"], ["admin", "--help"], ["--version"]]) {
      const { code, out } = await run(sondeBinary(), words);
      assert.equal(code, 0);
      assert.match(out, /sonde|Run the server/i);
    }
  });
});

describe("the server", () => {
  it("is healthy and ready, and ends well when told to", async () => {
    for (const signal of ["SIGTERM", "SIGINT"]) {
      const sonde = await server();
      assert.equal((await call(`${sonde.origin}/healthz`)).status, 200);
      assert.equal((await call(`${sonde.origin}/readyz`)).status, 200);
      assert.equal(await sonde.stop(signal), 0);
    }
  });

  it("finishes what it was sent before it was told to end", async () => {
    const data = await folder();
    const sonde = await server({ data });
    const workspace = await sonde.workspace();
    const body = JSON.stringify({ user_id: "mia", event_name: "ended_sleep" });
    const { hostname, port } = new URL(sonde.origin);
    const socket = connect(Number(port), hostname);
    const head = `POST /api/v1/connections/backend/event HTTP/1.1\r\nhost: sonde\r\nx-api-key: ${workspace.backendKey}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nexpect: 100-continue\r\n\r\n`;
    let answer = "";
    const heard = (pattern) => until(`the server says ${pattern}`, () => pattern.test(answer));
    socket.setEncoding("utf8").on("data", (text) => (answer += text));
    socket.write(head);
    await heard(/^HTTP\/1.1 100 /);
    const ended = sonde.stop();
    await until("it takes no new connection", () => call(`${sonde.origin}/healthz`).then(() => false, () => true));
    socket.write(body);
    await heard(/HTTP\/1.1 200 /);
    assert.equal(await ended, 0);
    const again = await server({ data });
    const same = new Workspace(again, { workspace_id: workspace.id, backend_key: workspace.backendKey, sdk_key: workspace.sdkKey });
    await same.launch(shortSurvey({ activation: after("ended_sleep") }));
    assert.ok(await (await same.visitor("mia")).fire());
  });

  it("has after a kill everything that it acknowledged", async () => {
    const data = await folder();
    const sonde = await server({ data });
    const workspace = await sonde.workspace();
    await workspace.launch(shortSurvey({ activation: after("ended_sleep"), repeat: { until: "always" } }));
    const seen = await workspace.visitor("seen");
    await workspace.happened("seen");
    const { display_id: display } = await seen.see();
    accepted(await seen.answer(display, { mood: { options: ["good"] } }, { completed: true }));
    await workspace.happened("due", "ended_sleep", { event_id: "night-1" });
    await sonde.stop("SIGKILL");

    workspace.sonde = await server({ data });
    assert.equal((await workspace.happened("due", "ended_sleep", { event_id: "night-1" })).duplicate, true);
    assert.ok(await (await workspace.visitor("due")).fire());
    assert.equal(await seen.fire(), null, "with the token it had before");
    const { state, answers } = await workspace.row();
    assert.deepEqual([state, answers], ["completed", { mood: { options: ["good"] } }]);
  });

  it("refuses a data folder that another one uses, and says so", async () => {
    const { code, err } = await run(sondeBinary(), ["serve", "--listen", "127.0.0.1:0", "--data", stage.sonde.data]);
    assert.notEqual(code, 0);
    assert.match(err, /another|in use|already|locked/i);
    assert.ok(err.includes(stage.sonde.data), err);
    assert.equal((await call(`${stage.sonde.origin}/readyz`)).status, 200);
  });

  it("refuses an address that is taken, and says so", async () => {
    const { host } = new URL(stage.sonde.origin);
    const { code, err } = await run(sondeBinary(), ["serve", "--listen", host, "--data", await folder()]);
    assert.notEqual(code, 0);
    assert.ok(err.includes(host), err);
  });

  it("takes its settings from flags, which win over the environment", async () => {
    const data = await folder();
    const args = ["--data", data, "--listen", "127.0.0.1:0", "--log-format", "text", "--public-url", "https://sonde.example"];
    const env = { SONDE_DATA: "/nowhere", SONDE_LISTEN: "127.0.0.1:1", SONDE_LOG_FORMAT: "json", SONDE_PUBLIC_URL: "https://other.example" };
    const sonde = await server({ data, args, env });
    assert.match(sonde.log, /https:\/\/sonde\.example/);
    assert.doesNotMatch(sonde.log, /^\{/m);
  });

  it("takes its settings from the environment", async () => {
    const data = await folder();
    const env = { SONDE_LISTEN: "127.0.0.1:0", SONDE_DATA: data, SONDE_PUBLIC_URL: "https://sonde.example", SONDE_LOG_FORMAT: "json" };
    const sonde = await server({ data, env });
    assert.equal((await call(`${sonde.origin}/readyz`)).status, 200);
    const ready = sonde.log.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line)).find(({ fields }) => fields.url);
    assert.equal(ready.fields.url, "https://sonde.example");
    assert.equal(ready.fields.data, data);
  });

  it("logs JSON a line, and never a key, a token or a property", async () => {
    const sonde = await server({ env: { RUST_LOG: "debug" } });
    const workspace = await sonde.workspace();
    await workspace.launch(SLEEP_QUALITY);
    const mia = await workspace.visitor("mia", { attributes: { secret: "attribute-4711" } });
    await workspace.happened("mia", "ended_sleep", { properties: { secret: "property-4711" } });
    const { display_id: display } = await mia.see({ properties: { secret: "trigger-4711" } });
    accepted(await mia.answer(display, { wish: { text: "answer-4711" } }));
    await workspace.post("{ not json property-4711");
    await workspace.post({ user_id: "mia", event_name: "property-4711\u0000" });
    await mia.send("POST", "/trigger", {}, { "x-sonde-token": "token-4711" });
    await workspace.post({}, { "x-api-key": "sk_key-4711" });
    assert.equal(await sonde.stop(), 0);

    const lines = sonde.log.split("\n").filter(Boolean);
    assert.ok(lines.length > 5, sonde.log);
    for (const line of lines) assert.equal(typeof JSON.parse(line).level, "string", line);
    for (const secret of [workspace.backendKey, workspace.sdkKey, mia.token, "-4711", "correct horse"]) {
      assert.ok(!sonde.log.includes(secret), `${secret} is in the log`);
    }
  });
});
