//! Completed responses per survey.

use std::collections::BTreeMap;

use crate::id::SurveyId;

/// How many responses of each survey were ever completed; surveys without any may be missing. One that was deleted later
/// counts on: deleting what was answered, or an old user, starts no survey again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completed(BTreeMap<SurveyId, u64>);

impl Completed {
    /// None at all.
    pub const fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// How many of one survey.
    pub fn of(&self, survey: SurveyId) -> u64 {
        self.0.get(&survey).copied().unwrap_or(0)
    }

    /// Counts some more; saturates.
    pub fn add(&mut self, survey: SurveyId, count: u64) {
        let counted = self.0.entry(survey).or_default();
        *counted = counted.saturating_add(count);
    }
}

impl FromIterator<(SurveyId, u64)> for Completed {
    fn from_iter<I: IntoIterator<Item = (SurveyId, u64)>>(counts: I) -> Self {
        let mut completed = Self::none();
        for (survey, count) in counts {
            completed.add(survey, count);
        }
        completed
    }
}
