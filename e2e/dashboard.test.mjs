/** A company's first day with Sonde, through the dashboard alone: from the server's first line to rows in a table. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe } from "node:test";
import { launch } from "../web/testkit/chromium.mjs";
import { readCsv } from "./support/csv.mjs";
import { startDemo } from "./support/demo.mjs";
import { Desk } from "./support/desk.mjs";
import { call } from "./support/http.mjs";
import { Member, OWNER, plain } from "./support/member.mjs";
import { startSite } from "./support/site.mjs";
import { Sonde } from "./support/sonde.mjs";
import { story, toFolder } from "./support/story.mjs";
import { Tab } from "./support/tab.mjs";
import { until } from "./support/until.mjs";

const TITLE = "How did you sleep, really?";
const OPTION = "Like a stone";
/** Who chose what: the option, the stars, the score. */
const ANSWERS = [["ada", OPTION, "4", "9"], ["ben", "Still tired", "2", "3"]];
/** The same name in three places, with three values: they must never be taken for each other. */
const NIGHTS = {
  ada: { event: { score: 82.5, device: "ring" }, trigger: { score: "high", screen: "diary" }, user: { score: 7, plan: "pro" } },
  ben: { event: { score: 1e21, device: "=watch" }, trigger: { score: "low", screen: "diary" }, user: { score: -3, plan: "free" } },
};

describe("a first day", () => {
  let sonde;
  let browser;
  let desk;
  let page;
  let key;
  let sdkKey;
  let sleep;
  let diary;
  const endings = [];
  const step = story(toFolder(() => page));

  before(async () => {
    [sonde, browser] = await Promise.all([Sonde.start(), launch()]);
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, reducedMotion: "reduce" });
    desk = await Desk.open(context, sonde.origin);
    page = desk.page;
  });
  after(async () => {
    for (const end of endings.reverse()) await end();
    await browser?.close();
    assert.equal(await sonde.stop(), 0, sonde.log);
  });

  const surveyId = () => /\/surveys\/(srv_[^/?]+)/.exec(page.url())[1];
  const send = (body, by = key) =>
    call(`${sonde.origin}/api/v1/connections/backend/event`, { method: "POST", headers: { "content-type": "application/json", "x-api-key": by }, body: JSON.stringify(body) });
  async function user() {
    const context = await browser.newContext({ viewport: { width: 1000, height: 720 }, reducedMotion: "reduce" });
    context.setDefaultTimeout(15_000);
    endings.push(() => context.close());
    return Tab.open(context);
  }
  async function csv() {
    const [download] = await Promise.all([page.waitForEvent("download"), desk.link("Download CSV").click()]);
    return readCsv(await readFile(await download.path(), "utf8"));
  }

  step("asks for the link in the server's output, and makes the owner with it, once", async () => {
    await desk.goto("/");
    await desk.heading("Open the set-up link").waitFor();
    const link = await sonde.setupLink();
    assert.ok(link.startsWith(`${sonde.origin}/setup#token=`), link);
    // Into the same tab, as one does: only the part behind # changes.
    await page.goto(link);
    await desk.heading("Set up Sonde").waitFor();
    await desk.field("E-mail").fill(OWNER.email);
    await desk.field("Password").fill("short");
    await desk.field("Workspace").fill("Lull");
    await desk.button("Create member and workspace").click();
    assert.equal(await desk.field("Password").evaluate((input) => input.validity.valid), false);
    await desk.field("Password").fill(OWNER.password);
    await desk.button("Create member and workspace").click();
    await page.waitForURL(/\/first-run/);
    await desk.heading("First steps").waitFor();
    assert.ok(!page.url().includes("token"), page.url());
    const body = JSON.stringify({ token: link.split("=")[1], email: "eve@example.com", password: OWNER.password, workspace: "Eve" });
    const again = await plain(sonde.origin, "/api/v1/auth/setup", { method: "POST", headers: { "x-sonde-csrf": "1", "content-type": "application/json" }, body });
    assert.equal(again.status, 409, again.text);
  });

  step("enables Backend Trigger, copies the key and sees the customer's first event arrive", async () => {
    await page.getByText("0 of 4 done").waitFor();
    await desk.button("Enable").click();
    await page.getByText("1 of 4 done").waitFor();
    const shown = page.getByRole("status").filter({ hasText: "Your backend key" });
    await desk.button("Copy", shown).click();
    await shown.getByText("Copied", { exact: true }).waitFor();
    key = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(key, /^sk_\S{20,}$/);
    assert.ok((await page.getByRole("region", { name: "curl command" }).innerText()).includes(key));
    await page.getByRole("status").filter({ hasText: /^Live/ }).waitFor();
    const refused = await send({ event_name: "ended_sleep" });
    assert.equal(refused.status, 422);
    await page.getByText(/An event came but was refused: .*user_id/).waitFor();
    assert.equal((await send({ user_id: "zoe", event_name: "ended_sleep", properties: { score: 50 } })).status, 200);
    await page.getByText("2 of 4 done").waitFor();
    await desk.said("Your first event has arrived.").waitFor();
    await desk.button("I have copied it").click();
    await shown.waitFor({ state: "detached" });
  });

  step("lists each event with what became of it, as it comes", async () => {
    await desk.goto("/connections/backend");
    assert.ok(!(await page.content()).includes(key), "the key is shown again");
    const rows = page.getByRole("table", { name: "Last events" }).locator("tbody tr");
    await rows.nth(1).waitFor();
    assert.equal(await rows.count(), 2);
    const event = { user_id: "zoe", event_name: "ended_sleep", event_id: "night-1", properties: { score: 61 } };
    await send(event);
    await rows.filter({ hasText: '{"score":61}' }).getByText("Stored").waitFor();
    await send(event);
    await rows.filter({ hasText: "Duplicate" }).waitFor();
    await desk.field("User id").fill("zoe");
    await desk.button("Send test event").click();
    await page.getByText(/Stored as evt_/).waitFor();
    await rows.nth(4).waitFor();
    assert.equal(await rows.count(), 5);
    await desk.goto("/connections/sdk");
    sdkKey = /data-key="(pk_[^"]+)"/.exec(await page.getByRole("region", { name: "Script tag" }).innerText())[1];
  });

  step("makes a survey from a template; what is typed is kept, and can be undone", async () => {
    await desk.goto("/surveys");
    await desk.link("Choose a template").click();
    await page.getByRole("button", { name: /^After a night's sleep/ }).click();
    await desk.button("Use “After a night's sleep”").click();
    await desk.heading("Question 1").waitFor();
    sleep = surveyId();
    await desk.field("Question").fill(TITLE);
    await desk.field("Option 1").fill(OPTION);
    await page.getByRole("dialog").getByText(OPTION).waitFor();
    await desk.button("Add question").click();
    await page.getByRole("menuitem", { name: /^NPS/ }).click();
    await desk.field("Question").fill("Would you recommend us?");
    await desk.saved();
    await page.reload();
    await page.getByRole("button", { name: TITLE, exact: true }).click();
    assert.equal(await desk.field("Question").inputValue(), TITLE);
    assert.equal(await desk.field("Option 1").inputValue(), OPTION);
    await desk.button("Delete question").click();
    await page.getByRole("button", { name: TITLE, exact: true }).waitFor({ state: "detached" });
    await desk.button("Undo (Ctrl+Z)").click();
    await page.getByRole("button", { name: TITLE, exact: true }).waitFor();
    await desk.field("Survey name").fill("Sleep");
    await desk.saved();
  });

  step("refuses 101 hours, takes 100, and launches when nothing is missing", async () => {
    await desk.link("Configure & Launch").click();
    const start = desk.button("Launch");
    await page.getByRole("switch", { name: "Activate with backend event" }).click();
    await page.getByText("Choose the backend event that makes the survey due.").waitFor();
    assert.ok(await start.isDisabled());
    await desk.pick("Backend events", "ended_sleep");
    await page.getByRole("list", { name: "Chosen backend events" }).getByText(/^seen/).waitFor();
    await desk.pick("Frontend triggers", "MainActivity");
    await page.getByRole("combobox", { name: "Unit of “Expires after”" }).selectOption("hours");
    await desk.field("Expires after").fill("101");
    await page.getByRole("alert").filter({ hasText: "The longest is 100 hours" }).waitFor();
    assert.equal(await desk.field("Expires after").getAttribute("aria-invalid"), "true");
    assert.ok(await start.isDisabled(), "101 hours can be launched");
    await desk.field("Expires after").fill("100");
    await page.getByRole("alert").filter({ hasText: "The longest is 100 hours" }).waitFor({ state: "detached" });
    await page.getByText(/100 hours/).first().waitFor();
    await page.getByRole("switch", { name: "Also during the wait period" }).click();
    await desk.saved();
    await start.click();
    await desk.said("Live").waitFor();
    await page.getByText("Live with version 1").waitFor();
    const member = await Member.logIn(sonde.origin);
    const [{ id: w }] = (await member.do("GET", "/auth/state")).workspaces;
    const at = `/workspaces/${w}/surveys/${sleep}`;
    const { published } = await member.do("GET", at);
    assert.equal(published.document.launch.activation.expires_after_secs, 360_000);
    const long = structuredClone(published.document);
    long.launch.activation.expires_after_secs = 360_001;
    const save = async (document) => member.do("PUT", `${at}/draft`, { document, revision: (await member.do("GET", at)).draft_revision });
    const { errors } = await save(long);
    assert.deepEqual(errors.map(({ pointer }) => pointer), ["/launch/activation/expires_after_secs"]);
    assert.equal((await member.send("POST", `${at}/publish`)).status, 422);
    assert.deepEqual((await save(published.document)).errors, []);
  });

  step("shows in the customer's product, to each user once", async () => {
    const demo = await startDemo({ sonde, backendKey: key, sdkKey });
    endings.push(() => demo.stop());
    for (const [name, choice, star, score] of ANSWERS) {
      const tab = await user();
      await tab.endSleep(demo, name);
      assert.equal(await tab.visitHome(demo, name), true);
      await tab.question(TITLE).waitFor();
      await tab.radio(choice).click();
      await tab.button("Next").click();
      await tab.question("How well did the recording match your night?").waitFor();
      await tab.radio(star).click();
      await tab.question("Would you recommend us?").waitFor();
      await tab.radio(score).click();
      await tab.question("Thank you, and have a good day!").waitFor();
      await tab.button("Close").click();
      await tab.closed();
      assert.equal(await tab.reloadHome(), false);
      tab.assertNoComplaints();
    }
    await desk.goto("/first-run");
    await page.getByText("4 of 4 done").waitFor();
  });

  step("shows how it went: counts, shares and the score are exactly what was answered", async () => {
    await desk.goto(`/surveys/${sleep}/results`);
    const figure = (name) => page.getByRole("figure", { name });
    assert.deepEqual(await tableOf(figure("Funnel")), [["Shown", "2", "100%"], ["Started", "2", "100%"], ["Completed", "2", "100%"], ["Dismissed", "0", "0%"]]);
    const choices = await tableOf(figure(TITLE));
    assert.deepEqual(choices.map(([label, count, share]) => [label, count, share]), [[OPTION, "1", "50%"], ["All right", "0", "0%"], ["Still tired", "1", "50%"], ["Something else", "0", "0%"]]);
    await figure("Would you recommend us?").getByText("Net Promoter Score").locator("xpath=..").getByText("0", { exact: true }).waitFor();
    const bands = await figure("Would you recommend us?").getByRole("list", { name: "Bands" }).getByRole("listitem").allInnerTexts();
    assert.deepEqual(bands.map((band) => band.replaceAll(/\s+/g, " ")), ["Detractors (0–6) 1 · 50%", "Passives (7–8) 0 · 0%", "Promoters (9–10) 1 · 50%"]);
    assert.deepEqual((await tableOf(figure("Would you recommend us?"))).filter(([, count]) => count !== "0").map(([score, count]) => [score, count]), [["3", "1"], ["9", "1"]]);
    await figure("How well did the recording match your night?").getByText("3.00", { exact: true }).waitFor();
    const rows = await csv();
    const night = { "event.duration_minutes": "437", "event.sleep_score": "82.5", "event.device": "ring", "event.restless": "false", "trigger.screen": "home" };
    for (const [name, choice, star, score] of ANSWERS) {
      const row = rows.find(({ user_id }) => user_id === name);
      const answers = ["feeling", "accuracy"].map((id) => row[`answer.${id}`]);
      assert.deepEqual([row.state, row.event_name, row.trigger_name, ...answers], ["completed", "ended_sleep", "MainActivity", choice, star]);
      assert.equal(Object.entries(row).find(([column]) => /^answer\.(?!feeling|accuracy)/.test(column))[1], score);
      for (const [column, value] of Object.entries(night)) assert.equal(row[column], value, column);
    }
    assert.equal(rows.length, 2);
  });

  async function tableOf(figure) {
    await desk.button("Table", figure).click();
    const cells = await desk.cells(figure.getByRole("table"));
    await desk.button("Chart", figure).click();
    return cells;
  }

  step("keeps event, trigger and user apart where all three have a `score`, in table, detail and file", async () => {
    await desk.goto("/surveys/new?template=csat");
    await desk.button("Use “Satisfaction after an event”").click();
    await desk.heading("Question 1").waitFor();
    diary = surveyId();
    await desk.link("Configure & Launch").click();
    await page.getByRole("switch", { name: "Activate with backend event" }).click();
    await desk.pick("Backend events", "scored");
    await desk.pick("Frontend triggers", "diary opened");
    await page.getByRole("switch", { name: "Also during the wait period" }).click();
    await desk.saved();
    await desk.button("Launch").click();
    await page.getByText("Live with version 1").waitFor();
    const site = await startSite({ sonde, sdkKey }, { users: Object.keys(NIGHTS) });
    endings.push(() => site.close());
    for (const [name, { event, trigger, user: attributes }] of Object.entries(NIGHTS)) {
      const sent = await send({ user_id: name, event_name: "scored", properties: event });
      assert.equal(sent.status, 200, sent.text);
      const tab = await user();
      await tab.visit(site, `/${name}`);
      await tab.page.evaluate((given) => sonde.setAttributes(given), attributes);
      assert.equal(await tab.fire("diary opened", trigger), true);
      await tab.radio("4").click();
      await tab.question("Thank you!").waitFor();
      await tab.button("Close").click();
      await tab.closed();
    }
    await desk.goto(`/surveys/${diary}/results?tab=responses`);
    await page.getByRole("heading", { name: "2 responses" }).waitFor();
    await desk.button("Columns").click();
    for (const column of ["event.score", "trigger.score", "user.score"]) await page.getByRole("checkbox", { name: column, exact: true }).check();
    await page.keyboard.press("Escape");
    const grid = page.getByRole("region", { name: "Responses", exact: true });
    const heads = await grid.getByRole("columnheader").allInnerTexts();
    const shown = (await desk.cells(grid)).map((cells) => Object.fromEntries(heads.map((head, at) => [head, cells[at]])));
    const exact = { ada: ["82.5", "high", "7"], ben: ["1e+21", "low", "-3"] };
    const scores = (row) => ["event.score", "trigger.score", "user.score"].map((column) => row[column]);
    for (const [name, values] of Object.entries(exact)) assert.deepEqual(scores(shown.find(({ User }) => User === name)), values);
    for (const row of await csv()) assert.deepEqual(scores(row), exact[row.user_id], row.user_id);
    const [first] = (await csv()).filter(({ user_id }) => user_id === "ben");
    assert.equal(first["event.device"], "'=watch", "a formula in the file");
    await grid.getByRole("cell", { name: "ben", exact: true }).click();
    await desk.dialog.getByText("user.plan", { exact: true }).waitFor();
    const facts = await desk.dialog.locator("dl").evaluateAll((lists) => lists.flatMap((list) => [...list.querySelectorAll("dt")].map((dt) => [dt.innerText.trim(), dt.nextElementSibling.innerText.trim()])));
    const told = Object.fromEntries(facts);
    assert.deepEqual(scores(told), exact.ben);
    assert.deepEqual([told["event.device"], told["user.plan"], told["Backend trigger"], told["How satisfied are you with your experience?"]], ["=watch", "free", "scored", "4"]);
  });

  step("filters by a number as a number, in the address too", async () => {
    await desk.goto(`/surveys/${diary}/results`);
    await desk.button("Add filter").click();
    await desk.field("By").selectOption("user");
    await desk.field("Property").fill("score");
    await desk.field("Condition").selectOption("greater");
    await desk.field("Value").fill("0");
    await desk.button("Add filter", desk.dialog).click();
    await page.getByText("user.score is greater than 0").waitFor();
    await until("one is left", async () => (await tableOf(page.getByRole("figure", { name: "Funnel" })))[0][1] === "1");
    assert.deepEqual((await csv()).map(({ user_id }) => user_id), ["ada"]);
    await page.reload();
    await page.getByText("user.score is greater than 0").waitFor();
    assert.equal((await tableOf(page.getByRole("figure", { name: "Funnel" })))[0][1], "1");
    await desk.button("Clear all").click();
    await until("both are back", async () => (await tableOf(page.getByRole("figure", { name: "Funnel" })))[0][1] === "2");
  });

  step("deletes one response for good, and the figures follow", async () => {
    await desk.goto(`/surveys/${diary}/results?tab=responses`);
    await page.getByRole("cell", { name: "ben", exact: true }).click();
    await desk.button("Delete response").click();
    await desk.said("Response deleted.").waitFor();
    await page.getByRole("cell", { name: "ben", exact: true }).waitFor({ state: "detached" });
    // Whoever leaves has not undone it.
    await desk.goto("/surveys");
    await until("it is gone", async () => {
      await desk.goto(`/surveys/${diary}/results`);
      return (await tableOf(page.getByRole("figure", { name: "Funnel" })))[0][1] === "1";
    });
    assert.deepEqual((await csv()).map(({ user_id }) => user_id), ["ada"]);
  });

  step("rotates the key: two work, and the revoked one is 401 at once", async () => {
    await desk.goto("/connections/backend");
    await desk.button("Rotate: create a second key").click();
    const shown = page.getByRole("status").filter({ hasText: "Your new key" });
    await desk.button("Copy", shown).click();
    await shown.getByText("Copied", { exact: true }).waitFor();
    const second = await page.evaluate(() => navigator.clipboard.readText());
    assert.notEqual(second, key);
    await page.getByText("Both keys work.").waitFor();
    assert.ok(await desk.button("Rotate: create a second key").isDisabled());
    for (const each of [key, second]) assert.equal((await send({ user_id: "zoe", event_name: "ended_sleep" }, each)).status, 200);
    const row = page.getByRole("table", { name: "Backend keys" }).getByRole("row").filter({ hasText: key.slice(-4) });
    await row.getByRole("button").click();
    await desk.button("Revoke at once").click();
    await desk.said(/is revoked\.$/).waitFor();
    assert.equal((await send({ user_id: "zoe", event_name: "ended_sleep" }, key)).status, 401);
    assert.equal((await send({ user_id: "zoe", event_name: "ended_sleep" }, second)).status, 200);
    key = second;
  });

  step("warns before a trigger of a live survey is archived", async () => {
    await desk.goto("/triggers");
    await desk.link("ended_sleep").click();
    await desk.button("Archive").click();
    await desk.dialog.getByRole("alert").filter({ hasText: "Sleep" }).waitFor();
    await desk.button("Close", desk.dialog).click();
    await desk.goto("/triggers");
    await desk.link("ended_sleep").waitFor();
    await desk.link("ended_sleep").click();
    await desk.button("Archive").click();
    await desk.button("Archive all the same").click();
    await desk.said("ended_sleep is archived.").waitFor();
    await desk.link("ended_sleep").waitFor({ state: "detached" });
    await desk.button("Undo").click();
    await desk.link("ended_sleep").waitFor();
  });

  step("publishes version 2, and says what has changed since version 1", async () => {
    await desk.goto(`/surveys/${sleep}`);
    await desk.button("Published").waitFor();
    await desk.field("Question").fill("How was your night?");
    await desk.saved();
    await desk.button("Version 1").click();
    await page.getByRole("menuitem", { name: "Changes since then" }).click();
    await desk.dialog.locator("ins").filter({ hasText: "How was your night?" }).waitFor();
    await desk.dialog.locator("del").filter({ hasText: TITLE }).waitFor();
    await desk.button("Close", desk.dialog).click();
    await desk.button("Publish changes").click();
    await desk.button("Version 2").waitFor();
    await desk.button("Published").waitFor();
  });

  step("two tabs on one draft: the second is told, and nothing is lost unasked", async () => {
    const other = await Desk.open(page.context(), sonde.origin);
    await other.goto(`/surveys/${sleep}`);
    await desk.goto(`/surveys/${sleep}`);
    await desk.field("Question").fill("From the first tab");
    await desk.saved();
    await other.field("Question").fill("From the second tab");
    const warning = other.page.getByRole("alert").filter({ hasText: "changed somewhere else" });
    await warning.waitFor();
    await other.button("Load the other version").click();
    await warning.waitFor({ state: "detached" });
    assert.equal(await other.field("Question").inputValue(), "From the first tab");
    await other.field("Question").fill("Agreed by both");
    await other.saved();
    await desk.field("Question").fill("Mine all the same");
    await page.getByRole("alert").filter({ hasText: "changed somewhere else" }).waitFor();
    await desk.button("Keep mine").click();
    await desk.saved();
    await other.page.reload();
    assert.equal(await other.field("Question").inputValue(), "Mine all the same");
    assert.deepEqual(other.tab.exceptions, []);
    await other.page.close();
  });

  step("changes the password, which the current one alone can do, and signs in with the new one", async () => {
    const account = page.getByRole("button", { name: `Account: ${OWNER.email}` });
    const next = "a staple of horse batteries";
    await desk.goto("/surveys");
    await account.click();
    await page.getByRole("menuitem", { name: "Change password" }).click();
    await desk.field("Current password").fill("not the password");
    await desk.field("New password").fill(next);
    await desk.button("Change password", desk.dialog).click();
    await desk.dialog.getByRole("alert").filter({ hasText: "not the current password" }).waitFor();
    assert.equal(await desk.field("Current password").getAttribute("aria-invalid"), "true");
    await desk.field("Current password").fill(OWNER.password);
    await desk.button("Change password", desk.dialog).click();
    await desk.said(/^Password changed\./).waitFor();
    await account.click();
    await page.getByRole("menuitem", { name: "Log out" }).click();
    await page.waitForURL(/\/login/);
    await desk.field("E-mail").fill(OWNER.email);
    await desk.field("Password").fill(next);
    await desk.button("Log in").click();
    await desk.heading("Surveys").waitFor();
  });

  step("without one complaint in the browser's console", () => {
    const expected = /status of (403|409|422)/;
    assert.deepEqual([...desk.tab.exceptions, ...desk.tab.consoleErrors.filter((line) => !expected.test(line))], []);
  });
});
