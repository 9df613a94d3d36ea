//! What rows come to: the funnel, days, and figures per question.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use sonde_core::answer::Answer;
use sonde_core::display::{Display, DisplayState};
use sonde_core::filter::json::{self, Json};
use sonde_core::id::{DisplayId, SurveyId, WorkspaceId};
use sonde_core::pipe::with_fallbacks;
use sonde_core::properties::Properties;
use sonde_core::survey::SurveyDocument;
use sonde_core::survey::document::{Question, QuestionKind};
use sonde_core::time::Timestamp;

use super::{answered_at, text_of};
use crate::error::Error;
use crate::{Engine, Service};

/// Texts shown with a question's figures.
const LATEST_TEXTS: usize = 10;
/// Most property keys listed per kind.
pub(super) const KEYS_MAX: usize = 1_000;
/// Days without any showing are filled in for stretches up to this long.
const FILLED_DAYS_MAX: i32 = 3_700;

/// What the rows of a survey come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// How far the displays came.
    pub funnel: Funnel,
    /// Half of the completed ones took less, in seconds.
    pub median_seconds_to_complete: Option<f64>,
    /// Per UTC day of the showing, in order, without gaps.
    pub daily: Vec<Day>,
    /// In the order of the survey; then questions of older versions that were answered.
    pub questions: Vec<QuestionResult>,
    /// Which properties there are to filter by.
    pub property_keys: PropertyKeys,
}

/// How far the displays came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Funnel {
    /// Were shown.
    pub shown: u64,
    /// Had an answer.
    pub started: u64,
    /// Were answered to the end.
    pub completed: u64,
    /// Were closed before the end.
    pub dismissed: u64,
}

/// One day: the displays that were shown on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// UTC day since 1970-01-01.
    pub day: i32,
    /// How many were shown.
    pub shown: u64,
    /// How many of them were completed, whenever that was.
    pub completed: u64,
}

/// The figures of one question.
#[derive(Clone, Debug, PartialEq)]
pub struct QuestionResult {
    /// Its id.
    pub id: String,
    /// The identifier of its type.
    pub kind: &'static str,
    /// Its title in the default language, a fallback for each value that it pipes in.
    pub title: String,
    /// How many displays have an answer to it.
    pub answered: u64,
    /// What was answered.
    pub figures: Figures,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Figures {
    /// 0 to 10.
    Nps(Nps),
    /// Options.
    Choices {
        /// In the order of the survey; then options that only older versions have.
        choices: Vec<ChoiceResult>,
        /// How many typed a text for an option.
        other_texts: u64,
    },
    /// A number on a scale.
    Scale {
        /// Of all answers.
        average: Option<f64>,
        /// Every value of the scale.
        counts: Vec<(i32, u64)>,
    },
    /// Free texts.
    Texts {
        /// How many.
        count: u64,
        /// The newest, newest first.
        latest: Vec<TextAnswer>,
    },
}

/// The Net Promoter Score: the share of promoters (9, 10) less that of detractors (0 to 6), in hundredths.
#[derive(Clone, Debug, PartialEq)]
pub struct Nps {
    /// -100 to 100, to one decimal.
    pub score: Option<f64>,
    /// 9 and 10.
    pub promoters: u64,
    /// 7 and 8.
    pub passives: u64,
    /// 0 to 6.
    pub detractors: u64,
    /// By value.
    pub counts: [u64; 11],
}

/// How often an option was chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct ChoiceResult {
    /// Its id.
    pub id: String,
    /// What it says in the default language.
    pub label: String,
    /// How often.
    pub count: u64,
    /// Part of those who answered the question, 0 to 1.
    pub share: f64,
}

/// One text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextAnswer {
    /// In which display.
    pub display: DisplayId,
    /// What was typed.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// Which properties there are, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PropertyKeys {
    /// Of activating events.
    pub event: BTreeSet<String>,
    /// Of the events of each trigger where the survey waits for all, each with its trigger's name before it: `<trigger>.<key>`.
    pub events: BTreeSet<String>,
    /// Of frontend triggers.
    pub trigger: BTreeSet<String>,
    /// Attributes of users.
    pub user: BTreeSet<String>,
}

impl PropertyKeys {
    /// Notes the keys of one display's snapshots.
    pub(super) fn add(&mut self, display: &Display) {
        if let Some(event) = &display.event {
            add_keys(&mut self.event, "", &event.properties);
        }
        for event in &display.events {
            add_keys(&mut self.events, &format!("{}.", event.trigger), &event.properties);
        }
        add_keys(&mut self.trigger, "", &display.trigger_properties);
        for (name, _) in display.attributes.iter() {
            add_key(&mut self.user, name);
        }
    }
}

fn add_keys(keys: &mut BTreeSet<String>, prefix: &str, properties: &Properties) {
    if let Some(Json::Object(object)) = json::value(properties.as_str()) {
        for (key, _) in json::entries(object) {
            add_key(keys, &format!("{prefix}{}", key.read()));
        }
    }
}

fn add_key(keys: &mut BTreeSet<String>, key: &str) {
    if !keys.contains(key) && keys.len() < KEYS_MAX {
        keys.insert(key.to_owned());
    }
}

/// All published versions of a survey, the newest first.
pub(super) struct Documents(Vec<(u32, Arc<SurveyDocument>)>);

impl Documents {
    /// Every question that ever was, each as its newest version asks it; those of the newest version first.
    pub(super) fn questions(&self) -> Vec<(&SurveyDocument, &Question)> {
        let mut seen = BTreeSet::new();
        let all = self.0.iter().flat_map(|(_, document)| document.questions.iter().map(move |question| (&**document, question)));
        all.filter(|(_, question)| seen.insert(question.id.as_str())).collect()
    }

    /// What an option says in the default language of the version that was shown, or of any that has it.
    pub(super) fn option_label(&self, version: u32, question: &str, option: &str) -> Option<&str> {
        let shown = self.0.iter().filter(|(number, _)| *number == version);
        shown.chain(&self.0).find_map(|(_, document)| {
            let question = document.questions.iter().find(|known| known.id == question)?;
            let QuestionKind::SingleSelect { options, .. } = &question.kind else { return None };
            let option = options.iter().find(|known| known.id == option)?;
            Some(option.label.get(&document.default_language, &document.default_language))
        })
    }
}

impl<E: Engine> Service<E> {
    /// What every version of a survey asked.
    pub(super) async fn documents_of(&self, workspace: WorkspaceId, survey: SurveyId) -> Result<Documents, Error> {
        self.survey_record(workspace, survey).await?;
        let mut documents = Vec::new();
        for (number, _) in self.engine.survey_versions(workspace, survey).await? {
            documents.extend(self.cache.document(&*self.engine, workspace, survey, number).await?.map(|document| (number, document)));
        }
        Ok(Documents(documents))
    }
}

/// Sums over rows that come newest first.
#[derive(Default)]
pub(super) struct Sums {
    funnel: Funnel,
    /// In milliseconds.
    durations: Vec<u32>,
    days: BTreeMap<i32, (u64, u64)>,
    questions: HashMap<Box<str>, QuestionSums>,
    keys: PropertyKeys,
}

#[derive(Default)]
struct QuestionSums {
    answered: u64,
    numbers: BTreeMap<i32, u64>,
    options: BTreeMap<Box<str>, u64>,
    texts: u64,
    latest: Vec<TextAnswer>,
}

impl Sums {
    pub(super) fn add(&mut self, display: &Display) {
        let shown = display.shown_at.unwrap_or(display.claimed_at);
        let day = self.days.entry(shown.utc_day()).or_default();
        self.funnel.shown += 1;
        day.0 += 1;
        self.funnel.started += u64::from(display.first_answered_at.is_some());
        self.funnel.dismissed += u64::from(display.state == DisplayState::Dismissed);
        if let Some(completed) = display.completed_at {
            self.funnel.completed += 1;
            day.1 += 1;
            let measured = display.duration_ms.unwrap_or_else(|| u64::try_from(completed.since(shown).as_millis()).unwrap_or(0));
            self.durations.push(u32::try_from(measured).unwrap_or(u32::MAX));
        }
        for (question, answer) in &display.answers {
            match self.questions.get_mut(question) {
                Some(sums) => sums.add(display, answer),
                None => self.questions.entry(question.clone()).or_default().add(display, answer),
            }
        }
        self.keys.add(display);
    }

    pub(super) fn finish(mut self, documents: &Documents) -> Results {
        let questions = documents.questions();
        let newest = documents.0.first().map(|(_, document)| &**document);
        let results = questions.iter().filter_map(|(document, question)| {
            let sums = self.questions.remove(question.id.as_str()).unwrap_or_default();
            let is_asked = newest.is_some_and(|newest| std::ptr::eq(newest, *document));
            (is_asked || sums.answered > 0).then(|| sums.finish(documents, document, question))
        });
        let questions = results.collect();
        Results {
            funnel: self.funnel,
            median_seconds_to_complete: median(&mut self.durations).map(|millis| (millis / 100.0).round() / 10.0),
            daily: filled(&self.days),
            questions,
            property_keys: self.keys,
        }
    }
}

impl QuestionSums {
    fn add(&mut self, display: &Display, answer: &Answer) {
        match answer {
            Answer::Text(text) if text.trim().is_empty() => return,
            Answer::Number(number) => *self.numbers.entry(*number).or_default() += 1,
            Answer::Choice { options, .. } => {
                for option in options {
                    *self.options.entry(option.clone()).or_default() += 1;
                }
            }
            Answer::Text(_) => {}
        }
        self.answered += 1;
        if let Some(text) = text_of(answer) {
            self.texts += 1;
            if self.latest.len() < LATEST_TEXTS {
                self.latest.push(TextAnswer { display: display.id, text: text.to_owned(), at: answered_at(display) });
            }
        }
    }

    fn finish(self, documents: &Documents, document: &SurveyDocument, question: &Question) -> QuestionResult {
        let language = &document.default_language;
        let figures = match &question.kind {
            QuestionKind::Nps { .. } => Figures::Nps(self.nps()),
            QuestionKind::Star { .. } => self.scale(1..=5),
            QuestionKind::Input { .. } => Figures::Texts { count: self.texts, latest: self.latest.clone() },
            QuestionKind::SingleSelect { options, .. } => {
                let asked = options.iter().map(|option| (option.id.as_str(), option.label.get(language, language)));
                let older = self.options.keys().filter(|id| !options.iter().any(|option| option.id == ***id));
                let older = older.map(|id| (&**id, documents.option_label(0, &question.id, id).unwrap_or(id)));
                let choices = asked.chain(older).map(|(id, label)| self.choice(id, label)).collect();
                Figures::Choices { choices, other_texts: self.texts }
            }
        };
        let title = with_fallbacks(question.title.get(language, language)).into_owned();
        QuestionResult { id: question.id.clone(), kind: question.kind.identifier(), title, answered: self.answered, figures }
    }

    fn choice(&self, id: &str, label: &str) -> ChoiceResult {
        let count = self.options.get(id).copied().unwrap_or(0);
        ChoiceResult { id: id.to_owned(), label: label.to_owned(), count, share: ratio(count, self.answered).unwrap_or(0.0) }
    }

    fn nps(&self) -> Nps {
        let mut counts = [0; 11];
        for (number, count) in &self.numbers {
            if let Some(place) = usize::try_from(*number).ok().and_then(|number| counts.get_mut(number)) {
                *place = *count;
            }
        }
        let [detractors, passives, promoters] = [&counts[..7], &counts[7..9], &counts[9..]].map(|part| part.iter().sum::<u64>());
        let total = detractors + passives + promoters;
        let score = ratio(promoters, total).zip(ratio(detractors, total)).map(|(up, down)| ((up - down) * 1_000.0).round() / 10.0);
        Nps { score, promoters, passives, detractors, counts }
    }

    fn scale(&self, values: std::ops::RangeInclusive<i32>) -> Figures {
        let counts: Vec<(i32, u64)> = values.map(|value| (value, self.numbers.get(&value).copied().unwrap_or(0))).collect();
        let total: u64 = counts.iter().map(|(_, count)| count).sum();
        let sum: u64 = counts.iter().map(|(value, count)| u64::try_from(*value).unwrap_or(0) * count).sum();
        Figures::Scale { average: ratio(sum, total).map(|average| (average * 100.0).round() / 100.0), counts }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The middle one, or the mean of the two in the middle.
fn median(values: &mut [u32]) -> Option<f64> {
    values.sort_unstable();
    let middle = values.len() / 2;
    let upper = f64::from(*values.get(middle)?);
    let lower = if values.len().is_multiple_of(2) { f64::from(values[middle - 1]) } else { upper };
    Some(f64::midpoint(lower, upper))
}

fn filled(days: &BTreeMap<i32, (u64, u64)>) -> Vec<Day> {
    let (Some((first, _)), Some((last, _))) = (days.first_key_value(), days.last_key_value()) else { return Vec::new() };
    let day = |day: i32, (shown, completed): (u64, u64)| Day { day, shown, completed };
    if last.saturating_sub(*first) > FILLED_DAYS_MAX {
        return days.iter().map(|(at, counts)| day(*at, *counts)).collect();
    }
    (*first..=*last).map(|at| day(at, days.get(&at).copied().unwrap_or_default())).collect()
}
