//! Who may be asked: conditions over a user's attributes and history, and cohorts, which are such conditions saved under
//! a name.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::attribute::AttributeValue;
use crate::filter::json::{Json, Text};
use crate::filter::{Comparison, instant};
use crate::id::{CohortId, SurveyId};
use crate::time::{Span, Timestamp};
use crate::user::{SurveyHistory, UserState};

/// A condition on a user, made of others or of one fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// All of these hold; never empty.
    All(Vec<Node>),
    /// Any of these holds; never empty.
    Any(Vec<Node>),
    /// This does not hold.
    Not(Box<Node>),
    /// One fact.
    Fact(Condition),
}

/// A condition on one fact about a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// An attribute.
    Attribute {
        /// Its whole name: dots are part of it.
        name: Arc<str>,
        /// What must hold of it.
        test: AttributeTest,
    },
    /// What happened between the user and a survey.
    Survey {
        /// Which survey.
        survey: SurveyId,
        /// What happened.
        event: SurveyEvent,
        /// How many days of 24 hours ago at most; `None` is ever.
        within_days: Option<u32>,
    },
    /// The user belongs to a cohort. Nobody belongs to one that does not exist.
    Cohort(CohortId),
}

/// What must hold of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeTest {
    /// As of a property.
    Compares(Comparison),
    /// A date relative to now, in days of 24 hours.
    Date(Relative, u32),
}

/// Where a date must lie. Only a text that is an RFC 3339 date does; a date alone is its first moment in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relative {
    /// Not later than now, and at most so many days before.
    WithinLastDays,
    /// More than so many days before now.
    MoreThanDaysAgo,
    /// Not before now, and at most so many days later.
    WithinNextDays,
}

/// What may have happened between a user and a survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SurveyEvent {
    /// It was shown.
    Seen,
    /// A question was answered.
    Answered,
    /// It was answered to the end.
    Completed,
}

/// A saved condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cohort {
    /// Which.
    pub id: CohortId,
    /// What the team calls it.
    pub name: Arc<str>,
    /// Who belongs to it; names no other cohort.
    pub condition: Node,
}

/// The cohorts of a workspace.
pub type Cohorts = BTreeMap<CohortId, Cohort>;

/// The condition that keeps a user out of an audience.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// What it is about.
    pub about: UnmetAbout,
    /// Whether it had to not hold, and does.
    pub is_negated: bool,
}

/// What a condition is about, to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnmetAbout {
    /// An attribute.
    Attribute {
        /// Its name.
        name: Arc<str>,
        /// How it is compared, as written in documents.
        operator: &'static str,
    },
    /// What happened with a survey.
    Survey {
        /// Which.
        survey: SurveyId,
        /// What.
        event: SurveyEvent,
        /// Within how many days.
        within_days: Option<u32>,
    },
    /// A cohort.
    Cohort {
        /// Which.
        cohort: CohortId,
        /// Its name; empty if there is no such cohort.
        name: Arc<str>,
    },
}

/// A user at a moment, as conditions look at one.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// Attributes and history.
    pub state: &'a UserState,
    /// The workspace's cohorts.
    pub cohorts: &'a Cohorts,
    /// When.
    pub now: Timestamp,
}

/// Whether a node holds, and the condition that settled it.
struct Outcome<'n> {
    holds: bool,
    by: &'n Condition,
}

impl Node {
    /// The first condition that keeps the user out; `None` when the user is in.
    pub fn unmet(&self, person: Person<'_>) -> Option<Unmet> {
        let outcome = self.outcome(person)?;
        if outcome.holds {
            return None;
        }
        Some(Unmet { about: outcome.by.about(person), is_negated: outcome.by.holds(person) })
    }

    /// Whether the user is in.
    pub fn holds(&self, person: Person<'_>) -> bool {
        self.outcome(person).is_none_or(|outcome| outcome.holds)
    }

    /// Of all, the first that does not hold settles it; of any, the first that does; if none settles it, the first of
    /// them stands for all. `None`: there is no condition at all.
    fn outcome(&self, person: Person<'_>) -> Option<Outcome<'_>> {
        match self {
            Self::All(nodes) => first_or_settling(nodes, person, false),
            Self::Any(nodes) => first_or_settling(nodes, person, true),
            Self::Not(node) => node.outcome(person).map(|outcome| Outcome { holds: !outcome.holds, by: outcome.by }),
            Self::Fact(condition) => Some(Outcome { holds: condition.holds(person), by: condition }),
        }
    }

    /// Every cohort it names.
    pub fn cohorts(&self) -> Vec<CohortId> {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().flat_map(Self::cohorts).collect(),
            Self::Not(node) => node.cohorts(),
            Self::Fact(Condition::Cohort(cohort)) => vec![*cohort],
            Self::Fact(_) => Vec::new(),
        }
    }
}

fn first_or_settling<'n>(nodes: &'n [Node], person: Person<'_>, settles: bool) -> Option<Outcome<'n>> {
    let mut first = None;
    for node in nodes {
        let outcome = node.outcome(person)?;
        if outcome.holds == settles {
            return Some(outcome);
        }
        first.get_or_insert(outcome);
    }
    first
}

impl Condition {
    fn holds(&self, person: Person<'_>) -> bool {
        match self {
            Self::Attribute { name, test } => test.holds(person.state.attributes.get(name), person.now),
            Self::Survey { survey, event, within_days } => {
                let happened_at = person.state.surveys.get(survey).and_then(|history| event.last_at(history));
                happened_at.is_some_and(|at| within_days.is_none_or(|days| at >= person.now - Span::from_days(days.into())))
            }
            Self::Cohort(cohort) => person.cohorts.get(cohort).is_some_and(|cohort| cohort.condition.holds(person)),
        }
    }

    fn about(&self, person: Person<'_>) -> UnmetAbout {
        match self {
            Self::Attribute { name, test } => UnmetAbout::Attribute { name: Arc::clone(name), operator: test.operator() },
            Self::Survey { survey, event, within_days } => UnmetAbout::Survey { survey: *survey, event: *event, within_days: *within_days },
            Self::Cohort(cohort) => {
                let name = person.cohorts.get(cohort).map_or_else(Arc::default, |known| Arc::clone(&known.name));
                UnmetAbout::Cohort { cohort: *cohort, name }
            }
        }
    }
}

impl AttributeTest {
    /// The operator as written in documents.
    pub const fn operator(&self) -> &'static str {
        match self {
            Self::Compares(comparison) => comparison.operator().as_str(),
            Self::Date(relative, _) => relative.as_str(),
        }
    }

    fn holds(&self, value: Option<&AttributeValue>, now: Timestamp) -> bool {
        match self {
            Self::Compares(comparison) => comparison.holds_for(value.map(json_of)),
            Self::Date(relative, days) => {
                let Some(AttributeValue::Text(text)) = value else { return false };
                instant::parse(text).is_some_and(|at| relative.holds(at, now, Span::from_days((*days).into())))
            }
        }
    }
}

/// An attribute as a filter looks at it.
fn json_of(value: &AttributeValue) -> Json<'_> {
    match value {
        AttributeValue::Text(text) => Json::Text(Text::plain(text)),
        AttributeValue::Number(number) => Json::Number(number),
        AttributeValue::Boolean(boolean) => Json::Boolean(*boolean),
    }
}

impl Relative {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::WithinLastDays, Self::MoreThanDaysAgo, Self::WithinNextDays];

    /// As written in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WithinLastDays => "within_last_days",
            Self::MoreThanDaysAgo => "more_than_days_ago",
            Self::WithinNextDays => "within_next_days",
        }
    }

    fn holds(self, at: instant::Instant, now: Timestamp, days: Span) -> bool {
        match self {
            Self::WithinLastDays => (instant::of(now - days)..=instant::of(now)).contains(&at),
            Self::MoreThanDaysAgo => at < instant::of(now - days),
            Self::WithinNextDays => (instant::of(now)..=instant::of(now + days)).contains(&at),
        }
    }
}

impl SurveyEvent {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Seen, Self::Answered, Self::Completed];

    /// As written in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Answered => "answered",
            Self::Completed => "completed",
        }
    }

    const fn last_at(self, history: &SurveyHistory) -> Option<Timestamp> {
        match self {
            Self::Seen => history.last_shown_at,
            Self::Answered => history.last_answered_at,
            Self::Completed => history.last_completed_at,
        }
    }
}

#[cfg(test)]
mod tests;
