//! "Why was she not asked yesterday?": what is kept of calls that showed nothing although an event was pending.

use crate::decide::{Explained, ReasonCode};
use crate::id::SurveyId;
use crate::limits::REFUSALS_PER_USER_MAX;
use crate::survey::launch::Platform;
use crate::time::Timestamp;
use crate::trigger::TriggerName;

/// A survey that was not shown, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedSurvey {
    /// Which.
    pub survey: SurveyId,
    /// Why not, as it was when the last such call came; never empty.
    pub reasons: Vec<Explained>,
}

impl RefusedSurvey {
    fn codes(&self) -> impl Iterator<Item = ReasonCode> {
        self.reasons.iter().map(|reason| reason.code)
    }
}

/// One or several calls in a row that were refused alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// When the first of them came.
    pub first_at: Timestamp,
    /// When the last of them came.
    pub last_at: Timestamp,
    /// How many they are, at least 1.
    pub count: u32,
    /// The frontend trigger that was fired; `None` for a session that was not let in.
    pub trigger: Option<TriggerName>,
    /// Where.
    pub platform: Platform,
    /// At most [`REFUSAL_SURVEYS_MAX`](crate::limits::REFUSAL_SURVEYS_MAX) of the surveys that could have been shown.
    pub surveys: Vec<RefusedSurvey>,
}

impl Refusal {
    /// Whether both were refused at the same place for the same reasons, whatever the facts.
    fn is_like(&self, other: &Self) -> bool {
        let same_reasons = |(a, b): (&RefusedSurvey, &RefusedSurvey)| a.survey == b.survey && a.codes().eq(b.codes());
        self.trigger == other.trigger
            && self.platform == other.platform
            && self.surveys.len() == other.surveys.len()
            && self.surveys.iter().zip(&other.surveys).all(same_reasons)
    }
}

/// Adds refusals to those of one user, both newest first: ones alike in a row become one, with the facts of the newest;
/// the newest [`REFUSALS_PER_USER_MAX`] stay.
pub fn unite(kept: Vec<Refusal>, new: Vec<Refusal>) -> Vec<Refusal> {
    let mut all: Vec<Refusal> = new.into_iter().chain(kept).collect();
    // Stable: of two of the same moment the new one counts as the newer.
    all.sort_by_key(|refusal| std::cmp::Reverse(refusal.last_at));
    let mut united: Vec<Refusal> = Vec::with_capacity(all.len().min(REFUSALS_PER_USER_MAX));
    for refusal in all {
        let is_full = united.len() == REFUSALS_PER_USER_MAX;
        match united.last_mut() {
            Some(newer) if newer.is_like(&refusal) => {
                newer.first_at = newer.first_at.min(refusal.first_at);
                newer.count = newer.count.saturating_add(refusal.count);
            }
            _ if is_full => break,
            _ => united.push(refusal),
        }
    }
    united
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(at: i64, trigger: &str, code: ReasonCode) -> Refusal {
        let reason = Explained { code, detail: format!("at {at}").into(), facts: Vec::new() };
        Refusal {
            first_at: Timestamp::from_millis(at),
            last_at: Timestamp::from_millis(at),
            count: 1,
            trigger: Some(TriggerName::new(trigger).unwrap()),
            platform: Platform::Web,
            surveys: vec![RefusedSurvey { survey: SurveyId::from_bytes([1; 16]), reasons: vec![reason] }],
        }
    }

    fn counts(refusals: &[Refusal]) -> Vec<(i64, i64, u32)> {
        refusals.iter().map(|refusal| (refusal.first_at.as_millis(), refusal.last_at.as_millis(), refusal.count)).collect()
    }

    #[test]
    fn alike_in_a_row_are_counted_and_the_newest_facts_stay() {
        let mut kept = Vec::new();
        for (at, trigger, code) in [
            (1, "a", ReasonCode::NoEvent),
            (2, "a", ReasonCode::NoEvent),
            (3, "b", ReasonCode::NoEvent),
            (4, "b", ReasonCode::WaitPeriod),
            (5, "b", ReasonCode::WaitPeriod),
            (6, "b", ReasonCode::NoEvent),
        ] {
            kept = unite(kept, vec![refusal(at, trigger, code)]);
        }
        assert_eq!(counts(&kept), [(6, 6, 1), (4, 5, 2), (3, 3, 1), (1, 2, 2)]);
        assert_eq!(&*kept[1].surveys[0].reasons[0].detail, "at 5");
        let other = Refusal { platform: Platform::Ios, ..refusal(7, "b", ReasonCode::NoEvent) };
        assert_eq!(unite(kept, vec![other]).len(), 5);
    }

    #[test]
    fn the_newest_stay_also_of_two_users() {
        let of = |from: i64, trigger: &str| -> Vec<Refusal> {
            (0..15).rev().map(|number| refusal(from + 2 * number, &format!("{trigger}{number}"), ReasonCode::NoEvent)).collect()
        };
        let united = unite(of(0, "x"), of(1, "y"));
        let expected: Vec<i64> = (10..30).rev().collect();
        assert_eq!(united.iter().map(|refusal| refusal.last_at.as_millis()).collect::<Vec<_>>(), expected);
    }
}
