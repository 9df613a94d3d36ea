import { describe, expect, it } from "vitest";
import { CLAIM, later, memoryStore, settle, World } from "./world.ts";

describe("the session", () => {
  it("says who, where and with what", async () => {
    const world = await new World().start("u1", { plan: "pro" });
    const about = { locale: "en-GB", platform: "web", sdk: "test/0" };
    expect(world.bodies("POST /session")).toEqual([{ user_id: "u1", attributes: { plan: "pro" }, ...about }]);
  });

  it("takes integer ids as their text", async () => {
    const world = new World();
    world.client.start(42);
    await settle();
    expect(world.bodies("POST /session")[0]?.["user_id"]).toBe("42");
  });

  it("keeps the anonymous id over visits", async () => {
    const storage = memoryStore();
    const first = await new World(storage).start(null);
    const second = await new World(storage).start(null);
    expect(first.bodies("POST /session")[0]?.["anonymous_id"]).toBe("id-1");
    expect(second.bodies("POST /session")[0]?.["anonymous_id"]).toBe("id-1");
  });

  it("is renewed once on 401, and the call repeated with the same request id", async () => {
    const world = await new World().start();
    let sessions = 0;
    world.routes["POST /session"] = () => ({ body: { client_token: `fresh-${++sessions}` } });
    world.routes["POST /trigger"] = ({ headers }) => (headers["x-sonde-token"] === "fresh-1" ? { body: CLAIM } : { status: 401 });
    expect(await world.client.trigger("Live")).toEqual({ shown: true });
    expect(world.tokens("POST /trigger")).toEqual(["t:u1", "fresh-1"]);
    expect(world.bodies("POST /trigger").map((body) => body["request_id"])).toEqual(["id-1", "id-1"]);
  });

  it("gives up when the fresh token is refused too", async () => {
    const world = await new World().start();
    world.routes["POST /trigger"] = () => ({ status: 401 });
    expect(await world.client.trigger("Live")).toEqual({ shown: false });
    expect(world.bodies("POST /session")).toHaveLength(2);
    expect(world.bodies("POST /trigger")).toHaveLength(2);
  });

  it("is renewed once for several calls that meet the stale token together", async () => {
    const world = await new World().start();
    world.routes["POST /session"] = () => ({ body: { client_token: "fresh" } });
    const guarded = ({ headers }: { headers: Readonly<Record<string, string>> }) =>
      headers["x-sonde-token"] === "fresh" ? { body: { survey: null } } : { status: 401 };
    world.routes["POST /trigger"] = guarded;
    world.routes["POST /batch"] = guarded;
    await world.client.trigger("Unknown");
    const asked = world.client.trigger("Live");
    await world.clock.advance(2_000);
    await asked;
    expect(world.bodies("POST /session")).toHaveLength(2);
  });

  it("is tried again by the next firing when it could not be had", async () => {
    const world = new World();
    world.routes["POST /session"] = () => "offline";
    await world.start();
    world.routes["POST /session"] = () => ({ body: { client_token: "t" } });
    expect(await world.client.trigger("Live")).toEqual({ shown: true });
  });
});

describe("identify", () => {
  it("unites the anonymous user with the named one", async () => {
    const world = await new World().start(null);
    world.client.identify("u1", { plan: "pro" });
    await world.client.trigger("Live");
    expect(world.tokens("POST /identify")).toEqual(["t:anon"]);
    expect(world.bodies("POST /identify")).toEqual([{ user_id: "u1", attributes: { plan: "pro" } }]);
    expect(world.tokens("POST /trigger")).toEqual(["t:u1"]);
    expect(world.storage.get("anonymous")).toBeNull();
  });

  it("unites the anonymous user of an earlier page, too", async () => {
    const storage = memoryStore();
    await new World(storage).start(null);
    const world = await new World(storage).start("u1");
    expect(world.calls.filter((call) => call.startsWith("POST"))).toEqual(["POST /session", "POST /identify"]);
    expect(world.bodies("POST /session")[0]).toMatchObject({ anonymous_id: "id-1" });
  });

  it("leaves the anonymous id behind when it belongs to somebody else", async () => {
    const world = await new World().start(null);
    world.routes["POST /identify"] = () => ({ status: 409 });
    world.client.identify("u2");
    await world.client.trigger("Live");
    expect(world.tokens("POST /trigger")).toEqual(["t:u2"]);
    expect(world.storage.get("anonymous")).toBeNull();
  });

  it("begins a new session for another user and takes the old one's survey off the screen", async () => {
    const world = await new World().start("u1");
    await world.client.trigger("Live");
    world.client.identify("u2");
    expect(world.painted[0]).toMatchObject({ closed: true, flushed: 1 });
    expect(await world.client.trigger("Live")).toEqual({ shown: true });
    expect(world.tokens("POST /trigger")).toEqual(["t:u1", "t:u2"]);
    expect(world.calls).not.toContain("POST /identify");
    expect(world.bodies("POST /trigger")[1]?.["trigger_seq"]).toEqual(["Live"]);
  });

  it("keeps the survey on screen when the anonymous user gets a name, and saves under it", async () => {
    const world = await new World().start(null);
    await world.client.trigger("Live");
    world.client.identify("u1");
    world.painted[0]?.hooks.onAnswer({ q1: { number: 9 } });
    await settle();
    expect(world.painted[0]?.closed).toBe(false);
    expect(world.tokens("PUT /displays/dsp_1/response")).toEqual(["t:u1"]);
  });

  it("as the same user is only about attributes", async () => {
    const world = await new World().start("u1");
    world.client.identify("u1");
    world.client.identify("u1", { plan: "free" });
    await settle();
    expect(world.bodies("POST /session")).toHaveLength(1);
    expect(world.bodies("POST /attributes")).toEqual([{ attributes: { plan: "free" } }]);
  });

  const changes: [string, (world: World) => void][] = [
    ["identify as another user", (world) => world.client.identify("u2")],
    ["logout", (world) => world.client.logout()],
  ];
  const moments = ["asking", "delay", "content", "confirming", "widget"];
  it.each(changes.flatMap(([name, change]) => moments.map((moment) => [name, moment, change] as const)))(
    "%s while %s discards what comes back",
    async (_, moment, change) => {
      const world = await new World().start("u1");
      const gate = later<object>();
      const { content: __, ...bare } = CLAIM.survey;
      if (moment === "asking") world.routes["POST /trigger"] = () => gate.promise;
      if (moment === "delay") world.routes["POST /trigger"] = () => ({ body: { ...CLAIM, delay_ms: 9_000 } });
      if (moment === "content") {
        world.routes["POST /trigger"] = () => ({ body: { ...CLAIM, survey: bare } });
        world.routes["GET /surveys/srv_1/3/en"] = () => gate.promise;
      }
      if (moment === "confirming") world.routes["POST /displays/dsp_1"] = ({ body }) => ((body as { state: string }).state === "shown" ? gate.promise : {});
      if (moment === "widget") world.loadWidget = () => gate.promise;
      const result = world.client.trigger("Live");
      await settle();
      change(world);
      gate.resolve({ body: moment === "content" ? { language: "en" } : CLAIM });
      await world.clock.advance(10_000);
      expect(await result).toEqual({ shown: false });
      expect(world.painted).toEqual([]);
      const late = moment === "confirming" || moment === "widget";
      const states = world.bodies("POST /displays/dsp_1").map((body) => body["state"]);
      expect(states).toEqual(late ? ["shown", "abandoned"] : []);
      expect(new Set(world.tokens("POST /displays/dsp_1"))).toEqual(new Set(late ? ["t:u1"] : []));
    },
  );
});

describe("logout", () => {
  it("goes on as a new anonymous user, and only when needed", async () => {
    const world = await new World().start(null);
    world.client.logout();
    await settle();
    expect(world.bodies("POST /session")).toHaveLength(1);
    await world.client.trigger("Live");
    expect(world.bodies("POST /session").map((body) => body["anonymous_id"])).toEqual(["id-1", "id-3"]);
  });
});

describe("attributes", () => {
  it("reach the server before the next decision", async () => {
    const world = await new World().start();
    const gate = later<object>();
    world.routes["POST /attributes"] = () => gate.promise;
    world.client.setAttributes({ plan: "pro" });
    const result = world.client.trigger("Live");
    await settle();
    expect(world.bodies("POST /trigger")).toEqual([]);
    gate.resolve({});
    expect(await result).toEqual({ shown: true });
  });

  it("that could not be sent go with the next session, older ones giving way", async () => {
    const world = await new World().start();
    world.routes["POST /attributes"] = () => "offline";
    world.client.setAttributes({ plan: "free", age: 30 });
    await settle();
    world.client.setAttributes({ age: 31 });
    await settle();
    const next = await new World(world.storage).start("u1", { plan: "pro" });
    expect(next.bodies("POST /session")[0]?.["attributes"]).toEqual({ plan: "pro", age: 31 });
    expect(next.calls).not.toContain("POST /attributes");
  });
});

describe("identity proof", () => {
  it("goes with the session of the user", async () => {
    const world = new World();
    world.client.start("u1", undefined, "jwt-1");
    await settle();
    expect(world.bodies("POST /session")[0]).toMatchObject({ user_id: "u1", proof: "jwt-1" });
  });

  it("is fetched anew for each session, so that a short one can be renewed", async () => {
    const world = new World();
    let made = 0;
    world.client.start("u1", undefined, () => Promise.resolve(`jwt-${++made}`));
    await settle();
    world.routes["POST /session"] = () => ({ body: { client_token: "fresh" } });
    world.routes["POST /trigger"] = ({ headers }) => (headers["x-sonde-token"] === "fresh" ? { body: CLAIM } : { status: 401 });
    expect(await world.client.trigger("Live")).toEqual({ shown: true });
    expect(world.bodies("POST /session").map((body) => body["proof"])).toEqual(["jwt-1", "jwt-2"]);
  });

  it("goes with identify, and not with the anonymous session before it", async () => {
    const world = await new World().start(null);
    world.client.identify("u1", undefined, () => Promise.resolve("jwt-1"));
    await settle();
    expect(world.bodies("POST /session").map((body) => body["proof"])).toEqual([undefined]);
    expect(world.bodies("POST /identify")).toEqual([{ user_id: "u1", proof: "jwt-1" }]);
  });

  it("of one user never vouches for the next", async () => {
    const world = new World();
    world.client.start("u1", undefined, "jwt-1");
    await settle();
    world.client.identify("u2");
    await settle();
    expect(world.bodies("POST /session").map((body) => body["proof"])).toEqual(["jwt-1", undefined]);
  });

  it("that could not be had is asked for again by the next firing", async () => {
    const world = new World();
    let tries = 0;
    world.client.start("u1", undefined, () => (++tries === 1 ? Promise.reject(new Error("down")) : Promise.resolve("jwt-2")));
    await settle();
    expect(world.logs).toContain("no session");
    expect(await world.client.trigger("Live")).toEqual({ shown: true });
    expect(world.bodies("POST /session")[0]).toMatchObject({ proof: "jwt-2" });
  });

  it("can be replaced for the same user", async () => {
    const world = new World();
    world.routes["POST /session"] = ({ body }) =>
      (body as { proof?: string }).proof === "new" ? { body: { client_token: "t" } } : { status: 401 };
    world.client.start("u1", undefined, "old");
    await settle();
    world.client.identify("u1", undefined, "new");
    expect(await world.client.trigger("Live")).toEqual({ shown: true });
  });
});
