/** What the customer's server said reaches the user's screen as text, decides the way, and stays out of the browser otherwise. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Member } from "./support/member.mjs";
import { startSite } from "./support/site.mjs";
import { after } from "./support/surveys.mjs";
import { until } from "./support/until.mjs";
import { world } from "./support/world.mjs";

const stage = await world({ browser: true });

const SECRET = "not for browsers";
const HOSTILE = '<img src=x onerror="window.hacked = true">{{p1}}';
const ARABIC = "نجيب محفوظ";

/** Asks for stars only about poetry. */
const BOOKS = {
  format_version: 1,
  name: "Books",
  default_language: "en",
  questions: [
    {
      id: "like",
      type: "nps_feedback",
      title: { en: 'How do you like {{event.author.name | "your author"}}?' },
      description: { en: 'Read on {{trigger.device | "paper"}}, plan {{user.plan | "free"}}.' },
      logic: [{ if: { all: [{ source: "event", path: "genre", op: "not_equals", value: "poetry" }] }, then: { end: true } }],
    },
    { id: "stars", type: "star_feedback", title: { en: "And the rhymes?" } },
  ],
  thank_you: { title: { en: 'Thanks from {{event.author.name | "all of us"}}!' } },
  launch: { frontend_triggers: [{ name: "MainActivity" }], activation: after("finished book"), repeat: { until: "always" } },
};

/** A workspace with the survey live, and who may change its settings. */
async function books() {
  const workspace = await stage.workspace();
  const member = await Member.logIn(stage.sonde.origin);
  const settings = `/workspaces/${workspace.id}/settings`;
  const allow = async (pipes_without_proof) => member.do("PUT", settings, { ...(await member.do("GET", settings)), pipes_without_proof });
  await assert.rejects(workspace.launch(BOOKS), /identity proof is off/);
  await allow(true);
  const { survey_id: survey } = await workspace.launch(BOOKS);
  const site = await startSite(workspace, { users: ["mia", "noah", "zoe"] });
  stage.finally(() => site.close());
  const finished = (user, name, genre) => workspace.happened(user, "finished book", { properties: { author: { name }, genre, pages: 82.5, note: SECRET } });
  return { workspace, member, survey, site, allow, finished };
}

describe("a text that says what the event said", () => {
  it("names the author to the user, and the condition on the event decides the way", async () => {
    const { workspace, member, survey, site, finished } = await books();
    const tab = await stage.tab();
    const heard = [];
    tab.page.on("response", async (response) => response.url().includes("/api/v1/client/") && heard.push(await response.text().catch(() => "")));
    await finished("mia", "Ursula", "poetry");
    await tab.visit(site, "/mia");
    assert.equal(await tab.fire("MainActivity", { device: "tablet" }), true);
    await tab.question("How do you like Ursula?").waitFor();
    await tab.dialog.getByText("Read on tablet, plan free.").waitFor();
    await tab.radio("9").click();
    await tab.question("And the rhymes?").waitFor();
    await tab.radio("4").click();
    await tab.question("Thanks from Ursula!").waitFor();
    await tab.button("Close").click();

    await finished("noah", "Stanisław", "prose");
    await tab.visit(site, "/noah");
    assert.equal(await tab.fire("MainActivity", {}), true);
    await tab.question("How do you like Stanisław?").waitFor();
    await tab.dialog.getByText("Read on paper, plan free.").waitFor();
    await tab.radio("3").click();
    await tab.question("Thanks from Stanisław!").waitFor();

    const rows = await until("both have answered", async () => {
      const rows = await workspace.rows();
      return rows.filter(({ state }) => state === "completed").length === 2 && rows;
    });
    assert.deepEqual(rows.map(({ event }) => event.author.name).sort(), ["Stanisław", "Ursula"]);
    assert.deepEqual(rows.map(({ answers }) => Object.keys(answers).length).sort(), [1, 2]);
    const page = await member.do("GET", `/workspaces/${workspace.id}/surveys/${survey}/responses`);
    assert.deepEqual(page.items.map(({ event }) => event.author.name), ["Stanisław", "Ursula"]);
    const results = await member.do("GET", `/workspaces/${workspace.id}/surveys/${survey}/results`);
    assert.equal(results.questions[0].title, "How do you like your author?");
    assert.ok(heard.some((text) => text.includes("Ursula")), "the value did come");
    for (const kept of [SECRET, "poetry", "genre", "82.5"]) assert.ok(!heard.join("\n").includes(kept), kept);
    tab.assertNoComplaints();
  });

  it("shows markup and other scripts as the text that they are", async () => {
    const { site, finished } = await books();
    const tab = await stage.tab();
    const title = () => tab.page.evaluate(() => document.querySelector("sonde-survey").shadowRoot.querySelector("#title").textContent);
    await finished("mia", HOSTILE, "prose");
    await tab.visit(site, "/mia");
    assert.equal(await tab.fire(), true);
    assert.equal(await title(), `How do you like ${HOSTILE}?`);
    await finished("noah", ARABIC, "prose");
    await tab.visit(site, "/noah");
    assert.equal(await tab.fire(), true);
    assert.equal(await title(), `How do you like \u2068${ARABIC}\u2069?`);
    assert.equal(await tab.page.evaluate(() => window.hacked), undefined);
    tab.assertNoComplaints();
  });

  it("says its fallback without the value, and once leave is withdrawn", async () => {
    const { workspace, member, survey, site, allow, finished } = await books();
    const tab = await stage.tab();
    await workspace.happened("mia", "finished book");
    await tab.visit(site, "/mia");
    assert.equal(await tab.fire(), true);
    await tab.question("How do you like your author?").waitFor();
    await allow(false);
    await finished("zoe", "Ursula", "prose");
    await tab.visit(site, "/zoe");
    assert.equal(await tab.fire(), true);
    await tab.question("How do you like your author?").waitFor();
    const at = `/workspaces/${workspace.id}/surveys/${survey}`;
    await member.do("POST", `${at}/pause`);
    const refused = await member.send("POST", `${at}/resume`);
    assert.equal(refused.status, 422);
    assert.match(refused.json.errors[0].detail, /identity proof is off/);
    tab.assertNoComplaints();
  });
});
