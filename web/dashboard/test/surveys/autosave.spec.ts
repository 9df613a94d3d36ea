import { describe, expect, it } from "vitest";
import { Autosave, type Outcome, QUIET_MS, type SaveState } from "../../src/surveys/model/autosave.ts";

function world(answers: Outcome[]) {
  const saved: [string, number][] = [];
  const states: SaveState["kind"][] = [];
  const timers: { ms: number; run: () => void; off: boolean }[] = [];
  const ports = {
    save: (document: string, revision: number) => {
      saved.push([document, revision]);
      return Promise.resolve(answers.shift() ?? { ok: { revision: revision + 1, errors: [] } });
    },
    after: (ms: number, run: () => void) => {
      const timer = { ms, run, off: false };
      timers.push(timer);
      return () => void (timer.off = true);
    },
    now: () => 7,
    changed: (state: SaveState) => void states.push(state.kind),
  };
  const fire = async () => {
    timers.findLast((timer) => !timer.off)?.run();
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { save: new Autosave("a", 1, ports), saved, states, timers, fire };
}

describe("autosave", () => {
  it("waits for quiet and saves the newest, each on the revision before", async () => {
    const { save, saved, timers, fire } = world([]);
    save.change("b");
    save.change("c");
    expect(timers.map(({ ms, off }) => [ms, off])).toEqual([[QUIET_MS, true], [QUIET_MS, false]]);
    await fire();
    save.change("d");
    await fire();
    expect(saved).toEqual([["c", 1], ["d", 2]]);
    expect(save.state).toEqual({ kind: "saved", at: 7 });
  });

  it("saves again what changed while it saved", async () => {
    const { save, saved } = world([]);
    save.change("b");
    const flushed = save.flush();
    save.change("c");
    expect(await flushed).toBe(true);
    expect(saved).toEqual([["b", 1], ["c", 2]]);
  });

  it("tries again when offline", async () => {
    const { save, saved, states, fire } = world([{ refused: "offline" }]);
    save.change("b");
    await fire();
    expect(states.at(-1)).toBe("offline");
    await fire();
    expect(saved).toEqual([["b", 1], ["b", 1]]);
    expect(states.at(-1)).toBe("saved");
  });

  it("stops at a conflict until somebody decides", async () => {
    const { save, saved, fire, states } = world([{ refused: "conflict" }]);
    save.change("b");
    await fire();
    save.change("c");
    expect(await save.flush()).toBe(false);
    expect(states.at(-1)).toBe("conflict");
    expect(await save.overwrite(9)).toBe(true);
    expect(saved).toEqual([["b", 1], ["c", 9]]);
  });
});
