/** Nobody yet, then somebody, then somebody else. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { accepted, assertProblem } from "./support/http.mjs";
import { SLEEP_QUALITY, after, shortSurvey } from "./support/surveys.mjs";
import { until } from "./support/until.mjs";
import { world } from "./support/world.mjs";

const stage = await world({ browser: true });

const identify = (tab, user, attributes) => tab.page.evaluate(([user, attributes]) => sonde.identify(user, attributes), [user, attributes]);
const setAttributes = (tab, attributes) => tab.page.evaluate((attributes) => sonde.setAttributes(attributes), attributes);
const logout = (tab) => tab.page.evaluate(() => sonde.logout());

/** The id that the SDK has given to the anonymous user. */
function anonymousId(tab, workspace) {
  const key = `sonde:${workspace.sdkKey}:anonymous`;
  return until("the SDK has an anonymous id", () => tab.page.evaluate((key) => localStorage.getItem(key), key));
}

async function dismiss(tab) {
  await tab.page.keyboard.press("Escape");
  await tab.closed();
}

it("an event for the anonymous user is found once the user is known", async () => {
  const { workspace, site } = await stage.shop(SLEEP_QUALITY);
  const tab = await stage.tab();
  await tab.visit(site);
  const anonymous_id = await anonymousId(tab, workspace);
  accepted(await workspace.post({ anonymous_id, event_name: "ended_sleep", properties: { sleep_score: 71 } }));
  await identify(tab, "ada");
  assert.equal(await tab.fire(), true);
  const { user_id, anonymous_id: none, event } = await workspace.row();
  assert.deepEqual([user_id, none, event], ["ada", undefined, { sleep_score: 71 }]);
  await dismiss(tab);
  assert.equal(await (await workspace.visitor("ada")).fire(), null, "asked as the user on another device");
  tab.assertNoComplaints();
});

it("an event for the user is found by a page that was anonymous until now", async () => {
  const { workspace, site } = await stage.shop(SLEEP_QUALITY);
  await workspace.happened("ada");
  const tab = await stage.tab();
  await tab.visit(site);
  assert.equal(await tab.fire(), false);
  await identify(tab, "ada");
  assert.equal(await tab.fire(), true);
  tab.assertNoComplaints();
});

it("an event for the anonymous id still finds the user after they were united", async () => {
  const { workspace, site } = await stage.shop(SLEEP_QUALITY);
  const tab = await stage.tab();
  await tab.visit(site);
  const anonymous_id = await anonymousId(tab, workspace);
  await identify(tab, "ada");
  assert.equal(await tab.fire(), false);
  accepted(await workspace.post({ anonymous_id, event_name: "ended_sleep" }));
  assert.equal(await tab.fire(), true);
  assert.equal((await workspace.row()).user_id, "ada");
});

it("what the anonymous user has seen is not shown again to the user, here or elsewhere", async () => {
  const { workspace, site } = await stage.shop(shortSurvey(), { users: ["ada"] });
  const tab = await stage.tab();
  await tab.visit(site);
  await setAttributes(tab, { plan: "free", city: "Bern" });
  assert.equal(await tab.fire(), true);
  await dismiss(tab);
  const before = await workspace.row();
  assert.deepEqual([before.user_id, before.anonymous_id], [undefined, await anonymousId(tab, workspace)]);
  await identify(tab, "ada");
  assert.equal(await tab.fire(), false);
  await tab.assertNothingShown();
  const elsewhere = await stage.tab();
  await elsewhere.visit(site, "/ada");
  assert.equal(await elsewhere.fire(), false);
  const after = await workspace.row();
  assert.deepEqual([after.user_id, after.anonymous_id, after.user], ["ada", undefined, { plan: "free", city: "Bern" }]);
  tab.assertNoComplaints();
});

it("a survey on screen survives that the user is named, and its answer is the user's", async () => {
  const { workspace, site } = await stage.shop(shortSurvey());
  const tab = await stage.tab();
  await tab.visit(site);
  assert.equal(await tab.fire(), true);
  await identify(tab, "ada");
  await tab.radio("Good").click();
  await tab.button("Send").click();
  await tab.closed();
  const row = await until("the answer is the user's", async () => {
    const row = await workspace.row();
    return row.state === "completed" && row;
  });
  assert.deepEqual([row.user_id, row.answers], ["ada", { mood: { options: ["good"] } }]);
  tab.assertNoComplaints();
});

it("after a logout the next user sees nothing of the former", async () => {
  const { workspace, site } = await stage.shop(shortSurvey({ activation: after("ended_sleep") }), { users: ["ada"] });
  const tab = await stage.tab();
  await tab.visit(site, "/ada");
  await setAttributes(tab, { plan: "pro" });
  await workspace.happened("ada", "ended_sleep", { properties: { of: "ada" } });
  assert.equal(await tab.fire(), true);
  await logout(tab);
  await tab.closed();

  await workspace.happened("ada", "ended_sleep", { properties: { of: "ada" } });
  assert.equal(await tab.fire(), false, "as nobody");
  await identify(tab, "bob");
  assert.equal(await tab.fire(), false, "as Bob");
  await workspace.happened("bob", "ended_sleep", { properties: { of: "bob" } });
  assert.equal(await tab.fire(), true, "Bob's own event");
  const rows = Object.fromEntries((await workspace.rows()).map((row) => [row.user_id, row]));
  assert.deepEqual([rows.ada.event, rows.ada.user], [{ of: "ada" }, { plan: "pro" }]);
  assert.deepEqual([rows.bob.event, rows.bob.user], [{ of: "bob" }, {}]);
  tab.assertNoComplaints();
});

it("who comes after a logout is a new person: shown what the former was shown, and not united with them", async () => {
  const { workspace, site } = await stage.shop(shortSurvey());
  const tab = await stage.tab();
  await tab.visit(site);
  const first = await anonymousId(tab, workspace);
  await identify(tab, "ada");
  assert.equal(await tab.fire(), true);
  await dismiss(tab);
  await logout(tab);
  assert.equal(await tab.fire(), true);
  await dismiss(tab);
  assert.notEqual(await anonymousId(tab, workspace), first);
  await identify(tab, "bob");
  assert.equal(await tab.fire(), false);
  const users = (await workspace.rows()).map((row) => row.user_id);
  assert.deepEqual(users, ["ada", "bob"]);
});

it("a switch from user to user needs no logout", async () => {
  const { workspace, site } = await stage.shop(SLEEP_QUALITY, { users: ["ada"] });
  const tab = await stage.tab();
  await tab.visit(site, "/ada");
  await workspace.happened("ada");
  await identify(tab, "bob");
  assert.equal(await tab.fire(), false);
  await identify(tab, "ada");
  assert.equal(await tab.fire(), true);
  assert.equal((await workspace.row()).user_id, "ada");
});

it("an anonymous id belongs to one user only; to say so again is harmless", async () => {
  const workspace = await stage.workspace();
  const nobody = await workspace.visitor({ anonymous_id: "a-1" });
  accepted(await nobody.identify("ada"));
  accepted(await nobody.identify("ada"));
  assertProblem(await nobody.identify("bob"), 409);
  await workspace.launch(shortSurvey());
  assert.ok(await nobody.see(), "its old token speaks for the user");
  assert.equal((await workspace.row()).user_id, "ada");
});

it("of two claims that meet when the user is named, the user's own stands and the other must not be painted", async () => {
  const workspace = await stage.workspace();
  await workspace.launch(shortSurvey());
  const ada = await workspace.visitor("ada");
  const nobody = await workspace.visitor({ anonymous_id: "a-1" });
  const [own, other] = [await ada.fire(), await nobody.fire()];
  accepted(await nobody.identify("ada"));
  assertProblem(await nobody.report(other.display_id, "shown"), 409);
  assertProblem(await ada.report(other.display_id, "shown"), 409);
  accepted(await ada.report(own.display_id, "shown"));
  assert.equal((await workspace.row()).display_id, own.display_id);
});

it("a tab that was anonymous goes on as the user whom another tab has named", async () => {
  const { workspace, site } = await stage.shop(SLEEP_QUALITY, { users: ["ada"] });
  const device = await stage.device();
  const [old, other] = [await stage.tab(device), await stage.tab(device)];
  await old.visit(site);
  const anonymous = await anonymousId(old, workspace);
  assert.equal(await old.fire(), false);
  await other.visit(site);
  assert.equal(await anonymousId(other, workspace), anonymous, "the tabs of one device are two visitors");
  await identify(other, "ada");
  assert.equal(await other.fire(), false);
  await workspace.happened("ada", "ended_sleep", { properties: { sleep_score: 71 } });
  assert.equal(await old.fire(), true, "the old tab does not speak for the user");
  assert.equal(await other.fire(), false, "asked twice");
  await other.assertNothingShown();
  const row = await workspace.row();
  assert.deepEqual([row.user_id, row.anonymous_id, row.event], ["ada", undefined, { sleep_score: 71 }]);
  await old.radio("Well rested").click();
  await old.button("Next").click();
  await until("the answer is the user's", async () => (await workspace.row()).answers.feeling);
  for (const tab of [old, other]) tab.assertNoComplaints();
});

it("a tab that was anonymous becomes somebody else than the user whom another tab has named", async () => {
  const { workspace, site } = await stage.shop(SLEEP_QUALITY);
  const device = await stage.device();
  const [old, other] = [await stage.tab(device), await stage.tab(device)];
  for (const tab of [old, other]) {
    await tab.visit(site);
    assert.equal(await tab.fire(), false);
  }
  await identify(other, "ada");
  assert.equal(await other.fire(), false);
  await workspace.happened("ada");
  await identify(old, "bob");
  assert.equal(await old.fire(), false, "Bob is shown what is Ada's");
  await workspace.happened("bob");
  assert.equal(await old.fire(), true);
  assert.equal(await other.fire(), true);
  const users = (await workspace.rows()).map(({ user_id }) => user_id);
  assert.deepEqual(users.sort(), ["ada", "bob"]);
  assert.deepEqual([...old.exceptions, ...other.exceptions], []);
});

it("a user id is the same user as a number and as text", async () => {
  const { workspace, site } = await stage.shop(SLEEP_QUALITY);
  await workspace.happened(4711);
  const tab = await stage.tab();
  await tab.visit(site);
  await identify(tab, 4711);
  assert.equal(await tab.fire(), true);
  assert.equal((await workspace.row()).user_id, "4711");
  assert.equal(await (await workspace.visitor("4711")).fire(), null);
});
