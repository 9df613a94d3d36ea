/** The main job, from the customer's server to the row with the answers, in a real browser. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SLEEP_QUALITY, after, shortSurvey } from "./support/surveys.mjs";
import { until } from "./support/until.mjs";
import { world } from "./support/world.mjs";

const stage = await world({ browser: true });

const FEELING = "How do you feel this morning?";
const RECOMMEND = "How likely are you to recommend sleep tracking to a friend?";
const ACCURACY = "How well did the recording match your night?";
const WISH = "What would help you sleep better?";
const THANKS = "Thank you, and have a good day!";

/** What the demo's server says of every night. */
const NIGHT = { duration_minutes: 437, sleep_score: 82.5, device: "ring", restless: false };
const ANSWERS = {
  feeling: { options: ["other"], other_text: "Full of dreams" },
  recommend: { number: 9 },
  accuracy: { number: 4 },
  wish: { text: "A gentler alarm" },
};

async function answerByClick(tab) {
  await tab.question(FEELING).waitFor();
  await tab.radio("Something else").click();
  await tab.dialog.getByRole("textbox", { name: "Please tell us" }).fill("Full of dreams");
  await tab.button("Next").click();
  await tab.question(RECOMMEND).waitFor();
  await tab.radio("9").click();
  await tab.question(ACCURACY).waitFor();
  await tab.radio("4").click();
  await tab.question(WISH).waitFor();
  await tab.dialog.getByRole("textbox").fill("A gentler alarm");
  await tab.button("Send").click();
  await tab.question(THANKS).waitFor();
  await tab.button("Close").click();
}

async function answerByKeyboard(tab) {
  const { keyboard } = tab.page;
  const press = async (...keys) => {
    for (const key of keys) await keyboard.press(key);
  };
  await tab.question(FEELING).waitFor();
  // "Something else" stays last, whatever the order of the others: one up from the first.
  await press("Tab", "Space", "ArrowUp", "Tab");
  await keyboard.type("Full of dreams");
  await press("Enter");
  await tab.question(RECOMMEND).waitFor();
  await press("Tab", "Space", ...Array(9).fill("ArrowRight"), "Enter");
  await tab.question(ACCURACY).waitFor();
  await press("Tab", "Space", ...Array(3).fill("ArrowRight"), "Enter");
  await tab.question(WISH).waitFor();
  await press("Tab");
  await keyboard.type("A gentler alarm");
  await press("Tab", "Tab", "Enter");
  await tab.question(THANKS).waitFor();
  await press("Tab", "Enter");
}

/** `ended_sleep` was sent by the demo's server, and the demo's home is open with the survey on it. */
async function surveyOnScreen({ user = "mia", document = SLEEP_QUALITY } = {}) {
  const { workspace, survey, demo } = await stage.customer(document);
  const tab = await stage.tab();
  await tab.endSleep(demo, user);
  assert.equal(await tab.visitHome(demo, user), true);
  await tab.dialog.waitFor();
  return { workspace, survey, demo, tab, user };
}

describe("after a night has ended", () => {
  for (const [how, answer] of [
    ["by click", answerByClick],
    ["by keyboard alone", answerByKeyboard],
  ]) {
    it(`the survey shows once, is answered ${how} and stored with the event's properties`, async () => {
      const { workspace, survey, demo } = await stage.customer(SLEEP_QUALITY);
      await workspace.visitor("mia", { attributes: { plan: "pro", nights: 12, coach: true } });
      const tab = await stage.tab();
      await tab.endSleep(demo, "mia");
      assert.equal(await tab.visitHome(demo, "mia"), true);
      await answer(tab);
      await tab.closed();

      const row = await until("the row is complete", async () => {
        const [row] = await workspace.rows();
        return row.state === "completed" && row;
      });
      const { survey_id, survey_version, user_id, platform, trigger_name, locale } = row;
      assert.deepEqual(
        { survey_id, survey_version, user_id, platform, trigger_name, locale },
        { survey_id: survey, survey_version: 1, user_id: "mia", platform: "web", trigger_name: "MainActivity", locale: "en" },
      );
      assert.deepEqual(row.answers, ANSWERS);
      assert.deepEqual(row.event, NIGHT);
      assert.deepEqual(row.trigger, { screen: "home" });
      assert.deepEqual(row.user, { plan: "pro", nights: 12, coach: true });
      assert.equal(row.activated_by.event_name, "ended_sleep");
      const moments = [row.activated_by.occurred_at, row.shown_at, row.first_answered_at, row.completed_at].map(Date.parse);
      assert.deepEqual(moments, moments.toSorted((a, b) => a - b));
      assert.ok(row.duration_ms > 0);

      assert.equal(await tab.fire(), false, "fired again");
      await tab.assertNothingShown();
      assert.equal(await tab.reloadHome(), false, "reloaded");
      await tab.assertNothingShown();
      assert.equal((await workspace.rows()).length, 1);
      tab.assertNoComplaints();
    });
  }

  it("the next night makes the survey due again, once", async () => {
    const { workspace, demo, tab } = await surveyOnScreen();
    await answerByClick(tab);
    await tab.closed();
    await workspace.happened("mia", "ended_sleep", { properties: { sleep_score: 40 } });
    assert.equal(await tab.reloadHome(), true);
    await tab.page.keyboard.press("Escape");
    await tab.closed();
    assert.equal(await tab.visitHome(demo, "mia"), false);
    const events = (await workspace.rows()).map((row) => row.event.sleep_score);
    assert.deepEqual(events, [82.5, 40]);
    tab.assertNoComplaints();
  });

  it("numbers keep the text that the server sent", async () => {
    const { workspace, demo } = await stage.customer(SLEEP_QUALITY);
    const properties = '{"price":82.50,"big":12345678901234567890,"small":1e-7,"text":"82.50","yes":true,"none":null,"list":[1.0]}';
    await workspace.post(`{"user_id":"mia","event_name":"ended_sleep","properties":${properties}}`);
    const tab = await stage.tab();
    assert.equal(await tab.visitHome(demo, "mia"), true);
    const [text] = await workspace.rowTexts();
    assert.ok(text.includes(`"event":${properties}`), text);
  });

  it("the survey speaks the page's language", async () => {
    const { workspace, site } = await stage.shop(SLEEP_QUALITY, { users: ["mia"], lang: "de-AT" });
    await workspace.happened("mia");
    const tab = await stage.tab();
    await tab.visit(site, "/mia");
    assert.equal(await tab.fire(), true);
    await tab.question("Wie fühlst du dich heute Morgen?").waitFor();
    tab.assertNoComplaints();
  });
});

describe("the survey's own settings", () => {
  it("a long one, which does not travel with the answer, is fetched and shown", async () => {
    const long = shortSurvey({ title: "Long" });
    long.questions[0].description = { en: "word ".repeat(799) };
    long.questions = ["a", "b", "c"].map((id) => ({ ...long.questions[0], id }));
    const { workspace, demo } = await stage.customer(long);
    const tab = await stage.tab();
    assert.equal(await tab.visitHome(demo, "mia"), true);
    await tab.question("Long").waitFor();
    assert.equal(tab.calls.filter((made) => made.startsWith("GET /surveys/")).length, 1, tab.calls.join());
    assert.equal((await workspace.rows()).length, 1);
    tab.assertNoComplaints();
  });

  it("a delay passes between the trigger and the showing", async () => {
    const { workspace, site } = await stage.shop(shortSurvey({ display_delay_ms: 700 }), { users: ["mia"] });
    const tab = await stage.tab();
    await tab.visit(site, "/mia");
    assert.equal(await tab.fire(), true);
    const waitedMs = await tab.page.evaluate(() => {
      const call = (part) => performance.getEntriesByType("resource").find((entry) => entry.name.includes(part));
      return call("/displays/").startTime - call("/trigger").responseEnd;
    });
    assert.ok(waitedMs > 690 && waitedMs < 5_000, `waited ${waitedMs} ms`);
    await tab.dialog.waitFor();
    assert.equal((await workspace.rows()).length, 1);
    tab.assertNoComplaints();
  });

  it("a page that is left during the delay shows nothing, and nothing counts as shown", async () => {
    const { workspace, site } = await stage.shop(shortSurvey({ display_delay_ms: 2_000 }), { users: ["mia"] });
    const tab = await stage.tab();
    await tab.visit(site, "/mia");
    const asked = tab.page.waitForResponse((response) => response.url().endsWith("/trigger"));
    tab.fire().catch(() => {});
    assert.equal((await (await asked).json()).delay_ms, 2_000);
    await tab.visit(site, "/mia");
    assert.equal(await tab.fire(), false, "the claim is still open");
    await tab.assertNothingShown();
    assert.deepEqual(await workspace.rows(), []);
  });
});

describe("an answer is kept", () => {
  it("as soon as it is given: the tab may close after the first", async () => {
    const { workspace, tab } = await surveyOnScreen();
    const saved = tab.page.waitForResponse((response) => response.url().endsWith("/response"));
    await tab.radio("Still tired").click();
    assert.equal((await saved).status(), 200);
    await tab.page.close();
    const { state, answers, completed_at, event } = await workspace.row();
    assert.deepEqual(answers, { feeling: { options: ["tired"] } });
    assert.deepEqual([state, completed_at, event], ["answered", null, NIGHT]);
  });

  it("even when the tab closes while words are being typed", async () => {
    const { workspace, tab } = await surveyOnScreen();
    await tab.radio("Something else").click();
    await tab.dialog.getByRole("textbox", { name: "Please tell us" }).fill("I was interr");
    await tab.page.close({ runBeforeUnload: true });
    await until("the words arrive", async () => (await workspace.row()).answers.feeling?.other_text === "I was interr");
  });

  it("and the survey does not come back after half of it was answered", async () => {
    const { workspace, demo, tab, user } = await surveyOnScreen();
    await tab.radio("Still tired").click();
    await tab.button("Next").click();
    await tab.question(RECOMMEND).waitFor();
    assert.equal(await tab.visitHome(demo, user), false);
    await tab.assertNothingShown();
    assert.deepEqual((await workspace.row()).answers, { feeling: { options: ["tired"] } });
  });
});

describe("nothing shows", () => {
  /** The demo's home has asked Sonde and shows nothing. */
  async function assertNothingAtHome({ demo, user = "mia", asks = 1 }) {
    const tab = await stage.tab();
    assert.equal(await tab.visitHome(demo, user), false);
    await tab.assertNothingShown();
    assert.equal(tab.asked("POST /trigger"), asks, tab.calls.join(", "));
    tab.assertNoComplaints();
    return tab;
  }

  it("without an event", async () => {
    const { workspace, demo } = await stage.customer(SLEEP_QUALITY);
    await assertNothingAtHome({ demo });
    assert.deepEqual(await workspace.rows(), []);
  });

  it("for another user's event, or another event of this user", async () => {
    const { workspace, demo } = await stage.customer(SLEEP_QUALITY);
    await workspace.happened("noah");
    await workspace.happened("mia", "began_sleep");
    await workspace.happened("mia", "ended sleep");
    await assertNothingAtHome({ demo, user: "mia" });
    assert.equal(await (await stage.tab()).visitHome(demo, "noah"), true);
  });

  it("once the event has expired; just before, it shows", async () => {
    const { workspace, demo } = await stage.customer(SLEEP_QUALITY);
    const ago = (seconds) => ({ timestamp: new Date(Date.now() - seconds * 1_000).toISOString() });
    await workspace.happened("late", "ended_sleep", ago(7_200));
    await workspace.happened("in time", "ended_sleep", ago(7_140));
    await assertNothingAtHome({ demo, user: "late" });
    assert.equal(await (await stage.tab()).visitHome(demo, "in time"), true);
  });

  it("before the event's delay is over; after it, it shows", async () => {
    const activation = { ...after("ended_sleep"), delay_secs: 3_600 };
    const { workspace, demo } = await stage.customer(shortSurvey({ activation }));
    const ago = (seconds) => ({ timestamp: new Date(Date.now() - seconds * 1_000).toISOString() });
    await workspace.happened("early", "ended_sleep", ago(3_540));
    await workspace.happened("in time", "ended_sleep", ago(3_600));
    await assertNothingAtHome({ demo, user: "early" });
    assert.equal(await (await stage.tab()).visitHome(demo, "in time"), true);
  });

  it("on another platform, and its triggers are not even asked for", async () => {
    const { workspace, demo } = await stage.customer(shortSurvey({ activation: after("ended_sleep"), platforms: ["ios", "android"] }));
    await workspace.happened("mia");
    await assertNothingAtHome({ demo, asks: 0 });
    assert.equal(await (await workspace.visitor("mia", { platform: "web" })).fire(), null);
    assert.ok(await (await workspace.visitor("mia", { platform: "ios" })).fire());
  });

  it("at another trigger, which is not even asked for", async () => {
    const { workspace, demo } = await stage.customer(shortSurvey({ frontend_triggers: [{ name: "Diary" }], activation: after("ended_sleep") }));
    await workspace.happened("mia");
    const tab = await assertNothingAtHome({ demo, asks: 0 });
    assert.equal(await (await workspace.visitor("mia")).fire("MainActivity"), null);
    assert.equal(await tab.fire("Diary"), true);
  });

  it("while the survey is paused, and after it has ended", async () => {
    const { workspace, survey, demo } = await stage.customer(SLEEP_QUALITY);
    const open = await assertNothingAtHome({ demo });
    await workspace.happened("mia");
    await workspace.setStatus(survey, "paused");
    await assertNothingAtHome({ demo, asks: 0 });
    const asked = open.page.waitForResponse((response) => response.url().endsWith("/trigger"));
    assert.equal(await open.fire(), false, "a page that was opened before the pause");
    assert.deepEqual(await (await asked).json(), { survey: null });
    await workspace.setStatus(survey, "live");
    assert.equal(await open.fire(), true, "after the pause");
    await open.page.keyboard.press("Escape");
    await workspace.happened("mia");
    await workspace.setStatus(survey, "ended");
    await assertNothingAtHome({ demo, asks: 0 });
  });

  it("within the wait period after another survey", async () => {
    const { workspace, demo } = await stage.customer(shortSurvey({ activation: after("ended_sleep") }));
    await stage.sonde.admin.do(["settings", "--workspace", workspace.id, "--wait-period-days", "7"]);
    await workspace.launch(shortSurvey({ name: "Diary", activation: after("wrote_diary") }));
    await workspace.happened("mia", "wrote_diary");
    assert.ok(await (await workspace.visitor("mia")).see());
    await workspace.happened("mia");
    await assertNothingAtHome({ demo });
    await stage.sonde.admin.do(["settings", "--workspace", workspace.id, "--wait-period-days", "0"]);
    assert.equal(await (await stage.tab()).visitHome(demo, "mia"), true);
  });

  for (const [how, dismiss] of [
    ["by Escape", (tab) => tab.page.keyboard.press("Escape")],
    ["by its button", (tab) => tab.button("Close").click()],
  ]) {
    it(`after the user has dismissed it ${how}`, async () => {
      const { workspace, demo, tab, user } = await surveyOnScreen();
      await dismiss(tab);
      await tab.closed();
      const row = await until("the row says so", async () => {
        const row = await workspace.row();
        return row.state === "dismissed" && row;
      });
      assert.deepEqual(row.answers, {});
      assert.equal(await tab.fire(), false);
      await tab.assertNothingShown();
      await assertNothingAtHome({ demo, user });
      assert.equal((await workspace.rows()).length, 1);
      tab.assertNoComplaints();
    });
  }
});
