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

async function open(path, options = {}) {
  const sonde = await fakeSonde(options);
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, reducedMotion: "reduce" });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: sonde.origin });
  opened.push(() => context.close(), () => sonde.close());
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  await page.goto(sonde.origin + path);
  const button = (name) => page.getByRole("button", { name, exact: true });
  const called = (method, ending) => sonde.calls.filter((call) => call.method === method && call.path.endsWith(ending));
  return { sonde, page, button, called };
}

describe("accounts", () => {
  it("sets up with the link's token and leads to the first steps", async () => {
    const { page, button, called } = await open("/setup#token=right", { setupNeeded: true });
    await page.getByLabel("E-mail").fill("ada@example.com");
    await page.getByLabel("Password").fill("correct horse battery");
    await page.getByLabel("Workspace").fill("Diary");
    await button("Create member and workspace").click();
    await page.waitForURL(/\/first-run/);
    assert.ok(!page.url().includes("token"));
    assert.deepEqual(called("POST", "/auth/setup").map((call) => [call.csrf, call.body.token]), [["1", "right"]]);
  });

  it("says that a set-up link is old", async () => {
    const { page, button } = await open("/setup#token=old", { setupNeeded: true });
    await page.getByLabel("E-mail").fill("ada@example.com");
    await page.getByLabel("Password").fill("correct horse battery");
    await page.getByLabel("Workspace").fill("Diary");
    await button("Create member and workspace").click();
    await page.getByText("use the newest one").waitFor();
  });

  it("comes back to where it was after the login, filters and all", async () => {
    const { sonde, page, button } = await open("/triggers?kind=frontend", { signedIn: false });
    await page.waitForURL(/\/login\?return=/);
    await page.getByLabel("E-mail").fill("ada@example.com");
    await page.getByLabel("Password").fill("wrong");
    await button("Log in").click();
    await page.getByText("do not go together").waitFor();
    await page.getByLabel("Password").fill("correct horse");
    await button("Log in").click();
    await page.waitForURL(/\/triggers\?kind=frontend/);
    await page.getByRole("link", { name: "MainActivity" }).waitFor();
    sonde.state.member = null;
    await page.getByRole("link", { name: "Settings" }).click();
    await page.waitForURL(/\/login\?return=/);
    assert.match(decodeURIComponent(page.url()), /return=\/settings/);
  });

  it("says how long to wait after too many tries", async () => {
    const { sonde, page, button } = await open("/login", { signedIn: false });
    sonde.state.fail = { "POST /auth/login": { status: 429, body: { detail: "Too many tries." }, headers: { "retry-after": "60" } } };
    await page.getByLabel("E-mail").fill("ada@example.com");
    await page.getByLabel("Password").fill("x");
    await button("Log in").click();
    await page.getByText("Too many tries. Try again in 60 s.").waitFor();
  });

  it("creates a workspace, goes there, and logs out", async () => {
    const { page, button } = await open("/connections");
    await page.getByRole("button", { name: "Workspace: Sleep diary" }).click();
    await page.getByRole("menuitem", { name: "New workspace" }).click();
    await page.getByLabel("Name").fill("Third");
    await button("Create workspace").click();
    await page.getByRole("button", { name: "Workspace: Third" }).waitFor();
    assert.match(page.url(), /w=wsp_3/);
    await page.getByRole("button", { name: "Account: ada@example.com" }).click();
    await page.getByRole("menuitem", { name: "Log out" }).click();
    await page.waitForURL(/\/login/);
  });
});

describe("connections", () => {
  it("enables, shows the key once, copies and says so", async () => {
    const { sonde, page, button } = await open("/connections/backend", { empty: true });
    await button("Enable").click();
    const shown = page.getByRole("status").filter({ hasText: "Your new key" });
    await shown.getByRole("button", { name: "Copy" }).click();
    await shown.getByText("Copied", { exact: true }).waitFor();
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^sk_/);
    await button("I have copied it").click();
    assert.ok(!(await page.content()).includes("sk_3f9a"));
    assert.equal(sonde.state.connections.backend.keys.length, 1);
  });

  it("asks before a key is revoked, and revokes it", async () => {
    const { sonde, page, button } = await open("/connections/backend");
    await button("Revoke sk_…a1b2").click();
    await page.getByText(/It was last used/).waitFor();
    await button("Revoke at once").click();
    await page.getByText("sk_…a1b2 is revoked.").waitFor();
    assert.deepEqual(sonde.state.connections.backend.keys.map((key) => key.id), ["key_2"]);
  });

  it("refuses properties that are no object, sends a test event and sees it arrive", async () => {
    const { page, button, called } = await open("/connections/backend");
    await page.getByLabel("Properties").fill("[1]");
    await button("Send test event").click();
    await page.getByText("Properties are one JSON object").waitFor();
    await page.getByLabel("User id").fill("user-new");
    await page.getByLabel("Properties").fill('{"hours": 3}');
    await button("Send test event").click();
    await page.getByRole("cell", { name: "user-new" }).waitFor();
    assert.deepEqual(called("POST", "test-event")[0].body, { user_id: "user-new", event_name: "ended_sleep", properties: { hours: 3 } });
  });

  it("ticks off the first steps by themselves", async () => {
    const { sonde, page, button } = await open("/", { empty: true });
    await page.waitForURL(/\/first-run/);
    await page.getByText("0 of 4 done").waitFor();
    await button("Enable").click();
    await page.getByText("1 of 4 done").waitFor();
    await page.getByText("Live updates").waitFor();
    sonde.newEvent({ user_id: null, event_name: null, outcome: "rejected", reason: "422: user_id is missing", properties: null });
    await page.getByText("was refused: 422: user_id is missing").waitFor();
    sonde.newEvent({ user_id: "user-42", event_name: "ended_sleep", properties: {} });
    await page.getByText("2 of 4 done").waitFor();
    await page.getByText("never shown again").waitFor();
    await button("I have copied it").click();
    await page.getByText("never shown again").waitFor({ state: "detached" });
    await page.getByText("Your first event has arrived.").waitFor();
    sonde.state.connections.sdk.last_used_at = new Date().toISOString();
    await page.getByText("3 of 4 done").waitFor();
  });
});

describe("triggers", () => {
  it("warns of one that a live survey waits for in vain, in the list and in the panel", async () => {
    const { page } = await open("/triggers");
    const row = page.getByRole("row").filter({ hasText: "Stopped arriving" });
    await row.waitFor();
    assert.equal(await row.count(), 1);
    await row.getByRole("link").click();
    await page.getByRole("dialog").getByText("it has been silent for far longer than usual").waitFor();
  });

  it("searches by the URL, creates ahead, archives with a warning and undoes it", async () => {
    const { sonde, page, button, called } = await open("/triggers");
    await page.getByLabel("Search triggers").fill("order");
    await page.waitForURL(/q=order/);
    await page.getByRole("link", { name: "ended_sleep" }).waitFor({ state: "detached" });
    await page.getByLabel("Search triggers").fill("");
    await button("Create ahead").click();
    await page.getByLabel("Name").fill("trial started");
    await button("Create trigger").click();
    await page.getByRole("link", { name: "trial started" }).waitFor();
    await page.getByRole("link", { name: "ended_sleep" }).click();
    await button("Archive").click();
    await page.getByText("Sleep quality is live and uses it.").waitFor();
    await button("Archive all the same").click();
    await page.getByText("ended_sleep is archived.").waitFor();
    await page.getByRole("link", { name: "ended_sleep" }).waitFor({ state: "detached" });
    await button("Undo").click();
    await page.getByRole("link", { name: "ended_sleep" }).waitFor();
    assert.deepEqual(called("POST", "/archive").map((call) => call.body.confirm), [false, true]);
    assert.equal(sonde.state.triggers[0].archived, false);
  });
});
