import { describe, expect, it } from "vitest";
import { later, memoryStore, settle, World } from "./world.ts";

const PUT = "PUT /displays/dsp_1/response";
const revisions = (world: World) => world.bodies(PUT).map((body) => body["revision"]);
const queued = (world: World) => world.storage.keys().filter((key) => key.startsWith("queue:"));

async function shown(world = new World()): Promise<World> {
  await world.start();
  await world.client.trigger("Live");
  return world;
}

function answer(world: World, number: number, completed = false): void {
  const hooks = world.painted[0]?.hooks;
  if (completed) hooks?.onComplete({ q1: { number } });
  else hooks?.onAnswer({ q1: { number } });
}

describe("answers", () => {
  it("are saved one by one with a rising revision", async () => {
    const world = await shown();
    await world.clock.advance(1_500);
    answer(world, 1);
    await settle();
    answer(world, 2);
    await settle();
    answer(world, 2, true);
    await settle();
    const body = { locale: "en", duration_ms: 1_500, completed: false };
    expect(world.bodies(PUT)).toEqual([
      { ...body, revision: 1, answers: { q1: { number: 1 } } },
      { ...body, revision: 2, answers: { q1: { number: 2 } } },
      { ...body, revision: 3, answers: { q1: { number: 2 } }, completed: true },
    ]);
    expect(queued(world)).toEqual([]);
  });

  it("given while one is on its way wait, and only the newest follows", async () => {
    const world = await shown();
    const gate = later<object>();
    world.routes[PUT] = () => gate.promise;
    for (const number of [1, 2, 3, 4]) answer(world, number);
    await settle();
    expect(revisions(world)).toEqual([1]);
    gate.resolve({});
    await settle();
    expect(revisions(world)).toEqual([1, 4]);
    expect(queued(world)).toEqual([]);
  });

  it("are tried again, newest only, later and later, and at once when the network is back", async () => {
    const world = await shown();
    world.routes[PUT] = () => "offline";
    answer(world, 1);
    await settle();
    answer(world, 2);
    answer(world, 3);
    await world.clock.advance(1_500);
    expect(revisions(world)).toEqual([1, 3]);
    await world.clock.advance(3_000);
    expect(revisions(world)).toEqual([1, 3, 3]);
    world.routes[PUT] = () => ({});
    world.client.resume();
    await settle();
    expect(revisions(world)).toEqual([1, 3, 3, 3]);
    await world.clock.advance(600_000);
    expect(revisions(world)).toHaveLength(4);
  });

  it("never go down in revision, whatever the server answers", async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const world = await shown();
      let state = seed;
      const dice = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
      world.routes[PUT] = async () => {
        for (let turn = 0; turn < dice() * 20; turn += 1) await Promise.resolve();
        const roll = dice();
        return roll < 0.3 ? Promise.reject(new Error("offline")) : { status: roll < 0.5 ? 503 : roll < 0.6 ? 401 : 200 };
      };
      for (let number = 1; number <= 12; number += 1) {
        answer(world, number, number === 12);
        if (dice() < 0.5) await world.clock.advance(dice() * 4_000);
      }
      world.routes[PUT] = () => ({});
      await world.clock.advance(200_000);
      const sent = revisions(world) as number[];
      expect(sent, `seed ${seed}`).toEqual([...sent].sort((a, b) => a - b));
      expect(sent.at(-1)).toBe(12);
      expect(queued(world)).toEqual([]);
    }
  });

  it("wait as long as the server says", async () => {
    const world = await shown();
    world.routes[PUT] = () => ({ status: 429, retryAfterMs: 30_000 });
    answer(world, 1);
    await world.clock.advance(29_000);
    expect(revisions(world)).toEqual([1]);
    await world.clock.advance(1_000);
    expect(revisions(world)).toEqual([1, 1]);
  });

  it.each([404, 409, 422])("refused with %i are not sent again", async (status) => {
    const world = await shown();
    world.routes[PUT] = () => ({ status });
    answer(world, 1);
    await world.clock.advance(600_000);
    expect(revisions(world)).toEqual([1]);
    expect(queued(world)).toEqual([]);
  });

  it("survive the page", async () => {
    const world = await shown();
    world.routes[PUT] = () => "offline";
    answer(world, 1);
    await settle();
    answer(world, 2, true);
    const next = await new World(world.storage).start();
    expect(next.bodies(PUT)).toMatchObject([{ revision: 2, completed: true }]);
    expect(queued(next)).toEqual([]);
  });

  it("of a user who has gone are sent with that user's token, and dropped when it is stale", async () => {
    const world = await shown();
    world.routes[PUT] = () => "offline";
    answer(world, 1);
    await settle();
    const next = new World(world.storage);
    await next.start("u2");
    expect(next.tokens(PUT)).toEqual(["t:u1"]);
    const storage = memoryStore(new Map([["queue:response:dsp_1", world.requests.length ? stale() : ""]]));
    const last = new World(storage);
    last.routes[PUT] = () => ({ status: 401 });
    await last.start("u2");
    expect(last.bodies("POST /session")).toHaveLength(1);
    expect(storage.keys()).toEqual([]);
  });

  it("are dropped after a week, and torn entries at once", async () => {
    const week = 7 * 86_400_000;
    const storage = memoryStore(new Map([["queue:response:dsp_1", stale(1_800_000_000_000 - week - 1)], ["queue:display:x", "{tor"]]));
    const world = await new World(storage).start("u1");
    expect(revisions(world)).toEqual([]);
    expect(queued(world)).toEqual([]);
  });
});

function stale(at = 1_800_000_000_000): string {
  const item = { type: "response", display_id: "dsp_1", revision: 1, completed: false, answers: {} };
  return JSON.stringify({ who: "u:u1", token: "old", at, item });
}

describe("several entries", () => {
  it("go one after another, oldest first, and one that fails holds back the rest", async () => {
    const world = await shown();
    world.routes[PUT] = () => "offline";
    answer(world, 1);
    await settle();
    world.painted[0]?.hooks.onDismiss();
    world.client.setAttributes({ plan: "pro" });
    await world.clock.advance(2_000);
    expect(world.calls.slice(4)).toEqual([PUT, PUT]);
    world.routes[PUT] = () => ({});
    await world.clock.advance(10_000);
    expect(world.calls.slice(4)).toEqual([PUT, PUT, PUT, "POST /displays/dsp_1", "POST /attributes"]);
    expect(queued(world)).toEqual([]);
  });
});

describe("a page that goes", () => {
  it("hands over what is unsent, with key and token in the body, and keeps it until it is answered", async () => {
    const world = await shown();
    world.routes[PUT] = () => new Promise(() => {});
    answer(world, 1);
    await world.client.trigger("Unknown");
    await settle();
    world.client.depart();
    expect(world.painted[0]?.flushed).toBe(1);
    expect(world.beacons).toMatchObject([
      {
        path: "/api/v1/client/batch",
        key: "pk_1",
        client_token: "t:u1",
        items: [{ type: "response", revision: 1 }, { type: "seen", triggers: [{ name: "Unknown", properties: {} }] }],
      },
    ]);
    expect(queued(world)).toHaveLength(1);
  });

  it("sends no beacon when there is nothing to say", async () => {
    const world = await shown();
    world.client.depart();
    expect(world.beacons).toEqual([]);
  });

  it("splits what is too much for one beacon", async () => {
    const world = await new World().start();
    for (let index = 0; index < 5; index += 1) {
      const answers = { q1: { text: "x".repeat(16_000) } };
      const item = { type: "response", display_id: `dsp_${index}`, revision: 1, completed: true, answers };
      world.storage.set(`queue:response:dsp_${index}`, JSON.stringify({ who: "u:u1", token: "t", at: world.clock.now() + index, item }));
    }
    world.client.depart();
    expect(world.beacons.map((beacon) => (beacon["items"] as unknown[]).length)).toEqual([1, 1, 1, 1, 1]);
  });
});

describe("dismissing", () => {
  it("is reported once, with the answers so far, and not after completion", async () => {
    const world = await shown();
    const told: unknown[] = [];
    world.client.on("survey_dismissed", (detail) => void told.push(detail));
    world.client.on("survey_completed", (detail) => void told.push(detail));
    answer(world, 1);
    world.painted[0]?.hooks.onDismiss();
    world.painted[0]?.hooks.onDismiss();
    await settle();
    expect(told).toEqual([{ survey_id: "srv_1", display_id: "dsp_1", answers: { q1: { number: 1 } } }]);

    const other = await shown();
    other.client.on("survey_completed", (detail) => void told.push(detail));
    answer(other, 2, true);
    other.painted[0]?.hooks.onDismiss();
    await settle();
    expect(told).toHaveLength(2);
    expect(other.bodies("POST /displays/dsp_1")).toEqual([{ state: "shown" }]);
  });
});
