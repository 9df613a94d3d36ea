/** A key, a token and a display belong to one workspace and one user; and what else the client API promises. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { accepted, assertProblem, call } from "./support/http.mjs";
import { after, shortSurvey } from "./support/surveys.mjs";
import { world } from "./support/world.mjs";

const stage = await world();

/** A workspace whose short survey needs no event, and a visitor with it on screen. */
async function shown(document = shortSurvey()) {
  const workspace = await stage.workspace();
  const { survey_id: survey } = await workspace.launch(document);
  const mia = await workspace.visitor("mia");
  const claim = await mia.see();
  return { workspace, survey, mia, claim, display: claim.display_id };
}

/** Every call about a display. */
const onDisplay = (visitor, display, headers) => [
  visitor.send("POST", `/displays/${display}`, { state: "shown" }, headers),
  visitor.send("POST", `/displays/${display}`, { state: "dismissed" }, headers),
  visitor.send("PUT", `/displays/${display}/response`, { revision: 9, completed: true, answers: {} }, headers),
];

describe("another workspace", () => {
  it("does not see a display", async () => {
    const { workspace, display } = await shown();
    const stranger = await (await stage.workspace()).visitor("mia");
    for (const reply of await Promise.all(onDisplay(stranger, display))) assertProblem(reply, 404);
    assert.equal((await workspace.row()).state, "shown");
  });

  it("does not accept a token, nor do its tokens open this one", async () => {
    const { mia, display } = await shown();
    const other = await stage.workspace();
    for (const reply of await Promise.all(onDisplay(mia, display, { "x-sonde-key": other.sdkKey }))) assertProblem(reply, 401);
    const stranger = await other.visitor("mia");
    for (const reply of await Promise.all(onDisplay(mia, display, { "x-sonde-token": stranger.token }))) assertProblem(reply, 401);
    assertProblem(await mia.send("POST", "/trigger", { request_id: "r", trigger: "MainActivity" }, { "x-sonde-key": other.sdkKey }), 401);
  });

  it("shares neither events nor users nor surveys", async () => {
    const one = await stage.workspace();
    const two = await stage.workspace();
    const { survey_id: survey } = await one.launch(shortSurvey({ activation: after("ended_sleep") }));
    await two.launch(shortSurvey({ activation: after("ended_sleep") }));
    await one.happened("mia", "ended_sleep", { event_id: "night-1" });
    assert.equal(await (await two.visitor("mia")).fire(), null);
    assert.equal((await two.happened("mia", "ended_sleep", { event_id: "night-1" })).duplicate, false);
    const stranger = await two.visitor("mia");
    assertProblem(await stranger.send("GET", `/surveys/${survey}/1/en`), 404);
    const { code, err } = await stage.sonde.admin.try(["export-survey", "--workspace", two.id, survey]);
    assert.notEqual(code, 0);
    assert.match(err, /no such survey/);
  });
});

describe("another user", () => {
  it("does not see a display", async () => {
    const { workspace, display } = await shown();
    const noah = await workspace.visitor("noah");
    const nobody = await workspace.visitor({ anonymous_id: "mia" });
    for (const visitor of [noah, nobody]) {
      for (const reply of await Promise.all(onDisplay(visitor, display))) assertProblem(reply, 404);
    }
    assert.equal((await workspace.row()).state, "shown");
  });

  it("cannot be played with a token that was tampered with", async () => {
    const { mia } = await shown();
    const { token } = mia;
    const flipped = token.slice(0, -2) + (token.at(-2) === "A" ? "B" : "A") + token.at(-1);
    for (const bad of ["", "x", token.slice(0, -4), flipped]) {
      assertProblem(await mia.send("POST", "/trigger", { request_id: "r", trigger: "MainActivity" }, { "x-sonde-token": bad }), 401);
    }
  });
});

describe("the client API", () => {
  it("names the triggers of live surveys, with an ETag", async () => {
    const { workspace, survey, mia } = await shown(shortSurvey({ frontend_triggers: [{ name: "MainActivity" }, { name: "Diary" }] }));
    const first = await mia.send("GET", "/config?platform=web");
    assert.deepEqual(accepted(first).triggers, ["Diary", "MainActivity"]);
    const again = { "if-none-match": first.headers.get("etag") };
    assert.equal((await mia.send("GET", "/config?platform=web", undefined, again)).status, 304);
    await workspace.setStatus(survey, "paused");
    assert.deepEqual(accepted(await mia.send("GET", "/config?platform=web", undefined, again)).triggers, []);
    assertProblem(await mia.send("GET", "/config?platform=fridge"), 422, "/platform");
  });

  it("hands out content that may be kept for a year, the same by URL as with the claim", async () => {
    const { mia, claim } = await shown();
    const reply = await call(stage.sonde.origin + claim.survey.content_url, { headers: { "x-sonde-key": mia.workspace.sdkKey } });
    assert.deepEqual(accepted(reply), claim.survey.content);
    assert.match(reply.headers.get("cache-control"), /max-age=31536000.*immutable/);
  });

  it("allows any origin, and the headers that an SDK sends", async () => {
    const headers = {
      origin: "https://customer.example",
      "access-control-request-method": "PUT",
      "access-control-request-headers": "content-type,x-sonde-key,x-sonde-token",
    };
    const reply = await call(`${stage.sonde.origin}/api/v1/client/displays/dsp_1/response`, { method: "OPTIONS", headers });
    assert.equal(reply.status, 200);
    assert.equal(reply.headers.get("access-control-allow-origin"), "*");
    assert.match(reply.headers.get("access-control-allow-methods"), /PUT/);
    for (const name of ["content-type", "x-sonde-key", "x-sonde-token"]) {
      assert.ok(reply.headers.get("access-control-allow-headers").includes(name), name);
    }
    assert.ok(Number(reply.headers.get("access-control-max-age")) > 0);
  });

  it("lets a page on any origin read why it was refused", async () => {
    const { mia, display } = await shown();
    const origin = { origin: "https://customer.example" };
    for (const [status, reply] of [
      [401, await mia.send("GET", "/config", undefined, { ...origin, "x-sonde-key": "pk_unknown" })],
      [401, await mia.send("POST", "/trigger", {}, { ...origin, "x-sonde-token": "stale" })],
      [404, await mia.send("POST", "/displays/dsp_0", { state: "shown" }, origin)],
      [405, await mia.send("POST", "/config", {}, origin)],
      [415, await mia.send("POST", "/trigger", {}, { ...origin, "content-type": "text/plain" })],
      [422, await mia.send("PUT", `/displays/${display}/response`, { revision: 0 }, origin)],
    ]) {
      assertProblem(reply, status);
      assert.equal(reply.headers.get("access-control-allow-origin"), "*", `of a ${status}`);
    }
  });

  it("checks a firing at its edges", async () => {
    const { mia } = await shown();
    const fire = (more) => mia.send("POST", "/trigger", { request_id: "r", trigger: "t", ...more });
    const nested = (levels) => (levels === 1 ? {} : { inner: nested(levels - 1) });
    for (const [pointer, fine, wrong] of [
      ["/request_id", { request_id: "r".repeat(100) }, { request_id: "r".repeat(101) }],
      ["/request_id", { request_id: "r" }, { request_id: "" }],
      ["/trigger", { trigger: "é".repeat(128) }, { trigger: "é".repeat(129) }],
      ["/trigger", { trigger: "a b" }, { trigger: "a\tb" }],
      [`/properties${"/inner".repeat(8)}`, { properties: nested(8) }, { properties: nested(9) }],
      ["/properties", { properties: {} }, { properties: [] }],
    ]) {
      assert.deepEqual(accepted(await fire(fine)), { survey: null });
      assertProblem(await fire(wrong), 422, pointer);
    }
  });

  it("takes a hundred items in a batch, not one more", async () => {
    const { mia } = await shown();
    const items = (count) => ({ items: Array(count).fill({ type: "attributes", attributes: { plan: "pro" } }) });
    assert.equal(accepted(await mia.send("POST", "/batch", items(100))).results.length, 100);
    assertProblem(await mia.send("POST", "/batch", items(101)), 422, "/items");
  });

  it("keeps the highest revision, and completed stays completed", async () => {
    const { workspace, mia, display } = await shown();
    const answers = async () => (await workspace.row()).answers.mood?.options[0];
    assert.deepEqual(accepted(await mia.answer(display, { mood: { options: ["good"] } }, { revision: 2 })), { revision: 2, state: "answered" });
    assert.deepEqual(accepted(await mia.answer(display, { mood: { options: ["bad"] } }, { revision: 1 })), { revision: 2, state: "answered" });
    assert.equal(await answers(), "good");
    const complete = { revision: 3, completed: true };
    assert.deepEqual(accepted(await mia.answer(display, { mood: { options: ["bad"] } }, complete)), { revision: 3, state: "completed" });
    assert.deepEqual(accepted(await mia.answer(display, { mood: { options: ["bad"] } }, complete)), { revision: 3, state: "completed" });
    accepted(await mia.report(display, "dismissed"));
    assert.equal((await workspace.row()).state, "completed");
    assert.equal(await answers(), "bad");
  });

  it("refuses answers that do not fit the survey, and names the place", async () => {
    const { mia, display } = await shown();
    for (const [answers, pointer] of [
      [{ mood: { options: ["splendid"] } }, "/answers/mood"],
      [{ mood: { number: 3 } }, "/answers/mood"],
      [{ mood: {} }, "/answers/mood"],
      [{ weather: { text: "fine" } }, "/answers/weather"],
    ]) {
      const reply = await mia.answer(display, answers);
      assert.equal(reply.status, 422, reply.text);
      const place = reply.json.errors[0].pointer;
      assert.ok(place.startsWith(pointer), `${place} is not within ${pointer}`);
      assertProblem(reply, 422, place);
    }
  });

  it("takes a beacon: a batch as text, with key and token in it", async () => {
    const { workspace, mia, display } = await shown();
    const response = { type: "response", display_id: display, revision: 1, completed: true, answers: { mood: { options: ["good"] } } };
    const seen = { type: "seen", triggers: [{ name: "checkout_opened", properties: { screen: "cart" } }] };
    const stray = { type: "display", display_id: "dsp_0", state: "dismissed" };
    const body = JSON.stringify({ key: workspace.sdkKey, client_token: mia.token, items: [response, stray, seen] });
    const reply = await call(`${stage.sonde.origin}/api/v1/client/batch`, { method: "POST", headers: { "content-type": "text/plain" }, body });
    assert.deepEqual(accepted(reply).results.map((result) => result.status), [200, 404, 200]);
    const { state, answers } = await workspace.row();
    assert.deepEqual([state, answers], ["completed", { mood: { options: ["good"] } }]);
  });
});
