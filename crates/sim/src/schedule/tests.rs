//! The schedules over the reference model: it keeps every promise, and every planted bug is found.

use super::{Fault, Model, Schedules};

const STEPS: usize = 60;
const SCHEDULES: Schedules = Schedules { seeds: 0..300, steps: STEPS };

#[test]
fn no_schedule_breaks_a_promise() {
    let told = SCHEDULES.or_the_one_asked_for().run::<Model>(None);
    told.unwrap_or_else(|finding| panic!("{finding}"));
}

/// What the schedules do not reach they do not prove.
#[test]
fn everything_happens_in_the_schedules() {
    let happened = SCHEDULES.run::<Model>(None).unwrap_or_else(|finding| panic!("{finding}"));
    let all = [
        happened.events,
        happened.claimed,
        happened.confirmed,
        happened.lapsed,
        happened.conflicts,
        happened.answered,
        happened.answered_late,
        happened.cancelled,
        happened.given_back,
        happened.merged,
        happened.erased,
        happened.anonymised,
        happened.erasing,
        happened.crashes,
        happened.unanswered,
    ];
    assert!(all.iter().all(|count| *count >= 10), "{happened:?}");
}

#[test]
fn every_planted_bug_is_found_and_found_again_by_its_seed() {
    for fault in Fault::ALL {
        let Err(finding) = SCHEDULES.run::<Model>(Some(fault)) else { panic!("{fault:?} is not found") };
        let alone = Schedules { seeds: finding.seed..finding.seed + 1, steps: STEPS };
        let Err(again) = alone.run::<Model>(Some(fault)) else { panic!("{fault:?} is not found again") };
        assert_eq!((&again.what, &again.history), (&finding.what, &finding.history));
        assert!(finding.to_string().contains(&format!("SONDE_SIM_SEED={}", finding.seed)));
        assert!(alone.run::<Model>(None).is_ok(), "{fault:?}: without the bug the same seed breaks nothing");
    }
}
