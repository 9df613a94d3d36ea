import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { launch } from "../../testkit/chromium.mjs";
import { fakeSonde } from "./support/fake-api.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** What a test opened and, when it failed, did not close. */
const opened = [];
afterEach(() => Promise.all(opened.splice(0).map((close) => close())));

const RESULTS = "/surveys/srv_1/results";

async function open(path, options = {}) {
  const sonde = await fakeSonde(options);
  opened.push(() => sonde.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, reducedMotion: "reduce" });
  opened.unshift(() => page.close());
  page.setDefaultTimeout(10_000);
  await page.goto(sonde.origin + path);
  const button = (name) => page.getByRole("button", { name, exact: true });
  const called = (method, ending) => sonde.calls.filter((call) => call.method === method && call.path.endsWith(ending));
  return { sonde, page, button, called };
}

describe("results", () => {
  it("keeps a filter in the URL and asks the server with it, a number as a number", async () => {
    const { page, button, called } = await open(RESULTS);
    await button("Add filter").click();
    await page.getByLabel("By", { exact: true }).selectOption("event");
    await page.getByLabel("Property", { exact: true }).fill("hours");
    await page.getByLabel("Condition", { exact: true }).selectOption("greater");
    await page.getByLabel("Value", { exact: true }).fill("6");
    await page.getByRole("dialog").getByRole("button", { name: "Add filter" }).click();
    await page.getByText("event.hours is greater than 6").waitFor();
    const expected = { from: null, to: null, all: [{ source: "event", path: "hours", op: "greater", value: 6 }] };
    assert.deepEqual(JSON.parse(called("GET", "/results").at(-1).query.filter), expected);
    const csv = new URL(await page.getByRole("link", { name: "Download CSV" }).getAttribute("href"), page.url());
    assert.deepEqual(JSON.parse(csv.searchParams.get("filter")), expected);
    await page.reload();
    await page.getByText("event.hours is greater than 6").waitFor();
    await button("Clear all").click();
    await page.getByText("event.hours is greater than 6").waitFor({ state: "detached" });
    assert.ok(!page.url().includes("filter"));
  });

  it("gives every chart a table with the same numbers", async () => {
    const { page } = await open(RESULTS);
    await page.getByRole("figure").first().waitFor();
    const figures = await page.getByRole("figure").all();
    assert.equal(figures.length, 5);
    for (const figure of figures) {
      await figure.getByRole("button", { name: "Table" }).click();
      assert.ok((await figure.getByRole("row").count()) > 2);
    }
    await page.getByRole("cell", { name: "150", exact: true }).waitFor();
  });

  it("searches the texts", async () => {
    const { page, called } = await open(RESULTS);
    await page.getByLabel("Search the texts").fill("light");
    await page.getByText("Less light in the evening").waitFor();
    assert.equal(called("GET", "/wish/texts").at(-1).query.search, "light");
  });

  it("asks again when the server says that something changed", async () => {
    const { sonde, page, called } = await open(RESULTS);
    await page.getByText("Live updates").waitFor();
    const before = called("GET", "/results").length;
    sonde.changed();
    await page.waitForFunction(() => true);
    for (let tries = 0; called("GET", "/results").length === before && tries < 100; tries++) await page.waitForTimeout(20);
    assert.equal(called("GET", "/results").length, before + 1);
  });
});

describe("responses", () => {
  it("keeps the chosen columns in the URL", async () => {
    const { page, button } = await open(`${RESULTS}?tab=responses`);
    await button("Columns").click();
    await page.getByRole("checkbox", { name: "user.plan" }).check();
    await page.waitForURL(/columns=.*user\.plan/);
    await page.reload();
    await page.getByRole("columnheader", { name: "user.plan" }).waitFor();
  });

  it("opens one in detail with event, trigger and user apart", async () => {
    const { page } = await open(`${RESULTS}?tab=responses`);
    await page.getByRole("cell", { name: "user-1", exact: true }).click();
    await page.waitForURL(/response=dsp_1/);
    const panel = page.getByRole("dialog");
    for (const name of ["event.author.name", "trigger.screen", "user.plan"]) await panel.getByText(name, { exact: true }).waitFor();
  });

  it("deletes with undo, and for good when nobody undoes", async () => {
    const { sonde, page, button, called } = await open(`${RESULTS}?tab=responses&response=dsp_1`);
    await button("Delete response").click();
    await page.getByText("Response deleted.").waitFor();
    await page.getByRole("cell", { name: "user-1", exact: true }).waitFor({ state: "detached" });
    await button("Undo").click();
    await page.getByRole("cell", { name: "user-1", exact: true }).waitFor();
    assert.equal(called("DELETE", "dsp_1").length, 0);
    await page.getByRole("cell", { name: "user-2", exact: true }).click();
    await button("Delete response").click();
    await page.getByText("Response deleted.").waitFor();
    await page.goto(`${sonde.origin}/connections`);
    await page.locator("h1").waitFor();
    assert.equal(called("DELETE", "dsp_2").length, 1);
  });

  it("brings a response back when the server refuses to delete it", async () => {
    const { sonde, page, button } = await open(`${RESULTS}?tab=responses&response=dsp_1`);
    sonde.state.fail = { "DELETE /workspaces/wsp_1/surveys/srv_1/responses/dsp_1": { status: 503, body: { detail: "The disk is full." } } };
    await page.clock.install();
    await button("Delete response").click();
    await page.clock.fastForward(9000);
    await page.getByText("It was not deleted. The disk is full.").waitFor();
    await page.getByRole("cell", { name: "user-1", exact: true }).waitFor();
  });

  it("draws few rows of a hundred thousand, and loads on while scrolling", async () => {
    const { page, called } = await open(`${RESULTS}?tab=responses`, { rows: 100_000 });
    await page.getByText("100,000 responses").waitFor();
    const grid = page.getByRole("region", { name: "Responses", exact: true });
    for (let pages = 2; pages <= 6; pages++) {
      await grid.evaluate((element) => element.scrollTo(0, element.scrollHeight));
      await page.getByText(`${pages * 100} of 100,000 loaded`).waitFor();
    }
    assert.ok((await grid.getByRole("row").count()) < 60);
    assert.equal(called("GET", "/responses").at(-1).query.after, "500");
  });
});

describe("settings", () => {
  it("saves the whole, refuses what is wrong, and warns before leaving", async () => {
    const { sonde, page, button } = await open("/settings");
    await page.getByLabel("Language tags").fill("en, fr!");
    await page.getByText("is not a language tag").waitFor();
    assert.ok(await button("Save settings").isDisabled());
    await page.getByLabel("Language tags").fill("en, fr");
    await page.getByRole("link", { name: "Triggers" }).click();
    await button("Stay").click();
    await page.getByRole("tab", { name: "Survey theme" }).click();
    await page.getByLabel("Accent colour", { exact: true }).fill("#ffe066");
    await page.getByText("needs 3 : 1").waitFor();
    await button("Save settings").click();
    await page.getByText("Settings saved.").waitFor();
    assert.deepEqual([sonde.state.settings.languages, sonde.state.settings.theme.accent], [["en", "fr"], "#ffe066"]);
    await button("Undo").click();
    await page.getByText("All saved").waitFor();
    for (let tries = 0; sonde.state.settings.theme.accent !== "#27586f" && tries < 100; tries++) await page.waitForTimeout(20);
    assert.equal(sonde.state.settings.theme.accent, "#27586f");
  });

  it("turns identity proof on with a secret that is shown once, and rotates it", async () => {
    const { sonde, page, button } = await open("/settings?tab=security");
    await page.getByText("ips_…k9Qx").waitFor();
    assert.match(await page.getByRole("region", { name: "Sample for Node" }).innerText(), /aud: "wsp_1"/);
    await button("Rotate: create a second secret").click();
    await page.getByText("ips_3f9a0c1d2e4b5a69788796a5b4c3d2e1n3w1").waitFor();
    assert.ok(await button("Rotate: create a second secret").isDisabled());
    await button("I have copied it").click();
    assert.ok(!(await page.content()).includes("ips_3f9a0c1d"));
    await button("Revoke ips_…k9Qx").click();
    await button("Revoke at once").click();
    await page.getByText("ips_…k9Qx is revoked.").waitFor();
    await page.getByLabel("Proof of identity").selectOption("jwt");
    await button("Save settings").click();
    await page.getByText("Settings saved.").waitFor();
    assert.deepEqual([sonde.state.settings.identity_proof, sonde.state.identitySecrets.map((each) => each.hint)], [{ mode: "jwt" }, ["ips_…n3w1"]]);
  });
});
