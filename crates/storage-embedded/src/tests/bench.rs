//! The benchmarks of engines, much smaller: what they count is right, how fast it is says nothing.

use sonde_sim::engine_bench::{ScaleOptions, scale};

use crate::EmbeddedStore;

#[test]
fn scale_asks_about_users_who_have_all_their_events() {
    let options = ScaleOptions { events: 5_000, few: 500, users: 100, rounds: 1 };
    let (told, _) = scale(options, EmbeddedStore::open).unwrap();
    assert_eq!((&told["asked"], &told["events"]), (&100.into(), &5_000.into()), "{told}");
}
