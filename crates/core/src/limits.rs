//! Every limit of the product, named once, each with its unit. Lengths of text are in Unicode scalar values.

/// Largest body of one event, in bytes.
pub const EVENT_BYTES_MAX: usize = 32 * 1024;
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
/// Most languages per survey.
pub const LANGUAGES_MAX: usize = 100;

const _: () = assert!(EXPIRES_AFTER_SECS_MIN < EXPIRES_AFTER_SECS_MAX);
const _: () = assert!(EVENT_BYTES_MAX < CLIENT_BODY_BYTES_MAX);
const _: () = assert!(CLIENT_BODY_BYTES_MAX > QUESTIONS_PER_SURVEY_MAX * ANSWER_TEXT_BYTES_MAX);
