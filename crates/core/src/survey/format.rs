//! The survey document as files and calls write it: format version 1. Published as a JSON Schema in `schemas/`.
//!
//! These types only say what is written where; [`super::parse_document`] checks the rules and makes the domain's own
//! [`super::SurveyDocument`]. Unknown fields are refused, so that a misspelt setting cannot pass for a default.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::filter::{Operator, given};

/// The one format version there is.
pub const FORMAT_VERSION: u32 = 1;

/// One text by BCP 47 language tag, for example `{"en": "How did you sleep?"}`.
pub type Text = BTreeMap<String, String>;

/// A survey and how it launches.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SurveyFile {
    /// Version of this format: 1.
    pub format_version: u32,
    /// Name for the team; users never see it.
    pub name: String,
    /// BCP 47 tag of the language every text must have.
    pub default_language: String,
    /// All languages of the survey. Default: the default language alone.
    pub languages: Option<Vec<String>>,
    /// 1 to 100 questions, in order.
    pub questions: Vec<QuestionFile>,
    /// Shown after the last question.
    pub thank_you: Option<ThankYouFile>,
    /// Texts of the frame around the questions, where they differ from the built-in ones.
    #[serde(default)]
    pub texts: TextsFile,
    /// Whether users may close the survey. Default: true.
    pub dismissible: Option<bool>,
    /// Whether the survey shows how far along the user is. Default: true.
    pub show_progress: Option<bool>,
    /// Where, for whom, when, how often.
    pub launch: LaunchFile,
}

/// A question. Which fields belong to it depends on its `type`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct QuestionFile {
    /// Unique within the survey: 1 to 64 letters, digits, `_` or `-`. Kept over versions.
    pub id: String,
    /// What kind of question.
    #[serde(rename = "type")]
    pub kind: QuestionType,
    /// The question itself.
    pub title: Text,
    /// A line below the question.
    pub description: Option<Text>,
    /// Whether an answer is needed. Default: false.
    #[serde(default)]
    pub required: bool,
    /// What comes after this question: at most 50 rules, the first that fits counts. Default: the next question.
    #[serde(default)]
    pub logic: Vec<RuleFile>,
    /// `single_select_feedback`: 2 to 100 options.
    pub options: Option<Vec<OptionFile>>,
    /// `single_select_feedback`: order of the options. Default: `none`.
    pub randomise: Option<RandomiseFile>,
    /// `nps_feedback`, `star_feedback`: what the ends of the scale mean.
    pub labels: Option<LabelsFile>,
    /// `input_feedback`: shown while the field is empty.
    pub placeholder: Option<Text>,
    /// `input_feedback`: longest answer in characters, 1 to 4000. Default: 2000.
    pub max_length: Option<u32>,
}

/// One rule of logic.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// When it fits.
    #[serde(rename = "if")]
    pub when: RuleIfFile,
    /// What comes next then.
    pub then: RuleThenFile,
}

/// When a rule fits: exactly one of `all` and `any`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RuleIfFile {
    /// When all of these hold: 1 to 50.
    pub all: Option<Vec<RuleConditionFile>>,
    /// When any of these holds: 1 to 50.
    pub any: Option<Vec<RuleConditionFile>>,
}

/// What comes next: exactly one of `jump` and `end`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RuleThenFile {
    /// Id of a later question.
    pub jump: Option<String>,
    /// `true`: the survey is over.
    pub end: Option<bool>,
}

/// A condition on an answer, which has `question`, or on a fact, which has `source` and `path`. Answers to questions that
/// are not on the user's path do not count. Facts are those that the server knew when the survey was claimed.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RuleConditionFile {
    /// Id of this question or of an earlier one.
    pub question: Option<String>,
    /// Which facts; at most 500 conditions of a survey have one.
    pub source: Option<SourceFile>,
    /// With `source`: the key, with dots into objects; for `user` the name of an attribute.
    pub path: Option<String>,
    /// What must hold.
    #[cfg_attr(feature = "schema", schemars(with = "RuleOperatorFile"))]
    pub op: String,
    /// With `question`: an option's id, a whole number or a text; for `in` a list of them; nothing for `answered` and
    /// `not_answered`. With `source`: as in a filter.
    #[serde(default, deserialize_with = "given")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<serde_json::Value>"))]
    pub value: Option<Box<RawValue>>,
}

/// What facts a condition is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SourceFile {
    /// Properties of the activating event.
    Event,
    /// With `all` of several backend triggers, properties of each one's event: the path begins with the trigger's name.
    Events,
    /// Properties of the frontend trigger.
    Trigger,
    /// The user's attributes.
    User,
}

/// Operators of both kinds of conditions.
#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is read")]
enum RuleOperatorFile {
    /// Of a condition on an answer.
    Answer(AnswerOperatorFile),
    /// Of a condition on a fact.
    Fact(Operator),
}

/// What must hold of an answer. Without an answer only `not_answered` and `not_equals` do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AnswerOperatorFile {
    /// Exactly this option, number or text.
    Equals,
    /// Anything else.
    NotEquals,
    /// One of these.
    In,
    /// Anything at all.
    Answered,
    /// Nothing.
    NotAnswered,
    /// A larger number.
    Greater,
    /// A larger number, or the same.
    GreaterOrEqual,
    /// A smaller number.
    Less,
    /// A smaller number, or the same.
    LessOrEqual,
    /// This option among others, or this as a part of the text.
    Contains,
}

/// Identifiers of question types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum QuestionType {
    /// One of several options.
    SingleSelectFeedback,
    /// 0 to 10.
    NpsFeedback,
    /// 1 to 5 stars.
    StarFeedback,
    /// Free text.
    InputFeedback,
}

/// One option of a choice.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OptionFile {
    /// Unique within the question: 1 to 64 letters, digits, `_` or `-`. Kept over versions.
    pub id: String,
    /// What the option says.
    pub label: Text,
    /// "Other, please specify". Default: false.
    #[serde(default)]
    pub allows_text: bool,
}

/// Order of options.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RandomiseFile {
    /// As written.
    None,
    /// Any order.
    All,
    /// Any order, the last one stays last.
    KeepLast,
}

/// What the ends of a scale mean.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LabelsFile {
    /// The lowest.
    pub low: Text,
    /// The highest.
    pub high: Text,
}

/// The card after the last question.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ThankYouFile {
    /// Its heading.
    pub title: Text,
    /// A line below it.
    pub description: Option<Text>,
}

/// Texts of the frame around the questions.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TextsFile {
    /// Button to the next question.
    pub next: Option<Text>,
    /// Button that sends the last answer.
    pub submit: Option<Text>,
    /// Button that leaves a question unanswered.
    pub skip: Option<Text>,
    /// Label of the button that closes the survey.
    pub close: Option<Text>,
    /// Said when a required answer is missing.
    pub required: Option<Text>,
    /// Label of the text field of an option that takes one.
    pub other: Option<Text>,
}

/// Where, for whom, when, how often.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LaunchFile {
    /// Where it may show. Default: everywhere.
    pub platforms: Option<Vec<PlatformFile>>,
    /// The moments in the app or site at which it may show; at least one.
    pub frontend_triggers: Vec<TriggerFile>,
    /// 1 to 10 frontend triggers that must have been fired in this order, in the same session and before the one at which
    /// the survey shows; others may lie in between. Default: none.
    pub trigger_sequence: Option<Vec<String>>,
    /// When it may be asked. Default: always.
    pub schedule: Option<ScheduleFile>,
    /// Who may be asked. Default: everybody.
    pub audience: Option<NodeFile>,
    /// How many responses are wanted. Default: any number.
    pub quota: Option<QuotaFile>,
    /// "Activate with backend event". Absent: it needs no event.
    pub activation: Option<ActivationFile>,
    /// Which of several due surveys is shown. Default: `normal`.
    pub priority: Option<PriorityFile>,
    /// Share of users that may be asked, 0 to 100, up to two decimals. Default: 100.
    pub sampling_percent: Option<f64>,
    /// How often the same user may be asked. Default: until shown once.
    pub repeat: Option<RepeatFile>,
    /// Whether the workspace's wait period does not hold it back. Default: false.
    #[serde(default)]
    pub ignores_wait_period: bool,
    /// Whether it may ask a user whose frontend trigger was fired up to 30 minutes before the event, while they are still at
    /// that place. Default: false.
    #[serde(default)]
    pub also_while_there: bool,
    /// Milliseconds between the frontend trigger and the showing, 0 to 600000. Default: 0.
    #[serde(default)]
    pub display_delay_ms: u32,
}

/// Where an SDK runs.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PlatformFile {
    /// A browser.
    Web,
    /// An iPhone or iPad app.
    Ios,
    /// An Android app.
    Android,
}

/// A backend or frontend trigger.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TriggerFile {
    /// Its name: 1 to 128 characters, no control characters.
    pub name: String,
    /// What the trigger's properties must be. Default: anything.
    pub filter: Option<FilterFile>,
}

/// A filter over properties.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FilterFile {
    /// Conditions that all must hold; at most 50.
    pub all: Vec<ConditionFile>,
}

/// A condition on one property. Types count: the text "5" is not the number 5. A key that is not there fits only
/// `not_equals`, `not_in`, `not_contains` and `not_exists`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ConditionFile {
    /// The key; with dots into objects: `author.name`.
    pub path: String,
    /// How it is compared.
    pub op: Operator,
    /// With what: a text, number, true, false or null; for `in`, `not_in`, `any_of` and `all_of` a list of them; nothing for
    /// `exists` and `not_exists`. `greater`, `less` and their kin take a number or an RFC 3339 date, `matches` a regular
    /// expression.
    #[serde(default, deserialize_with = "given")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<serde_json::Value>"))]
    pub value: Option<Box<RawValue>>,
}

/// When a survey may be asked, on the clock of a time zone. An hour that the clock skips is never there; one that comes
/// twice counts twice.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ScheduleFile {
    /// Not before this moment: RFC 3339.
    pub starts_at: Option<String>,
    /// Not from this moment on: RFC 3339, later than `starts_at`.
    pub ends_at: Option<String>,
    /// Name of a time zone, such as `Europe/Berlin`. Default: `UTC`.
    pub time_zone: Option<String>,
    /// On these days, at least one. Default: every day.
    pub weekdays: Option<Vec<WeekdayFile>>,
    /// Within these hours. Default: the whole day.
    pub hours: Option<HoursFile>,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WeekdayFile {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

/// Hours of a day. When `from` is later than `to` they go on past midnight and belong to the day on which they began.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HoursFile {
    /// The first minute, `00:00` to `23:59`.
    pub from: String,
    /// The first minute after them, `00:00` to `23:59`; another than `from`.
    pub to: String,
}

/// How many responses are wanted.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct QuotaFile {
    /// Completed ones: 1 to 1000000000. Surveys that are open by then may be finished.
    pub completed: u64,
}

/// A condition on a user: exactly one of `all`, `any`, `not`, `attribute`, `survey` and `cohort`, at most 200 of them over
/// at most 5 levels.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NodeFile {
    /// All of these hold: 1 to 50.
    pub all: Option<Vec<NodeFile>>,
    /// Any of these holds: 1 to 50.
    pub any: Option<Vec<NodeFile>>,
    /// This does not hold.
    pub not: Option<Box<NodeFile>>,
    /// The name of an attribute, of which `op` and `value` say what must hold. Without the attribute only `not_equals`,
    /// `not_in`, `not_contains` and `not_exists` hold.
    pub attribute: Option<String>,
    /// Id of a survey, of which `op` says what happened: `seen`, `answered` or `completed`.
    pub survey: Option<String>,
    /// Id of a cohort to which the user belongs. Not within a cohort.
    pub cohort: Option<String>,
    /// With `attribute` an operator of filters, or `within_last_days`, `more_than_days_ago` or `within_next_days`; with
    /// `survey` what happened.
    pub op: Option<NodeOperatorFile>,
    /// With `attribute`: as in filters; a whole number of days, 1 to 3650, with the operators on days.
    #[serde(default, deserialize_with = "given")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<serde_json::Value>"))]
    pub value: Option<Box<RawValue>>,
    /// With `survey`: at most so many days of 24 hours ago, 1 to 3650. Default: ever.
    pub within_days: Option<u32>,
}

/// What must hold of an attribute or a survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum NodeOperatorFile {
    /// Of an attribute: as in filters.
    Compares(Operator),
    /// Of an attribute that is an RFC 3339 date.
    Date(RelativeFile),
    /// Of a survey.
    Survey(SurveyEventFile),
}

/// Where a date lies, in days of 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RelativeFile {
    /// Not later than now, and at most so many days before.
    WithinLastDays,
    /// More than so many days before now.
    MoreThanDaysAgo,
    /// Not before now, and at most so many days later.
    WithinNextDays,
}

/// What happened between a user and a survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SurveyEventFile {
    /// It was shown.
    Seen,
    /// A question was answered.
    Answered,
    /// It was answered to the end.
    Completed,
}

/// "Activate with backend event".
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ActivationFile {
    /// Whose events count; at least one.
    pub backend_triggers: Vec<TriggerFile>,
    /// Whether an event of any of these makes the survey due, or only one of each. Default: `any`.
    #[serde(rename = "match")]
    pub matching: Option<MatchFile>,
    /// How many events within their windows it takes, 1 to 100, those of all triggers counted together. Default: 1; with
    /// `"match": "all"` nothing else.
    pub at_least: Option<u32>,
    /// The survey is due until this many seconds after the event: 60 (1 minute) to 360000 (100 hours).
    pub expires_after_secs: u32,
    /// The survey is due from this many seconds after the event. Default: 0; less than `expires_after_secs`.
    #[serde(default)]
    pub delay_secs: u32,
}

/// Which events it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MatchFile {
    /// An event of any of the triggers.
    Any,
    /// One of each, all within their windows at the same time.
    All,
}

/// Five levels.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PriorityFile {
    /// Last.
    Lowest,
    /// Late.
    Low,
    /// As most.
    Normal,
    /// Early.
    High,
    /// First.
    Highest,
}

/// How often the same user may be asked.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RepeatFile {
    /// Until what the survey may be shown again.
    pub until: RepeatUntilFile,
    /// With `shown`: how many times, at least 1. Default: 1.
    pub times: Option<u32>,
    /// Whole days that must lie between two showings, 0 to 3650. Default: 0.
    #[serde(default)]
    pub min_days_between: u32,
}

/// Until what a survey may be shown again.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RepeatUntilFile {
    /// Until it was shown `times` times.
    Shown,
    /// Until the first answer.
    Answered,
    /// Until a response was completed.
    Completed,
    /// No end.
    Always,
}
