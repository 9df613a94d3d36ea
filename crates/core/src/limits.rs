//! Every limit of the product, named once, each with its unit. Lengths of text are in Unicode scalar values.

/// Largest body of one event, in bytes.
pub const EVENT_BYTES_MAX: usize = 32 * 1024;
/// Most events of one batch.
pub const EVENT_BATCH_MAX: usize = 1_000;
/// Largest body of a batch of events, in bytes of text: what comes compressed is measured as it unfolds.
pub const EVENT_BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Deepest nesting of properties; the object itself is level 1.
pub const PROPERTIES_DEPTH_MAX: usize = 8;
/// Most keys in properties, counted over all levels.
pub const PROPERTIES_KEYS_MAX: usize = 256;
/// Longest name of a backend or frontend trigger, in scalars.
pub const TRIGGER_NAME_SCALARS_MAX: usize = 128;
/// Longest user id or anonymous id, in scalars.
pub const USER_ID_SCALARS_MAX: usize = 256;
/// Longest event id given by a client, in visible ASCII characters.
pub const EVENT_ID_BYTES_MAX: usize = 100;
/// Most backend triggers per workspace, and most frontend triggers per workspace.
pub const TRIGGERS_PER_WORKSPACE_MAX: usize = 2_000;
/// Most distinct property keys remembered per trigger.
pub const TRIGGER_PROPERTY_KEYS_MAX: usize = PROPERTIES_KEYS_MAX;
/// Most attributes per user.
pub const ATTRIBUTES_PER_USER_MAX: usize = 256;
/// Most names of attributes remembered per workspace.
pub const ATTRIBUTE_NAMES_MAX: usize = 1_000;
/// Longest attribute name, in scalars.
pub const ATTRIBUTE_NAME_SCALARS_MAX: usize = 128;
/// Longest text value of an attribute, in scalars.
pub const ATTRIBUTE_TEXT_SCALARS_MAX: usize = 1_024;
/// Most live surveys per workspace.
pub const LIVE_SURVEYS_MAX: usize = 500;
/// Most questions per survey.
pub const QUESTIONS_PER_SURVEY_MAX: usize = 100;
/// Most options per question.
pub const OPTIONS_PER_QUESTION_MAX: usize = 100;
/// Longest text answer, in bytes.
pub const ANSWER_TEXT_BYTES_MAX: usize = 16 * 1024;
/// Largest survey document, in bytes.
pub const SURVEY_DOCUMENT_BYTES_MAX: usize = 512 * 1024;
/// Shortest window of an activation, in seconds.
pub const EXPIRES_AFTER_SECS_MIN: u32 = 60;
/// Longest window of an activation: exactly 100 hours, in seconds.
pub const EXPIRES_AFTER_SECS_MAX: u32 = 100 * 3_600;
/// How far ahead of the server a `timestamp` may be, in seconds.
pub const EVENT_AHEAD_SECS_MAX: i64 = 5 * 60;
/// Newest unexpired events per (user, backend trigger) that a decision looks at.
pub const EVENTS_PER_TRIGGER_CONSIDERED: usize = 100;
/// Most events that a survey may wait for together: a decision looks at no more of one trigger.
pub const EVENTS_COUNTED_MAX: u32 = 100;
/// Most triggers whose events one backend trigger cancels.
pub const CANCELS_PER_TRIGGER_MAX: usize = 20;
/// A claim is a lease of the survey's delay plus this many milliseconds.
pub const CLAIM_LEASE_MILLIS: i64 = 60_000;
/// Longest delay between the frontend trigger and the showing, in milliseconds.
pub const DISPLAY_DELAY_MILLIS_MAX: u32 = 600_000;
/// Most items in one client batch.
pub const CLIENT_BATCH_ITEMS_MAX: usize = 100;
/// Largest body of a client call other than a batch, in bytes: a response whose every answer is a long text.
pub const CLIENT_BODY_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Largest body of a client batch, in bytes.
pub const CLIENT_BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Longest request id of a trigger call, in visible ASCII characters.
pub const REQUEST_ID_BYTES_MAX: usize = 100;
/// Longest workspace or survey name, in scalars.
pub const NAME_SCALARS_MAX: usize = 200;
/// Longest title, description or other text of a survey in one language, in scalars.
pub const SURVEY_TEXT_SCALARS_MAX: usize = 4_000;
/// Most conditions per filter or rule.
pub const CONDITIONS_MAX: usize = 50;
/// Longest path of a condition, in scalars.
pub const FILTER_PATH_SCALARS_MAX: usize = 512;
/// Longest value of a condition, in scalars.
pub const FILTER_VALUE_SCALARS_MAX: usize = 1_024;
/// Most values of a condition that takes a list.
pub const FILTER_VALUES_MAX: usize = 100;
/// Longest pattern of a condition, in scalars.
pub const PATTERN_SCALARS_MAX: usize = 256;
/// Most memory that a compiled pattern may take, in bytes; what it keeps while matching is bounded by the same again.
pub const PATTERN_COMPILED_BYTES_MAX: usize = 512 * 1024;
/// Most conditions with a pattern per survey or cohort.
pub const PATTERNS_MAX: usize = 50;
/// Most nodes of an audience, over all levels.
pub const AUDIENCE_NODES_MAX: usize = 200;
/// Most nodes directly below one node of an audience.
pub const AUDIENCE_CHILDREN_MAX: usize = 50;
/// Deepest nesting of an audience; its root is level 1.
pub const AUDIENCE_DEPTH_MAX: usize = 5;
/// Longest time that a condition of an audience looks back or ahead, in days.
pub const AUDIENCE_DAYS_MAX: u32 = 3_650;
/// Most cohorts per workspace.
pub const COHORTS_PER_WORKSPACE_MAX: usize = 500;
/// Most names in a survey's sequence of frontend triggers.
pub const TRIGGER_SEQUENCE_MAX: usize = 10;
/// Names of a session's firings that a decision looks at, the newest.
pub const TRIGGER_SEQUENCE_CONSIDERED: usize = 100;
/// Largest quota of completed responses.
pub const QUOTA_MAX: u64 = 1_000_000_000;
/// Most rules of logic per question.
pub const RULES_PER_QUESTION_MAX: usize = 50;
/// Most conditions over event, trigger and user properties in the logic of one survey.
pub const FACT_CONDITIONS_PER_SURVEY_MAX: usize = 500;
/// Most different values that the texts of one survey pipe in, over all languages.
pub const PIPES_PER_SURVEY_MAX: usize = 500;
/// Longest value that a text pipes in, in scalars; a longer text is cut.
pub const PIPED_SCALARS_MAX: usize = 256;
/// Most languages per survey.
pub const LANGUAGES_MAX: usize = 100;
/// Longest wait period between two surveys for one user, in days.
pub const WAIT_PERIOD_DAYS_MAX: u32 = 3_650;
/// Longest time that response rows are kept, where a workspace sets one, in days.
pub const RESPONSE_RETENTION_DAYS_MAX: u32 = 3_650;
/// Most sites that a workspace may list as allowed.
pub const ALLOWED_ORIGINS_MAX: usize = 100;
/// Longest origin of a site, in bytes: a host name has at most 253, then scheme and port.
pub const ORIGIN_BYTES_MAX: usize = 300;
/// Days over which the firings of a trigger are counted one by one.
pub const TRIGGER_DAYS: usize = 14;
/// Most example values remembered per property key of a trigger.
pub const PROPERTY_EXAMPLES_MAX: usize = 3;
/// Longest example value, in bytes of JSON text.
pub const PROPERTY_EXAMPLE_BYTES_MAX: usize = 64;
/// Most backend keys of a workspace that work at the same time: one in use and the next during a rotation.
pub const BACKEND_KEYS_LIVE_MAX: usize = 2;
/// Secrets for identity proof that a workspace can have at once: the one in use and the one that takes its place.
pub const IDENTITY_SECRETS_MAX: usize = 2;
/// Refusals kept per user, for "why was she not asked?"; equal ones in a row are one.
pub const REFUSALS_PER_USER_MAX: usize = 20;
/// Most surveys named in one kept refusal.
pub const REFUSAL_SURVEYS_MAX: usize = 20;
/// Days over which decisions are counted by survey and reason, today included.
pub const DECISION_DAYS: usize = 7;
/// Most test users of a workspace.
pub const TEST_USERS_MAX: usize = 100;

const _: () = assert!(EXPIRES_AFTER_SECS_MIN < EXPIRES_AFTER_SECS_MAX);
const _: () = assert!(EVENT_BYTES_MAX < CLIENT_BODY_BYTES_MAX);
const _: () = assert!(CLIENT_BODY_BYTES_MAX > QUESTIONS_PER_SURVEY_MAX * ANSWER_TEXT_BYTES_MAX);
