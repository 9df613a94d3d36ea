//! The catalogue of one workspace as decisions see it: immutable, swapped whole on change.

use std::collections::HashMap;

use super::cancel::CancelRules;
use crate::audience::{Cohort, Cohorts};
use crate::id::WorkspaceId;
use crate::survey::{Survey, SurveyStatus};
use crate::time::Span;
use crate::trigger::{Cancels, TriggerName};

/// Everything a decision needs to know of a workspace.
#[derive(Clone, Debug)]
pub struct WorkspaceSnapshot {
    /// Which workspace.
    pub workspace: WorkspaceId,
    /// Minimum time between two surveys for one user; zero is none.
    pub wait_period: Span,
    /// Its cohorts.
    pub cohorts: Cohorts,
    /// By id.
    surveys: Vec<Survey>,
    /// Places in `surveys` of the live ones, by frontend trigger.
    live_by_trigger: HashMap<TriggerName, Vec<usize>>,
    pub(super) cancels: CancelRules,
}

impl WorkspaceSnapshot {
    /// Indexes the surveys of a workspace.
    pub fn new(workspace: WorkspaceId, wait_period: Span, mut surveys: Vec<Survey>) -> Self {
        surveys.sort_by_key(|survey| survey.id);
        let mut live_by_trigger: HashMap<TriggerName, Vec<usize>> = HashMap::new();
        for (place, survey) in surveys.iter().enumerate() {
            if survey.status == SurveyStatus::Live {
                for trigger in &survey.document.launch.frontend_triggers {
                    live_by_trigger.entry(trigger.name.clone()).or_default().push(place);
                }
            }
        }
        Self { workspace, wait_period, cohorts: Cohorts::new(), surveys, live_by_trigger, cancels: CancelRules::default() }
    }

    /// With these cohorts.
    #[must_use]
    pub fn with_cohorts(mut self, cohorts: impl IntoIterator<Item = Cohort>) -> Self {
        self.cohorts = cohorts.into_iter().map(|cohort| (cohort.id, cohort)).collect();
        self
    }

    /// The same, where events of some backend triggers cancel those of others: each with what it cancels.
    #[must_use]
    pub fn with_cancels(self, rules: impl IntoIterator<Item = (TriggerName, Cancels)>) -> Self {
        Self { cancels: CancelRules::new(rules), ..self }
    }

    /// The same workspace with other surveys.
    #[must_use]
    pub fn with_surveys(&self, surveys: Vec<Survey>) -> Self {
        Self { cohorts: self.cohorts.clone(), cancels: self.cancels.clone(), ..Self::new(self.workspace, self.wait_period, surveys) }
    }

    /// Every survey, whatever its status.
    pub fn surveys(&self) -> &[Survey] {
        &self.surveys
    }

    /// Whether any live survey shows at this frontend trigger.
    pub fn is_live_trigger(&self, trigger: &str) -> bool {
        self.live_by_trigger.contains_key(trigger)
    }

    /// Places in [`Self::surveys`] of the live ones that show at this frontend trigger, in the order in which a decision
    /// up to the first refusal gives its verdicts.
    pub fn live_places(&self, trigger: &str) -> &[usize] {
        self.live_by_trigger.get(trigger).map_or(&[], Vec::as_slice)
    }

    pub(super) fn live_on(&self, trigger: &str) -> SurveyIter<'_> {
        SurveyIter::Places { surveys: &self.surveys, places: self.live_places(trigger).iter() }
    }

    pub(super) fn live(&self) -> SurveyIter<'_> {
        SurveyIter::Live(self.surveys.iter())
    }

    pub(super) fn all(&self) -> SurveyIter<'_> {
        SurveyIter::All(self.surveys.iter())
    }
}

/// Goes over some or all surveys without allocating.
pub(super) enum SurveyIter<'a> {
    All(std::slice::Iter<'a, Survey>),
    Live(std::slice::Iter<'a, Survey>),
    Places { surveys: &'a [Survey], places: std::slice::Iter<'a, usize> },
}

impl<'a> Iterator for SurveyIter<'a> {
    type Item = &'a Survey;
    fn next(&mut self) -> Option<&'a Survey> {
        match self {
            Self::All(surveys) => surveys.next(),
            Self::Live(surveys) => surveys.find(|survey| survey.status == SurveyStatus::Live),
            Self::Places { surveys, places } => places.next().map(|place| &surveys[*place]),
        }
    }

    /// Known beforehand where it can be: the verdicts then take one allocation.
    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::All(surveys) => surveys.size_hint(),
            Self::Live(surveys) => (0, surveys.size_hint().1),
            Self::Places { places, .. } => places.size_hint(),
        }
    }
}
