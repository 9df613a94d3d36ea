//! Which rows count: a stretch of days, and conditions on what was answered and on the snapshots.

use std::borrow::Cow;

use sonde_core::answer::Answer;
use sonde_core::attribute::AttributeValue;
use sonde_core::display::{Display, DisplayState};
use sonde_core::facts;
use sonde_core::filter::json::{Json, Text};
use sonde_core::filter::{Condition, Operator};
use sonde_core::time::Timestamp;

/// Where a condition looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// At the answer to the question whose id is the path; `{id}.other_text` is the text typed for an option.
    Answer,
    /// At a property of the activating event.
    Event,
    /// At a property of one of the events of a survey that waits for all of its triggers; the trigger's name comes before the
    /// path: `<trigger>.<path>`.
    Events,
    /// At a property of the frontend trigger.
    Trigger,
    /// At an attribute of the user.
    User,
    /// At `state`, `platform`, `locale`, `event_name`, `trigger_name` or `survey_version`.
    Display,
}

/// One condition.
#[derive(Clone, Debug)]
pub struct RowCondition {
    /// Where it looks.
    pub source: Source,
    /// What must hold there.
    pub condition: Condition,
}

/// Which rows count.
#[derive(Clone, Debug, Default)]
pub struct ResultsFilter {
    /// Shown at this moment or later.
    pub from: Option<Timestamp>,
    /// Shown before this moment.
    pub before: Option<Timestamp>,
    /// All of these hold.
    pub all: Vec<RowCondition>,
}

impl ResultsFilter {
    /// Whether every row counts.
    pub fn is_empty(&self) -> bool {
        self.from.is_none() && self.before.is_none() && self.all.is_empty()
    }

    /// Whether a row counts.
    pub fn passes(&self, display: &Display) -> bool {
        let shown = display.shown_at.unwrap_or(display.claimed_at);
        self.from.is_none_or(|from| shown >= from)
            && self.before.is_none_or(|before| shown < before)
            && self.all.iter().all(|condition| condition.holds(display))
    }
}

impl RowCondition {
    fn holds(&self, display: &Display) -> bool {
        let condition = &self.condition;
        match self.source {
            Source::Answer => self.holds_for_answer(display),
            Source::Event => match &display.event {
                Some(event) => condition.holds(&event.properties),
                None => condition.holds_for(None),
            },
            Source::Events => condition.holds_for(display.facts().find(&facts::Source::Events, &condition.path)),
            Source::Trigger => condition.holds(&display.trigger_properties),
            Source::User => condition.holds_for(display.attributes.get(&condition.path).map(attribute)),
            Source::Display => {
                let found = display_value(display, &condition.path);
                condition.holds_for(found.as_ref().map(|found| Json::Text(Text::plain(found))))
            }
        }
    }

    fn holds_for_answer(&self, display: &Display) -> bool {
        let condition = &self.condition;
        if let Some(question) = condition.path.strip_suffix(".other_text") {
            let text = match display.answers.get(question) {
                Some(Answer::Choice { other_text, .. }) => other_text.as_deref(),
                _ => None,
            };
            return condition.holds_for(text.map(|text| Json::Text(Text::plain(text))));
        }
        match display.answers.get(&*condition.path) {
            None => condition.holds_for(None),
            Some(Answer::Number(number)) => condition.holds_for(Some(Json::Number(&number.to_string()))),
            Some(Answer::Text(text)) => condition.holds_for(Some(Json::Text(Text::plain(text)))),
            Some(Answer::Choice { options, .. }) => choice_holds(condition, options),
        }
    }
}

/// Options are compared as whole ids, any of those chosen.
fn choice_holds(condition: &Condition, options: &[Box<str>]) -> bool {
    let mut ids = options.iter().map(|id| Some(Json::Text(Text::plain(id))));
    match condition.operator() {
        Operator::NotEquals | Operator::NotIn => ids.all(|id| condition.holds_for(id)),
        Operator::AnyOf | Operator::AllOf => {
            // Ids of options are letters, digits, `_` and `-`: nothing to escape.
            let quoted: Vec<String> = options.iter().map(|id| format!("\"{id}\"")).collect();
            condition.holds_for(Some(Json::Array(&quoted.join(","))))
        }
        Operator::Exists => !options.is_empty(),
        Operator::NotExists => options.is_empty(),
        Operator::Contains => {
            let equals = condition.with_operator(Operator::Equals);
            ids.any(|id| equals.holds_for(id))
        }
        Operator::NotContains => {
            let equals = condition.with_operator(Operator::Equals);
            !ids.any(|id| equals.holds_for(id))
        }
        _ => ids.any(|id| condition.holds_for(id)),
    }
}

fn attribute(value: &AttributeValue) -> Json<'_> {
    match value {
        AttributeValue::Text(text) => Json::Text(Text::plain(text)),
        AttributeValue::Number(number) => Json::Number(number),
        AttributeValue::Boolean(boolean) => Json::Boolean(*boolean),
    }
}

fn display_value<'a>(display: &'a Display, path: &str) -> Option<Cow<'a, str>> {
    Some(match path {
        "state" => state_name(display.state).into(),
        "platform" => display.platform.as_str().into(),
        "locale" => Cow::Borrowed(&*display.locale),
        "event_name" => display.event.as_ref()?.trigger.as_str().into(),
        "trigger_name" => display.trigger.as_str().into(),
        "survey_version" => display.survey_version.to_string().into(),
        _ => return None,
    })
}

/// A state in words.
pub const fn state_name(state: DisplayState) -> &'static str {
    match state {
        DisplayState::Claimed => "claimed",
        DisplayState::Shown => "shown",
        DisplayState::Answered => "answered",
        DisplayState::Completed => "completed",
        DisplayState::Dismissed => "dismissed",
        DisplayState::Abandoned => "abandoned",
        DisplayState::Lapsed => "lapsed",
    }
}
