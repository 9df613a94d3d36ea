import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { launch } from "../../../testkit/chromium.mjs";
import { fakeSurveys, LONG } from "./fake-surveys.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const SLEEP = JSON.parse(readFileSync(new URL("../../../../demo/surveys/sleep-quality.json", import.meta.url), "utf8"));

let browser;
let api;
let context;
let page;
let complaints;

before(async () => void (browser = await launch()));
after(() => browser?.close());
beforeEach(() => start());
afterEach(() => stop());

async function start({ viewport = { width: 1280, height: 800 }, colorScheme = "light", documents = [SLEEP] } = {}) {
  api = await fakeSurveys({ documents: structuredClone(documents) });
  context = await browser.newContext({ viewport, colorScheme, reducedMotion: "reduce" });
  page = await context.newPage();
  complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => message.type() === "error" && !/Failed to load resource/.test(message.text()) && complaints.push(message.text()));
}

async function stop() {
  await context.close();
  await api.close();
  assert.deepEqual(complaints, []);
}

const open = (path) => page.goto(api.origin + path);
const button = (name) => page.getByRole("button", { name, exact: true });
const heading = (name) => page.getByRole("heading", { name, exact: true });
const draft = (id = "srv_1") => api.surveys.get(id).draft;
const title = () => page.getByLabel("Question", { exact: true });

async function saved(check) {
  for (let turn = 0; turn < 100; turn += 1) {
    if (check()) return;
    await page.waitForTimeout(50);
  }
  assert.fail(`not saved: ${check}`);
}

async function faultless(what) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
  const { violations } = await page.evaluate((rules) => axe.run(document, { runOnly: rules }), RULES);
  const found = violations.map(({ id, nodes }) => `${what}: ${id} at ${nodes[0].target} (${nodes[0].html.slice(0, 120)})`);
  assert.deepEqual(found, []);
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= page.viewportSize().width, `${what} overflows`);
}

describe("the list", () => {
  it("teaches when it is empty, and leads to a survey from a template", async () => {
    api.surveys.clear();
    await open("/surveys");
    await heading("Surveys").waitFor();
    await page.getByRole("link", { name: "Choose a template" }).click();
    await page.getByRole("button", { name: /^Cancellation reason/ }).click();
    await page.getByRole("dialog").getByText("Why did you cancel?").waitFor();
    await button("Use “Cancellation reason”").click();
    await heading("Question 1").waitFor();
    assert.equal([...api.surveys.values()][0].draft.name, "Cancellation reason");
  });

  it("searches and filters in the URL", async () => {
    api.add({ ...SLEEP, name: LONG }, { status: "live", shown: 10, completed: 4 });
    await open("/surveys?status=live");
    await page.getByRole("link", { name: LONG }).waitFor();
    assert.equal(await page.getByRole("row").count(), 2);
    await page.getByRole("button", { name: /^All/ }).click();
    await page.getByLabel("Search surveys").fill("sleep q");
    await page.getByRole("link", { name: LONG }).waitFor({ state: "detached" });
    assert.match(page.url(), /q=sleep/);
  });

  it("deletes a draft with an undo, and pauses at once with a way back", async () => {
    api.add({ ...SLEEP, name: "Live one" }, { status: "live" });
    await open("/surveys");
    await page.getByRole("button", { name: "Actions for Sleep quality" }).click();
    await faultless("a menu");
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("link", { name: "Sleep quality" }).waitFor({ state: "detached" });
    await button("Undo").click();
    await page.getByRole("link", { name: "Sleep quality" }).waitFor();
    assert.ok(api.surveys.has("srv_1"));
    api.fail["POST /workspaces/wsp_1/surveys/srv_2/pause"] = [500, { detail: "The disk is full." }];
    await page.getByRole("button", { name: "Actions for Live one" }).click();
    await page.getByRole("menuitem", { name: "Pause" }).click();
    await page.getByText("The disk is full.").waitFor();
    await page.getByRole("cell", { name: "Live", exact: true }).waitFor();
  });
});

describe("the editor", () => {
  it("saves what is typed, and undoes a stretch of typing in one step", async () => {
    await open("/surveys/srv_1");
    await title().fill("How was the night?");
    await saved(() => draft().questions[0].title.en === "How was the night?");
    await page.getByRole("dialog").getByText("How was the night?").waitFor();
    await page.keyboard.press("Control+z");
    assert.equal(await title().inputValue(), SLEEP.questions[0].title.en);
    await page.keyboard.press("Control+Shift+z");
    assert.equal(await title().inputValue(), "How was the night?");
  });

  it("shows what the server finds wrong at its field and in the outline", async () => {
    await open("/surveys/srv_1");
    await title().fill("");
    await page.getByRole("alert").filter({ hasText: "default language" }).waitFor();
    assert.equal(await title().getAttribute("aria-invalid"), "true");
    await page.getByLabel("has errors").waitFor();
    await faultless("errors open");
  });

  it("sorts questions by keyboard, and says where they are", async () => {
    await open("/surveys/srv_1");
    await page.getByRole("button", { name: /^Move “How do you feel/ }).focus();
    for (const key of ["Space", "ArrowDown", "Space"]) {
      await page.keyboard.press(key);
      await page.waitForTimeout(250);
    }
    await saved(() => draft().questions[1].id === "feeling");
    await page.getByText("was dropped at 2 of 4").waitFor({ state: "attached" });
  });

  it("writes rules with options by their ids", async () => {
    await open("/surveys/srv_1");
    await button("Add rule").click();
    await page.getByLabel("Comparison").selectOption("in");
    await page.getByRole("group", { name: "Chosen options" }).getByLabel("Still tired").check();
    await page.getByLabel("then").selectOption("wish");
    await saved(() => draft().questions[0].logic?.[0].then.jump === "wish");
    assert.deepEqual(draft().questions[0].logic[0].if, { all: [{ question: "feeling", op: "in", value: ["rested", "tired"] }] });
    await page.getByRole("radio", { name: "Still tired" }).check();
    await page.getByRole("dialog").getByRole("button", { name: "Next" }).click();
    await page.getByRole("dialog").getByText(SLEEP.questions[3].title.en).waitFor();
  });

  it("puts a value into a text where the caret is, and previews its fallback", async () => {
    await open("/surveys/srv_1");
    await title().fill("How was ?");
    await title().press("ArrowLeft");
    await button("Insert a value into Question").click();
    const menu = page.getByRole("dialog", { name: "Insert a value" });
    assert.deepEqual(await menu.locator("datalist option").evaluateAll((options) => options.map((option) => option.value)), ["hours", "plan"]);
    assert.equal(await menu.getByRole("button", { name: "Insert" }).isDisabled(), true);
    await menu.getByLabel("Property").fill("book.title");
    await menu.getByLabel("If there is none, say").fill('the "book"');
    await faultless("menu of values");
    await page.keyboard.press("Enter");
    const pipe = '{{event.book.title | "the \\"book\\""}}';
    await saved(() => draft().questions[0].title.en === `How was ${pipe}?`);
    await page.getByTestId("stage").getByRole("heading", { name: 'How was the "book"?' }).waitFor();
    await page.keyboard.type("!");
    await saved(() => draft().questions[0].title.en === `How was ${pipe}!?`);
  });

  it("writes rules about what the event said, with what was seen of it", async () => {
    await open("/surveys/srv_1");
    await button("Add rule").click();
    await page.getByLabel("Asked about").selectOption("event");
    await page.getByLabel("Property", { exact: true }).fill("hours");
    await page.getByLabel("Comparison").selectOption("less");
    await page.getByLabel("Value", { exact: true }).fill("6.5");
    await page.getByLabel("then").selectOption("wish");
    await saved(() => draft().questions[0].logic?.[0].if.all[0].value === 6.5);
    assert.deepEqual(draft().questions[0].logic[0].if, { all: [{ source: "event", path: "hours", op: "less", value: 6.5 }] });
    await faultless("a rule about an event");
    // The preview knows of no event: the condition does not hold there, and the next question follows.
    await page.getByRole("radio", { name: "Still tired" }).check();
    await page.getByRole("dialog").getByRole("button", { name: "Next" }).click();
    await page.getByRole("dialog").getByText(SLEEP.questions[1].title.en).waitFor();
    await page.getByLabel("Asked about").selectOption({ label: "1. " + SLEEP.questions[0].title.en });
    await saved(() => draft().questions[0].logic[0].if.all[0].question === "feeling");
  });

  it("edits another language beside the default one, and flags what is missing", async () => {
    await open("/surveys/srv_1?part=languages");
    await page.getByLabel("Add a language").selectOption("fr");
    await heading("All texts in French · 21 missing").waitFor();
    await page.getByLabel("Question 1 (French)", { exact: true }).fill("Comment allez-vous ?");
    await heading("All texts in French · 20 missing").waitFor();
    await page.getByRole("dialog").getByText("Comment allez-vous ?").waitFor();
    await saved(() => draft().questions[0].title.fr === "Comment allez-vous ?");
    await faultless("languages");
  });

  it("adds, duplicates and deletes questions, with an undo", async () => {
    await open("/surveys/srv_1?question=wish");
    await button("Add question").click();
    await page.getByRole("menuitem", { name: /^Stars/ }).click();
    await page.keyboard.type("How many?");
    await saved(() => draft().questions[4]?.title.en === "How many?");
    await button("Duplicate question").click();
    await saved(() => draft().questions[5]?.id === "rating_2");
    await button("Delete question").click();
    await saved(() => draft().questions.length === 5);
    await button("Undo").click();
    await saved(() => draft().questions.length === 6);
  });

  it("says when somebody else has saved, and lets one choose", async () => {
    await open("/surveys/srv_1");
    await heading("Question 1").waitFor();
    Object.assign(api.surveys.get("srv_1"), { draft: { ...SLEEP, name: "Theirs" }, draft_revision: 9 });
    await page.getByLabel("Survey name").fill("Mine");
    await page.getByText("changed somewhere else").waitFor();
    assert.equal(draft().name, "Theirs");
    await faultless("conflict");
    await button("Load the other version").click();
    await page.getByText("changed somewhere else").waitFor({ state: "detached" });
    assert.equal(await page.getByLabel("Survey name").inputValue(), "Theirs");
    await page.keyboard.press("Control+z");
    await saved(() => draft().name === "Mine");
  });

  it("keeps typing while offline and saves when it can", async () => {
    await open("/surveys/srv_1");
    api.offline = true;
    await page.getByLabel("Survey name").fill("Later");
    await page.getByText("Offline: will save later").waitFor();
    api.offline = false;
    await button("Try now").click();
    await saved(() => draft().name === "Later");
  });

  it("compares with the live version, publishes and restores", async () => {
    await open("/surveys/srv_1/launch");
    await button("Launch").click();
    await page.getByText("Live now.").waitFor();
    await page.getByRole("link", { name: "Edit", exact: true }).click();
    await title().fill("How did you sleep?");
    await button("Version 1").click();
    await page.getByRole("menuitem", { name: "Changes since then" }).click();
    await page.getByRole("dialog", { name: "Changes" }).getByRole("insertion").filter({ hasText: "How did you sleep?" }).waitFor();
    await faultless("changes");
    await page.keyboard.press("Escape");
    await button("Publish changes").click();
    await button("Version 2").click();
    await page.getByRole("menuitem", { name: "All versions" }).click();
    await button("Restore as draft").last().click();
    await saved(() => draft().questions[0].title.en === SLEEP.questions[0].title.en);
  });
});

describe("Configure & Launch", () => {
  it("takes exactly 100 hours and refuses 101", async () => {
    await open("/surveys/srv_1/launch");
    const expiry = page.getByLabel("Expires after", { exact: true });
    await expiry.fill("101");
    await page.getByRole("alert").filter({ hasText: "The longest is 100 hours" }).waitFor();
    assert.ok(await button("Launch").isDisabled());
    await faultless("expiry refused");
    await expiry.fill("100");
    await page.getByText("Shown at MainActivity, within 100 hours of ended_sleep").waitFor();
    await saved(() => draft().launch.activation.expires_after_secs === 360_000);
    assert.ok(await button("Launch").isEnabled());
  });

  it("finds triggers by typing, makes new ones ahead and filters by their properties", async () => {
    api.surveys.clear();
    const { id } = api.add({ ...SLEEP, launch: { frontend_triggers: [] } });
    await open(`/surveys/${id}/launch`);
    await page.getByLabel("Activate with backend event").click();
    await page.getByRole("combobox", { name: "Backend events" }).fill("sleep");
    await page.keyboard.press("Enter");
    await page.getByRole("combobox", { name: "Frontend triggers" }).fill("checkout_opened");
    await page.getByRole("option", { name: /Create “checkout_opened” ahead/ }).click();
    await page.keyboard.press("Escape");
    await button("Only where…").first().click();
    const offered = await page.getByLabel("Value", { exact: true }).evaluate(({ list }) => [...list.options].map(({ value }) => value));
    assert.deepEqual(offered, ["7.5", "6.25"], "what was seen of the property");
    await page.getByLabel("Value", { exact: true }).fill("7.5");
    await saved(() => draft(id).launch.frontend_triggers.length === 1 && draft(id).launch.activation.backend_triggers[0].filter?.all[0].value === 7.5);
    assert.deepEqual(draft(id).launch.activation.backend_triggers, [{ name: "ended_sleep", filter: { all: [{ path: "hours", op: "equals", value: 7.5 }] } }]);
    assert.ok(api.triggers.some(({ kind, name }) => kind === "frontend" && name === "checkout_opened"));
    await page.getByText("checkout_opened was never received").waitFor();
    await faultless("launch");
  });
});

it("has no accessibility faults, light and dark, wide and narrow", async () => {
  api.add({ ...SLEEP, name: LONG, questions: [{ ...SLEEP.questions[0], title: { en: LONG.replaceAll(" ", "_") } }, ...SLEEP.questions.slice(1)] });
  for (const path of ["/surveys", "/surveys/new", "/surveys/srv_2?question=feeling", "/surveys/srv_2?part=texts&lang=de&look=dark", "/surveys/srv_2?view=preview", "/surveys/srv_2?view=preview&device=desktop&look=dark", "/surveys/srv_2", "/surveys/srv_2/launch"]) {
    await open(path);
    await page.locator("main h1").waitFor();
    await page.getByRole("status", { name: /Loading/ }).waitFor({ state: "detached" });
    for (const [width, height, colorScheme] of [[1280, 800, "light"], [1280, 800, "dark"], [390, 844, "dark"], [390, 844, "light"]]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      await page.waitForTimeout(150);
      await faultless(`${path}, ${colorScheme}, ${width} px`);
    }
  }
});
