//! What is noted beside decisions: refusals of a user, and counts by day of a survey.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sonde_core::decide::{Explained, Fact, ReasonCode};
use sonde_core::refusal::{Refusal, RefusedSurvey};
use sonde_core::survey::launch::Platform;
use sonde_core::time::Timestamp;
use sonde_storage::DecisionCounts;

use super::{from_json, id, to_json, trigger, version};
use crate::error::BadRow;

const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct RefusalRow {
    first_at: i64,
    last_at: i64,
    count: u32,
    trigger: Option<String>,
    platform: String,
    surveys: Vec<SurveyRow>,
}

#[derive(Serialize, Deserialize)]
struct SurveyRow {
    survey: String,
    reasons: Vec<ReasonRow>,
}

/// The code as its text: the list may be sorted anew.
#[derive(Serialize, Deserialize)]
struct ReasonRow {
    code: String,
    detail: Box<str>,
    facts: Vec<(String, FactRow)>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FactRow {
    Time(i64),
    Number(u64),
    Boolean(bool),
    Text(Box<str>),
    Survey(String),
}

/// Counts of one day: the reasons by their text.
#[derive(Serialize, Deserialize)]
struct DayRow {
    day: i32,
    won: u64,
    refused: BTreeMap<String, u64>,
}

pub(crate) fn encode_refusals(refusals: &[Refusal]) -> Vec<u8> {
    let rows: Vec<RefusalRow> = refusals.iter().map(RefusalRow::from).collect();
    versioned(&to_json(&rows))
}

pub(crate) fn decode_refusals(row: &[u8]) -> Result<Vec<Refusal>, BadRow> {
    from_json::<Vec<RefusalRow>>(unversioned(row)?)?.into_iter().map(Refusal::try_from).collect()
}

pub(crate) fn encode_days(days: &BTreeMap<i32, DecisionCounts>) -> Vec<u8> {
    let rows = days.iter().map(|(day, counts)| DayRow {
        day: *day,
        won: counts.won,
        refused: counts.refused.iter().map(|(code, count)| (code.as_str().to_owned(), *count)).collect(),
    });
    versioned(&to_json(&rows.collect::<Vec<_>>()))
}

pub(crate) fn decode_days(row: &[u8]) -> Result<BTreeMap<i32, DecisionCounts>, BadRow> {
    let rows: Vec<DayRow> = from_json(unversioned(row)?)?;
    let days = rows.into_iter().map(|row| {
        let refused = row.refused.into_iter().map(|(name, count)| Ok((code(&name)?, count))).collect::<Result<_, BadRow>>()?;
        Ok((row.day, DecisionCounts { won: row.won, refused }))
    });
    days.collect()
}

fn versioned(json: &str) -> Vec<u8> {
    [&[VERSION], json.as_bytes()].concat()
}

fn unversioned(row: &[u8]) -> Result<&[u8], BadRow> {
    let (found, json) = row.split_first().ok_or_else(|| BadRow::new("empty"))?;
    version(*found, VERSION)?;
    Ok(json)
}

fn code(name: &str) -> Result<ReasonCode, BadRow> {
    ReasonCode::from_name(name).ok_or_else(|| BadRow::new(format!("no reason: {name:?}")))
}

impl From<&Refusal> for RefusalRow {
    fn from(refusal: &Refusal) -> Self {
        Self {
            first_at: refusal.first_at.as_millis(),
            last_at: refusal.last_at.as_millis(),
            count: refusal.count,
            trigger: refusal.trigger.as_ref().map(ToString::to_string),
            platform: refusal.platform.as_str().to_owned(),
            surveys: refusal.surveys.iter().map(SurveyRow::from).collect(),
        }
    }
}

impl TryFrom<RefusalRow> for Refusal {
    type Error = BadRow;

    fn try_from(row: RefusalRow) -> Result<Self, BadRow> {
        Ok(Self {
            first_at: Timestamp::from_millis(row.first_at),
            last_at: Timestamp::from_millis(row.last_at),
            count: row.count,
            trigger: row.trigger.as_deref().map(trigger).transpose()?,
            platform: Platform::from_name(&row.platform).ok_or_else(|| BadRow::new(format!("no platform: {:?}", row.platform)))?,
            surveys: row.surveys.into_iter().map(RefusedSurvey::try_from).collect::<Result<_, BadRow>>()?,
        })
    }
}

impl From<&RefusedSurvey> for SurveyRow {
    fn from(refused: &RefusedSurvey) -> Self {
        Self { survey: refused.survey.to_string(), reasons: refused.reasons.iter().map(ReasonRow::from).collect() }
    }
}

impl TryFrom<SurveyRow> for RefusedSurvey {
    type Error = BadRow;

    fn try_from(row: SurveyRow) -> Result<Self, BadRow> {
        let reasons = row.reasons.into_iter().map(Explained::try_from).collect::<Result<_, BadRow>>()?;
        Ok(Self { survey: id(&row.survey)?, reasons })
    }
}

impl From<&Explained> for ReasonRow {
    fn from(reason: &Explained) -> Self {
        let fact = |fact: &Fact| match fact {
            Fact::Time(at) => FactRow::Time(at.as_millis()),
            Fact::Number(number) => FactRow::Number(*number),
            Fact::Boolean(boolean) => FactRow::Boolean(*boolean),
            Fact::Text(text) => FactRow::Text((**text).into()),
            Fact::Survey(survey) => FactRow::Survey(survey.to_string()),
        };
        Self {
            code: reason.code.as_str().to_owned(),
            detail: (*reason.detail).into(),
            facts: reason.facts.iter().map(|(name, held)| (name.to_string(), fact(held))).collect(),
        }
    }
}

impl TryFrom<ReasonRow> for Explained {
    type Error = BadRow;

    fn try_from(row: ReasonRow) -> Result<Self, BadRow> {
        let facts = row.facts.into_iter().map(|(name, fact)| {
            let fact = match fact {
                FactRow::Time(at) => Fact::Time(Timestamp::from_millis(at)),
                FactRow::Number(number) => Fact::Number(number),
                FactRow::Boolean(boolean) => Fact::Boolean(boolean),
                FactRow::Text(text) => Fact::Text(text.into()),
                FactRow::Survey(survey) => Fact::Survey(id(&survey)?),
            };
            Ok((Cow::Owned(name), fact))
        });
        Ok(Self { code: code(&row.code)?, detail: row.detail.into(), facts: facts.collect::<Result<_, BadRow>>()? })
    }
}
