import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { launch } from "../../testkit/chromium.mjs";
import { fakeSonde } from "./support/fake-api.mjs";
import { LONG_ID } from "./support/people.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** What a test opened and, when it failed, did not close. */
const opened = [];
afterEach(() => Promise.all(opened.splice(0).map((close) => close())));

async function open(path, options = {}) {
  const sonde = await fakeSonde(options);
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, reducedMotion: "reduce" });
  opened.push(() => context.close(), () => sonde.close());
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  await page.goto(sonde.origin + path);
  const button = (name) => page.getByRole("button", { name, exact: true });
  const field = (name) => page.getByLabel(name, { exact: true });
  const called = (method, ending) => sonde.calls.filter((call) => call.method === method && call.path.endsWith(ending));
  return { sonde, page, button, field, called };
}

/** Presses Tab until the focus is there. */
async function reach(page, target) {
  await target.waitFor();
  for (let presses = 0; !(await target.evaluate((element) => element === document.activeElement)); presses += 1) {
    assert.ok(presses < 80, `${target} cannot be reached by Tab`);
    await page.keyboard.press("Tab");
  }
}

describe("one user", () => {
  it("is asked about at a trigger, on a platform and at a moment; the URL keeps the question", async () => {
    const { page, field, called } = await open("/users/user-42");
    await page.getByRole("list", { name: "Decisions" }).getByText("Every condition holds.").waitFor();
    await field("Frontend trigger").selectOption("MainActivity");
    await field("Platform").selectOption("ios");
    await field("Moment").fill("2027-01-01T09:00");
    await page.waitForURL(/trigger=MainActivity.*platform=ios.*at=2027-01-01T09/);
    const sleep = page.getByRole("list", { name: "Decisions" }).getByRole("listitem").filter({ has: page.getByRole("link", { name: "Sleep quality" }) });
    await sleep.getByText("The event “ended_sleep” expired 12 min ago; the window was 2 h.").waitFor();
    const { query } = called("GET", "/users/user-42/decisions").at(-1);
    assert.deepEqual([query.trigger, query.platform, query.at, query.namespace], ["MainActivity", "ios", new Date("2027-01-01T09:00").toISOString(), undefined]);
    await page.reload();
    assert.equal(await field("Platform").inputValue(), "ios");
  });

  it("is named as it is in every call, whatever is in the id", async () => {
    const { sonde, page } = await open(`/users/${encodeURIComponent("a/b?c#d %é")}?namespace=anonymous`);
    await page.getByRole("heading", { name: "a/b?c#d %é" }).waitFor();
    await page.getByRole("heading", { name: "Pending events" }).waitFor();
    const calls = sonde.calls.filter(({ path }) => path.includes("/users/"));
    assert.ok(calls.length >= 2);
    for (const { path, query } of calls) assert.deepEqual([decodeURIComponent(path.split("/")[4]), query.namespace], ["a/b?c#d %é", "anonymous"]);
    assert.match(await page.getByRole("link", { name: "Export" }).getAttribute("href"), /\/users\/a%2Fb%3Fc%23d%20%25%C3%A9\/export\?namespace=anonymous$/);
  });

  it("becomes a test user and back by undo", async () => {
    const { page, button, called } = await open(`/users/${encodeURIComponent(LONG_ID)}`);
    await page.getByRole("switch", { name: "Test user" }).click();
    await page.getByText("test user", { exact: true }).waitFor();
    await button("Undo").click();
    await page.getByText("test user", { exact: true }).waitFor({ state: "detached" });
    assert.deepEqual(called("PUT", "/test").map(({ body }) => body.is_test_user), [true, false]);
  });

  it("is erased only after the id was typed", async () => {
    const { sonde, page, button, field } = await open("/users/user-42");
    await button("Erase…").click();
    await page.getByRole("radio", { name: /^Keep them without the user/ }).check();
    await field("To confirm, type the user's id").fill("user-4");
    assert.ok(await button("Erase for good").isDisabled());
    await page.keyboard.press("Enter");
    assert.deepEqual(sonde.state.people.erased, []);
    await field("To confirm, type the user's id").fill("user-42");
    await button("Erase for good").click();
    await page.waitForURL(/\/users(\?|$)/);
    assert.deepEqual(sonde.state.people.erased, [["user-42", "anonymise"]]);
  });

  it("is found by a part of the id", async () => {
    const { page } = await open("/users");
    await page.getByRole("searchbox", { name: "Search users" }).fill("auth0");
    await page.getByRole("link", { name: "user-42" }).waitFor({ state: "detached" });
    await page.getByRole("link", { name: LONG_ID }).click();
    await page.getByRole("heading", { name: LONG_ID }).waitFor();
  });
});

describe("cohorts", () => {
  it("are made without a mouse, groups within groups", async () => {
    const { sonde, page, button, field } = await open("/cohorts/new");
    const type = (text) => page.keyboard.type(text);
    await reach(page, field("Name"));
    await type("Grown-ups who pay");
    await reach(page, button("Add an attribute to group 1"));
    await page.keyboard.press("Enter");
    // The new row has the focus at once: the first attribute is suggested.
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Attribute");
    const first = page.getByRole("group", { name: "Condition 1.1" });
    await reach(page, first.getByLabel("Value", { exact: true }));
    await type("pro");
    await reach(page, button("Add a group to group 1"));
    await page.keyboard.press("Enter");
    await reach(page, page.getByLabel("How the conditions of group 1.2 join"));
    await page.keyboard.press("ArrowDown");
    const inner = page.getByRole("group", { name: "Condition 1.2.1" });
    await reach(page, inner.getByLabel("Attribute"));
    await page.keyboard.press("Control+a");
    await type("age");
    await reach(page, inner.getByLabel("Comparison"));
    await page.keyboard.type("is at least");
    await reach(page, inner.getByLabel("Value", { exact: true }));
    await page.keyboard.press("Control+a");
    await type("30");
    await reach(page, button("Add survey history to group 1.2"));
    await page.keyboard.press("Enter");
    await reach(page, page.getByRole("group", { name: "Condition 1.2.2" }).getByLabel("Survey history"));
    await page.keyboard.type("has not com");
    await page.getByText("Users whose plan is pro and not (whose age is at least 30 or who have not completed “Sleep quality”).").waitFor();
    await reach(page, button("Delete condition 1.2.2"));
    await page.keyboard.press("Enter");
    assert.ok(await page.evaluate(() => document.activeElement.closest("fieldset") !== null), "the focus is lost");
    await reach(page, button("Create cohort"));
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "Grown-ups who pay" }).waitFor();
    assert.deepEqual(sonde.state.people.cohorts.at(-1).condition, { all: [{ attribute: "plan", op: "equals", value: "pro" }, { not: { any: [{ attribute: "age", op: "greater_or_equal", value: 30 }] } }] });
  });

  it("keep what they cannot show otherwise: opened and saved, the condition is the same", async () => {
    const { sonde, page, button, field } = await open("/cohorts/coh_1");
    const before = structuredClone(sonde.state.people.cohorts[0].condition);
    await field("Name").fill("Renamed");
    await button("Save cohort").click();
    await page.getByRole("link", { name: "Renamed" }).waitFor();
    assert.deepEqual(sonde.state.people.cohorts[0].condition, before);
  });

  it("are not deleted while a survey uses them", async () => {
    const { page, button } = await open("/cohorts/coh_1");
    await button("Delete…").click();
    await button("Delete cohort").click();
    await page.getByRole("dialog").getByText("is live and uses it").waitFor();
    await button("Keep it").click();
    await page.goto(page.url().replace("coh_1", "coh_2"));
    await button("Delete…").click();
    await button("Delete cohort").click();
    await page.waitForURL(/\/cohorts(\?|$)/);
  });

  it("are not left unsaved without a question", async () => {
    const { page, button, field } = await open("/cohorts/coh_1");
    await field("Name").fill("Changed");
    await page.getByRole("link", { name: "Triggers" }).click();
    await page.getByRole("dialog", { name: "Leave without saving?" }).waitFor();
    await button("Stay").click();
    assert.equal(await field("Name").inputValue(), "Changed");
  });
});

it("a trigger cancels others, by undo not", async () => {
  const { sonde, page, button, field } = await open("/triggers?name=order+delivered");
  const panel = page.getByRole("dialog", { name: "order delivered" });
  await panel.getByText("Nothing. An event of this trigger").waitFor();
  await button("Cancel earlier events").click();
  await field("Backend trigger to cancel").selectOption("ended_sleep");
  await field("Only where this property is equal").fill("night_id");
  await button("Cancel those events").click();
  await panel.getByText("earlier ended_sleep with the same night_id").waitFor();
  const saved = () => sonde.state.triggers.find(({ name }) => name === "order delivered").cancels;
  assert.deepEqual(saved(), [{ trigger: "ended_sleep", equal_property: "night_id" }]);
  await panel.getByRole("button", { name: "Do not cancel ended_sleep any more" }).click();
  await panel.getByText("Nothing. An event of this trigger").waitFor();
  await page.getByLabel("Notifications").getByRole("button", { name: "Undo" }).last().click();
  await panel.getByText("earlier ended_sleep with the same night_id").waitFor();
});
