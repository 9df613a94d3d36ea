/** Identity proof, switched on in the dashboard: the customer's server vouches for its users, and nobody else can ask as them. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, describe } from "node:test";
import { launch } from "../web/testkit/chromium.mjs";
import { Desk } from "./support/desk.mjs";
import { Member } from "./support/member.mjs";
import { startSite } from "./support/site.mjs";
import { Sonde } from "./support/sonde.mjs";
import { story, toFolder } from "./support/story.mjs";
import { shortSurvey } from "./support/surveys.mjs";
import { Tab } from "./support/tab.mjs";

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;
const REFUSED = /status of 401/;

/** What a customer's server does with the secret, in plain steps. */
const hmac = (secret, user) => createHmac("sha256", secret).update(user).digest("hex");
function jwt(secret, claims, header = { alg: "HS256", typ: "JWT" }) {
  const [head, payload] = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
  const signature = createHmac("sha256", secret).update(`${head}.${payload}`).digest("base64url");
  return `${head}.${payload}.${signature}`;
}

describe("identity proof", () => {
  let sonde;
  let browser;
  let desk;
  let page;
  let workspace;
  let first;
  let second;
  const endings = [];
  const step = story(toFolder(() => page));

  before(async () => {
    [sonde, browser] = await Promise.all([Sonde.start(), launch()]);
    workspace = await sonde.workspace();
    await workspace.launch(shortSurvey({ repeat: { until: "always" }, ignores_wait_period: true }));
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, reducedMotion: "reduce" });
    await (await Member.logIn(sonde.origin)).enter(context);
    desk = await Desk.open(context, sonde.origin);
    page = desk.page;
  });
  after(async () => {
    for (const end of endings.reverse()) await end();
    await browser?.close();
    assert.equal(await sonde?.stop(), 0, sonde?.log);
  });

  const claims = (user, more) => ({ sub: user, aud: workspace.id, exp: Math.floor(Date.now() / 1000) + 10 * MINUTE, ...more });
  const token = (secret, user, more) => jwt(secret, claims(user, more));

  /** A new device on a page that says it is Ada's, with this proof; which calls the server refused. */
  async function device() {
    const context = await browser.newContext({ viewport: { width: 1000, height: 720 }, reducedMotion: "reduce" });
    context.setDefaultTimeout(15_000);
    endings.push(() => context.close());
    const tab = await Tab.open(context);
    const refused = [];
    tab.page.on("response", (response) => response.status() === 401 && refused.push(new URL(response.url()).pathname.split("/").at(-1)));
    return { tab, refused };
  }
  async function pageOf(proof, user = "ada") {
    const site = await startSite(workspace, { proofs: { "/mine": { user, proof } } });
    endings.push(() => site.close());
    const { tab, refused } = await device();
    await tab.visit(site, "/mine");
    return { tab, refused, site };
  }
  async function isAsked(proof, user) {
    const { tab } = await pageOf(proof, user);
    assert.equal(await tab.fire(), true);
    await tab.question("How are you?").waitFor();
    tab.assertNoComplaints();
    return tab;
  }
  async function isRefused(what, proof, user) {
    const before = (await workspace.rows()).length;
    const { tab, refused } = await pageOf(proof, user);
    assert.equal(await tab.fire(), false, what);
    await tab.assertNothingShown();
    assert.ok(refused.length > 0 && refused.every((call) => call === "session"), `${what}: ${refused}`);
    assert.equal(tab.asked("POST /trigger"), 0, `${what}: asked without a session`);
    assert.deepEqual(tab.exceptions, []);
    assert.ok(tab.consoleErrors.every((line) => REFUSED.test(line)), `${what}: ${tab.consoleErrors}`);
    assert.equal((await workspace.rows()).length, before, what);
  }

  async function newSecret(button) {
    await desk.button(button).click();
    const shown = page.getByRole("status").filter({ hasText: "Your new secret" });
    await desk.button("Copy", shown).click();
    await shown.getByText("Copied", { exact: true }).waitFor();
    const secret = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(secret, /^ips_\S{40,}$/);
    await desk.button("I have copied it").click();
    await shown.waitFor({ state: "detached" });
    assert.ok(!(await page.content()).includes(secret), "the secret is still on the page");
    return secret;
  }
  async function mode(value) {
    await desk.field("Proof of identity").selectOption(value);
    await desk.button("Save settings").click();
    await desk.said("Settings saved.").last().waitFor();
    await page.reload();
    await desk.settled();
    assert.equal(await desk.field("Proof of identity").inputValue(), value);
  }

  step("is switched on with a secret that is shown once", async () => {
    await desk.goto("/settings?tab=security");
    first = await newSecret("Create secret");
    await mode("jwt");
  });

  step("a signed token of the user's own lets the survey be shown, and the answer is the user's", async () => {
    const tab = await isAsked(token(first, "ada"));
    await tab.radio("Good").click();
    await tab.button("Send").click();
    await tab.closed();
    assert.deepEqual((await workspace.rows()).map(({ user_id }) => user_id), ["ada"]);
  });

  step("every other proof is 401, and nothing is shown", async () => {
    await isRefused("none", "");
    await isRefused("another user's", token(first, "bob"));
    await isRefused("expired", token(first, "ada", { exp: Math.floor(Date.now() / 1000) - 2 * MINUTE }));
    await isRefused("too long", token(first, "ada", { exp: Math.floor(Date.now() / 1000) + DAY + 5 * MINUTE }));
    await isRefused("of another workspace", token(first, "ada", { aud: "wsp_someone_else" }));
    await isRefused("of another secret", token("ips_guessed", "ada"));
    await isRefused("without a signature", `${jwt(first, claims("ada"), { alg: "none" }).replace(/[^.]+$/, "")}`);
    await isRefused("by another algorithm", jwt(first, claims("ada"), { alg: "HS512", typ: "JWT" }));
    await isRefused("an HMAC where only tokens are taken", hmac(first, "ada"));
  });

  step("a visitor becomes a user by a good proof only", async () => {
    const site = await startSite(workspace);
    endings.push(() => site.close());
    const become = async (proof) => {
      const { tab, refused } = await device();
      await tab.visit(site);
      await tab.page.evaluate((given) => sonde.identify("ada", undefined, given), proof);
      return { shown: await tab.fire(), refused };
    };
    const before = (await workspace.rows()).length;
    const bad = await become(token(first, "bob"));
    assert.equal(bad.shown, false);
    assert.ok(bad.refused.length > 0 && bad.refused.every((call) => call === "identify"), String(bad.refused));
    assert.equal((await workspace.rows()).length, before);
    const good = await become(token(first, "ada"));
    assert.deepEqual([good.shown, good.refused], [true, []]);
    assert.equal((await workspace.rows()).at(0).user_id, "ada");
  });

  step("the plain HMAC of the user id is taken where the workspace allows it", async () => {
    await mode("jwt_or_hmac");
    await isAsked(hmac(first, "ada"));
    await isAsked(token(first, "ada"));
    await isRefused("another user's", hmac(first, "bob"));
    await isRefused("of another secret", hmac("ips_guessed", "ada"));
    await isRefused("in capitals", hmac(first, "ada").toUpperCase());
  });

  step("while the secret is changed both prove; the one revoked proves nothing at once", async () => {
    second = await newSecret("Rotate: create a second secret");
    assert.ok(await desk.button("Rotate: create a second secret").isDisabled());
    assert.notEqual(first, second);
    for (const secret of [first, second]) {
      await isAsked(token(secret, "ada"));
      await isAsked(hmac(secret, "ada"));
    }
    await desk.button(`Revoke ips_…${first.slice(-4)}`).click();
    await desk.button("Revoke at once").click();
    await desk.said(/is revoked\.$/).waitFor();
    await isRefused("a token of the old secret", token(first, "ada"));
    await isRefused("an HMAC of the old secret", hmac(first, "ada"));
    await isAsked(token(second, "ada"));
    await isAsked(hmac(second, "ada"));
  });

  step("whoever has no name needs no proof", async () => {
    const site = await startSite(workspace);
    endings.push(() => site.close());
    const { tab, refused } = await device();
    await tab.visit(site);
    assert.equal(await tab.fire(), true);
    assert.deepEqual(refused, []);
    tab.assertNoComplaints();
    desk.assertNoComplaints();
  });
});
