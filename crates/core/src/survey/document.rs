//! What one version of a survey says.

use super::launch::{Launch, Platform, Priority, Repeat, RepeatUntil, SamplingRate};
use super::text::LocalisedText;
use crate::facts::{FactCondition, Facts};
use crate::logic::Rule;
use crate::pipe::Pipes;
use crate::time::Span;

/// One version of a survey, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyDocument {
    /// For the team, never shown to users.
    pub name: String,
    /// BCP 47 tag; every text has it.
    pub default_language: String,
    /// All languages, the default among them.
    pub languages: Vec<String>,
    /// In order; never empty.
    pub questions: Vec<Question>,
    /// Shown after the last question.
    pub thank_you: Option<ThankYou>,
    /// Texts of the survey's frame that differ from the built-in ones.
    pub texts: FrameTexts,
    /// Whether the user may close it unanswered.
    pub dismissible: bool,
    /// Whether it shows how far along the user is.
    pub show_progress: bool,
    /// Where, for whom, when, how often.
    pub launch: Launch,
    /// The values that its texts pipe in.
    pub pipes: Pipes,
    /// Conditions over facts in its logic, in the order written; a rule names one by its place here.
    pub constants: Vec<FactCondition>,
    /// The texts that say what is known about a user.
    pub personal: Vec<PersonalText>,
}

/// A text that says what is known about a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonalText {
    /// JSON pointer to it in the written document, in one of its languages.
    pub pointer: String,
    /// What it says, the first if there are more: `event.author.name`.
    pub says: String,
}

impl SurveyDocument {
    /// What stands for a survey before its first version: it asks nothing and shows nowhere.
    pub fn unpublished(name: String) -> Self {
        Self {
            name,
            default_language: String::new(),
            languages: Vec::new(),
            questions: Vec::new(),
            thank_you: None,
            texts: FrameTexts::default(),
            dismissible: true,
            show_progress: true,
            launch: Launch {
                platforms: Platform::ALL.to_vec(),
                frontend_triggers: Vec::new(),
                trigger_sequence: Vec::new(),
                schedule: None,
                audience: None,
                quota: None,
                activation: None,
                priority: Priority::default(),
                sampling: SamplingRate::ALL,
                repeat: Repeat { until: RepeatUntil::ShownTimes(1), min_between: Span::ZERO },
                ignores_wait_period: false,
                also_while_there: false,
                display_delay: Span::ZERO,
            },
            pipes: Pipes::default(),
            constants: Vec::new(),
            personal: Vec::new(),
        }
    }

    /// Every text of it, in one order for good: pipes are numbered by it.
    pub fn texts(&self) -> Vec<&LocalisedText> {
        let mut texts = Vec::new();
        for question in &self.questions {
            texts.push(&question.title);
            texts.extend(&question.description);
            match &question.kind {
                QuestionKind::SingleSelect { options, .. } => texts.extend(options.iter().map(|option| &option.label)),
                QuestionKind::Nps { labels } | QuestionKind::Star { labels } => {
                    texts.extend(labels.iter().flat_map(|labels| [&labels.low, &labels.high]));
                }
                QuestionKind::Input { placeholder, .. } => texts.extend(placeholder),
            }
        }
        texts.extend(self.thank_you.iter().flat_map(|card| std::iter::once(&card.title).chain(&card.description)));
        let FrameTexts { next, submit, skip, close, required, other } = &self.texts;
        texts.extend([next, submit, skip, close, required, other].into_iter().flatten());
        texts
    }

    /// What its conditions over facts come to, in their order.
    pub fn constants(&self, facts: &Facts<'_>) -> Vec<bool> {
        self.constants.iter().map(|condition| condition.holds(facts)).collect()
    }
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Unique within the survey, kept over versions.
    pub id: String,
    /// The question itself.
    pub title: LocalisedText,
    /// A line below it.
    pub description: Option<LocalisedText>,
    /// Whether it may be skipped.
    pub required: bool,
    /// What comes after it, in the order tried; the next question if no rule fits.
    pub logic: Vec<Rule>,
    /// Its type and what belongs to it.
    pub kind: QuestionKind,
}

/// The type of a question and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuestionKind {
    /// `single_select_feedback`: one of several options.
    SingleSelect {
        /// At least two.
        options: Vec<ChoiceOption>,
        /// Order of options.
        randomise: Randomise,
    },
    /// `nps_feedback`: 0 to 10.
    Nps {
        /// What the ends mean.
        labels: Option<ScaleLabels>,
    },
    /// `star_feedback`: 1 to 5.
    Star {
        /// What the ends mean.
        labels: Option<ScaleLabels>,
    },
    /// `input_feedback`: free text.
    Input {
        /// Shown while empty.
        placeholder: Option<LocalisedText>,
        /// In scalars.
        max_length: u32,
    },
}

impl QuestionKind {
    /// The identifier in documents and calls.
    pub const fn identifier(&self) -> &'static str {
        match self {
            Self::SingleSelect { .. } => "single_select_feedback",
            Self::Nps { .. } => "nps_feedback",
            Self::Star { .. } => "star_feedback",
            Self::Input { .. } => "input_feedback",
        }
    }
}

/// One option of a choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceOption {
    /// Unique within the question, kept over versions.
    pub id: String,
    /// What it says.
    pub label: LocalisedText,
    /// "Other, please specify".
    pub allows_text: bool,
}

/// In which order options appear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Randomise {
    /// As written.
    #[default]
    None,
    /// Any order.
    All,
    /// Any order, the last one stays last.
    KeepLast,
}

impl Randomise {
    /// As written in documents and content.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::All => "all",
            Self::KeepLast => "keep_last",
        }
    }
}

/// What the ends of a scale mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaleLabels {
    /// The lowest.
    pub low: LocalisedText,
    /// The highest.
    pub high: LocalisedText,
}

/// The card after the last question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThankYou {
    /// Its heading.
    pub title: LocalisedText,
    /// A line below it.
    pub description: Option<LocalisedText>,
}

/// Texts of the frame around the questions; `None` is the built-in text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameTexts {
    /// To the next question.
    pub next: Option<LocalisedText>,
    /// Sends the last answer.
    pub submit: Option<LocalisedText>,
    /// Leaves a question unanswered.
    pub skip: Option<LocalisedText>,
    /// Closes the survey.
    pub close: Option<LocalisedText>,
    /// Said when a required answer is missing.
    pub required: Option<LocalisedText>,
    /// Label of the text of an option that takes one.
    pub other: Option<LocalisedText>,
}
