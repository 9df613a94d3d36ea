/** Every page of the dashboard with data on it, for everybody: axe-core finds nothing, and the main story needs no mouse. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { launch } from "../web/testkit/chromium.mjs";
import { Desk } from "./support/desk.mjs";
import { furnish, LONG } from "./support/furnish.mjs";
import { Sonde } from "./support/sonde.mjs";
import { until } from "./support/until.mjs";

let sonde;
let browser;
let lull;

before(async () => {
  [sonde, browser] = await Promise.all([Sonde.start(), launch()]);
  lull = await furnish(sonde);
});
after(async () => {
  await browser?.close();
  assert.equal(await sonde?.stop(), 0, sonde?.log);
});

/** A new tab, signed in or not. */
async function desk(test, { width = 1280, colorScheme = "light", guest = false } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 860 }, colorScheme, reducedMotion: "reduce" });
  test.after(() => context.close());
  if (!guest) await lull.member.enter(context);
  return Desk.open(context, sonde.origin);
}

const rows = (table, least) => async (it) => {
  const found = it.page.getByRole("table", { name: table }).locator("tbody tr:not([aria-hidden])");
  await found.nth(least - 1).waitFor();
};
const shows = (text) => (it) => it.page.getByText(text).first().waitFor();
const both = (...steps) => async (it) => {
  for (const step of steps) await step(it);
};
const press = (name) => (it) => it.button(name).click();

/** Name, path, and what must be in sight before it is looked at. */
function pages({ main, long, draft, paused, ended, rows: answered, cohort, longCohort, gated, user, longUser }) {
  const full = answered.find(({ answers }) => answers.wish).display_id;
  return [
    ["surveys", "/surveys", both(rows("Surveys", 5), shows("Weekly check-in"))],
    ["surveys, menu of one open", "/surveys", both(rows("Surveys", 5), (it) => it.page.getByRole("button", { name: "Actions for Sleep quality" }).click(), (it) => it.page.getByRole("menuitem", { name: "End…" }).waitFor())],
    ["surveys, end asked", "/surveys", both(rows("Surveys", 5), (it) => it.page.getByRole("button", { name: "Actions for Sleep quality" }).click(), (it) => it.page.getByRole("menuitem", { name: "End…" }).click(), (it) => it.dialog.getByText("Nobody is asked any more").waitFor())],
    ["surveys, none found", "/surveys?q=zzz", shows("No survey like that")],
    ["templates", "/surveys/new?template=csat", both((it) => it.page.getByRole("list", { name: "Templates" }).getByRole("listitem").nth(12).waitFor(), shows("How satisfied are you"))],
    ["editor", `/surveys/${main}?question=recommend`, (it) => it.field("Question").waitFor()],
    ["editor, choice and rules", `/surveys/${main}?question=feeling`, (it) => it.field("Option 5").waitFor()],
    ["editor, a translation", `/surveys/${main}?part=languages&lang=de`, (it) => it.page.getByLabel(/\(German\)/).first().waitFor()],
    ["editor, thank-you", `/surveys/${main}?part=thank_you`, (it) => it.field("Heading").waitFor()],
    ["editor, buttons and hints", `/surveys/${main}?part=texts`, (it) => it.field("Skip").waitFor()],
    ["editor, behaviour", `/surveys/${main}?part=survey`, (it) => it.page.getByRole("switch", { name: "Users can close it" }).waitFor()],
    ["editor, errors", `/surveys/${draft}?question=feeling`, (it) => it.page.getByRole("alert").first().waitFor()],
    ["editor, preview", `/surveys/${main}?view=preview&look=dark`, (it) => it.page.getByTestId("stage").waitFor()],
    ["editor, versions", `/surveys/${main}?dialog=versions`, (it) => it.dialog.getByText("Version 1").waitFor()],
    ["editor, long name", `/surveys/${long}?question=mood`, (it) => it.field("Option 2").waitFor()],
    ["launch", `/surveys/${main}/launch`, both((it) => it.page.getByRole("list", { name: "Chosen backend events" }).getByText("ended_sleep").waitFor(), shows("Live with version 1"))],
    ["launch, things to do", `/surveys/${draft}/launch`, both((it) => it.page.getByLabel("To do").first().waitFor(), async (it) => (await it.field("Expires after").fill("101"), it.page.getByRole("alert").first().waitFor()))],
    ["launch, a filter", `/surveys/${paused}/launch`, both((it) => it.page.getByRole("list", { name: "Chosen backend events" }).getByText("order_delivered").waitFor(), (it) => it.page.getByRole("button", { name: "Only where…" }).first().click(), (it) => it.field("Property").first().waitFor())],
    ["launch, ended", `/surveys/${ended}/launch`, shows("This survey has ended.")],
    ["results", `/surveys/${main}/results`, (it) => it.page.getByRole("figure").nth(4).waitFor()],
    ["results, as tables", `/surveys/${main}/results`, async (it) => {
      await it.page.getByRole("figure").nth(4).waitFor();
      for (const button of await it.page.getByRole("figure").getByRole("button", { name: "Table", exact: true }).all()) await button.click();
      assert.ok((await it.page.getByRole("figure").getByRole("row").count()) > 20);
    }],
    ["results, filter being made", `/surveys/${main}/results`, both((it) => it.page.getByRole("figure").nth(4).waitFor(), press("Add filter"), (it) => it.field("Condition").waitFor())],
    ["results, nothing matches", `/surveys/${main}/results?filter=${encodeURIComponent(JSON.stringify({ from: "2020-01-01", to: "2020-01-02", all: [] }))}`, shows("Nothing matches this filter")],
    ["results, of a long name", `/surveys/${long}/results`, shows("Not shown to anybody yet")],
    ["responses", `/surveys/${main}/results?tab=responses`, both((it) => it.heading("120 responses").waitFor(), (it) => it.page.getByRole("region", { name: "Responses", exact: true }).getByRole("row").nth(10).waitFor())],
    ["responses, columns", `/surveys/${main}/results?tab=responses`, both((it) => it.heading("120 responses").waitFor(), press("Columns"), (it) => it.page.getByRole("checkbox", { name: "user.plan" }).waitFor())],
    ["a response", `/surveys/${main}/results?tab=responses&response=${full}`, both((it) => it.dialog.getByText("event.sleep_score").waitFor(), (it) => it.dialog.getByText("user.plan").waitFor())],
    ["launch, every gate", `/surveys/${gated}/launch`, both((it) => it.page.getByRole("group", { name: "Condition 1.2.2" }).waitFor(), shows("until 500 completed"), press("Estimate"), shows("Why not the others"))],
    ["launch, audience being made", `/surveys/${draft}/launch`, both(press("Add an attribute to group 1"), press("Add a group to group 1"), press("Add survey history to group 1.2"), (it) => it.page.getByRole("group", { name: "Condition 1.2.2" }).waitFor())],
    ["why not shown", `/surveys/${main}/results?tab=refusals`, rows("Reasons by day", 1)],
    ["why not shown, nothing yet", `/surveys/${draft}/results?tab=refusals`, shows("Nobody's app has asked in the last 7 days")],
    ["users", "/users", rows("Users", 3)],
    ["users, nobody", "/users?q=zzz", shows("Nobody known by “zzz”")],
    ["a user", `/users/${user}`, both(rows("Pending events", 1), rows("Displays and responses", 1), (it) => it.page.getByRole("list", { name: "Decisions" }).getByRole("listitem").first().waitFor(), (it) => it.page.getByRole("list", { name: "Refusals" }).getByRole("listitem").first().waitFor())],
    ["a user, asked about later", `/users/${user}?trigger=MainActivity&platform=ios`, (it) => it.page.getByRole("list", { name: "Decisions" }).getByText("not shown").first().waitFor()],
    ["a user, erasing asked", `/users/${user}`, both(press("Erase…"), (it) => it.button("Erase for good").waitFor())],
    ["a user, of a long id", `/users/${encodeURIComponent(longUser)}`, rows("Pending events", 2)],
    ["a user nobody has seen", "/users/nobody", shows("Nothing is known of this user")],
    ["cohorts", "/cohorts", rows("Cohorts", 2)],
    ["a cohort", `/cohorts/${cohort}`, both((it) => it.page.getByRole("group", { name: "Condition 1.2.2" }).waitFor(), (it) => it.page.getByRole("link", { name: "Price, weekdays only" }).waitFor())],
    ["a cohort, of a long name", `/cohorts/${longCohort}`, (it) => it.page.getByRole("group", { name: "Condition 1.1" }).waitFor()],
    ["a cohort, deleting refused", `/cohorts/${cohort}`, both(press("Delete…"), press("Delete cohort"), (it) => it.dialog.getByRole("alert").waitFor())],
    ["a cohort, new", "/cohorts/new", both(press("Add an attribute to group 1"), (it) => it.page.getByRole("group", { name: "Condition 1.1" }).waitFor())],
    ["a trigger, cancelling", "/triggers?name=subscription_cancelled", both((it) => it.dialog.getByText("trial_started").waitFor(), press("Cancel earlier events"), (it) => it.field("Backend trigger to cancel").waitFor())],
    ["triggers", "/triggers", both(rows("Backend triggers", 5), (it) => it.page.getByText(LONG.slice(0, 120)).waitFor())],
    ["triggers, frontend", "/triggers?kind=frontend", rows("Frontend triggers", 1)],
    ["a trigger", "/triggers?name=ended_sleep", (it) => it.dialog.getByRole("table", { name: "Properties seen" }).getByText("sleep_score").waitFor()],
    ["a trigger, archive asked", "/triggers?name=ended_sleep", both((it) => it.dialog.getByText("sleep_score").waitFor(), press("Archive"), (it) => it.dialog.getByRole("alert").waitFor())],
    ["a trigger, created ahead", "/triggers", both(press("Create ahead"), (it) => it.field("Name").fill("ended_sleep"), press("Create trigger"), (it) => it.dialog.getByRole("alert").waitFor())],
    ["connections", "/connections", shows("Enabled")],
    ["backend trigger", "/connections/backend", both(rows("Backend keys", 1), rows("Last events", 20), shows("Rejected"), shows("Duplicate"))],
    ["backend trigger, form error", "/connections/backend?sample=python", both(rows("Last events", 20), (it) => it.field("Properties").fill("[1"), press("Send test event"), (it) => it.page.getByRole("alert").waitFor())],
    ["backend trigger, revoke asked", "/connections/backend", both(rows("Backend keys", 1), (it) => it.page.getByRole("button", { name: /^Revoke/ }).click(), (it) => it.button("Revoke at once").waitFor())],
    ["web SDK", "/connections/sdk", (it) => it.page.getByRole("region", { name: "Script tag" }).waitFor()],
    ["settings", "/settings", async (it) => (await it.field("Language tags").fill("en, fr!"), it.page.getByRole("alert").waitFor())],
    ["settings, theme", "/settings?tab=theme", async (it) => (await it.field("Accent colour").fill("#ffe066"), it.page.getByText(/needs 3 : 1/).first().waitFor())],
    ["settings, security", "/settings?tab=security", async (it) => (await it.page.getByLabel("Only these").check(), await it.field("Origins, one a line").fill("no origin"), it.page.getByRole("alert").waitFor())],
    ["first steps", "/first-run", shows("4 of 4 done")],
    ["no such page", "/nowhere", shows("There is no such page")],
  ];
}
const GUESTS = [
  ["login, refused", "/login?return=%2Ftriggers", async (it) => {
    await it.field("E-mail").fill("nobody@example.com");
    await it.field("Password").fill("wrong");
    await it.button("Log in").click();
    await it.page.getByRole("alert").waitFor();
  }],
  ["setup, done", "/setup", shows("Sonde is set up")],
];

for (const width of [1280, 390]) {
  describe(`no fault, light and dark, ${width} px wide`, () => {
    for (const [who, list, least] of [["before signing in", () => GUESTS, 2], ["on every page", () => pages(lull), 55]]) {
      it(who, async (test) => {
        const on = await desk(test, { width, guest: list() === GUESTS });
        const found = [];
        const note = (name, faults) => found.push(...faults.map((fault) => `${name}: ${fault}`));
        const ink = () => on.page.evaluate(() => getComputedStyle(document.body).color);
        for (const [name, path, ready] of list()) {
          await on.page.emulateMedia({ colorScheme: "light" });
          await on.goto(path);
          await ready(on).catch((error) => assert.fail(`${name}: ${error.message}`));
          note(name, await on.faults());
          const excess = await on.excess();
          if (excess > 0) note(name, [`sticks out by ${excess} px`]);
          const light = await ink();
          await on.page.emulateMedia({ colorScheme: "dark" });
          await until(`${name} turns dark`, async () => (await ink()) !== light);
          // The dark page has the same parts and other colours.
          note(`${name}, dark`, await on.faults("color-contrast"));
        }
        assert.ok(list().length >= least);
        assert.deepEqual(found, []);
      });
    }
  });
}

describe("without a mouse", () => {
  /** Tabs on until this is the focus, as somebody without a mouse does; it must be in sight and be seen to be. */
  async function reach(on, name, role) {
    const wanted = role ? on.page.getByRole(role, { name, exact: true }) : on.page.getByLabel(name, { exact: true });
    await wanted.first().waitFor();
    const has = () => wanted.first().evaluate((element) => element === document.activeElement);
    for (let presses = 0; !(await has()); presses += 1) {
      assert.ok(presses < 120, `${name} cannot be reached by Tab`);
      await on.page.keyboard.press("Tab");
    }
    const ring = await wanted.first().evaluate((element) => {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      return (outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 1) || boxShadow !== "none";
    });
    assert.ok(ring, `${name} has the focus, and nothing shows it`);
  }
  const key = (on, ...keys) => keys.reduce((before, each) => before.then(() => on.page.keyboard.press(each)), Promise.resolve());
  async function write(on, name, words, role) {
    await reach(on, name, role);
    await key(on, "Control+a");
    await on.page.keyboard.type(words);
  }

  it("the owner is made, the backend trigger enabled, and one signs in again", async (test) => {
    const fresh = await Sonde.start();
    test.after(() => fresh.stop());
    const visit = async () => {
      const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, reducedMotion: "reduce" });
      test.after(() => context.close());
      return Desk.open(context, fresh.origin);
    };
    const on = await visit();
    await on.page.goto(await fresh.setupLink());
    await on.heading("Set up Sonde").waitFor();
    await write(on, "E-mail", "kay@example.com");
    await write(on, "Password", "typed, not clicked");
    await write(on, "Workspace", "Lull");
    await key(on, "Enter");
    await on.heading("First steps").waitFor();
    await reach(on, "Enable", "button");
    await key(on, "Enter");
    await on.page.getByText("1 of 4 done").waitFor();
    const shown = on.page.getByRole("status").filter({ hasText: "Your backend key" });
    const secret = /sk_\S{20,}/.exec(await shown.innerText())[0];
    const headers = { "content-type": "application/json", "x-api-key": secret };
    const body = JSON.stringify({ user_id: "kay", event_name: "ended_sleep" });
    assert.equal((await fetch(`${fresh.origin}/api/v1/connections/backend/event`, { method: "POST", headers, body })).status, 200);
    await on.page.getByText("2 of 4 done").waitFor();
    await reach(on, "I have copied it", "button");
    await key(on, "Enter");
    await shown.waitFor({ state: "detached" });
    const again = await visit();
    await again.goto("/");
    await write(again, "E-mail", "kay@example.com");
    await write(again, "Password", "typed, not clicked");
    await key(again, "Enter");
    await again.heading("First steps").waitFor();
  });

  it("a survey is made from a template, written, set up and launched", async (test) => {
    const on = await desk(test);
    await on.goto("/surveys");
    await rows("Surveys", 5)(on);
    await reach(on, "New survey", "link");
    await key(on, "Enter");
    await on.heading("New survey").waitFor();
    const template = on.page.getByRole("button", { name: /^Product-market fit/ });
    for (let presses = 0; !(await template.evaluate((element) => element === document.activeElement)); presses += 1) {
      assert.ok(presses < 60, "the template cannot be reached");
      await key(on, "Tab");
    }
    await key(on, "Enter");
    await reach(on, "Use “Product-market fit”", "button");
    await key(on, "Enter");
    await on.heading("Question 1").waitFor();
    await write(on, "Question", "Written by keyboard?");
    await on.page.getByTestId("stage").getByText("Written by keyboard?").waitFor();
    await on.saved();
    await reach(on, "Configure & Launch", "link");
    await key(on, "Enter");
    await reach(on, "Activate with backend event", "switch");
    await key(on, "Space");
    await reach(on, "Backend events", "combobox");
    await on.page.keyboard.type("ended_sl");
    await on.page.getByRole("option", { name: /^ended_sleep/ }).waitFor();
    await key(on, "Enter", "Escape");
    await on.button("Remove ended_sleep").waitFor();
    await write(on, "Expires after", "3");
    await reach(on, "Frontend triggers", "combobox");
    await on.page.keyboard.type("MainActivity");
    await on.page.getByRole("option", { name: /^MainActivity/ }).first().waitFor();
    await key(on, "Enter", "Escape");
    await on.button("Remove MainActivity").waitFor();
    await on.saved();
    await reach(on, "Launch", "button");
    await key(on, "Enter");
    await on.page.getByText("Live with version 1").waitFor();
    const id = /srv_[^/?]+/.exec(on.page.url())[0];
    const { published } = await lull.member.do("GET", `/workspaces/${lull.workspace.id}/surveys/${id}`);
    assert.equal(published.document.questions[0].title.en, "Written by keyboard?");
    assert.deepEqual(published.document.launch.activation.backend_triggers.map(({ name }) => name), ["ended_sleep"]);
    assert.deepEqual(published.document.launch.frontend_triggers.map(({ name }) => name), ["MainActivity"]);
  });

  it("an audience is built, group within group, and taken apart", async (test) => {
    const on = await desk(test);
    const { id } = await lull.member.do("POST", `/workspaces/${lull.workspace.id}/surveys/${lull.main}/duplicate`);
    const audience = async () => (await lull.member.do("GET", `/workspaces/${lull.workspace.id}/surveys/${id}`)).draft.launch.audience;
    await on.goto(`/surveys/${id}/launch`);
    await reach(on, "Add an attribute to group 1", "button");
    await key(on, "Enter");
    await write(on, "Attribute", "plan", "combobox");
    await reach(on, "Value", "combobox");
    await on.page.keyboard.type("plus");
    await reach(on, "Add a group to group 1", "button");
    await key(on, "Enter");
    await reach(on, "Add survey history to group 1.2", "button");
    await key(on, "Enter");
    await reach(on, "Days, empty for ever");
    await on.page.keyboard.type("30");
    await reach(on, "Delete condition 1.2.1", "button");
    await key(on, "Enter");
    await on.saved();
    const made = await audience();
    assert.deepEqual(made.all[0], { attribute: "plan", op: "equals", value: "plus" });
    assert.deepEqual([made.all[1].any.length, made.all[1].any[0].op, made.all[1].any[0].within_days], [1, "seen", 30]);
    await reach(on, "Delete group 1.2", "button");
    await key(on, "Enter");
    await reach(on, "Delete condition 1.1", "button");
    await key(on, "Enter");
    await on.saved();
    await until("the audience is gone", async () => (await audience()) === undefined);
  });

  it("results are filtered, and one response is read and left again", async (test) => {
    const on = await desk(test);
    await on.goto(`/surveys/${lull.main}/results?tab=responses`);
    await on.heading("120 responses").waitFor();
    await reach(on, "Add filter", "button");
    await key(on, "Enter");
    await reach(on, "By");
    await on.page.keyboard.type("User");
    await until("the source is chosen", async () => (await on.field("By").inputValue()) === "user");
    await write(on, "Property", "plan");
    await reach(on, "Value");
    await on.page.keyboard.type("plus");
    await key(on, "Enter");
    await on.page.getByText(/user\.plan (is|equals) .*plus/).first().waitFor();
    const plus = lull.rows.filter(({ user }) => user.plan === "plus").length;
    await on.page.getByText(`${plus} loaded`, { exact: true }).waitFor();
    const first = on.page.getByRole("region", { name: "Responses", exact: true }).locator("tbody button").first();
    for (let presses = 0; !(await first.evaluate((element) => element === document.activeElement)); presses += 1) {
      assert.ok(presses < 60, "the rows cannot be reached");
      await key(on, "Tab");
    }
    await key(on, "ArrowDown", "Enter");
    await on.dialog.getByText("user.plan").waitFor();
    await key(on, "Escape");
    await on.dialog.waitFor({ state: "detached" });
  });
});
