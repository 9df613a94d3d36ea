import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import axe from "axe-core";
import { launch } from "../../testkit/chromium.mjs";
import { arabic, survey } from "../../testkit/content.mjs";
import { draw, stage } from "../../testkit/stage.mjs";

let browser;
let site;
before(async () => {
  [browser, site] = await Promise.all([launch(), stage()]);
});
after(async () => {
  await browser?.close();
  await site?.close();
});

/** WCAG 2.2 A and AA and the best practices; the host page is checked with it. */
async function violations(page) {
  const result = await page.evaluate(async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations, passes } = await window.axe.run(document, { runOnly: tags });
    const inside = passes.some((rule) => rule.nodes.some((node) => Array.isArray(node.target[0])));
    return { inside, violations: violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.html).join(" ")}`) };
  });
  assert.ok(result.inside, "axe looked into the shadow root");
  return result.violations;
}

for (const colorScheme of ["light", "dark"]) {
  for (const [direction, content] of [["ltr", survey()], ["rtl", arabic()]]) {
    for (const width of [1000, 320]) {
      describe(`${direction}, ${colorScheme}, ${width} px`, () => {
        it("has no violation on any screen", async () => {
          const page = await browser.newPage({ viewport: { width, height: 700 }, colorScheme, reducedMotion: "reduce" });
          await page.goto(site.origin);
          await page.evaluate(axe.source);
          await draw(page, content);
          const { next, submit } = content.texts;
          const check = async (screen) => assert.deepEqual(await violations(page), [], screen);
          const go = (name) => page.getByRole("button", { name, exact: true }).click();
          await check("select");
          await go(next);
          await check("select, answer missing");
          await page.getByRole("radio").last().click();
          await check("select, with text");
          await go(next);
          await check("nps");
          await page.getByRole("radio").nth(6).focus();
          await page.keyboard.press("Space");
          await check("nps, chosen");
          await go(next);
          await check("star");
          await page.getByRole("radio").nth(2).focus();
          await page.keyboard.press("Space");
          await check("star, chosen");
          await go(next);
          await check("input");
          await page.getByRole("dialog").getByRole("textbox").focus();
          await page.keyboard.type("words");
          await go(submit);
          // The card would leave while axe looks at it.
          await page.keyboard.press("Tab");
          await check("thank you");
          await page.close();
        });
      });
    }
  }
}
