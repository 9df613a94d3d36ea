import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { launch } from "../../../testkit/chromium.mjs";
import { fakeSurveys } from "./fake-surveys.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const SLEEP = JSON.parse(readFileSync(new URL("../../../../demo/surveys/sleep-quality.json", import.meta.url), "utf8"));
/** Every gate there is, each as the dashboard would write it. */
const FULL = {
  frontend_triggers: [{ name: "MainActivity" }],
  activation: { backend_triggers: [{ name: "ended_sleep", filter: { all: [{ path: "plan", op: "not_in", value: ["free"] }] } }, { name: "order delivered" }], match: "all", expires_after_secs: 7_200 },
  trigger_sequence: ["MainActivity", "checkout_opened", "MainActivity"],
  schedule: { starts_at: "2026-12-01T08:00:00Z", ends_at: "2027-12-01T08:00:00Z", time_zone: "Europe/Berlin", weekdays: ["mon", "fri"], hours: { from: "22:00", to: "06:00" } },
  audience: { all: [{ attribute: "plan", op: "in", value: ["pro", "family"] }, { any: [{ attribute: "joined", op: "more_than_days_ago", value: 30 }, { not: { survey: "srv_1", op: "answered", within_days: 90 } }, { not: { any: [{ cohort: "coh_1" }] } }] }] },
  quota: { completed: 500 },
  ignores_wait_period: true,
  also_while_there: true,
};

let browser;
let api;
let page;
before(async () => void (browser = await launch()));
after(() => browser?.close());
beforeEach(async () => {
  api = await fakeSurveys({ documents: structuredClone([{ ...SLEEP, launch: FULL }, { ...SLEEP, launch: { frontend_triggers: [{ name: "MainActivity" }] } }]) });
  page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce", timezoneId: "America/New_York" });
  page.setDefaultTimeout(10_000);
});
afterEach(async () => {
  await page.close();
  await api.close();
});

const launchOf = (id) => api.surveys.get(id).draft.launch;
const button = (name) => page.getByRole("button", { name, exact: true });
const field = (name) => page.getByLabel(name, { exact: true });
const said = (text) => page.getByText(text).first().waitFor();

async function saved(check) {
  for (let turn = 0; turn < 100; turn += 1) {
    if (check()) return;
    await page.waitForTimeout(50);
  }
  assert.fail(`not saved: ${check}: ${JSON.stringify(launchOf("srv_2"))}`);
}

describe("Configure & Launch", () => {
  it("says everything that is set, and changes nothing that is not touched", async () => {
    await page.goto(`${api.origin}/surveys/srv_1/launch`);
    await said(
      "Shown at MainActivity, after MainActivity, then checkout_opened, then MainActivity in the same visit, within 2 hours of both ended_sleep where plan is none of free and order delivered, once per user, to users whose plan is one of pro, family and (whose joined was more than 30 days ago or who have not answered “" + SLEEP.name + "” in the last 90 days or not (who are in “Paying, and new”)), Mon and Fri 22–6 (over midnight), from 1 Dec 2026, 09:00 until 1 Dec 2027, 09:00 Berlin time, until 500 completed, also while the user is already there, even during the wait period.",
    );
    assert.equal(await field("Start").inputValue(), "2026-12-01T09:00");
    await field("Priority").selectOption("high");
    await saved(() => launchOf("srv_1").priority === "high");
    assert.deepEqual(launchOf("srv_1"), { ...FULL, priority: "high" });
  });

  it("sets each gate, and takes it back to nothing", async () => {
    await page.goto(`${api.origin}/surveys/srv_2/launch`);
    await field("Time zone").fill("Europe/Berlin");
    await field("Start").fill("2026-12-01T09:00");
    for (const day of ["Saturday", "Sunday"]) await page.getByRole("checkbox", { name: day }).uncheck();
    await page.getByRole("switch", { name: "Only at certain hours" }).click();
    await field("To").fill("18:30");
    await field("Stop after completed responses").fill("50");
    await page.getByRole("switch", { name: "Also while the user is already there" }).click();
    await page.getByRole("combobox", { name: "Only after" }).fill("checkout");
    await page.getByRole("option").first().click();
    await said("Mon–Fri 9–18:30, from 1 Dec 2026, 09:00 Berlin time, until 50 completed");
    const schedule = { starts_at: "2026-12-01T08:00:00Z", time_zone: "Europe/Berlin", weekdays: ["mon", "tue", "wed", "thu", "fri"], hours: { from: "09:00", to: "18:30" } };
    await saved(() => launchOf("srv_2").also_while_there && launchOf("srv_2").trigger_sequence);
    assert.deepEqual(launchOf("srv_2"), { frontend_triggers: [{ name: "MainActivity" }], schedule, quota: { completed: 50 }, also_while_there: true, trigger_sequence: ["checkout"] });
    await field("Start").fill("");
    for (const day of ["Saturday", "Sunday"]) await page.getByRole("checkbox", { name: day }).check();
    await page.getByRole("switch", { name: "Only at certain hours" }).click();
    await field("Time zone").fill("UTC");
    await field("Stop after completed responses").fill("");
    await page.getByRole("switch", { name: "Also while the user is already there" }).click();
    await button("Remove step 1, checkout").click();
    await saved(() => Object.keys(launchOf("srv_2")).length === 1);
  });

  it("does not launch with hours that never are, nor after the end", async () => {
    await page.goto(`${api.origin}/surveys/srv_2/launch`);
    await field("End").fill("2020-01-01T00:00");
    await said("The schedule has ended already");
    assert.ok(await button("Launch").isDisabled());
    await field("End").fill("");
    await page.getByRole("switch", { name: "Only at certain hours" }).click();
    await field("To").fill("09:00");
    await page.getByRole("alert").filter({ hasText: "The hours must not begin and end at the same time." }).waitFor();
    assert.ok(await button("Launch").isDisabled());
  });

  it("estimates who would get it, of what is on screen", async () => {
    await page.goto(`${api.origin}/surveys/srv_2/launch`);
    await button("Estimate").click();
    await said("All 41 users with a pending event");
    await field("Stop after completed responses").fill("9");
    await said("The settings have changed since.");
    await button("Estimate again").click();
    // While it asks it says nothing: the answer is there once it does.
    await page.getByText("The settings have changed since.").waitFor({ state: "detached" });
    await said("All 41 users with a pending event");
    const calls = api.calls.map(({ method, path }) => `${method} ${path.split("/").at(-1)}`);
    assert.ok(calls.lastIndexOf("PUT draft") < calls.lastIndexOf("GET estimate"), "the estimate is of an older draft");
    await page.evaluate(AXE);
    const { violations } = await page.evaluate((rules) => axe.run(document, { runOnly: rules }), RULES);
    assert.deepEqual(violations.map(({ id, nodes }) => `${id} ${nodes[0].html}`), []);
  });
});
