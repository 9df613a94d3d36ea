import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { launch } from "../../testkit/chromium.mjs";
import { INPUT, NPS, SELECT, STAR, survey } from "../../testkit/content.mjs";
import { fakeSonde } from "../../testkit/fake-sonde.mjs";
import { hostSite, strictPolicy } from "../../testkit/host-site.mjs";

const CONFIRM = "POST /displays/dsp_1";
const SAVE = "PUT /displays/dsp_1/response";

let browser;
let sonde;
let site;
let context;
let page;
let complaints;

const HOST_SCRIPT = `
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective + " " + event.blockedURI));
window.heard = [];
for (const name of ["survey_displayed", "survey_completed", "survey_dismissed"]) sonde.on(name, (detail) => heard.push([name, detail]));
`;

function tag(attributes) {
  return `<script src="${sonde.origin}/sdk/v1/sonde.js" ${attributes}></script>`;
}

function html(script) {
  return `<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>Shop</title></head>
<body><main><h1>Shop</h1></main>${script}<script src="/host.js"></script></body></html>`;
}

before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
});
beforeEach(async () => {
  sonde = await fakeSonde(survey());
  const policy = strictPolicy(sonde.origin);
  const at = (body) => ({ type: "text/html", policy, body: html(body) });
  const key = 'data-key="pk_test"';
  site = await hostSite({
    "/": at(tag(`${key} data-user="u1"`)),
    "/anonymous": at(tag(key)),
    "/proof": at(tag(`${key} data-user="u1" data-proof="jwt-1"`)),
    "/twice": at(tag(`${key} data-user="u1"`) + tag(`${key} data-user="u1"`)),
    "/manual": at(tag("")),
    "/empty": { type: "text/html", body: "<!doctype html><title>Elsewhere</title>" },
    "/host.js": { type: "text/javascript", body: HOST_SCRIPT },
  });
  context = await browser.newContext({ viewport: { width: 1000, height: 700 }, reducedMotion: "reduce" });
  page = await context.newPage();
  complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
});
afterEach(async () => {
  await context.close();
  await Promise.all([sonde.close(), site.close()]);
  assert.deepEqual(complaints, []);
});

const open = (path = "/") => page.goto(site.origin + path);
const fire = (name = "MainActivity", properties = { screen: "home" }) =>
  page.evaluate(([name, properties]) => sonde.trigger(name, properties), [name, properties]);
const dialog = () => page.getByRole("dialog");
const radio = (name) => page.getByRole("radio", { name });
const button = (name) => page.getByRole("button", { name, exact: true });

/** Waits for something that the server is to see. */
async function until(check, what) {
  for (let turn = 0; turn < 100; turn += 1) {
    if (check()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`${what}; calls: ${sonde.calls().join(", ")}`);
}

describe("what the trigger's answer says of its user", () => {
  it("stands in the texts as text and decides the way, under the strictest policy", async () => {
    const image = "<img src=x onerror=alert(1)>";
    sonde.values = { p0: image, c0: true };
    const logic = [{ if: { all: [{ constant: "c0" }] }, then: { jump: "q3" } }];
    sonde.content = survey([{ ...NPS, id: "q1", title: "By {{p0}}?", required: false, logic }, SELECT, STAR].map((question, at) => ({ ...question, id: `q${at + 1}` })));
    await open();
    assert.deepEqual(await fire(), { shown: true });
    await page.getByRole("heading", { name: `By ${image}?`, exact: true }).waitFor();
    await button("Skip").click();
    await page.getByRole("heading", { name: STAR.title }).waitFor();
    assert.deepEqual(await page.evaluate(() => violations), []);
  });
});

function gate() {
  let open;
  const opened = new Promise((resolve) => (open = resolve));
  return { open: () => open(), opened };
}

describe("under the strictest policy", () => {
  it("a survey is shown, answered and saved, with no violation and no error in the console", async () => {
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    const files = [];
    page.on("request", (request) => request.url().includes("/sdk/") && files.push(new URL(request.url()).pathname));
    await open();
    await until(() => sonde.calls().includes("POST /session"), "session");
    assert.deepEqual(files, ["/sdk/v1/sonde.js"], "no widget before it is due");
    assert.deepEqual(await fire(), { shown: true });
    assert.match(files[1], /^\/sdk\/v1\/widget-[0-9a-f]{12}\.js$/);
    await radio("So-so").click();
    await until(() => sonde.displays.get("dsp_1").revision === 1, "first answer saved at once");
    assert.deepEqual(sonde.displays.get("dsp_1").answers, { q1: { options: ["so_so"] } });
    await button("Next").click();
    await radio("9").click();
    await page.getByRole("heading", { name: STAR.title }).waitFor();
    await button("Skip").click();
    await dialog().getByRole("textbox").fill("More dreams");
    await button("Send").click();
    await page.getByRole("heading", { name: "Thank you" }).waitFor();
    await until(() => sonde.displays.get("dsp_1").completed, "completed");
    await dialog().waitFor({ state: "detached" });

    const answers = { q1: { options: ["so_so"] }, q2: { number: 9 }, q4: { text: "More dreams" } };
    assert.deepEqual(sonde.displays.get("dsp_1").answers, answers);
    const revisions = sonde.bodies(SAVE).map((body) => body.revision);
    assert.deepEqual(revisions, [...revisions].sort((a, b) => a - b));
    assert.deepEqual(await page.evaluate(() => heard), [
      ["survey_displayed", { trigger: "MainActivity", can_display_survey: true }],
      ["survey_completed", { survey_id: "srv_1", display_id: "dsp_1", answers }],
    ]);
    assert.deepEqual(await page.evaluate(() => violations), []);
  });

  it("what is asked says who, where and what", async () => {
    await open();
    await fire();
    const session = sonde.requests.find(({ path }) => path === "/session");
    assert.deepEqual(session.body, { user_id: "u1", locale: "en-GB", platform: "web", sdk: "sonde-web/0.1.0" });
    assert.equal(session.headers["x-sonde-key"], "pk_test");
    const trigger = sonde.requests.find(({ path }) => path === "/trigger");
    assert.match(trigger.body.request_id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const { request_id: _, ...rest } = trigger.body;
    const expected = { trigger: "MainActivity", properties: { screen: "home" }, trigger_seq: ["MainActivity"], url: `${site.origin}/`, locale: "en-GB", theme: "light" };
    assert.deepEqual(rest, expected);
    assert.equal(trigger.headers["x-sonde-token"], "token:u1");
  });
});

describe("the look", () => {
  const colour = () => dialog().locator(".go").evaluate((button) => getComputedStyle(button).backgroundColor);
  const theme = { accent: "#7a1f5c", radius: "small", appearance: "light", position: "bottom_left" };
  beforeEach(() => (sonde.behaviour["GET /config"] = () => ({ body: { triggers: ["MainActivity"], theme } })));

  it("is the workspace's", async () => {
    await open();
    await fire();
    assert.equal(await colour(), "rgb(122, 31, 92)");
    assert.equal((await dialog().boundingBox()).x, 24);
  });

  it("is the page's own where the page says so", async () => {
    await open("/manual");
    await page.evaluate((api) => sonde.init({ key: "pk_test", api, user: "u1", theme: { accent: "#004400" } }), sonde.origin);
    await fire();
    assert.equal(await colour(), "rgb(0, 68, 0)");
    assert.equal((await dialog().boundingBox()).x, 24);
  });
});

describe("nothing is painted", () => {
  it("before the server has confirmed", async () => {
    const confirmation = gate();
    sonde.behaviour[CONFIRM] = () => confirmation.opened;
    await open();
    const shown = fire();
    await until(() => sonde.calls().includes(CONFIRM), "asked to confirm");
    await page.waitForTimeout(300);
    assert.equal(await page.locator("sonde-survey").count(), 0);
    confirmation.open();
    assert.deepEqual(await shown, { shown: true });
    await dialog().waitFor();
  });

  for (const [what, bend] of [
    ["when the claim lapsed", () => ({ status: 409, body: {} })],
    ["when the server fails", () => ({ status: 500, body: {} })],
  ]) {
    it(what, async () => {
      sonde.behaviour[CONFIRM] = bend;
      await open();
      assert.deepEqual(await fire(), { shown: false });
      assert.equal(await page.locator("sonde-survey").count(), 0);
      assert.deepEqual(await page.evaluate(() => heard), [["survey_displayed", { trigger: "MainActivity", can_display_survey: false }]]);
    });
  }

  it("when the page went before", async () => {
    const confirmation = gate();
    sonde.behaviour[CONFIRM] = () => confirmation.opened;
    await open();
    const shown = fire();
    await until(() => sonde.calls().includes(CONFIRM), "asked to confirm");
    await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
    sonde.behaviour[CONFIRM] = undefined;
    confirmation.open();
    assert.deepEqual(await shown, { shown: false });
    assert.equal(await page.locator("sonde-survey").count(), 0);
  });

  it("offline", async () => {
    await open();
    await until(() => sonde.calls().includes("POST /session"), "session");
    await context.setOffline(true);
    assert.deepEqual(await fire(), { shown: false });
  });

  it("for a trigger that no survey uses, which costs no question and is reported once", async () => {
    await open();
    assert.deepEqual(await fire("checkout_opened"), { shown: false });
    await fire("checkout_opened");
    await until(() => sonde.calls().includes("POST /batch"), "seen");
    assert.ok(!sonde.calls().includes("POST /trigger"));
    assert.deepEqual(sonde.bodies("POST /batch"), [{ items: [{ type: "seen", triggers: [{ name: "checkout_opened", properties: { screen: "home" } }] }] }]);
  });
});

describe("answers", () => {
  it("go by beacon when the page goes, and again from the next page until they are answered", async () => {
    sonde.content = survey([INPUT]);
    await open();
    await fire();
    sonde.behaviour[SAVE] = () => ({ status: 503, body: {} });
    await dialog().getByRole("textbox").pressSequentially("unsent");
    await page.goto(`${site.origin}/empty`);
    await until(() => sonde.calls().includes("POST /batch"), "beacon");
    const beacon = sonde.requests.find(({ path }) => path === "/batch");
    assert.match(beacon.headers["content-type"], /^text\/plain/);
    assert.equal(beacon.body.key, "pk_test");
    assert.equal(beacon.body.client_token, "token:u1");
    assert.deepEqual(beacon.body.items[0].answers, { q4: { text: "unsent" } });
    sonde.behaviour[SAVE] = undefined;
    await open();
    await until(() => sonde.displays.get("dsp_1").revision > 0, "saved from the next page");
    assert.deepEqual(sonde.displays.get("dsp_1").answers, { q4: { text: "unsent" } });
    await page.waitForFunction(() => !Object.keys(localStorage).some((key) => key.includes("queue")));
  });

  it("wait for the network", async () => {
    sonde.content = survey([SELECT, NPS]);
    await open();
    await fire();
    await context.setOffline(true);
    await radio("So-so").click();
    await radio("Badly").click();
    await page.waitForTimeout(200);
    await context.setOffline(false);
    await until(() => sonde.displays.get("dsp_1").revision === 2, "saved");
    assert.deepEqual(sonde.displays.get("dsp_1").answers, { q1: { options: ["badly"] } });
  });

  it("are not asked for twice: dismissing is told", async () => {
    await open();
    await fire();
    await page.keyboard.press("Escape");
    await until(() => sonde.displays.get("dsp_1").state === "dismissed", "dismissed");
    assert.deepEqual((await page.evaluate(() => heard)).at(-1), ["survey_dismissed", { survey_id: "srv_1", display_id: "dsp_1", answers: {} }]);
  });
});

describe("the script", () => {
  it("twice on a page, and init again, is harmless", async () => {
    await open("/twice");
    await page.evaluate(() => (sonde.init({ key: "pk_test", user: "u1" }), sonde.init({ key: "pk_other" }), sonde.init({})));
    assert.deepEqual(await fire(), { shown: true });
    assert.equal(sonde.calls().filter((call) => call === "POST /session").length, 1);
    assert.equal(await dialog().count(), 1);
  });

  it("without a key waits for init, and what was called before is kept in order", async () => {
    await open("/manual");
    const shown = page.evaluate(() => {
      const fired = sonde.trigger("MainActivity");
      sonde.init({ key: "pk_test", attributes: { plan: "pro" } });
      return fired;
    });
    assert.deepEqual(await shown, { shown: true });
    assert.match(sonde.bodies("POST /session")[0].anonymous_id, /^[0-9a-f-]{36}$/);
    assert.deepEqual(sonde.bodies("POST /session")[0].attributes, { plan: "pro" });
  });

  it("keeps the anonymous id over pages and gives it up when the user is known", async () => {
    await open("/anonymous");
    await open("/anonymous");
    await until(() => sonde.bodies("POST /session").length === 2, "two sessions");
    const [first, second] = sonde.bodies("POST /session");
    assert.equal(first.anonymous_id, second.anonymous_id);
    await page.evaluate(() => sonde.identify("u9"));
    await page.waitForFunction(() => !Object.keys(localStorage).some((key) => key.endsWith("anonymous")));
    assert.deepEqual(sonde.bodies("POST /identify"), [{ user_id: "u9" }]);
    await open("/");
    await until(() => sonde.bodies("POST /session").length === 3, "third session");
    assert.equal(sonde.bodies("POST /session")[2].user_id, "u1");
  });

  it("proves who the user is, by attribute and by function", async () => {
    await open("/proof");
    await until(() => sonde.bodies("POST /session").length === 1, "a session");
    await page.evaluate(() => sonde.identify("u2", { plan: "pro" }, async () => "jwt-2"));
    await until(() => sonde.bodies("POST /session").length === 2, "another");
    assert.deepEqual(sonde.bodies("POST /session").map((body) => [body.user_id, body.proof]), [["u1", "jwt-1"], ["u2", "jwt-2"]]);
  });

  it("never throws into the page, whatever it is given", async () => {
    await open("/manual");
    const results = await page.evaluate(async () => {
      sonde.init();
      sonde.init(null);
      sonde.init({ key: "pk_test", user: "u1" });
      sonde.identify();
      sonde.identify({});
      sonde.setAttributes();
      sonde.on("nonsense", () => {})();
      sonde.on("survey_displayed", null);
      const circle = {};
      circle.self = circle;
      const shown = [await sonde.trigger(), await sonde.trigger(""), await sonde.trigger(7), await sonde.trigger("x", circle), await sonde.trigger("MainActivity", null)];
      sonde.logout();
      sonde.logout();
      return shown.map((result) => result.shown);
    });
    assert.deepEqual(results, [false, false, false, false, true]);
    assert.equal(await page.locator("sonde-survey").count(), 0, "logged out");
  });

  it("works where storage is forbidden", async () => {
    await page.addInitScript(() => {
      for (const name of ["localStorage", "sessionStorage"]) {
        Object.defineProperty(window, name, {
          get() {
            throw new DOMException("denied", "SecurityError");
          },
        });
      }
    });
    await open("/anonymous");
    assert.deepEqual(await fire(), { shown: true });
    await radio("So-so").click();
    await until(() => sonde.displays.get("dsp_1").revision === 1, "saved");
  });

  it("is silent unless it is to debug", async () => {
    const lines = [];
    page.on("console", (message) => message.text().includes("[sonde]") && lines.push(message.text()));
    sonde.behaviour[CONFIRM] = () => ({ status: 409, body: {} });
    await open();
    await fire();
    assert.deepEqual(lines, []);
    await page.evaluate(() => sonde.init({ key: "pk_test", debug: true }));
    await fire();
    await until(() => lines.length === 1, "one line");
  });
});
