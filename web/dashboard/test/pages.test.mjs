import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, afterEach, before, describe, it } from "node:test";
import { launch } from "../../testkit/chromium.mjs";
import { LONG } from "./support/data.mjs";
import { LONG_ID } from "./support/people.mjs";
import { fakeSonde } from "./support/fake-api.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** What a test opened and, when it failed, did not close. */
const opened = [];
afterEach(() => Promise.all(opened.splice(0).map((close) => close())));

const PAGES = [
  ["/setup#token=right", { setupNeeded: true }],
  ["/setup", { setupNeeded: true }],
  ["/login?return=%2Ftriggers", { signedIn: false }],
  ["/first-run", { empty: true }],
  ["/first-run", {}],
  ["/connections", {}],
  ["/connections/backend", {}],
  ["/connections/backend", { empty: true }],
  ["/connections/sdk", {}],
  ["/triggers", {}],
  ["/triggers", { empty: true }],
  ["/triggers?name=ended_sleep", {}],
  [`/triggers?name=${LONG}`, {}],
  ["/surveys/srv_1/results", {}],
  ["/surveys/srv_1/results", { empty: true }],
  ["/surveys/srv_1/results?tab=responses", {}],
  ["/surveys/srv_1/results?tab=responses&response=dsp_4", {}],
  ["/surveys/srv_1/results?tab=refusals", {}],
  ["/surveys/srv_1/results?tab=refusals", { empty: true }],
  ["/users", {}],
  ["/users", { empty: true }],
  ["/users?q=nobody", { empty: true }],
  ["/users/user-42", {}],
  ["/users/user-42?trigger=MainActivity&platform=ios&at=2027-01-01T09%3A00", {}],
  ["/users/user-42", { empty: true }],
  [`/users/${encodeURIComponent(LONG_ID)}`, {}],
  ["/users/anon-7f3a?namespace=anonymous", {}],
  ["/cohorts", {}],
  ["/cohorts", { empty: true }],
  ["/cohorts/new", {}],
  ["/cohorts/coh_1", {}],
  ["/cohorts/coh_2", {}],
  ["/settings", {}],
  ["/settings?tab=theme", {}],
  ["/settings?tab=security", {}],
  ["/nowhere", {}],
];
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Opens a page of a fresh server. What the browser complains of is collected, the policy's refusals above all. */
async function open(path, options, context = {}) {
  const sonde = await fakeSonde(options);
  opened.push(() => sonde.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, reducedMotion: "reduce", ...context });
  opened.unshift(() => page.close());
  page.setDefaultTimeout(10_000);
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(sonde.origin + path);
  await page.locator("h1").first().waitFor();
  // The first of however many parts are still loading; when none is left, none is first.
  await page.locator("[role=status][aria-label^=Loading]").first().waitFor({ state: "detached" });
  return { sonde, page, complaints };
}

async function violations(page) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
  return page.evaluate(async (tags) => {
    const { violations } = await window.axe.run(document, { runOnly: tags });
    return violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.html).join(" ")}`);
  }, TAGS);
}

/** Widths are the style sheet's business alone, so a page is loaded once for both. */
const WIDTHS = [1280, 390];

/** What is wrong with a page at a width. */
async function faults(page, width) {
  await page.setViewportSize({ width, height: 860 });
  await page.waitForFunction(() => document.getAnimations().every(({ playState }) => playState !== "running"));
  const sticksOut = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  return [...(await violations(page)), ...(sticksOut ? [`${sticksOut} px stick out`] : [])].map((fault) => `${width} px: ${fault}`);
}

for (const colorScheme of ["light", "dark"]) {
  describe(`${colorScheme}, wide and narrow`, () => {
    for (const [path, options] of PAGES) {
      it(`${path}${options.empty ? ", empty" : ""}: no violation, no complaint, nothing sticks out`, async () => {
        const { page, complaints } = await open(path, options, { colorScheme });
        const found = [];
        for (const width of WIDTHS) found.push(...(await faults(page, width)));
        assert.deepEqual([...found, ...complaints], []);
      });
    }
  });
}

describe("failures are said and can be tried again", () => {
  for (const [path, call] of [
    ["/connections", "GET /workspaces/wsp_1/connections"],
    ["/triggers", "GET /workspaces/wsp_1/triggers"],
    ["/surveys/srv_1/results", "GET /workspaces/wsp_1/surveys/srv_1/results"],
    ["/settings", "GET /workspaces/wsp_1/settings"],
    ["/users", "GET /workspaces/wsp_1/users"],
    ["/users/user-42", "GET /workspaces/wsp_1/users/user-42/decisions"],
    ["/cohorts", "GET /workspaces/wsp_1/cohorts"],
    ["/surveys/srv_1/results?tab=refusals", "GET /workspaces/wsp_1/surveys/srv_1/refusals"],
  ]) {
    it(path, async () => {
      const fail = { [call]: { status: 404, body: { title: "Gone", detail: "It is not there." } } };
      const { sonde, page } = await open("/connections/sdk", {});
      sonde.state.fail = fail;
      await page.goto(sonde.origin + path);
      await page.getByText("It is not there.").waitFor();
      assert.deepEqual(await violations(page), []);
      sonde.state.fail = {};
      await page.getByRole("button", { name: "Try again" }).click();
      await page.getByText("It is not there.").waitFor({ state: "detached" });
      });
  }
});

describe("by keyboard", () => {
  it("skips to the content first, and shows where the focus is", async () => {
    const { page } = await open("/triggers", {});
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "content");
    await page.keyboard.press("Tab");
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), "none");
  });

  it("walks the tabs by arrow and keeps the choice in the URL", async () => {
    const { page } = await open("/triggers", {});
    await page.getByRole("tab", { name: "Backend" }).focus();
    await page.keyboard.press("ArrowRight");
    await page.waitForURL(/kind=frontend/);
    await page.getByRole("link", { name: "MainActivity" }).waitFor();
    await page.goBack();
    await page.getByRole("link", { name: "ended_sleep" }).waitFor();
  });

  it("opens and leaves a panel; the focus comes back", async () => {
    const { page } = await open("/triggers", {});
    await page.getByRole("link", { name: "ended_sleep" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "ended_sleep" }).waitFor();
    await page.waitForURL(/name=ended_sleep/);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.ok(!page.url().includes("name="));
  });
});

it("keeps the chosen appearance", async () => {
  const { page } = await open("/connections", {}, { colorScheme: "light" });
  await page.getByRole("button", { name: "Dark" }).click();
  await page.reload();
  await page.locator("h1").waitFor();
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), "dark");
});
