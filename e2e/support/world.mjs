/**
 * What the stories of one file share: one Sonde and, if asked for, one Chromium. Everything a story starts ends with
 * it. When a story fails, Sonde's log since its beginning is printed.
 */
import assert from "node:assert/strict";
import { after, afterEach, beforeEach } from "node:test";
import { launch } from "../../web/testkit/chromium.mjs";
import { startDemo } from "./demo.mjs";
import { startSite } from "./site.mjs";
import { Sonde } from "./sonde.mjs";
import { Tab } from "./tab.mjs";

export async function world({ browser: wantsBrowser = false } = {}) {
  const [sonde, browser] = await Promise.all([Sonde.start(), wantsBrowser ? launch() : null]);
  let endings = [];
  let logged = 0;

  after(async () => {
    await browser?.close();
    assert.equal(await sonde.stop(), 0, sonde.log);
  });
  beforeEach(() => {
    endings = [];
    logged = sonde.log.length;
  });
  afterEach(async (story) => {
    if (story.passed === false) console.error(`Sonde's log during "${story.name}":\n${sonde.log.slice(logged)}`);
    const failures = [];
    for (const end of endings.reverse()) await end().catch((error) => failures.push(error));
    assert.deepEqual(failures, []);
  });

  return {
    sonde,

    /** To be done when the story ends, however it ends. */
    finally(end) {
      endings.push(end);
    },

    workspace() {
      return sonde.workspace();
    },

    /** The customer's demo, with a workspace and its survey already launched. */
    async customer(document) {
      const workspace = await sonde.workspace();
      const { survey_id: survey } = await workspace.launch(document);
      const demo = await startDemo(workspace);
      this.finally(() => demo.stop());
      return { workspace, survey, demo };
    },

    /** A customer's bare site, with a workspace and its survey already launched. */
    async shop(document, options) {
      const workspace = await sonde.workspace();
      const { survey_id: survey } = await workspace.launch(document);
      const site = await startSite(workspace, options);
      this.finally(() => site.close());
      return { workspace, survey, site };
    },

    /** A browser profile of its own. */
    async device() {
      const context = await browser.newContext({ viewport: { width: 1000, height: 720 }, reducedMotion: "reduce" });
      context.setDefaultTimeout(15_000);
      this.finally(() => context.close());
      return context;
    },

    async tab(device) {
      return Tab.open(device ?? (await this.device()));
    },
  };
}
