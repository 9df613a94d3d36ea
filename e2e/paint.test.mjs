/** Nothing is painted before Sonde has confirmed it, nothing when it cannot, and nothing breaks the customer's page. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { startDemo } from "./support/demo.mjs";
import { startSite } from "./support/site.mjs";
import { Sonde, throwawayFolder } from "./support/sonde.mjs";
import { SLEEP_QUALITY } from "./support/surveys.mjs";
import { until } from "./support/until.mjs";
import { world } from "./support/world.mjs";

const stage = await world({ browser: true });
const CONFIRMATION = "**/api/v1/client/displays/*";

/** The demo's home is open and has found nothing to show; then the night ended. */
async function dueAtHome() {
  const { workspace, demo } = await stage.customer(SLEEP_QUALITY);
  const tab = await stage.tab();
  assert.equal(await tab.visitHome(demo, "mia"), false);
  await workspace.happened("mia");
  return { workspace, demo, tab };
}

/** Hands over the requests for confirmation, one after another, and leaves what becomes of them to the story. */
async function interceptConfirmation(tab) {
  const waiting = [];
  await tab.page.route(CONFIRMATION, (route) => void waiting.push(route));
  return () => until("the SDK asks for the confirmation", () => waiting.shift());
}

/** The browser has had every occasion to paint. */
function painted(tab) {
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  return tab.page.evaluate(frame);
}

it("the survey waits, widget and all, until the confirmation is answered", async () => {
  const { tab } = await dueAtHome();
  const confirmation = await interceptConfirmation(tab);
  const widget = tab.page.waitForResponse((response) => /\/widget-\w+\.js$/.test(response.url()));
  const firing = tab.fire();
  const route = await confirmation();
  assert.deepEqual(route.request().postDataJSON(), { state: "shown" });
  await (await widget).finished();
  await painted(tab);
  await tab.assertNothingShown();
  await route.continue();
  assert.equal(await firing, true);
  assert.equal(await tab.dialog.count(), 1);
  tab.assertNoComplaints();
});

it("a 409 means that nothing is painted", async () => {
  const { workspace, tab } = await dueAtHome();
  const confirmation = await interceptConfirmation(tab);
  const firing = tab.fire();
  const headers = { "access-control-allow-origin": "*", "content-type": "application/problem+json" };
  await (await confirmation()).fulfill({ status: 409, headers, body: '{"status":409,"title":"Conflict"}' });
  assert.equal(await firing, false);
  await painted(tab);
  await tab.assertNothingShown();
  assert.deepEqual(await workspace.rows(), []);
  assert.deepEqual(tab.exceptions, []);
});

it("a confirmation that cannot be sent means that nothing is painted", async () => {
  const { workspace, tab } = await dueAtHome();
  await tab.page.route(CONFIRMATION, (route) => route.abort());
  assert.equal(await tab.fire(), false);
  await painted(tab);
  await tab.assertNothingShown();
  assert.deepEqual(await workspace.rows(), []);
  assert.deepEqual(tab.exceptions, []);
});

it("a confirmation whose answer is lost costs a showing, and never causes two", async () => {
  const { workspace, demo, tab } = await dueAtHome();
  await tab.page.route(CONFIRMATION, async (route) => {
    await route.fetch();
    await route.abort();
  });
  assert.equal(await tab.fire(), false);
  await tab.assertNothingShown();
  await tab.page.unroute(CONFIRMATION);
  assert.equal(await tab.fire(), false);
  assert.equal(await tab.visitHome(demo, "mia"), false);
  await tab.assertNothingShown();
  assert.equal((await workspace.rows()).length, 1);
});

it("a page that goes away between claim and confirmation paints nothing where it comes back", async () => {
  const { demo, tab } = await dueAtHome();
  const confirmation = await interceptConfirmation(tab);
  tab.fire().catch(() => {});
  const route = await confirmation();
  await tab.page.goto(`${demo.origin}/?user=mia`);
  await route.abort().catch(() => {});
  await tab.page.unroute(CONFIRMATION);
  await tab.page.goBack();
  await tab.firstFiring();
  await tab.assertNothingShown();
  assert.deepEqual(tab.exceptions, []);
});

it("a widget that cannot be loaded leaves the page alone, and no row says that anybody saw the survey", async () => {
  const { workspace, tab } = await dueAtHome();
  await tab.page.route("**/sdk/v1/widget-*.js", (route) => route.abort());
  assert.equal(await tab.fire(), false);
  await tab.assertNothingShown();
  await until("every row says abandoned", async () => (await workspace.rows()).every((row) => row.state === "abandoned"));
  assert.deepEqual(tab.exceptions, []);
});

it("offline nothing shows; online again it does", async () => {
  const { tab } = await dueAtHome();
  const device = tab.page.context();
  await device.setOffline(true);
  assert.equal(await tab.fire(), false);
  await tab.assertNothingShown();
  await device.setOffline(false);
  assert.equal(await tab.fire(), true);
  assert.equal(await tab.dialog.count(), 1);
  assert.deepEqual(tab.exceptions, []);
});

it("answers given offline arrive when the network is back", async () => {
  const { workspace, tab } = await dueAtHome();
  assert.equal(await tab.fire(), true);
  const device = tab.page.context();
  await device.setOffline(true);
  await tab.radio("All right").click();
  await tab.button("Next").click();
  await tab.radio("7").waitFor();
  assert.deepEqual((await workspace.row()).answers, {});
  const saved = tab.page.waitForResponse((response) => response.url().endsWith("/response"));
  await device.setOffline(false);
  assert.equal((await saved).status(), 200);
  assert.deepEqual((await workspace.row()).answers, { feeling: { options: ["fair"] } });
  assert.deepEqual(tab.exceptions, []);
});

it("a restart of Sonde goes unnoticed by an open page", async () => {
  const folder = await throwawayFolder();
  stage.finally(folder.remove);
  const before = await Sonde.start({ data: folder.path });
  stage.finally(() => before.stop("SIGKILL"));
  const workspace = await before.workspace();
  await workspace.launch(SLEEP_QUALITY);
  const site = await startSite(workspace, { users: ["mia"] });
  stage.finally(() => site.close());
  const tab = await stage.tab();
  await tab.visit(site, "/mia");
  assert.equal(await tab.fire(), false);

  assert.equal(await before.stop(), 0);
  assert.equal(await tab.fire(), false, "while it is away");
  workspace.sonde = await Sonde.start({ data: folder.path, env: { SONDE_LISTEN: new URL(before.origin).host } });
  stage.finally(() => workspace.sonde.stop());
  await workspace.happened("mia");
  assert.equal(await tab.fire(), true);
  assert.equal((await workspace.rows()).length, 1);
  assert.deepEqual(tab.exceptions, []);
});

it("a customer's page works when Sonde is not there at all", async () => {
  const nowhere = { origin: "http://127.0.0.1:9" };
  const demo = await startDemo({ sonde: nowhere, backendKey: "sk_none", sdkKey: "pk_none" });
  stage.finally(() => demo.stop());
  const tab = await stage.tab();
  await tab.page.goto(`${demo.origin}/home?user=mia`);
  await tab.page.getByText("Sonde's script could not be loaded. The page works without it.").waitFor();
  assert.deepEqual(tab.exceptions, []);
});
