/** What the fake server knows: a workspace in use, or an empty one. */

const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();

export const LONG = "a_trigger_name_that_somebody_generated_from_a_fully_qualified_class_name_and_that_never_ends";

const uses = [{ id: "srv_1", name: "Sleep quality", status: "live" }];
const trigger = (kind, name, more = {}) => ({
  kind,
  name,
  first_seen_at: ago(86_400 * 20),
  last_seen_at: ago(90),
  count: 18_432,
  daily: [3, 5, 9, 4, 0, 12, 18, 16, 22, 19, 25, 31, 28, 14],
  properties: [],
  surveys: [],
  archived: false,
  stopped: false,
  ...more,
});

export function baseline({ empty = false, setupNeeded = false, signedIn = true } = {}) {
  const keys = [
    { id: "key_1", hint: "sk_…a1b2", created_at: ago(86_400 * 40), last_used_at: ago(42) },
    { id: "key_2", hint: "sk_…c3d4", created_at: ago(3600), last_used_at: null },
  ];
  return {
    setupNeeded,
    member: signedIn && !setupNeeded ? { id: "mem_1", email: "ada@example.com" } : null,
    workspaces: [{ id: "wsp_1", name: "Sleep diary" }, { id: "wsp_2", name: "A second product with quite a long name for a menu" }],
    connections: {
      event_url: "http://localhost:8080/api/v1/connections/backend/event",
      backend: { enabled: !empty, keys: empty ? [] : keys },
      sdk: { key: "pk_4c1f0e9d8b7a65544332", script_url: "http://localhost:8080/sdk/v1/sonde.js", last_used_at: empty ? null : ago(300) },
    },
    events: empty
      ? []
      : [
          { id: 4, at: ago(4), user_id: "user-42", event_name: "ended_sleep", event_id: "evt_4", outcome: "stored", reason: null, properties: { hours: 7.5, restless: false }, made_due: [{ id: "srv_1", name: "Sleep quality" }] },
          { id: 3, at: ago(65), user_id: "user-7", event_name: "ended sleep", event_id: "evt_3", outcome: "stored", reason: null, properties: {}, made_due: [] },
          { id: 2, at: ago(600), user_id: "user-42", event_name: "ended_sleep", event_id: "evt_2", outcome: "duplicate", reason: null, properties: { hours: 7.5 }, made_due: [] },
          { id: 1, at: ago(4000), user_id: null, event_name: LONG, event_id: null, outcome: "rejected", reason: "422: /user_id: is missing", properties: null, made_due: [] },
        ],
    triggers: empty
      ? []
      : [
          trigger("backend", "ended_sleep", {
            surveys: uses,
            cancels: [{ trigger: "order delivered", equal_property: "order_id" }, { trigger: LONG, equal_property: null }],
            properties: [
              { key: "hours", types: ["number"], examples: ["7.5", "6.25"] },
              { key: "author.name", types: ["string", "null"], examples: ["Ada Lovelace"] },
            ],
          }),
          trigger("backend", LONG, { count: 3, last_seen_at: ago(86_400 * 5), stopped: true, surveys: uses }),
          trigger("backend", "order delivered", { count: 0, first_seen_at: null, last_seen_at: null, daily: Array(14).fill(0) }),
          trigger("frontend", "MainActivity", { properties: [{ key: "screen", types: ["string"], examples: ["home"] }] }),
        ],
    identitySecrets: [{ id: "ids_1", hint: "ips_…k9Qx", created_at: ago(86_400 * 3) }],
    settings: {
      name: "Sleep diary",
      wait_period_days: 7,
      languages: ["en", "de"],
      theme: { accent: "#27586f", radius: "small", appearance: "auto", position: "bottom_right" },
      allowed_origins: ["*"],
      response_retention_days: null,
      identity_proof: { mode: "off" },
      test_users: ["user-42"],
      pipes_without_proof: false,
    },
  };
}

export const surveys = () => [
  { id: "srv_1", name: "Sleep quality", status: "live", version: 3, draft_differs: true, shown: 1200, started: 900, completed: 640, updated_at: ago(7200), launched_at: ago(86_400 * 9) },
];

export const survey = () => ({
  id: "srv_1",
  status: "live",
  draft: { format_version: 1, name: "Sleep quality", default_language: "en", languages: ["en"], questions: [] },
  draft_revision: 4,
  draft_errors: [],
  published: null,
  versions: [],
  created_at: ago(86_400 * 12),
  updated_at: ago(7200),
});

const OPTIONS = [
  { id: "rested", label: "Well rested", count: 310, share: 0.3444 },
  { id: "fair", label: "All right", count: 402, share: 0.4467 },
  { id: "tired", label: "I woke up again and again and could not fall asleep for what felt like hours, which is rather long for a label", count: 188, share: 0.2089 },
];

export function results(empty) {
  const day = (index) => new Date(Date.now() - (29 - index) * 86_400_000).toISOString().slice(0, 10);
  return {
    funnel: empty ? { shown: 0, started: 0, completed: 0, dismissed: 0 } : { shown: 1200, started: 900, completed: 640, dismissed: 221 },
    median_seconds_to_complete: empty ? null : 47,
    daily: empty ? [] : Array.from({ length: 30 }, (_, index) => ({ date: day(index), shown: 20 + ((index * 7) % 31), completed: 8 + ((index * 5) % 13) })),
    questions: [
      { id: "feeling", type: "single_select_feedback", title: "How do you feel this morning?", answered: empty ? 0 : 900, choices: OPTIONS, other_texts: 12 },
      { id: "recommend", type: "nps_feedback", title: "How likely are you to recommend sleep tracking to a friend?", answered: empty ? 0 : 640, nps: { score: 31.4, promoters: 322, passives: 197, detractors: 121, counts: [4, 2, 5, 8, 12, 40, 50, 90, 107, 150, 172] } },
      { id: "accuracy", type: "star_feedback", title: "How well did the recording match your night?", answered: empty ? 0 : 640, scale: { average: 3.87, counts: [12, 40, 120, 300, 168].map((count, index) => ({ value: index + 1, count })) } },
      { id: "wish", type: "input_feedback", title: "What would help you sleep better?", answered: empty ? 0 : 84, texts: { count: 84, latest: [{ display_id: "dsp_1", text: "A darker room. My neighbour's lamp shines right in.", at: ago(120) }, { display_id: "dsp_2", text: "Less coffee", at: ago(5000) }] } },
    ],
    property_keys: { event: ["hours", "author.name", "restless"], trigger: ["screen"], user: ["plan", "age"] },
  };
}

export function row(index) {
  const state = ["completed", "answered", "shown", "dismissed"][index % 4];
  return {
    display_id: `dsp_${index}`,
    survey_id: "srv_1",
    survey_version: 3,
    user_id: index % 5 === 4 ? undefined : `user-${index}`,
    anonymous_id: index % 5 === 4 ? `anon-${index}` : undefined,
    state,
    platform: "web",
    locale: "en-GB",
    shown_at: ago(60 + index * 97),
    first_answered_at: ago(50 + index * 97),
    completed_at: state === "completed" ? ago(20 + index * 97) : null,
    duration_ms: 40_000 + index * 13,
    revision: 3,
    answers: { feeling: { options: ["rested"] }, recommend: { number: index % 11 }, accuracy: { number: 1 + (index % 5) }, wish: { text: `A darker room, number ${index}` } },
    activated_by: { event_name: "ended_sleep", event_id: `evt_${index}`, occurred_at: ago(400 + index * 97) },
    event: { hours: 7.5, author: { name: "Ada Lovelace" }, restless: false },
    trigger_name: "MainActivity",
    trigger: { screen: "home" },
    user: { plan: "pro", age: 36 },
  };
}
