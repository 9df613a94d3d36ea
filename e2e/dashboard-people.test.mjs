/** Why she was not asked: the dashboard says it, somebody mends it there, and the survey shows. Users, cohorts, audiences. */
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { launch } from "../web/testkit/chromium.mjs";
import { Desk } from "./support/desk.mjs";
import { Member } from "./support/member.mjs";
import { startSite } from "./support/site.mjs";
import { Sonde } from "./support/sonde.mjs";
import { story, toFolder } from "./support/story.mjs";
import { after as activated, shortSurvey } from "./support/surveys.mjs";
import { Tab } from "./support/tab.mjs";
import { until } from "./support/until.mjs";

const MINUTE = 60_000;
const ago = (minutes) => new Date(Date.now() - minutes * MINUTE).toISOString();

let sonde;
let browser;
before(async () => void ([sonde, browser] = await Promise.all([Sonde.start(), launch()])));
after(async () => {
  await browser?.close();
  assert.equal(await sonde?.stop(), 0, sonde?.log);
});

/** A workspace with its dashboard open, and a customer's site. */
async function stage(users) {
  const workspace = await sonde.workspace();
  const member = await Member.logIn(sonde.origin);
  const settings = await member.do("GET", `/workspaces/${workspace.id}/settings`);
  await member.do("PUT", `/workspaces/${workspace.id}/settings`, { ...settings, allowed_origins: ["*"] });
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, reducedMotion: "reduce" });
  await member.enter(context);
  const site = await startSite(workspace, { users });
  const desk = await Desk.open(context, sonde.origin);
  const end = () => Promise.all([context.close(), site.close()]);
  return { workspace, member, site, desk, end, go: (path) => desk.goto(`${path}${path.includes("?") ? "&" : "?"}w=${workspace.id}`) };
}

async function visitor(site, user) {
  const context = await browser.newContext({ viewport: { width: 1000, height: 720 }, reducedMotion: "reduce" });
  context.setDefaultTimeout(15_000);
  const tab = await Tab.open(context);
  await tab.visit(site, `/${user}`);
  return tab;
}

/** What the user's page says of a survey, as text. */
const verdict = (desk, survey) => desk.page.getByRole("list", { name: "Decisions" }).getByRole("listitem").filter({ has: desk.page.getByRole("link", { name: survey, exact: true }) }).first();

describe("a user who should have been asked", () => {
  let scene;
  let ada;
  const step = story(toFolder(() => scene?.desk.page));
  before(async () => {
    scene = await stage(["ada"]);
    await scene.workspace.launch(shortSurvey({ name: "After the night", title: "How was it?", activation: activated("ended_sleep", 600) }));
  });
  after(() => scene?.end());

  step("was not: her night ended 22 minutes before she came", async () => {
    await scene.workspace.happened("ada", "ended_sleep", { timestamp: ago(22), properties: { hours: 7.5 } });
    ada = await visitor(scene.site, "ada");
    assert.equal(await ada.fire(), false);
    await ada.assertNothingShown();
  });

  step("is found in the dashboard, which says why in one sentence with the facts", async () => {
    const { desk, go } = scene;
    await go("/surveys");
    await desk.link("Users").click();
    await desk.page.getByRole("searchbox", { name: "Search users" }).fill("ad");
    await desk.link("ada").click();
    await desk.heading("ada").waitFor();
    const said = verdict(desk, "After the night");
    await said.getByText(/“ended_sleep” expired 1[23] min .*ago .*; the window was 10 min\./).waitFor();
    await said.getByText("not shown").waitFor();
    await desk.page.getByRole("table", { name: "Pending events" }).getByText(/expired 1[23] min .*ago/).waitFor();
  });

  step("and why she was not asked when she was there", async () => {
    const { desk } = scene;
    const refusal = desk.page.getByRole("list", { name: "Refusals" }).getByRole("listitem").filter({ hasText: "at MainActivity, web" }).first();
    await until("the refusal is kept", async () => (await desk.page.reload(), await desk.heading("Why not, the last times").waitFor(), await refusal.count()) > 0);
    await refusal.getByText(/After the night.*“ended_sleep” expired 1[23] min .*ago .*; the window was 10 min\./).waitFor();
  });

  step("counts among the reasons on the survey's own page", async () => {
    const { desk } = scene;
    await verdict(desk, "After the night").getByRole("link").click();
    await desk.link("Results").click();
    await desk.link("Why not?").click();
    const reasons = desk.page.getByRole("table", { name: "Reasons by day" });
    await until("the refusal is counted", async () => (await reasons.count()) > 0 && (await desk.cells(reasons)).some(([reason, ...days]) => reason === "Event expired" && days[0] === "1"));
  });

  step("is asked once the window is longer", async () => {
    const { desk, site } = scene;
    await desk.link("Configure & Launch").click();
    await desk.page.getByRole("combobox", { name: "Unit of “Expires after”" }).selectOption("hours");
    await desk.field("Expires after").fill("2");
    await desk.saved();
    await desk.page.getByText(/within 2 hours of ended_sleep/).waitFor();
    await desk.button("Publish changes").last().click();
    await desk.said("Published.").waitFor();
    await scene.go("/users/ada");
    await verdict(desk, "After the night").getByText("Every condition holds.").waitFor();
    await ada.visit(site, "/ada");
    await until("the page has the new version", () => ada.fire());
    await ada.question("How was it?").waitFor();
    await ada.radio("Good").click();
    await ada.button("Send").click();
    await until("her answer is there", async () => (await scene.workspace.rows()).length === 1);
    ada.assertNoComplaints();
  });

  step("and the dashboard knows it: shown, answered, the event used", async () => {
    const { desk } = scene;
    await scene.go("/users/ada?trigger=MainActivity&platform=web");
    const shown = desk.page.getByRole("table", { name: "Displays and responses" });
    await shown.getByText("completed", { exact: true }).waitFor();
    await desk.page.getByRole("table", { name: "Pending events" }).getByText("used").waitFor();
    await verdict(desk, "After the night").getByText("not shown").waitFor();
    await shown.getByRole("link", { name: /^Response/ }).click();
    await desk.dialog.getByText("event.hours").waitFor();
  });

  step("can be erased, and nothing of her is left", async () => {
    const { desk } = scene;
    await scene.go("/users/ada");
    await desk.page.getByRole("table", { name: "Pending events" }).waitFor();
    await desk.button("Erase…").click();
    await desk.field("To confirm, type the user's id").fill("ada");
    await desk.button("Erase for good").click();
    await desk.said("ada is erased.").waitFor();
    await scene.go("/users/ada");
    await desk.page.getByText("Nothing is known of this user").waitFor();
    assert.deepEqual(await scene.workspace.rows(), []);
  });
});

describe("an audience by a cohort", () => {
  let scene;
  let ben;
  let survey;
  const step = story(toFolder(() => scene?.desk.page));
  before(async () => {
    scene = await stage(["ben"]);
    for (const [user, plan] of [["ben", "free"], ["zoe", "plus"], ["kim", "plus"]]) await scene.workspace.visitor(user, { attributes: { plan, age: 31 } });
    ({ survey_id: survey } = await scene.workspace.launch(shortSurvey({ name: "Members", title: "Is plus worth it?" })));
  });
  after(() => scene?.end());

  step("the cohort is made from what is known of the users", async () => {
    const { desk, member, workspace, go } = scene;
    const at = `/workspaces/${workspace.id}/attributes`;
    await until("the attributes are known", async () => (await member.do("GET", at)).items.some(({ name }) => name === "plan"));
    await go("/cohorts");
    await desk.link("New cohort").click();
    await desk.field("Name").fill("Plus members");
    await desk.button("Add an attribute to group 1").click();
    const row = desk.page.getByRole("group", { name: "Condition 1.1" });
    await row.getByLabel("Attribute").fill("plan");
    await row.getByLabel("Value", { exact: true }).fill("plus");
    await desk.page.getByText("Users whose plan is plus.").waitFor();
    await desk.button("Create cohort").click();
    await desk.link("Plus members").waitFor();
  });

  step("a survey asks only those in it, of age, on any day of the week", async () => {
    const { desk, go, member, workspace } = scene;
    await go(`/surveys/${survey}/launch`);
    await desk.button("Add a cohort to group 1").click();
    await desk.button("Add an attribute to group 1").click();
    const row = desk.page.getByRole("group", { name: "Condition 1.2" });
    await row.getByLabel("Attribute").fill("age");
    await row.getByLabel("Type of value").selectOption("number");
    await row.getByLabel("Comparison").selectOption("greater_or_equal");
    await row.getByLabel("Value", { exact: true }).fill("18");
    await desk.page.getByText(/to users who are in “Plus members” and whose age is at least 18\./).waitFor();
    await desk.saved();
    await desk.button("Publish changes").last().click();
    await desk.said("Published.").waitFor();
    const { published } = await member.do("GET", `/workspaces/${workspace.id}/surveys/${survey}`);
    const [cohort] = (await member.do("GET", `/workspaces/${workspace.id}/cohorts`)).items;
    assert.deepEqual(published.document.launch.audience, { all: [{ cohort: cohort.id }, { attribute: "age", op: "greater_or_equal", value: 18 }] });
    assert.deepEqual(cohort.used_by.map(({ name }) => name), ["Members"]);
  });

  step("whoever is not in it is not asked, and the dashboard names the audience", async () => {
    const { desk, go, site } = scene;
    ben = await visitor(site, "ben");
    assert.equal(await ben.fire(), false);
    await go("/users/ben?trigger=MainActivity&platform=web");
    await verdict(desk, "Members").getByText("audience", { exact: true }).waitFor();
    await desk.page.getByText("Nothing would be shown.").waitFor();
  });

  step("whoever joins is asked at the next visit", async () => {
    const { desk, site, workspace } = scene;
    await workspace.visitor("ben", { attributes: { plan: "plus" } });
    await verdict(desk, "Members").getByText("would be shown", { exact: true }).waitFor();
    await ben.visit(site, "/ben");
    assert.equal(await ben.fire(), true);
    await ben.question("Is plus worth it?").waitFor();
    ben.assertNoComplaints();
  });

  step("the cohort cannot be deleted from under the survey", async () => {
    const { desk, go } = scene;
    await go("/cohorts");
    await desk.link("Plus members").click();
    await desk.button("Delete…").click();
    await desk.button("Delete cohort").click();
    await desk.dialog.getByRole("alert").waitFor();
    await desk.button("Keep it").click();
    await desk.link("Members").waitFor();
  });
});
