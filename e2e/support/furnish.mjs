/** A workspace as it looks after a while: triggers, surveys in every state, a few hundred answers. */
import { Member } from "./member.mjs";
import { after, shortSurvey, SLEEP_QUALITY } from "./surveys.mjs";

export const LONG = "A survey whose name was written by somebody who had a great deal to say and no time to say it in few words, ÄÖÜ ß 日本語 and-one-word-without-any-place-to-break-it-which-is-the-worst-of-all";

const FEELINGS = ["rested", "rested", "fair", "fair", "fair", "tired", "tired", "restless", "other"];
const DREAMS = ["Full of dreams", "Slept in twice", "A bit jet-lagged"];
const WISHES = [
  "A gentler alarm that does not wake the whole house.",
  "Less light from the street.",
  "Please let me tag naps, they count too!",
  "Show me the trend of a month, not only of a week.",
  "An earlier evening would help more than any app.",
  "Quieter neighbours :)",
];
const DEVICES = ["ring", "watch", "phone"];
const PLANS = ["free", "free", "plus", "family"];

/** The same numbers at each run. */
function dice(seed) {
  let state = seed;
  return (below) => (state = (state * 48_271) % 2_147_483_647) % below;
}

function oneOf(roll, from) {
  return from[roll(from.length)];
}

/** What may have a long name: a survey, a trigger, a cohort, a user. */
const LONG_NAMES = { survey: LONG, trigger: LONG.slice(0, 120), cohort: LONG.slice(0, 200), user: LONG.replaceAll(/[^\w ]/g, "").slice(0, 120) };
/** How many have just bought something and were not asked yet. */
const BUYERS = 24;

/** Fills an empty workspace; `answers` people have answered the main survey, and one thing of each kind is called as in `names`. */
export async function furnish(sonde, { name = "Lull", answers = 120, names = LONG_NAMES } = {}) {
  const workspace = await sonde.workspace(name);
  const member = await Member.logIn(sonde.origin);
  const at = `/workspaces/${workspace.id}`;
  const settings = await member.do("GET", `${at}/settings`);
  await member.do("PUT", `${at}/settings`, { ...settings, name, wait_period_days: 7, languages: ["en", "de"], allowed_origins: ["*"] });
  const roll = dice(7);
  const { survey_id: main } = await workspace.launch(SLEEP_QUALITY);
  await answer(workspace, answers, roll);
  const { survey_id: long } = await workspace.launch(shortSurvey({ name: names.survey, title: names.survey, frontend_triggers: [{ name: "settings opened" }] }));
  const order = shortSurvey({ name: "After an order", title: "How was ordering?", activation: after("order_delivered", 172_800), frontend_triggers: [{ name: "Home" }] });
  const { survey_id: paused } = await workspace.launch(order);
  await workspace.setStatus(paused, "paused");
  const { survey_id: ended } = await workspace.launch(shortSurvey({ name: "Spring poll", frontend_triggers: [{ name: "Home" }] }));
  await workspace.setStatus(ended, "ended");
  const broken = JSON.parse(SLEEP_QUALITY);
  broken.name = "Weekly check-in";
  broken.questions[0].title.en = "";
  broken.questions[0].options[1].label.en = "";
  const { id: draft } = await member.do("POST", `${at}/surveys`, { document: { ...broken, launch: { ...broken.launch, activation: { backend_triggers: [], expires_after_secs: 7_200 } } } });
  await member.do("POST", `${at}/triggers`, { kind: "backend", name: names.trigger });
  await Promise.all(["order_delivered", "subscription_cancelled", "trial_started"].map((event, n) => workspace.happened(`user-${n}`, event, { properties: { total: 12.5 * (n + 1), currency: "EUR", items: n + 1 } })));
  const buyers = Array.from({ length: BUYERS }, (_, n) => ({ user: `user-${2000 + n}`, properties: { total: 9.5 + (n % 7) * 4, currency: "EUR", items: 1 + (n % 4) } }));
  await Promise.all(buyers.map(({ user, properties }) => workspace.happened(user, "order_delivered", { properties })));
  await workspace.post({ user_id: "user-1", event_name: "ended_sleep", event_id: "night-1", properties: { sleep_score: 70 } });
  await workspace.post({ user_id: "user-1", event_name: "ended_sleep", event_id: "night-1", properties: { sleep_score: 70 } });
  await workspace.post({ event_name: "ended_sleep" });
  const people = await populate(workspace, member, { main, names });
  const { items: rows } = await member.do("GET", `${at}/surveys/${main}/responses?limit=200`);
  return { workspace, member, main, long, draft, paused, ended, rows, ...people };
}

/** A user with a history, one with a long id, cohorts, a survey with every gate, a trigger that cancels. */
async function populate(workspace, member, { main, names }) {
  const at = `/workspaces/${workspace.id}`;
  const condition = { all: [{ attribute: "plan", op: "in", value: ["plus", "family"] }, { any: [{ attribute: "age", op: "greater_or_equal", value: 30 }, { not: { survey: main, op: "completed", within_days: 90 } }] }] };
  const { id: cohort } = await member.do("POST", `${at}/cohorts`, { name: "Paying members", description: "For questions about the price", condition });
  const { id: longCohort } = await member.do("POST", `${at}/cohorts`, { name: names.cohort, description: "", condition: { attribute: "plan", op: "exists" } });
  const gates = {
    activation: { backend_triggers: [{ name: "order_delivered" }, { name: "ended_sleep" }], at_least: 2, expires_after_secs: 172_800 },
    trigger_sequence: ["settings opened"],
    schedule: { starts_at: "2026-01-12T08:00:00Z", time_zone: "Europe/Berlin", weekdays: ["mon", "tue", "wed", "thu", "fri"], hours: { from: "09:00", to: "17:00" } },
    audience: { all: [{ cohort }, { any: [{ attribute: "plan", op: "equals", value: "family" }, { survey: main, op: "answered" }] }] },
    quota: { completed: 500 },
  };
  const { survey_id: gated } = await workspace.launch(shortSurvey({ name: "Price, weekdays only", title: "Is it worth the price?", ...gates }));
  await member.do("PUT", `${at}/triggers/cancels`, { name: "subscription_cancelled", cancels: [{ trigger: "trial_started", equal_property: null }, { trigger: "order_delivered", equal_property: "total" }] });
  const longUser = names.user;
  const user = "user-1000";
  for (const who of [user, longUser]) {
    const visitor = await workspace.visitor(who, { attributes: { plan: "family", age: 36, newsletter: true, joined: "2026-01-12" } });
    const hoursAgo = (hours) => new Date(Date.now() - hours * 3_600_000).toISOString();
    await workspace.happened(who, "ended_sleep", { timestamp: hoursAgo(5), properties: { duration_minutes: 411, sleep_score: 71.5 } });
    await visitor.fire("MainActivity");
    await workspace.happened(who, "order_delivered", { timestamp: hoursAgo(1), properties: { total: 25, currency: "EUR" } });
    await visitor.fire("MainActivity");
  }
  await member.do("PUT", `${at}/users/${user}/test`, { is_test_user: true });
  return { cohort, longCohort, gated, user, longUser };
}

async function answer(workspace, people, roll) {
  const crowd = Array.from({ length: people }, (_, n) => `user-${1000 + n}`);
  const one = async (user) => {
    const score = 55 + roll(90) / 2;
    const visitor = await workspace.visitor(user, { attributes: { plan: oneOf(roll, PLANS), age: 20 + roll(50) } });
    await workspace.happened(user, "ended_sleep", { properties: { duration_minutes: 300 + roll(240), sleep_score: score, device: oneOf(roll, DEVICES), restless: score < 65 } });
    const claim = await visitor.fire("MainActivity", { properties: { screen: "home", version: `4.${roll(4)}` } });
    await visitor.show(claim.display_id);
    const fate = roll(10);
    if (fate === 0) return visitor.report(claim.display_id, "dismissed");
    if (fate === 1) return;
    const feeling = oneOf(roll, FEELINGS);
    const given = { feeling: { options: [feeling], ...(feeling === "other" && { other_text: oneOf(roll, DREAMS) }) } };
    const duration_ms = 6_000 + roll(40_000);
    const respond = (completed) => visitor.send("PUT", `/displays/${claim.display_id}/response`, { revision: 1, completed, locale: "en", duration_ms, answers: given });
    if (fate === 2) return respond(false);
    const recommend = score > 75 ? 8 + roll(3) : 3 + roll(7);
    Object.assign(given, { recommend: { number: recommend }, accuracy: { number: Math.min(5, 2 + roll(4)) } });
    if (roll(3) === 0) given.wish = { text: oneOf(roll, WISHES) };
    await respond(true);
  };
  for (let from = 0; from < crowd.length; from += 8) await Promise.all(crowd.slice(from, from + 8).map(one));
}
