/** A browser tab, what a user does in it, and everything it complains of. */
import assert from "node:assert/strict";

/** Longer than the SDK tries. */
const TRIGGER_PATIENCE_MS = 40_000;

const REPORT_VIOLATIONS = () =>
  document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`policy violation: ${event.violatedDirective} ${event.blockedURI}`),
  );

export class Tab {
  /** Exceptions that nobody caught, and errors in the console, policy violations among them. */
  exceptions = [];
  consoleErrors = [];
  /** Paths of the calls to Sonde's client API, with their methods. */
  calls = [];

  static async open(context) {
    const tab = new Tab();
    tab.page = await context.newPage();
    await tab.page.addInitScript(REPORT_VIOLATIONS);
    tab.page.on("pageerror", (error) => tab.exceptions.push(error.message));
    tab.page.on("console", (message) => message.type() === "error" && tab.consoleErrors.push(message.text()));
    tab.page.on("request", (request) => {
      const [, path] = request.url().split("/api/v1/client");
      if (path) tab.calls.push(`${request.method()} ${path.split("?")[0]}`);
    });
    return tab;
  }

  /** The demo's first page: ends the night, so that the demo's server sends `ended_sleep`. */
  async endSleep(demo, user) {
    await this.page.goto(`${demo.origin}/?user=${encodeURIComponent(user)}`);
    await this.page.getByRole("button", { name: "End sleep session" }).click();
    await this.page.getByText("Sleep session ended.").waitFor();
  }

  /** The demo's home, which fires `MainActivity`. Answers whether a survey was shown. */
  async visitHome(demo, user) {
    await this.page.goto(`${demo.origin}/home?user=${encodeURIComponent(user)}`);
    return this.firstFiring();
  }

  async reloadHome() {
    await this.page.reload();
    return this.firstFiring();
  }

  /** A page of the bare site; the SDK is there. */
  async visit(site, path = "/") {
    await this.page.goto(site.origin + path);
  }

  async firstFiring() {
    const line = this.page.locator("#log li").filter({ hasText: "trigger MainActivity" }).first();
    return (await line.textContent()).endsWith("shown: true");
  }

  /** Fires a trigger by the SDK. Answers whether a survey was shown. */
  async fire(name = "MainActivity", properties = { screen: "home" }) {
    const firing = ([name, properties, patienceMs]) => {
      const late = new Promise((_, reject) => setTimeout(() => reject(new Error(`no word on ${name}`)), patienceMs));
      return Promise.race([sonde.trigger(name, properties), late]);
    };
    const { shown } = await this.page.evaluate(firing, [name, properties, TRIGGER_PATIENCE_MS]);
    return shown;
  }

  get dialog() {
    return this.page.getByRole("dialog");
  }

  radio(name) {
    return this.dialog.getByRole("radio", { name, exact: true });
  }

  button(name) {
    return this.dialog.getByRole("button", { name, exact: true });
  }

  question(title) {
    return this.dialog.getByRole("heading", { name: title });
  }

  /** The survey has left the screen. */
  async closed() {
    await this.dialog.waitFor({ state: "detached" });
  }

  async assertNothingShown() {
    assert.equal(await this.dialog.count(), 0, "a survey is on screen");
  }

  asked(call) {
    return this.calls.filter((made) => made === call).length;
  }

  assertNoComplaints() {
    assert.deepEqual([...this.exceptions, ...this.consoleErrors], []);
  }
}
