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

#[test]
fn skipped_compare_and_set_and_skipped_consumption_are_found() {
    for fault in [Fault::SkippedCompareAndSet, Fault::SkippedConsumption] {
        assert!(SCHEDULES.run::<Embedded>(Some(fault)).is_err(), "{fault:?} is not found");
    }
}
