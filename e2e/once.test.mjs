/** However many tabs and devices ask at once, one of them shows the survey. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { SLEEP_QUALITY, after, shortSurvey } from "./support/surveys.mjs";
import { world } from "./support/world.mjs";

const stage = await world({ browser: true });
const ROUNDS = 5;

for (const [where, shared] of [
  ["two tabs of one browser", true],
  ["two devices", false],
]) {
  it(`${where} fire at once: one shows it, round after round`, async () => {
    const { workspace, demo } = await stage.customer(SLEEP_QUALITY);
    const device = await stage.device();
    const tabs = [await stage.tab(device), await stage.tab(shared ? device : await stage.device())];
    for (const tab of tabs) assert.equal(await tab.visitHome(demo, "mia"), false);
    for (let round = 1; round <= ROUNDS; round += 1) {
      await workspace.happened("mia", "ended_sleep", { properties: { round } });
      const shown = await Promise.all(tabs.map((tab) => tab.fire()));
      assert.deepEqual(shown.toSorted(), [false, true], `round ${round}`);
      const dialogs = await Promise.all(tabs.map((tab) => tab.dialog.count()));
      assert.deepEqual(dialogs, shown.map(Number), `round ${round}`);
      assert.equal((await workspace.rows()).length, round);

      const winner = tabs[shown.indexOf(true)];
      await winner.button("Close").click();
      await winner.closed();
    }
    for (const tab of tabs) {
      assert.equal(tab.asked("POST /trigger"), 1 + ROUNDS);
      tab.assertNoComplaints();
    }
    const events = (await workspace.rows()).map((row) => row.event.round);
    assert.deepEqual(events, [1, 2, 3, 4, 5]);
  });
}

it("a survey that needs no event is shown once over many pages opened at once", async () => {
  const { workspace, demo } = await stage.customer(shortSurvey());
  const device = await stage.device();
  const tabs = await Promise.all(Array.from({ length: 4 }, () => stage.tab(device)));
  const shown = await Promise.all(tabs.map((tab) => tab.visitHome(demo, "mia")));
  assert.equal(shown.filter(Boolean).length, 1);
  assert.equal((await workspace.rows()).length, 1);
});

it("of two surveys due at once one is shown, the other at the next firing", async () => {
  const { workspace, demo } = await stage.customer(shortSurvey({ title: "Low", priority: "low", activation: after("ended_sleep") }));
  await workspace.launch(shortSurvey({ title: "High", priority: "high", activation: after("ended_sleep") }));
  await workspace.happened("mia");
  const tab = await stage.tab();
  assert.equal(await tab.visitHome(demo, "mia"), true);
  await tab.question("High").waitFor();
  assert.equal(await tab.fire(), false, "one is on screen");
  await tab.page.keyboard.press("Escape");
  await tab.closed();
  assert.equal(await tab.fire(), true);
  await tab.question("Low").waitFor();
  tab.assertNoComplaints();
});

it("the same call, repeated, is given the same claim; another call none", async () => {
  const workspace = await stage.workspace();
  await workspace.launch(shortSurvey());
  const mia = await workspace.visitor("mia");
  const calls = Array.from({ length: 8 }, () => mia.fire("MainActivity", { requestId: "firing-1" }));
  const claims = new Set((await Promise.all(calls)).map((claim) => claim.display_id));
  assert.equal(claims.size, 1);
  assert.equal(await mia.fire(), null);
  assert.equal(await (await workspace.visitor("mia")).fire(), null);
});
