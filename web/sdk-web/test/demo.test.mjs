import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { launch } from "../../testkit/chromium.mjs";
import { SELECT, survey } from "../../testkit/content.mjs";
import { fakeSonde } from "../../testkit/fake-sonde.mjs";

const DEMO = join(import.meta.dirname, "../../../demo/server.mjs");
const EVENT = "POST /api/v1/connections/backend/event";

describe("the demo", () => {
  let browser;
  let sonde;
  let demo;
  let origin;

  before(async () => {
    [browser, sonde] = await Promise.all([launch(), fakeSonde(survey([SELECT]))]);
    sonde.behaviour[EVENT] = () => ({ body: { status: "ok", event_id: "evt_1", duplicate: false } });
    const flags = ["--port", "0", "--sonde", sonde.origin, "--backend-key", "sk_secret"];
    demo = spawn(process.execPath, [DEMO, ...flags], { env: { ...process.env, SONDE_SDK_KEY: "pk_public" }, stdio: ["ignore", "pipe", "inherit"] });
    const [line] = await once(demo.stdout, "data");
    origin = /http:\/\/127\.0\.0\.1:\d+/.exec(line)[0];
  });
  after(async () => {
    demo?.kill("SIGKILL");
    await browser?.close();
    await sonde?.close();
  });

  it("tells Sonde from its server, shows the survey in its page, and keeps the backend key", async () => {
    const page = await browser.newPage({ reducedMotion: "reduce" });
    const complaints = [];
    const seen = [];
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => seen.push(request.url(), JSON.stringify(request.headers()), request.postData() ?? ""));
    page.on("response", (response) => response.url().startsWith(origin) && response.text().then((text) => seen.push(text), () => {}));
    await page.goto(`${origin}/?user=mia%20%3Cb%3E`);
    await page.getByRole("heading", { name: "Good morning, mia <b>" }).waitFor();
    await page.getByRole("button", { name: "End sleep session" }).click();
    await page.getByText('"event_id": "evt_1"').waitFor();
    const sent = sonde.requests.find(({ path }) => path.endsWith("/backend/event"));
    assert.equal(sent.headers["x-api-key"], "sk_secret");
    const properties = { duration_minutes: 437, sleep_score: 82.5, device: "ring", restless: false };
    assert.deepEqual(sent.body, { user_id: "mia <b>", event_name: "ended_sleep", properties });
    await page.getByRole("link", { name: "open Home" }).click();
    await page.getByRole("dialog", { name: SELECT.title }).waitFor();
    await page.getByText("trigger MainActivity → shown: true").waitFor();
    const session = sonde.requests.find(({ path }) => path === "/session");
    assert.deepEqual([session.body.user_id, session.headers["x-sonde-key"]], ["mia <b>", "pk_public"]);
    assert.ok(!seen.join().includes("sk_secret"));
    assert.deepEqual(complaints, []);
  });

  it("ends well when told to", async () => {
    demo.kill("SIGTERM");
    const [code] = await once(demo, "exit");
    assert.equal(code, 0);
  });
});
