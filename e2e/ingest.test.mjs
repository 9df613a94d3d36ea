/** What a customer's server may say, what it gets back, and where each rule has its edge. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { accepted, assertProblem, call } from "./support/http.mjs";
import { after, shortSurvey } from "./support/surveys.mjs";
import { until } from "./support/until.mjs";
import { world } from "./support/world.mjs";

const stage = await world();
const workspace = await stage.workspace();
const PATH = "/api/v1/connections/backend/event";
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

const event = (more) => ({ user_id: "u1", event_name: "ended_sleep", ...more });
const fromNow = (ms) => new Date(Date.now() + ms).toISOString();

/** An object nested to `levels`, itself being the first. */
const nested = (levels) => (levels === 1 ? { leaf: true } : { inner: nested(levels - 1) });
/** `keys` keys, some of them one level down. */
const wide = (keys) => {
  const key = (_, index) => [`key${index}`, index];
  return { below: Object.fromEntries(Array.from({ length: 100 }, key)), ...Object.fromEntries(Array.from({ length: keys - 101 }, key)) };
};
/** A body of exactly so many bytes. */
const heavy = (bytes) => {
  const body = (filling) => JSON.stringify(event({ properties: { filling } }));
  return body("x".repeat(bytes - body("").length));
};

describe("the request of the product that Sonde replaces", () => {
  it("works as it is, but for host and key", async () => {
    const reply = await call(stage.sonde.origin + "/api/v1/connections/backend/event", {
      method: "POST",
      headers: { "Content-Type": "application/json", "x-api-key": workspace.backendKey },
      body: `{
  "user_id": "user_123",
  "event_name": "item_added_to_cart",
  "properties": {
    "item_name": "Wireless Headphones",
    "price": 19.99,
    "quantity": 2
  }
}`,
    });
    const { status, event_id, duplicate } = accepted(reply);
    assert.deepEqual({ status, duplicate }, { status: "ok", duplicate: false });
    assert.match(event_id, /^evt_/);
  });

  it("lists its event among the triggers, with the types of its properties", async () => {
    const fresh = await stage.workspace();
    const sentAt = Date.now();
    const properties = { item_name: "Mat", price: 19.99, quantity: 2, gift: false, tags: ["a"], shop: {}, note: null };
    await fresh.happened("u1", "item_added_to_cart", { properties });
    await fresh.happened("u2", "item_added_to_cart", { properties: { quantity: "two" } });
    const [listed, ...others] = await until("the trigger is listed", async () => {
      const triggers = await fresh.triggers();
      return triggers[0]?.count === 2 && triggers;
    });
    assert.deepEqual(others, []);
    const { kind, name, count, first_seen_at, last_seen_at } = listed;
    assert.deepEqual({ kind, name, count }, { kind: "backend", name: "item_added_to_cart", count: 2 });
    assert.ok(sentAt - 1 <= Date.parse(first_seen_at) && Date.parse(first_seen_at) <= Date.parse(last_seen_at));
    assert.deepEqual(listed.properties, {
      item_name: ["string"],
      price: ["number"],
      quantity: ["number", "string"],
      gift: ["boolean"],
      tags: ["array"],
      shop: ["object"],
      note: ["null"],
    });
  });
});

describe("the edges of an event", () => {
  /** The last value that is fine, and the first that is not, at the place that is named. */
  const EDGES = [
    ["nesting of 8 levels, not 9", "/properties", (past) => event({ properties: nested(8 + past) })],
    ["256 keys, not 257", "/properties", (past) => event({ properties: wide(256 + past) })],
    ["an event name of 128 characters, not 129", "/event_name", (past) => event({ event_name: "ö".repeat(128 + past) })],
    ["a user id of 256 characters, not 257", "/user_id", (past) => event({ user_id: "🌙".repeat(256 + past) })],
    ["an anonymous id of 256 characters, not 257", "/anonymous_id", (past) => ({ anonymous_id: "a".repeat(256 + past), event_name: "e" })],
    ["an event id of 100 characters, not 101", "/event_id", (past) => event({ event_id: "~".repeat(100 + past) })],
    ["a time 100 hours ago, not more", "/timestamp", (past) => event({ timestamp: fromNow(-100 * HOUR_MS + (past ? -1 : MINUTE_MS)) })],
    ["a time 5 minutes ahead, not more", "/timestamp", (past) => event({ timestamp: fromNow((past ? 6 : 5) * MINUTE_MS) })],
  ];
  for (const [rule, pointer, body] of EDGES) {
    it(rule, async () => {
      accepted(await workspace.post(body(0)));
      const reply = await workspace.post(body(1));
      assert.equal(reply.status, 422, reply.text);
      const place = reply.json.errors[0].pointer;
      assert.ok(place.startsWith(pointer), `${place} is not within ${pointer}`);
      assertProblem(reply, 422, place);
    });
  }

  const streamed = (text) => new Blob([text]).stream();

  it("a body of 32 KiB, not a byte more, with its length said or not", async () => {
    accepted(await workspace.post(heavy(32 * 1024)));
    accepted(await workspace.post(streamed(heavy(32 * 1024))));
    assertProblem(await workspace.post(heavy(32 * 1024 + 1)), 413);
    assertProblem(await workspace.post(streamed(heavy(32 * 1024 + 1))), 413);
  });

  it("a body far past the edge is told so, too, and not merely cut off", async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      assertProblem(await workspace.post(heavy(1024 * 1024)), 413);
      assertProblem(await workspace.post(streamed(heavy(1024 * 1024))), 413);
    }
  });

  it("a user id may be an integer, which is kept as its text", async () => {
    const fresh = await stage.workspace();
    await fresh.launch(shortSurvey({ activation: after("ended_sleep") }));
    const digits = "12345678901234567890123";
    accepted(await fresh.post(`{"user_id":${digits},"event_name":"ended_sleep"}`));
    assert.ok(await (await fresh.visitor(digits)).fire());
  });

  const BROKEN = [
    ["no user at all", "/user_id", { event_name: "e" }],
    ["two kinds of user", "/anonymous_id", event({ anonymous_id: "a" })],
    ["an empty user id", "/user_id", event({ user_id: "" })],
    ["a user id that is a fraction", "/user_id", '{"user_id":1.0,"event_name":"e"}'],
    ["a user id that is an object", "/user_id", event({ user_id: {} })],
    ["no event name", "/event_name", { user_id: "u1" }],
    ["an empty event name", "/event_name", event({ event_name: "" })],
    ["an event name with a control character", "/event_name", event({ event_name: "a\nb" })],
    ["an event name that is a number", "/event_name", event({ event_name: 7 })],
    ["properties that are a list", "/properties", event({ properties: [] })],
    ["properties that are a text", "/properties", event({ properties: "{}" })],
    ["U+0000 in a property", "/properties/note", event({ properties: { note: "a\u0000b" } })],
    ["U+0000 in a user id", "/user_id", event({ user_id: "a\u0000" })],
    ["a time that is none", "/timestamp", event({ timestamp: "yesterday" })],
    ["a time without an offset", "/timestamp", event({ timestamp: "2026-11-23T08:00:00" })],
    ["a time that is a number", "/timestamp", event({ timestamp: 1_700_000_000 })],
    ["an empty event id", "/event_id", event({ event_id: "" })],
    ["an event id with a space", "/event_id", event({ event_id: "a b" })],
    ["an event id beyond ASCII", "/event_id", event({ event_id: "é" })],
    ["an event id that looks like Sonde's own", "/event_id", event({ event_id: "evt_1" })],
    ["a body that is a list", "", "[]"],
  ];
  for (const [what, pointer, body] of BROKEN) {
    it(`refused, and the place named: ${what}`, async () => {
      assertProblem(await workspace.post(body), 422, pointer);
    });
  }

  it("everything that is wrong is said at once", async () => {
    const reply = await workspace.post({ user_id: "", event_name: "", properties: 1, timestamp: "?", event_id: "" });
    assertProblem(reply, 422);
    const places = reply.json.errors.map((error) => error.pointer);
    assert.deepEqual(places.sort(), ["/event_id", "/event_name", "/properties", "/timestamp", "/user_id"]);
  });

  for (const [where, body] of [
    ["a property", '{"user_id":"u1","event_name":"e","properties":{"note":"\\ud800"}}'],
    ["a property's name", '{"user_id":"u1","event_name":"e","properties":{"\\udc00":1}}'],
    ["a user id", '{"user_id":"\\ud800","event_name":"e"}'],
    ["an event name", '{"user_id":"u1","event_name":"\\ud800x"}'],
  ]) {
    it(`a lone surrogate is refused in ${where}`, async () => {
      const reply = await workspace.post(body);
      assert.ok([400, 422].includes(reply.status), reply.text);
      assertProblem(reply, reply.status);
    });
  }

  it("of a repeated key the last stands, and fields nobody knows are ignored", async () => {
    const fresh = await stage.workspace();
    await fresh.launch(shortSurvey({ activation: after("ended_sleep") }));
    accepted(await fresh.post('{"user_id":"u1","event_name":"ended_sleep","source":"ring","properties":{"a":1,"b":2,"a":3}}'));
    await (await fresh.visitor("u1")).see();
    assert.deepEqual((await fresh.row()).event, { a: 3, b: 2 });
  });

  it("an event for somebody no SDK has seen is accepted, with no more than it needs", async () => {
    accepted(await workspace.post({ user_id: "nobody yet", event_name: "ended sleep" }));
    accepted(await workspace.post({ user_id: "nobody yet", event_name: "e", properties: null, timestamp: null, event_id: null }));
  });
});

describe("a retry", () => {
  const purchase = (more) => event({ user_id: "retry", event_name: "purchase", properties: { price: 5 }, ...more });
  const answered = async (body, headers) => {
    const { event_id, duplicate } = accepted(await workspace.post(body, headers));
    return [event_id, duplicate];
  };

  it("with the same id and body is a duplicate", async () => {
    assert.deepEqual(await answered(purchase({ event_id: "order-1" })), ["order-1", false]);
    assert.deepEqual(await answered(purchase({ event_id: "order-1" })), ["order-1", true]);
  });

  it("with the same id and another body is refused", async () => {
    await answered(purchase({ event_id: "order-2" }));
    for (const other of [{ properties: { price: 6 } }, { event_name: "refund" }, { timestamp: fromNow(0) }]) {
      assertProblem(await workspace.post(purchase({ event_id: "order-2", ...other })), 422, "/event_id");
    }
  });

  it("with the same id for another user is another event", async () => {
    assert.deepEqual(await answered(purchase({ event_id: "order-3" })), ["order-3", false]);
    assert.deepEqual(await answered(purchase({ event_id: "order-3", user_id: "other" })), ["order-3", false]);
  });

  it("may carry its id in a header, quoted or bare", async () => {
    assert.deepEqual(await answered(purchase(), { "idempotency-key": "order-4" }), ["order-4", false]);
    assert.deepEqual(await answered(purchase(), { "idempotency-key": '"order-4"' }), ["order-4", true]);
    assert.deepEqual(await answered(purchase({ event_id: "order-4" })), ["order-4", true]);
    assert.deepEqual(await answered(purchase({ event_id: "order-4" }), { "idempotency-key": "order-4" }), ["order-4", true]);
  });

  it("whose header and body name different ids is refused", async () => {
    assertProblem(await workspace.post(purchase({ event_id: "order-5" }), { "idempotency-key": "order-6" }), 422, "/event_id");
  });

  it("with a header past the edge of an id is refused", async () => {
    await answered(purchase(), { "idempotency-key": "k".repeat(100) });
    assertProblem(await workspace.post(purchase(), { "idempotency-key": "k".repeat(101) }), 422, "/event_id");
    assertProblem(await workspace.post(purchase(), { "idempotency-key": "evt_1" }), 422, "/event_id");
  });

  it("sent twenty times at once is stored once", async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, () => answered(purchase({ event_id: "order-7" }))));
    assert.equal(replies.filter(([, duplicate]) => !duplicate).length, 1);
  });
});

describe("who may send, and how", () => {
  const post = (options) => call(stage.sonde.origin + PATH, { method: "POST", body: JSON.stringify(event()), ...options });
  const json = { "content-type": "application/json" };

  for (const [what, key] of [
    ["no key", () => ({})],
    ["an empty key", () => ({ "x-api-key": "" })],
    ["an unknown key", () => ({ "x-api-key": "sk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" })],
    ["a key cut short", () => ({ "x-api-key": workspace.backendKey.slice(0, -1) })],
    ["the SDK key", () => ({ "x-api-key": workspace.sdkKey })],
    ["the backend key in the SDK's header", () => ({ "x-sonde-key": workspace.backendKey })],
  ]) {
    it(`401 with ${what}`, async () => {
      assertProblem(await post({ headers: { ...json, ...key() } }), 401);
    });
  }

  it("401 for the backend key in the client API", async () => {
    const headers = { ...json, "x-sonde-key": workspace.backendKey };
    assertProblem(await call(`${stage.sonde.origin}/api/v1/client/config?platform=web`, { headers }), 401);
  });

  it("415 for another content type; parameters are allowed", async () => {
    const of = (type) => workspace.post(event(), { "content-type": type });
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"]) assertProblem(await of(type), 415);
    for (const type of ["application/json; charset=utf-8", "Application/JSON"]) accepted(await of(type));
  });

  for (const [what, body] of [
    ["nothing", ""],
    ["half a body", '{"user_id":"u1",'],
    ["something behind the body", '{"user_id":"u1","event_name":"e"} {}'],
    ["bytes that are no UTF-8", new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])],
  ]) {
    it(`400 for ${what}`, async () => {
      assertProblem(await post({ headers: { ...json, "x-api-key": workspace.backendKey }, body }), 400);
    });
  }

  it("405 for another method, 404 for another path", async () => {
    const headers = { "x-api-key": workspace.backendKey };
    for (const method of ["GET", "PUT", "DELETE"]) {
      const reply = await call(stage.sonde.origin + PATH, { method, headers });
      assertProblem(reply, 405);
      assert.equal(reply.headers.get("allow"), "POST");
    }
    assertProblem(await call(`${stage.sonde.origin}${PATH}s_of_old`, { headers }), 404);
    assertProblem(await call(`${stage.sonde.origin}/api/v1/elsewhere`, { headers }), 404);
  });
});
