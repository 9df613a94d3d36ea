//! Who would get a survey now: its draft, tried on the users that are stored. Nothing is claimed and nothing written.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use sonde_core::decide::{Depth, Moment, ReasonCode, Verdict, WorkspaceSnapshot, decide};
use sonde_core::id::{SurveyId, WorkspaceId};
use sonde_core::properties::Properties;
use sonde_core::survey::{DocumentError, Survey, SurveyStatus, parse_document};
use sonde_core::user::{UserActivity, UserRef};
use sonde_storage::UsersWith;

use crate::cache::CachedWorkspace;
use crate::error::{Error, FieldError};
use crate::figures::Stopwatch;
use crate::{Engine, Service};

/// Users named by one reading; the time is looked at in between.
const PAGE: usize = 50;

/// How far an estimate goes.
#[derive(Clone, Copy, Debug)]
struct Effort {
    /// Most users looked at.
    users: usize,
    /// Begins no further page after so long.
    time: Duration,
}

const EFFORT: Effort = Effort { users: 2_000, time: Duration::from_millis(300) };

/// Who would get a survey now, at any of its triggers and platforms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// How many would get it: of all users, extrapolated unless `exact`.
    pub due: u64,
    /// How many were looked at.
    pub looked_at: u64,
    /// How many there are to look at, extrapolated unless `exact`.
    pub total: u64,
    /// Whether every user was looked at.
    pub exact: bool,
    /// How the number came about: a sentence for people.
    pub how: String,
    /// The first reason why not, of those who were looked at; the most frequent first.
    pub refused: Vec<(ReasonCode, u64)>,
}

/// What was found so far.
#[derive(Default)]
struct Sample {
    /// Everybody who was looked at, by the id that they go by: events may lie under several.
    seen: HashSet<UserRef>,
    due: u64,
    refused: BTreeMap<ReasonCode, u64>,
    /// The share of all users among whom these are, 0 to 1.
    covered: f64,
}

impl<E: Engine> Service<E> {
    /// Tries the draft of a survey, as if it were live now, on as many users as can be looked at in a moment. One estimate
    /// runs at a time. A draft that is not a survey yet is refused with what is wrong.
    pub async fn estimate(&self, workspace: WorkspaceId, survey: SurveyId) -> Result<Estimate, Error> {
        self.estimate_with(workspace, survey, EFFORT).await
    }

    async fn estimate_with(&self, workspace: WorkspaceId, survey: SurveyId, effort: Effort) -> Result<Estimate, Error> {
        let record = self.survey_record(workspace, survey).await?;
        let wrong = |wrong: Vec<_>| wrong.into_iter().map(|wrong: DocumentError| FieldError::new(wrong.pointer, wrong.detail));
        let document = parse_document(&record.draft).map_err(|errors| Error::Invalid(wrong(errors).collect()))?;
        let with = if document.launch.activation.is_some() { UsersWith::Events } else { UsersWith::State };
        let cached = self.workspace(workspace)?;
        let version = record.published.as_ref().map_or(1, |published| published.number.saturating_add(1));
        let alone = alone(&cached, Survey { id: survey, version, status: SurveyStatus::Live, document: Arc::new(document) });
        let _turn = self.estimating.lock().await;
        let sample = self.sample(&cached, &alone, with, effort).await?;
        Ok(sample.estimate(with))
    }

    async fn sample(&self, cached: &CachedWorkspace, alone: &WorkspaceSnapshot, with: UsersWith, effort: Effort) -> Result<Sample, Error> {
        let watch = Stopwatch::start();
        let mut sample = Sample::default();
        let mut after = None;
        let mut left = effort.users;
        while left > 0 && watch.elapsed() < effort.time {
            let page = self.engine.users_with(alone.workspace, with, after.as_ref(), left.min(PAGE)).await?;
            left = left.saturating_sub(page.users.len());
            for user in &page.users {
                // Not the loading that finishes merges and erasures: this only looks.
                let activity = self.load_following(user).await?;
                if !activity.state.erasing && sample.seen.insert(activity.user.clone()) {
                    self.look_at(cached, alone, &activity, &mut sample);
                }
            }
            sample.covered = page.covered;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(sample)
    }

    fn look_at(&self, cached: &CachedWorkspace, alone: &WorkspaceSnapshot, activity: &UserActivity, sample: &mut Sample) {
        let completed = self.quotas.completed();
        let properties = Properties::empty();
        let moment =
            Moment { trigger: None, properties: &properties, platform: None, sequence: None, completed: &completed, now: self.now() };
        let decision = decide(alone, activity, &moment, Depth::FirstRefusal);
        let refused = decision.verdicts.iter().find_map(|looked_at| match &looked_at.verdict {
            Verdict::Due { .. } => None,
            Verdict::Refused(reasons) => reasons.first().map(sonde_core::decide::Reason::kind),
        });
        let unverified = || self.refused_unverified(cached, &activity.user).map(|_| ReasonCode::IdentityUnverified);
        match refused.or_else(unverified) {
            None => sample.due += 1,
            Some(code) => *sample.refused.entry(code).or_default() += 1,
        }
    }
}

/// The workspace as if it had this one survey: others decide nothing about it, since surveys do not compete here.
fn alone(cached: &CachedWorkspace, survey: Survey) -> WorkspaceSnapshot {
    cached.snapshot.with_surveys(vec![survey])
}

impl Sample {
    fn estimate(self, with: UsersWith) -> Estimate {
        let looked_at = self.seen.len() as u64;
        let exact = self.covered >= 1.0;
        let whole = |count: u64| if exact { count } else { extrapolated(count, self.covered) };
        let total = whole(looked_at);
        let mut refused: Vec<_> = self.refused.into_iter().collect();
        refused.sort_by_key(|(code, count)| (std::cmp::Reverse(*count), *code));
        Estimate { due: whole(self.due), looked_at, total, exact, how: how(with, looked_at, total, exact), refused }
    }
}

/// Nothing can be said of all from nobody.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate, of counts that are not negative"
)]
fn extrapolated(count: u64, covered: f64) -> u64 {
    if count == 0 || covered <= 0.0 { count } else { (count as f64 / covered).round() as u64 }
}

fn how(with: UsersWith, looked_at: u64, total: u64, exact: bool) -> String {
    let whom = match with {
        UsersWith::Events => "with a backend event that is still kept",
        UsersWith::State => "of whom attributes or an earlier survey are kept",
    };
    let supposed = "as if the survey were live now and one of its frontend triggers were fired";
    match (exact, looked_at) {
        (true, 0) => format!("There is no user yet {whom}."),
        (true, 1) => format!("The one user {whom} was looked at, {supposed}."),
        (true, _) => format!("All {looked_at} users {whom} were looked at, {supposed}."),
        (false, 0) => format!("No user {whom} was found in the time for it."),
        (false, _) => {
            format!("{looked_at} of about {total} users {whom} were looked at, {supposed}; the others are taken to be like them.")
        }
    }
}

#[cfg(test)]
mod tests;
