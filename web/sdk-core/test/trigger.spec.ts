import { describe, expect, it } from "vitest";
import { CLAIM, later, settle, World } from "./world.ts";

const answering = (status: number) => () => ({ status });
const offline = () => "offline" as const;

describe("a firing", () => {
  it("asks, confirms, then paints", async () => {
    const world = await new World().start();
    expect(await world.client.trigger("Live", { screen: "home" })).toEqual({ shown: true });
    expect(world.calls).toEqual(["POST /session", "GET /config?platform=web", "POST /trigger", "POST /displays/dsp_1"]);
    expect(world.bodies("POST /trigger")[0]).toEqual({
      request_id: "id-1",
      trigger: "Live",
      properties: { screen: "home" },
      trigger_seq: ["Live"],
      url: "https://shop.example/",
      locale: "en-GB",
      theme: "light",
    });
    expect(world.bodies("POST /displays/dsp_1")).toEqual([{ state: "shown" }]);
    expect(world.painted).toHaveLength(1);
    expect(world.displayed).toEqual([{ trigger: "Live", can_display_survey: true }]);
  });

  it.each([
    ["no survey is due", "POST /trigger", () => ({ body: { survey: null } })],
    ["the trigger call is offline twice", "POST /trigger", offline],
    ["the trigger call is refused", "POST /trigger", answering(422)],
    ["the claim lapsed", "POST /displays/dsp_1", answering(409)],
    ["the display is not this user's", "POST /displays/dsp_1", answering(404)],
    ["the confirmation is offline", "POST /displays/dsp_1", offline],
    ["the confirmation fails", "POST /displays/dsp_1", answering(500)],
    ["the session is refused", "POST /session", answering(401)],
    ["the config cannot be had", "GET /config?platform=web", offline],
  ])("paints nothing when %s", async (_, route, handler) => {
    const world = new World();
    world.routes[route] = handler;
    await world.start();
    const result = world.client.trigger("Live");
    await world.clock.advance(5_000);
    expect(await result).toEqual({ shown: false });
    expect(world.painted).toEqual([]);
    expect(world.displayed).toEqual([{ trigger: "Live", can_display_survey: false }]);
  });

  it("costs no question when the config does not name it, and is reported as seen once per visit and keys", async () => {
    const world = await new World().start();
    expect(await world.client.trigger("Unknown", { b: 1, a: 2 })).toEqual({ shown: false });
    await world.client.trigger("Unknown", { a: 3, b: 4 });
    await world.client.trigger("Unknown", { a: 3 });
    await world.clock.advance(3_000);
    expect(world.bodies("POST /trigger")).toEqual([]);
    const triggers = [{ name: "Unknown", properties: { b: 1, a: 2 } }, { name: "Unknown", properties: { a: 3 } }];
    expect(world.bodies("POST /batch")).toEqual([{ items: [{ type: "seen", triggers }] }]);
  });

  it("is repeated once, with the same request id, when no answer came", async () => {
    const world = await new World().start();
    let tries = 0;
    world.routes["POST /trigger"] = () => (++tries === 1 ? "offline" : { body: CLAIM });
    const result = world.client.trigger("Live");
    await world.clock.advance(1_000);
    expect(await result).toEqual({ shown: true });
    expect(world.bodies("POST /trigger").map((body) => body["request_id"])).toEqual(["id-1", "id-1"]);
  });

  it("waits for config and session, in order, each with the sequence as it was", async () => {
    const world = new World();
    const session = later<object>();
    world.routes["POST /session"] = () => session.promise;
    world.routes["POST /trigger"] = () => ({ body: { survey: null } });
    world.client.start("u1");
    const results = Promise.all(["Live", "Other", "Live"].map((name) => world.client.trigger(name)));
    await settle();
    expect(world.bodies("POST /trigger")).toEqual([]);
    session.resolve({ body: { client_token: "t" } });
    await results;
    const asked = world.bodies("POST /trigger").map((body) => [body["request_id"], body["trigger_seq"]]);
    expect(asked).toEqual([["id-1", ["Live"]], ["id-2", ["Live", "Other"]], ["id-3", ["Live", "Other", "Live"]]]);
  });

  it("shows one survey at a time, and asks again after it closed", async () => {
    const world = await new World().start();
    const both = await Promise.all([world.client.trigger("Live"), world.client.trigger("Other")]);
    expect(both.map((result) => result.shown)).toEqual([true, false]);
    expect(world.bodies("POST /trigger")).toHaveLength(1);
    world.painted[0]?.hooks.onClose();
    expect(await world.client.trigger("Live")).toEqual({ shown: true });
  });

  it("waits the delay before it confirms", async () => {
    const world = await new World().start();
    world.routes["POST /trigger"] = () => ({ body: { ...CLAIM, delay_ms: 5_000 } });
    const result = world.client.trigger("Live");
    await world.clock.advance(4_999);
    expect(world.bodies("POST /displays/dsp_1")).toEqual([]);
    await world.clock.advance(1);
    expect(await result).toEqual({ shown: true });
  });

  it("fetches the content when it is not inline, with the key and without a token", async () => {
    const world = await new World().start();
    const { content: _, ...survey } = CLAIM.survey;
    world.routes["POST /trigger"] = () => ({ body: { ...CLAIM, survey } });
    await world.client.trigger("Live");
    expect(world.painted[0]?.content).toEqual({ language: "en", fetched: true });
    expect(world.requests.find((request) => request.path.includes("/surveys/"))?.headers).toEqual({ "x-sonde-key": "pk_1" });
  });

  it("loads the widget beside the confirmation", async () => {
    const world = await new World().start();
    const confirmation = later<object>();
    let loaded = 0;
    world.loadWidget = async () => void (loaded += 1);
    world.routes["POST /displays/dsp_1"] = () => confirmation.promise;
    const result = world.client.trigger("Live");
    await settle();
    expect([loaded, world.painted.length]).toEqual([1, 0]);
    confirmation.resolve({});
    expect(await result).toEqual({ shown: true });
  });

  it.each([
    ["fails", async () => settle().then(() => Promise.reject(new Error("404")))],
    ["never comes", () => new Promise(() => {})],
  ])("says `abandoned` when it was confirmed and the widget %s", async (_, load) => {
    const world = await new World().start();
    world.loadWidget = load;
    const result = world.client.trigger("Live");
    await world.clock.advance(20_000);
    expect(await result).toEqual({ shown: false });
    expect(world.bodies("POST /displays/dsp_1")).toEqual([{ state: "shown" }, { state: "abandoned" }]);
    world.loadWidget = () => Promise.resolve();
    expect(await world.client.trigger("Live")).toEqual({ shown: true });
  });

  it("does not even confirm when the widget has failed already", async () => {
    const world = await new World().start();
    world.loadWidget = () => Promise.reject(new Error("404"));
    world.routes["POST /trigger"] = () => ({ body: { ...CLAIM, delay_ms: 100 } });
    const result = world.client.trigger("Live");
    await world.clock.advance(100);
    expect(await result).toEqual({ shown: false });
    expect(world.bodies("POST /displays/dsp_1")).toEqual([]);
  });

  it.each(["asking", "delay", "confirming"])("paints nothing when the page goes while %s", async (moment) => {
    const world = await new World().start();
    const gate = later<object>();
    if (moment === "asking") world.routes["POST /trigger"] = () => gate.promise;
    if (moment === "delay") world.routes["POST /trigger"] = () => ({ body: { ...CLAIM, delay_ms: 5_000 } });
    if (moment === "confirming") world.routes["POST /displays/dsp_1"] = ({ body }) => ((body as { state: string }).state === "shown" ? gate.promise : {});
    const result = world.client.trigger("Live");
    await settle();
    world.client.depart();
    gate.resolve({ body: CLAIM });
    await world.clock.advance(10_000);
    expect(await result).toEqual({ shown: false });
    expect(world.painted).toEqual([]);
  });

  it("claims nothing for a page that went before it could ask", async () => {
    const world = new World();
    const config = later<object>();
    world.routes["GET /config?platform=web"] = () => config.promise;
    await world.start();
    const result = world.client.trigger("Live");
    world.client.depart();
    config.resolve({ body: { triggers: ["Live"] } });
    expect(await result).toEqual({ shown: false });
    expect(world.bodies("POST /trigger")).toEqual([]);
  });

  it("survives properties that JSON cannot say, and listeners that throw", async () => {
    const world = await new World().start();
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    world.client.on("survey_displayed", () => {
      throw new Error("host");
    });
    expect(await world.client.trigger("Live", circle)).toEqual({ shown: true });
    expect(world.bodies("POST /trigger")[0]?.["properties"]).toEqual({});
  });
});

describe("the config", () => {
  it("is polled with its ETag and kept on 304", async () => {
    const world = await new World().start();
    world.routes["GET /config?platform=web"] = () => ({ status: 304 });
    await world.clock.advance(60_000);
    await world.clock.advance(60_000);
    const asked = world.requests.filter((request) => request.path.includes("/config"));
    expect(asked.map((request) => request.headers["if-none-match"])).toEqual([undefined, '"1"', '"1"']);
    expect(await world.client.trigger("Live")).toEqual({ shown: true });
  });

  it("forgets the ETag when the conditional request fails, and keeps what it knew", async () => {
    const world = await new World().start();
    world.routes["GET /config?platform=web"] = offline;
    await world.clock.advance(120_000);
    const asked = world.requests.filter((request) => request.path.includes("/config"));
    expect(asked.map((request) => request.headers["if-none-match"])).toEqual([undefined, '"1"', undefined]);
    expect(await world.client.trigger("Live")).toEqual({ shown: true });
  });

  it.each([
    ["a torn body", { status: 200, body: null, etag: '"2"' }],
    ["a failure", { status: 500 }],
  ])("keeps what it knew after %s", async (_, reply) => {
    const world = await new World().start();
    world.routes["GET /config?platform=web"] = () => reply;
    await world.clock.advance(60_000);
    expect(await world.client.trigger("Live")).toEqual({ shown: true });
  });

  it("is refreshed when the page is back, and not while it is hidden", async () => {
    const world = await new World().start();
    world.client.hide();
    await world.clock.advance(600_000);
    expect(world.calls.filter((call) => call.startsWith("GET"))).toHaveLength(1);
    world.client.resume();
    await settle();
    expect(world.calls.filter((call) => call.startsWith("GET"))).toHaveLength(2);
  });
});
