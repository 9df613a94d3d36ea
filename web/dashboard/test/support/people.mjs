/** Users and cohorts as the dashboard's API tells of them, from memory. Both fake servers use it. */

const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
export const LONG_ID = "auth0|a_user_id_that_somebody_generated_from_an_issuer_a_tenant_and_a_subject_and_that_never_ends_0123456789abcdef";

const SLEEP = { id: "srv_1", name: "Sleep quality" };
const ORDER = { id: "srv_2", name: "A survey whose name somebody wrote very long so that every place that shows it has to cut it or wrap it" };
const reason = (code, detail, facts = {}) => ({ code, detail, ...facts });
const EXPIRED = reason("event_expired", "The event “ended_sleep” expired 12 min ago; the window was 2 h.", { expired_at: ago(720), window_secs: 7200 });

export const ATTRIBUTES = [
  { name: "plan", types: ["text"], examples: ['"pro"', '"free"', '"family"'] },
  { name: "age", types: ["number"], examples: ["36"] },
  { name: "beta", types: ["boolean"], examples: ["true"] },
  { name: "joined", types: ["date"], examples: ['"2026-03-01"'] },
];

function detail(id, namespace, { empty, test }) {
  const none = { events: [], displays: [], refusals: [], attributes: [] };
  const full = {
    attributes: [
      { name: "plan", type: "text", value: "pro" },
      { name: "age", type: "number", value: 36 },
      { name: "joined", type: "date", value: "2026-03-01" },
      { name: "a_name_of_an_attribute_that_is_rather_long_for_its_column", type: "text", value: "and_a_value_without_any_place_to_break_it_in_two_or_three" },
    ],
    events: [
      { event_id: "evt_4", trigger: "ended_sleep", effective_at: ago(600), received_at: ago(598), properties: { hours: 7.5, device: "ring" }, cancelled: false, windows: [{ survey: SLEEP, opens_at: ago(600), expires_at: ago(-6600), consumed: false }, { survey: ORDER, opens_at: ago(-600), expires_at: ago(-9000), consumed: false }] },
      { event_id: "evt_3", trigger: "ended_sleep", effective_at: ago(9000), received_at: ago(9000), properties: {}, cancelled: false, windows: [{ survey: SLEEP, opens_at: ago(9000), expires_at: ago(1800), consumed: false }, { survey: ORDER, opens_at: ago(9000), expires_at: ago(-9000), consumed: true }] },
      { event_id: "evt_2", trigger: "order delivered", effective_at: ago(90_000), received_at: ago(90_000), properties: { order_id: "A-17" }, cancelled: true, windows: [] },
    ],
    displays: [
      { display_id: "dsp_4", survey: SLEEP, version: 3, state: "completed", claimed_at: ago(86_400 * 3), shown_at: ago(86_400 * 3), completed_at: ago(86_400 * 3 - 40), trigger: "MainActivity" },
      { display_id: "dsp_3", survey: ORDER, version: 1, state: "lapsed", claimed_at: ago(86_400 * 4), shown_at: null, completed_at: null, trigger: "checkout_opened" },
    ],
    refusals: [
      { first_at: ago(90_000), last_at: ago(86_400), count: 3, trigger: "MainActivity", platform: "web", surveys: [{ survey: SLEEP, reasons: [EXPIRED] }, { survey: ORDER, reasons: [reason("wrong_platform", "The survey does not show on this platform."), reason("audience", "The user is not in the audience: “plan” is free.")] }] },
    ],
  };
  return {
    user_id: id, namespace, alias_of: null, aliases: empty ? [] : ["anon-7f3a"], is_test_user: test.has(id), last_shown_at: empty ? null : ago(86_400 * 3),
    wait_until: empty ? null : ago(-86_400 * 4), open_claim: empty ? null : { survey: SLEEP, lease_until: ago(-50) }, ...(empty ? none : full),
  };
}

const decisions = (query, empty) => ({
  at: query.get("at") ?? new Date().toISOString(),
  trigger: query.get("trigger"),
  platform: query.get("platform"),
  winner: null,
  surveys: empty
    ? []
    : [
        { survey: { ...SLEEP, status: "live" }, due: !query.has("at"), reasons: query.has("at") ? [EXPIRED] : [] },
        { survey: { ...ORDER, status: "live" }, due: false, reasons: [EXPIRED, reason("wait_period", "This user was shown a survey a short time ago; the wait period ends in 4 d.")] },
        { survey: { id: "srv_3", name: "Spring poll", status: "ended" }, due: false, reasons: [reason("not_live", "The survey has ended.")] },
      ],
});

const CONDITION = { all: [{ attribute: "plan", op: "in", value: ["pro", "family"] }, { any: [{ attribute: "joined", op: "within_last_days", value: 30 }, { not: { survey: "srv_1", op: "seen", within_days: 90 } }] }] };

export function people({ empty = false } = {}) {
  return {
    empty,
    test: new Set(["user-42"]),
    erased: [],
    cohorts: empty
      ? []
      : [
          { id: "coh_1", name: "Paying, and new", description: "For the onboarding poll", condition: CONDITION, created_at: ago(86_400 * 9), updated_at: ago(86_400), used_by: [SLEEP] },
          { id: "coh_2", name: ORDER.name.replace("survey", "cohort"), description: "", condition: { attribute: "beta", op: "equals", value: true }, created_at: ago(86_400), updated_at: ago(60), used_by: [] },
        ],
  };
}

const DAYS = Array.from({ length: 7 }, (_, n) => ago(86_400 * (6 - n)).slice(0, 10));
const REFUSALS = [["event_expired", [9, 4, 0, 12, 7, 3, 6]], ["audience", [1, 1, 0, 0, 3, 2, 0]], ["wait_period", [0, 0, 0, 0, 0, 1, 0]]];

export function refusalsOf({ empty }) {
  const reasons = empty ? [] : REFUSALS.map(([code, daily]) => ({ code, daily, total: daily.reduce((a, b) => a + b) }));
  return { days: DAYS, reasons, asked: empty ? 0 : 60, shown: empty ? 0 : 12 };
}

export const estimateOf = () => ({ due: 7, looked_at: 41, total: 41, exact: true, how: "All 41 users with a pending event of the survey's backend triggers were looked at, at any of its frontend triggers.", refused: [{ code: "event_expired", count: 22 }, { code: "audience", count: 12 }] });

/** The status and body that answer a call under a workspace; undefined for what is none of this. */
export function peopleReply(state, method, path, query, body) {
  if (path === "/attributes") return [200, { items: state.empty ? [] : ATTRIBUTES }];
  const [, kind, id, part] = path.split("/").map(decodeURIComponent);
  if (kind === "cohorts") return cohort(state, method, id, body);
  if (kind !== "users") return undefined;
  if (!id) {
    const search = query.get("search") ?? "";
    const known = state.empty ? [] : [{ user_id: "user-42", namespace: "identified", last_seen_at: ago(90), last_seen_by: "event" }, { user_id: LONG_ID, namespace: "identified", last_seen_at: ago(4000), last_seen_by: "response" }, { user_id: "anon-7f3a", namespace: "anonymous", last_seen_at: ago(9000), last_seen_by: "event" }];
    return [200, { items: known.filter((user) => user.user_id.includes(search)) }];
  }
  if (part === "decisions") return [200, decisions(query, state.empty)];
  if (part === "test") return (state.test[body.is_test_user ? "add" : "delete"](id), [200, {}]);
  if (method === "DELETE") return (state.erased.push([id, query.get("responses")]), [204]);
  return [200, detail(id, query.get("namespace") ?? "identified", state)];
}

function cohort(state, method, id, body) {
  if (!id && method === "GET") return [200, { items: state.cohorts }];
  if (!id) {
    const made = { id: `coh_${state.cohorts.length + 1}`, created_at: ago(0), updated_at: ago(0), used_by: [], ...body };
    state.cohorts.push(made);
    return [201, made];
  }
  const found = state.cohorts.find((each) => each.id === id);
  if (!found) return [404, { detail: "There is no such cohort." }];
  if (method === "DELETE" && found.used_by.length > 0) return [409, { detail: "The survey “Sleep quality” is live and uses it." }];
  if (method === "DELETE") return (state.cohorts.splice(state.cohorts.indexOf(found), 1), [204]);
  if (method === "PUT") Object.assign(found, body, { updated_at: ago(0) });
  return [200, found];
}
