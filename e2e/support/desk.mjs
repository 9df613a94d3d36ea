/** The dashboard in a browser tab, by what one sees and presses. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { Tab } from "./tab.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

export class Desk {
  constructor(tab, origin) {
    this.tab = tab;
    this.page = tab.page;
    this.origin = origin;
  }

  static async open(context, origin) {
    context.setDefaultTimeout(15_000);
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin });
    return new Desk(await Tab.open(context), origin);
  }

  /** Opens a page and waits until it shows what it holds. */
  async goto(path) {
    await this.page.goto(this.origin + path);
    await this.settled();
  }

  async settled() {
    await this.page.locator("h1").first().waitFor();
    await this.page.locator("[role=status][aria-label^=Loading], [aria-busy=true]").first().waitFor({ state: "detached" });
  }

  button(name, within = this.page) {
    return within.getByRole("button", { name, exact: true });
  }

  link(name, within = this.page) {
    return within.getByRole("link", { name, exact: true });
  }

  heading(name) {
    return this.page.getByRole("heading", { name, exact: true });
  }

  field(name) {
    return this.page.getByLabel(name, { exact: true });
  }

  get dialog() {
    return this.page.getByRole("dialog");
  }

  /** A short message at the bottom. */
  said(text) {
    return this.page.getByLabel("Notifications").getByText(text);
  }

  /** The draft is on the server. */
  async saved() {
    await this.page.locator("header").getByRole("status").filter({ hasText: /^Saved$/ }).waitFor();
  }

  /** Chooses a trigger in one of the pickers under Configure & Launch. */
  async pick(label, name) {
    await this.page.getByRole("combobox", { name: label }).fill(name);
    await this.page.getByRole("option").filter({ hasText: name }).first().waitFor();
    await this.page.keyboard.press("Enter");
    await this.button(`Remove ${name}`).waitFor();
    await this.page.keyboard.press("Escape");
  }

  /** The texts of a table's body, row by row. */
  cells(table) {
    return table.locator("tbody tr:not([aria-hidden])").evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.innerText.trim())));
  }

  /** What axe-core finds against WCAG 2.2 AA, one line each; `only` one rule of it. */
  async faults(only) {
    const options = only ? { runOnly: { type: "rule", values: [only] } } : { runOnly: RULES };
    await this.page.evaluate(AXE);
    const { violations, passes, incomplete } = await this.page.evaluate((given) => window.axe.run(document, given), options);
    assert.ok(passes.length + incomplete.length >= (only ? 1 : 10), "axe has looked at nothing");
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target, html }) => `${id} at ${target} (${html.slice(0, 160)})`));
  }

  /** By how many pixels the page is wider than the window. */
  excess() {
    return this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  }

  assertNoComplaints() {
    this.tab.assertNoComplaints();
  }
}
