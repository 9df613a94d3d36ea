//! The simulator's schedules over this engine, its crashes included.

use sonde_sim::schedule::{Fault, Model, Schedules};

use super::harness::Embedded;

const SCHEDULES: Schedules = Schedules { seeds: 0..40, steps: 60 };

#[test]
fn no_schedule_breaks_a_promise_and_all_end_as_over_the_model() {
    let schedules = SCHEDULES.or_the_one_asked_for();
    let [embedded, model] = [schedules.run::<Embedded>(None), schedules.run::<Model>(None)];
    let happened = embedded.unwrap_or_else(|finding| panic!("{finding}"));
    assert_eq!(Some(happened), model.ok());
}

/// The model looks for the seed, through hundreds of stories; this engine tells that one alike.
#[test]
fn every_planted_bug_is_found_as_over_the_model() {
    let searched = Schedules { seeds: 0..300, ..SCHEDULES };
    for fault in Fault::ALL {
        let Err(expected) = searched.run::<Model>(Some(fault)) else { panic!("{fault:?} is not found") };
        let only = Schedules { seeds: expected.seed..expected.seed + 1, ..SCHEDULES };
        let Err(found) = only.run::<Embedded>(Some(fault)) else { panic!("{fault:?} is not found by seed {}", expected.seed) };
        assert_eq!((&found.what, &found.history), (&expected.what, &expected.history));
    }
}
