//! From the written survey document to the domain's own, with every broken rule named by JSON pointer.

mod audience;
mod logic;
mod schedule;

use std::fmt;
use std::hash::Hash;

use serde::de::DeserializeOwned;

use super::document::{ChoiceOption, FrameTexts, PersonalText, Question, QuestionKind, Randomise, ScaleLabels, SurveyDocument, ThankYou};
use super::format::{
    ActivationFile, FORMAT_VERSION, FilterFile, LabelsFile, LaunchFile, MatchFile, OptionFile, PlatformFile, PriorityFile, QuestionFile,
    QuestionType, RandomiseFile, RepeatFile, RepeatUntilFile, SurveyFile, Text, TextsFile, ThankYouFile, TriggerFile,
};
use super::launch::{Activation, EventsNeeded, Launch, Platform, Priority, Repeat, RepeatUntil, SamplingRate, TriggerRule};
use super::text::{LocalisedText, is_language_tag};
use crate::facts::FactCondition;
use crate::filter::{Condition, Filter, Operator};
use crate::limits::{
    CONDITIONS_MAX, DISPLAY_DELAY_MILLIS_MAX, EVENTS_COUNTED_MAX, EXPIRES_AFTER_SECS_MAX, EXPIRES_AFTER_SECS_MIN,
    FACT_CONDITIONS_PER_SURVEY_MAX, LANGUAGES_MAX, NAME_SCALARS_MAX, OPTIONS_PER_QUESTION_MAX, PATTERNS_MAX, PIPES_PER_SURVEY_MAX,
    QUESTIONS_PER_SURVEY_MAX, QUOTA_MAX, SURVEY_DOCUMENT_BYTES_MAX, SURVEY_TEXT_SCALARS_MAX, TRIGGER_SEQUENCE_MAX,
};
use crate::pipe::{self, Pipes};
use crate::time::Span;
use crate::trigger::TriggerName;

pub use audience::parse_cohort_condition;

/// One broken rule of a survey document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {detail}")]
pub struct DocumentError {
    /// JSON pointer to the place, `""` for the whole document.
    pub pointer: String,
    /// What is wrong, for people.
    pub detail: String,
}

const MAX_LENGTH_DEFAULT: u32 = 2_000;
const MAX_LENGTH_MAX: u32 = 4_000;
const MIN_DAYS_BETWEEN_MAX: u32 = 3_650;

/// Reads a survey document. On failure says everything that is wrong (for JSON of another shape: the first place).
pub fn parse_document(json: &str) -> Result<SurveyDocument, Vec<DocumentError>> {
    if json.len() > SURVEY_DOCUMENT_BYTES_MAX {
        let detail = format!("must be at most {SURVEY_DOCUMENT_BYTES_MAX} bytes");
        return Err(vec![DocumentError { pointer: String::new(), detail }]);
    }
    let mut check = Check::default();
    let document = check.survey(read(json)?);
    if check.errors.is_empty() { Ok(document) } else { Err(check.errors) }
}

/// Reads JSON of a shape; on failure says the first place that has another.
fn read<T: DeserializeOwned>(json: &str) -> Result<T, Vec<DocumentError>> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let file = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| vec![shape_error(&error)])?;
    deserializer.end().map_err(|error| vec![DocumentError { pointer: String::new(), detail: error.to_string() }])?;
    Ok(file)
}

/// The pointer of a place that serde could not read.
fn shape_error(error: &serde_path_to_error::Error<serde_json::Error>) -> DocumentError {
    use serde_path_to_error::Segment;
    let segment = |segment: &Segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", escape(key)),
        Segment::Enum { variant } => format!("/{}", escape(variant)),
        Segment::Unknown => String::new(),
    };
    let pointer = error.path().iter().map(segment).collect();
    DocumentError { pointer, detail: error.inner().to_string() }
}

fn escape(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

/// Collects what is wrong while converting.
#[derive(Default)]
struct Check {
    errors: Vec<DocumentError>,
    /// Conditions with a pattern so far.
    patterns: usize,
    languages: Vec<String>,
    default_language: String,
    /// Names of the triggers that the survey waits for.
    backend_triggers: Vec<String>,
    constants: Vec<FactCondition>,
    personal: Vec<PersonalText>,
}

impl Check {
    fn wrong(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.errors.push(DocumentError { pointer: pointer.into(), detail: detail.into() });
    }

    fn rule(&mut self, holds: bool, pointer: impl Into<String>, detail: impl Into<String>) {
        if !holds {
            self.wrong(pointer, detail);
        }
    }

    fn survey(&mut self, file: SurveyFile) -> SurveyDocument {
        self.rule(file.format_version == FORMAT_VERSION, "/format_version", format!("must be {FORMAT_VERSION}"));
        let name_fits = !file.name.trim().is_empty() && file.name.chars().count() <= NAME_SCALARS_MAX && !file.name.contains('\0');
        self.rule(name_fits, "/name", format!("must have 1 to {NAME_SCALARS_MAX} characters, without U+0000"));
        self.languages(&file.default_language, file.languages);
        self.count(file.questions.len(), 1, QUESTIONS_PER_SURVEY_MAX, "/questions", "questions");
        let triggers = file.launch.activation.iter().flat_map(|activation| &activation.backend_triggers);
        self.backend_triggers = triggers.map(|trigger| trigger.name.clone()).collect();
        let mut files = file.questions;
        let logic: Vec<_> = files.iter_mut().map(|question| std::mem::take(&mut question.logic)).collect();
        let mut questions: Vec<Question> =
            files.into_iter().enumerate().map(|(at, question)| self.question(question, &format!("/questions/{at}"))).collect();
        self.logic(&mut questions, logic);
        self.unique(questions.iter().map(|question| question.id.as_str()), |at| format!("/questions/{at}/id"));
        let constants = std::mem::take(&mut self.constants);
        self.count(constants.len(), 0, FACT_CONDITIONS_PER_SURVEY_MAX, "/questions", "conditions over event, trigger and user");
        let mut document = SurveyDocument {
            name: file.name,
            questions,
            thank_you: file.thank_you.map(|card| self.thank_you(card)),
            texts: self.frame_texts(file.texts),
            dismissible: file.dismissible.unwrap_or(true),
            show_progress: file.show_progress.unwrap_or(true),
            launch: self.launch(file.launch),
            default_language: std::mem::take(&mut self.default_language),
            languages: std::mem::take(&mut self.languages),
            pipes: Pipes::default(),
            constants,
            personal: std::mem::take(&mut self.personal),
        };
        document.pipes = Pipes::of(&document);
        self.count(document.pipes.all().len(), 0, PIPES_PER_SURVEY_MAX, "", "different values in its texts");
        document
    }

    fn languages(&mut self, default: &str, listed: Option<Vec<String>>) {
        default.clone_into(&mut self.default_language);
        self.rule(is_language_tag(default), "/default_language", "must be a language tag such as en or de-CH");
        self.languages = listed.unwrap_or_else(|| vec![default.to_owned()]);
        let languages = std::mem::take(&mut self.languages);
        self.count(languages.len(), 1, LANGUAGES_MAX, "/languages", "languages");
        for (at, language) in languages.iter().enumerate() {
            self.rule(is_language_tag(language), format!("/languages/{at}"), "must be a language tag such as en or de-CH");
        }
        self.unique(languages.iter().map(|language| language.to_ascii_lowercase()), |at| format!("/languages/{at}"));
        self.rule(languages.iter().any(|language| language == default), "/languages", "must contain the default language");
        self.languages = languages;
    }

    fn count(&mut self, count: usize, min: usize, max: usize, pointer: &str, what: &str) {
        self.rule((min..=max).contains(&count), pointer, format!("must have {min} to {max} {what}"));
    }

    fn unique<T: Eq + Hash + fmt::Debug>(&mut self, ids: impl Iterator<Item = T>, pointer: impl Fn(usize) -> String) {
        let mut seen = std::collections::HashSet::new();
        for (at, id) in ids.enumerate() {
            let said = format!("{id:?} is used twice");
            self.rule(seen.insert(id), pointer(at), said);
        }
    }

    fn id(&mut self, id: &str, pointer: &str) {
        let fits = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        self.rule(fits, format!("{pointer}/id"), "must have 1 to 64 letters, digits, _ or -");
    }

    /// A blank translation counts as missing, so that the default language stands in for it.
    fn text(&mut self, mut text: Text, pointer: &str) -> LocalisedText {
        let default = text.get(&self.default_language).map_or("", |text| text.trim());
        let missing = default.is_empty();
        self.rule(!missing, pointer, format!("must have a text in the default language, {:?}", self.default_language));
        let mut personal = Vec::new();
        for (language, words) in &text {
            let place = format!("{pointer}/{}", escape(language));
            self.rule(self.languages.contains(language), place.clone(), "is not among the survey's languages");
            let fits = words.chars().count() <= SURVEY_TEXT_SCALARS_MAX && !words.contains('\0');
            self.rule(fits, place.clone(), format!("must be at most {SURVEY_TEXT_SCALARS_MAX} characters long, without U+0000"));
            match pipe::check(words, &self.backend_triggers) {
                Ok(None) => {}
                Ok(Some(says)) => personal.push(PersonalText { pointer: place, says }),
                Err(error) => self.wrong(place, error.to_string()),
            }
        }
        // One place of each text is enough to find it by.
        self.personal.extend(personal.into_iter().next());
        text.retain(|_, words| !words.trim().is_empty());
        LocalisedText(text)
    }

    fn optional_text(&mut self, text: Option<Text>, pointer: &str) -> Option<LocalisedText> {
        text.map(|text| self.text(text, pointer))
    }

    fn question(&mut self, mut file: QuestionFile, at: &str) -> Question {
        self.id(&file.id, at);
        Question {
            title: self.text(std::mem::take(&mut file.title), &format!("{at}/title")),
            description: self.optional_text(file.description.take(), &format!("{at}/description")),
            required: file.required,
            id: std::mem::take(&mut file.id),
            // Rules speak of other questions: they follow when all are known.
            logic: Vec::new(),
            kind: self.question_kind(file, at),
        }
    }

    fn question_kind(&mut self, file: QuestionFile, at: &str) -> QuestionKind {
        let is = |kind: QuestionType| file.kind == kind;
        let scale = is(QuestionType::NpsFeedback) || is(QuestionType::StarFeedback);
        self.belongs(file.options.is_some(), is(QuestionType::SingleSelectFeedback), &format!("{at}/options"));
        self.belongs(file.randomise.is_some(), is(QuestionType::SingleSelectFeedback), &format!("{at}/randomise"));
        self.belongs(file.labels.is_some(), scale, &format!("{at}/labels"));
        self.belongs(file.placeholder.is_some(), is(QuestionType::InputFeedback), &format!("{at}/placeholder"));
        self.belongs(file.max_length.is_some(), is(QuestionType::InputFeedback), &format!("{at}/max_length"));
        match file.kind {
            QuestionType::SingleSelectFeedback => QuestionKind::SingleSelect {
                options: self.options(file.options.unwrap_or_default(), &format!("{at}/options")),
                randomise: match file.randomise {
                    None | Some(RandomiseFile::None) => Randomise::None,
                    Some(RandomiseFile::All) => Randomise::All,
                    Some(RandomiseFile::KeepLast) => Randomise::KeepLast,
                },
            },
            QuestionType::NpsFeedback => QuestionKind::Nps { labels: self.labels(file.labels, at) },
            QuestionType::StarFeedback => QuestionKind::Star { labels: self.labels(file.labels, at) },
            QuestionType::InputFeedback => {
                let max_length = file.max_length.unwrap_or(MAX_LENGTH_DEFAULT);
                self.rule((1..=MAX_LENGTH_MAX).contains(&max_length), format!("{at}/max_length"), format!("must be 1 to {MAX_LENGTH_MAX}"));
                QuestionKind::Input { placeholder: self.optional_text(file.placeholder, &format!("{at}/placeholder")), max_length }
            }
        }
    }

    fn belongs(&mut self, given: bool, fits: bool, pointer: &str) {
        self.rule(!given || fits, pointer, "does not belong to this type of question");
    }

    fn options(&mut self, files: Vec<OptionFile>, at: &str) -> Vec<ChoiceOption> {
        self.count(files.len(), 2, OPTIONS_PER_QUESTION_MAX, at, "options");
        self.unique(files.iter().map(|file| file.id.as_str()), |index| format!("{at}/{index}/id"));
        let convert = |(index, file): (usize, OptionFile)| {
            let place = format!("{at}/{index}");
            self.id(&file.id, &place);
            ChoiceOption { label: self.text(file.label, &format!("{place}/label")), id: file.id, allows_text: file.allows_text }
        };
        files.into_iter().enumerate().map(convert).collect()
    }

    fn labels(&mut self, file: Option<LabelsFile>, at: &str) -> Option<ScaleLabels> {
        let file = file?;
        Some(ScaleLabels {
            low: self.text(file.low, &format!("{at}/labels/low")),
            high: self.text(file.high, &format!("{at}/labels/high")),
        })
    }

    fn thank_you(&mut self, file: ThankYouFile) -> ThankYou {
        ThankYou {
            title: self.text(file.title, "/thank_you/title"),
            description: self.optional_text(file.description, "/thank_you/description"),
        }
    }

    fn frame_texts(&mut self, file: TextsFile) -> FrameTexts {
        FrameTexts {
            next: self.optional_text(file.next, "/texts/next"),
            submit: self.optional_text(file.submit, "/texts/submit"),
            skip: self.optional_text(file.skip, "/texts/skip"),
            close: self.optional_text(file.close, "/texts/close"),
            required: self.optional_text(file.required, "/texts/required"),
            other: self.optional_text(file.other, "/texts/other"),
        }
    }

    fn launch(&mut self, file: LaunchFile) -> Launch {
        self.rule(
            file.display_delay_ms <= DISPLAY_DELAY_MILLIS_MAX,
            "/launch/display_delay_ms",
            format!("must be at most {DISPLAY_DELAY_MILLIS_MAX}"),
        );
        Launch {
            platforms: self.platforms(file.platforms),
            frontend_triggers: self.triggers(file.frontend_triggers, "/launch/frontend_triggers"),
            trigger_sequence: self.trigger_sequence(file.trigger_sequence),
            schedule: file.schedule.and_then(|schedule| self.schedule(schedule)),
            audience: file.audience.and_then(|audience| self.audience(audience)),
            quota: file.quota.map(|quota| self.quota(quota.completed)),
            activation: file.activation.map(|activation| self.activation(activation)),
            priority: priority(file.priority),
            sampling: self.sampling(file.sampling_percent),
            repeat: self.repeat(file.repeat),
            ignores_wait_period: file.ignores_wait_period,
            also_while_there: file.also_while_there,
            display_delay: Span::from_millis(i64::from(file.display_delay_ms)),
        }
    }

    fn platforms(&mut self, files: Option<Vec<PlatformFile>>) -> Vec<Platform> {
        let Some(files) = files else { return Platform::ALL.to_vec() };
        self.rule(!files.is_empty(), "/launch/platforms", "must name at least one platform");
        let convert = |file| match file {
            PlatformFile::Web => Platform::Web,
            PlatformFile::Ios => Platform::Ios,
            PlatformFile::Android => Platform::Android,
        };
        files.into_iter().map(convert).collect()
    }

    fn triggers(&mut self, files: Vec<TriggerFile>, at: &str) -> Vec<TriggerRule> {
        self.count(files.len(), 1, 100, at, "triggers");
        self.unique(files.iter().map(|file| file.name.as_str()), |index| format!("{at}/{index}/name"));
        let mut rules = Vec::with_capacity(files.len());
        for (index, file) in files.into_iter().enumerate() {
            let filter = file.filter.map_or_else(Filter::default, |filter| self.filter(filter, &format!("{at}/{index}/filter")));
            match TriggerName::new(&file.name) {
                Ok(name) => rules.push(TriggerRule { name, filter }),
                Err(error) => self.wrong(format!("{at}/{index}/name"), error.to_string()),
            }
        }
        rules
    }

    fn filter(&mut self, file: FilterFile, at: &str) -> Filter {
        self.count(file.all.len(), 0, CONDITIONS_MAX, &format!("{at}/all"), "conditions");
        let mut all = Vec::with_capacity(file.all.len());
        for (index, condition) in file.all.into_iter().enumerate() {
            match Condition::new(&condition.path, condition.op, condition.value.as_deref()) {
                Ok(condition) => {
                    if condition.operator() == Operator::Matches {
                        self.pattern(&format!("{at}/all/{index}/op"));
                    }
                    all.push(condition);
                }
                Err(error) => self.wrong(format!("{at}/all/{index}/{}", error.field), error.detail),
            }
        }
        Filter { all }
    }

    /// A pattern takes more memory than any other condition.
    fn pattern(&mut self, at: &str) {
        self.patterns += 1;
        self.rule(self.patterns <= PATTERNS_MAX, at, format!("at most {PATTERNS_MAX} conditions may have the operator matches"));
    }

    fn trigger_sequence(&mut self, names: Option<Vec<String>>) -> Vec<TriggerName> {
        let Some(names) = names else { return Vec::new() };
        let at = "/launch/trigger_sequence";
        self.count(names.len(), 1, TRIGGER_SEQUENCE_MAX, at, "names");
        let mut sequence = Vec::with_capacity(names.len());
        for (index, name) in names.iter().enumerate() {
            match TriggerName::new(name) {
                Ok(name) => sequence.push(name),
                Err(error) => self.wrong(format!("{at}/{index}"), error.to_string()),
            }
        }
        sequence
    }

    fn quota(&mut self, completed: u64) -> u64 {
        self.rule((1..=QUOTA_MAX).contains(&completed), "/launch/quota/completed", format!("must be 1 to {QUOTA_MAX}"));
        completed
    }

    fn activation(&mut self, file: ActivationFile) -> Activation {
        let at = "/launch/activation";
        let expiry_fits = (EXPIRES_AFTER_SECS_MIN..=EXPIRES_AFTER_SECS_MAX).contains(&file.expires_after_secs);
        let range = format!("must be {EXPIRES_AFTER_SECS_MIN} (1 minute) to {EXPIRES_AFTER_SECS_MAX} (100 hours)");
        self.rule(expiry_fits, format!("{at}/expires_after_secs"), range);
        self.rule(file.delay_secs < file.expires_after_secs, format!("{at}/delay_secs"), "must be less than expires_after_secs");
        Activation {
            backend_triggers: self.triggers(file.backend_triggers, &format!("{at}/backend_triggers")),
            needed: self.events_needed(file.matching.unwrap_or(MatchFile::Any), file.at_least.unwrap_or(1)),
            expires_after: Span::from_secs(i64::from(file.expires_after_secs)),
            delay: Span::from_secs(i64::from(file.delay_secs)),
        }
    }

    fn events_needed(&mut self, matching: MatchFile, at_least: u32) -> EventsNeeded {
        let at = "/launch/activation/at_least";
        self.rule((1..=EVENTS_COUNTED_MAX).contains(&at_least), at, format!("must be 1 to {EVENTS_COUNTED_MAX}"));
        match matching {
            MatchFile::Any => EventsNeeded::AtLeast(at_least),
            MatchFile::All => {
                self.rule(at_least == 1, at, "must be 1 with \"match\": \"all\"");
                EventsNeeded::OfEach
            }
        }
    }

    fn sampling(&mut self, percent: Option<f64>) -> SamplingRate {
        let Some(percent) = percent else { return SamplingRate::ALL };
        let points = percent * 100.0;
        let whole = points.round();
        if !(0.0..=10_000.0).contains(&points) || (points - whole).abs() > 1e-6 {
            self.wrong("/launch/sampling_percent", "must be 0 to 100 with at most two decimals");
            return SamplingRate::ALL;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10 000, checked above")]
        SamplingRate::from_basis_points(whole as u16).unwrap_or(SamplingRate::ALL)
    }

    fn repeat(&mut self, file: Option<RepeatFile>) -> Repeat {
        let Some(file) = file else { return Repeat { until: RepeatUntil::ShownTimes(1), min_between: Span::ZERO } };
        let counts = matches!(file.until, RepeatUntilFile::Shown);
        self.rule(file.times.is_none() || counts, "/launch/repeat/times", "belongs to \"until\": \"shown\"");
        self.rule(file.times != Some(0), "/launch/repeat/times", "must be at least 1");
        let days_fit = file.min_days_between <= MIN_DAYS_BETWEEN_MAX;
        self.rule(days_fit, "/launch/repeat/min_days_between", format!("must be at most {MIN_DAYS_BETWEEN_MAX}"));
        let until = match file.until {
            RepeatUntilFile::Shown => RepeatUntil::ShownTimes(file.times.unwrap_or(1)),
            RepeatUntilFile::Answered => RepeatUntil::Answered,
            RepeatUntilFile::Completed => RepeatUntil::Completed,
            RepeatUntilFile::Always => RepeatUntil::Always,
        };
        Repeat { until, min_between: Span::from_days(i64::from(file.min_days_between)) }
    }
}

fn priority(file: Option<PriorityFile>) -> Priority {
    match file {
        None | Some(PriorityFile::Normal) => Priority::Normal,
        Some(PriorityFile::Lowest) => Priority::Lowest,
        Some(PriorityFile::Low) => Priority::Low,
        Some(PriorityFile::High) => Priority::High,
        Some(PriorityFile::Highest) => Priority::Highest,
    }
}

#[cfg(test)]
mod tests;
