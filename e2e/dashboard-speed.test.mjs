/** How much the dashboard loads, how soon it shows, and that a long table stays smooth. The figures are printed. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { launch } from "../web/testkit/chromium.mjs";
import { Desk } from "./support/desk.mjs";
import { Member, plain } from "./support/member.mjs";
import { Sonde } from "./support/sonde.mjs";
import { shortSurvey } from "./support/surveys.mjs";
import { until } from "./support/until.mjs";

const KIB = 1024;
const FIRST_PAGE_MAX = 180 * KIB;
const EDITOR_MAX = 260 * KIB;
/** On a machine that does nothing else it is to be 600 ms; here other tests may run beside. */
const FIRST_PAINT_MAX_MS = 1_500;
const LONGEST_TASK_MAX_MS = 200;
/** A hundred thousand take an unoptimised server minutes; `SONDE_ROWS=100000` with an optimised `SONDE_BIN` asks for them. */
const ROWS = Number(process.env.SONDE_ROWS ?? 10_000);
const DEVICES = 16;

let sonde;
let browser;
let member;
let workspace;
let survey;

before(async () => {
  [sonde, browser] = await Promise.all([Sonde.start(), launch()]);
  workspace = await sonde.workspace();
  member = await Member.logIn(sonde.origin);
  const often = shortSurvey({ name: "Every time", repeat: { until: "always" }, ignores_wait_period: true });
  ({ survey_id: survey } = await workspace.launch(often));
});
after(async () => {
  await browser?.close();
  assert.equal(await sonde?.stop(), 0, sonde?.log);
});

async function desk(test) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  test.after(() => context.close());
  await member.enter(context);
  return Desk.open(context, sonde.origin);
}

/** The gzip bytes of every script that a page has loaded. */
async function scripts(on) {
  const urls = await on.page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => /\.js$/.test(name)));
  assert.ok(urls.length > 1, "the page has loaded no scripts");
  const sizes = await Promise.all(
    urls.map(async (url) => {
      const { status, headers } = await plain(sonde.origin, new URL(url).pathname, { headers: { "accept-encoding": "gzip" } });
      assert.deepEqual([status, headers["content-encoding"]], [200, "gzip"], url);
      return Number(headers["content-length"]);
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

describe("what is loaded", () => {
  for (const [name, path, heading, most] of [["first page", () => "/surveys", "Surveys", FIRST_PAGE_MAX], ["editor", () => `/surveys/${survey}`, "Question 1", EDITOR_MAX]]) {
    it(`${name}: at most ${most / KIB} KiB of JavaScript`, async (test) => {
      const on = await desk(test);
      await on.goto(path());
      await on.heading(heading).waitFor();
      const bytes = await scripts(on);
      test.diagnostic(`${name}: ${(bytes / KIB).toFixed(1)} KiB of JavaScript by gzip`);
      assert.ok(bytes <= most, `${bytes} bytes`);
    });
  }

  it("the first paint comes soon", async (test) => {
    const on = await desk(test);
    await on.goto("/surveys");
    const [paint] = await on.page.evaluate(() => performance.getEntriesByName("first-contentful-paint").map(({ startTime }) => startTime));
    test.diagnostic(`first contentful paint after ${Math.round(paint)} ms`);
    assert.ok(paint > 0 && paint <= FIRST_PAINT_MAX_MS, `${paint} ms`);
  });
});

describe(`a table of ${ROWS} responses`, () => {
  before(async () => {
    const began = performance.now();
    let left = ROWS;
    const device = async (_, n) => {
      const visitor = await workspace.visitor(`user-${n}`);
      while (left > 0) {
        const nth = left--;
        const claim = await visitor.fire();
        const options = [nth % 4 === 0 ? "bad" : "good"];
        const response = { type: "response", display_id: claim.display_id, revision: 1, completed: true, locale: "en", duration_ms: 900, answers: { mood: { options } } };
        await visitor.send("POST", "/batch", { items: [{ type: "display", display_id: claim.display_id, state: "shown" }, response] });
      }
    };
    await Promise.all(Array.from({ length: DEVICES }, device));
    console.log(`# ${ROWS} responses came in within ${Math.round((performance.now() - began) / 1000)} s`);
  });

  /** Runs it and answers the longest stretch in which the page could not react, in milliseconds. */
  async function longestTask(page, run) {
    await page.evaluate(() => {
      globalThis.tasks = [];
      globalThis.watch = new PerformanceObserver((list) => globalThis.tasks.push(...list.getEntries().map(({ duration }) => duration)));
      globalThis.watch.observe({ type: "longtask" });
    });
    await run();
    return page.evaluate(() => {
      globalThis.tasks.push(...globalThis.watch.takeRecords().map(({ duration }) => duration));
      globalThis.watch.disconnect();
      return Math.max(0, ...globalThis.tasks);
    });
  }

  it("scrolls and filters without a stall, and draws only what is in sight", async (test) => {
    const on = await desk(test);
    await on.goto(`/surveys/${survey}/results?tab=responses`);
    await on.heading(`${ROWS.toLocaleString("en-GB")} responses`).waitFor();
    const grid = on.page.getByRole("region", { name: "Responses", exact: true });
    const scrolled = await longestTask(on.page, async () => {
      for (let pages = 2; pages <= 12; pages += 1) {
        await grid.evaluate((element) => element.scrollTo(0, element.scrollHeight));
        await on.page.getByText(`${(pages * 100).toLocaleString("en-GB")} of ${ROWS.toLocaleString("en-GB")} loaded`).waitFor();
      }
      await grid.evaluate(async (element) => {
        for (let top = element.scrollHeight; top > 0; top -= 400) {
          element.scrollTo(0, top);
          await new Promise(requestAnimationFrame);
        }
      });
    });
    assert.ok((await grid.locator("tbody tr").count()) < 80);
    const filter = encodeURIComponent(JSON.stringify({ from: null, to: null, all: [{ source: "answer", path: "mood", op: "equals", value: "bad" }] }));
    const began = performance.now();
    const filtered = await longestTask(on.page, async () => {
      await on.button("Add filter").click();
      await on.field("Value").selectOption("bad");
      await on.button("Add filter", on.dialog).click();
      await on.page.getByText(/Bad/).first().waitFor();
      await until("only the bad ones are left", async () => (await on.cells(grid)).every((cells) => cells.includes("Bad")));
    });
    const waited = performance.now() - began;
    const { funnel } = await member.do("GET", `/workspaces/${workspace.id}/surveys/${survey}/results?filter=${filter}`);
    assert.equal(funnel.shown, ROWS / 4);
    test.diagnostic(`${ROWS} responses: longest task ${Math.round(scrolled)} ms while scrolling, ${Math.round(filtered)} ms while filtering, which took ${Math.round(waited)} ms`);
    assert.ok(scrolled < LONGEST_TASK_MAX_MS, `${scrolled} ms while scrolling`);
    assert.ok(filtered < LONGEST_TASK_MAX_MS, `${filtered} ms while filtering`);
  });
});
