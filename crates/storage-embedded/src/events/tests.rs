//! A day against a model that keeps everything in one list.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use sonde_core::event::EventSeq;
use sonde_core::id::WorkspaceId;
use sonde_core::time::Timestamp;
use sonde_core::user::{Namespace, UserId, UserRef};
use sonde_storage::EventFingerprint;

use super::entry::UserEntry;
use super::record::{Event, Kept};
use super::{Day, Found, Pending, Reading};
use crate::activity::keys::{self, Key};

const DAY: i32 = 20_780;

/// What happens to a day.
#[derive(Clone, Debug)]
enum Step {
    /// A group of events: user, trigger, effective time, whether the id is the sender's.
    Append(Vec<(u8, u8, i64, bool)>),
    /// The oldest event of a user goes to another.
    Move(u8, u8),
    /// All events of a user go.
    Erase(u8),
    /// What is in memory goes to files.
    File,
    /// The day is over.
    Finish,
    /// Closed and opened again.
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let event = (0..6_u8, 0..3_u8, -5..5_i64, any::<bool>());
    prop_oneof![
        8 => prop::collection::vec(event, 1..12).prop_map(Step::Append),
        2 => (0..6_u8, 0..6_u8).prop_map(|(from, into)| Step::Move(from, into)),
        1 => (0..6_u8).prop_map(Step::Erase),
        1 => Just(Step::File),
        1 => Just(Step::Finish),
        1 => Just(Step::Reopen),
    ]
}

fn user(number: u8) -> Key {
    let id = UserId::new(&format!("user-{number}")).unwrap();
    keys::user(&UserRef { workspace: WorkspaceId::from_bytes([1; 16]), namespace: Namespace::Identified, id })
}

/// One event as the model keeps it: trigger, effective time, id, whether that is the sender's.
type Known = (String, i64, String, bool);

struct Both {
    day: Day,
    /// By user and sequence number.
    model: BTreeMap<(u8, u64), Known>,
    next_seq: u64,
}

impl Both {
    fn write(&mut self, change: impl FnOnce(&mut Self, &mut Pending)) {
        let mut pending = Pending::of(Some(&self.day));
        change(self, &mut pending);
        if !pending.is_empty() {
            self.day.write(pending).unwrap();
        }
    }

    fn append(&mut self, events: &[(u8, u8, i64, bool)]) {
        self.write(|both, pending| {
            for (owner, trigger, at, has_id) in events {
                let seq = both.next_seq;
                both.next_seq += 1;
                let known = (format!("t{trigger}"), *at, format!("id-{seq}"), *has_id);
                pending.add(event(&user(*owner), seq, &known), false);
                both.model.insert((*owner, seq), known);
            }
        });
    }

    fn go(&mut self, from: u8, into: Option<u8>, limit: usize) {
        let going = stored(self.day.reading(None), &user(from));
        self.write(|both, pending| {
            for (entry, kept) in going.iter().take(limit) {
                let event = kept.event();
                if let Some(into) = into {
                    pending.add(Event { user: &user(into), ..event }, true);
                }
                pending.remove(entry, &event);
                let known = both.model.remove(&(from, event.seq.0)).unwrap();
                if let Some(into) = into {
                    both.model.insert((into, event.seq.0), known);
                }
            }
        });
    }
}

/// What a reading says is what the model says.
fn assert_alike(model: &BTreeMap<(u8, u64), Known>, next_seq: u64, reading: Reading<'_>) {
    let mut all = 0;
    for number in 0..6 {
        let owner = user(number);
        let mut wanted: Vec<(String, i64, u64)> = Vec::new();
        for ((of, seq), (trigger, at, ..)) in model {
            if *of == number {
                wanted.push((trigger.clone(), *at, *seq));
            }
        }
        // Of each event id one user who may have it, and in turn others.
        for seq in (1..next_seq.max(1)).filter(|seq| (seq + next_seq) % 6 == u64::from(number)) {
            let has_id = model.get(&(number, seq)).is_some_and(|(.., has_id)| *has_id);
            assert_eq!(reading.fingerprint(&owner, &format!("id-{seq}")).unwrap(), has_id.then_some(fingerprint(seq)));
        }
        let found = stored(reading, &owner);
        all += found.len();
        let mut told: Vec<_> = found.iter().map(|(_, kept)| of_kept(kept)).collect();
        let by_trigger: Vec<_> = told.chunk_by(|a, b| a.0 == b.0).map(<[_]>::to_vec).collect();
        assert!(by_trigger.iter().all(|events| events.is_sorted_by_key(|(_, at, seq)| std::cmp::Reverse((*at, *seq)))), "newest first");
        let mut triggers: Vec<_> = by_trigger.iter().map(|events| &events[0].0).collect();
        triggers.sort();
        assert!(triggers.is_sorted_by(|a, b| a < b), "each trigger once");
        told.sort();
        wanted.sort();
        assert_eq!(told, wanted);
    }
    let mut events = reading.all().unwrap();
    let mut counted = 0;
    while events.next().unwrap().is_some() {
        counted += 1;
    }
    assert_eq!(counted, all);
}

fn fingerprint(seq: u64) -> EventFingerprint {
    EventFingerprint([u8::try_from(seq % 251).unwrap(); 16])
}

fn event<'a>(owner: &'a [u8], seq: u64, (trigger, at, id, has_id): &'a Known) -> Event<'a> {
    let at = Timestamp::from_millis(*at);
    let fingerprint = has_id.then(|| fingerprint(seq));
    Event { user: owner, trigger, effective_at: at, received_at: at, seq: EventSeq(seq), id, fingerprint, properties: "{}" }
}

fn of_kept(kept: &Kept) -> (String, i64, u64) {
    let event = kept.event();
    (event.trigger.to_owned(), event.effective_at.as_millis(), event.seq.0)
}

fn stored(reading: Reading<'_>, owner: &[u8]) -> Vec<(UserEntry, Kept)> {
    let mut events = reading.events_of(owner).unwrap();
    let mut found = Vec::new();
    while let Some(Found { entry, event }) = events.next().unwrap() {
        found.push((entry, Kept::of(&event)));
    }
    found
}

fn open(folder: &Path) -> Day {
    Day::open(folder, DAY, 0, &mut |_| {}).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, rng_seed: RngSeed::Fixed(20_780), ..ProptestConfig::default() })]

    #[test]
    fn any_history_of_a_day_ends_as_the_model_says(steps in prop::collection::vec(step(), 1..40)) {
        let folder = tempfile::tempdir().unwrap();
        let mut both = Both { day: Day::create(folder.path(), DAY).unwrap(), model: BTreeMap::new(), next_seq: 1 };
        let mut before = Vec::new();
        for step in steps {
            match step {
                Step::Append(events) => both.append(&events),
                Step::Move(from, into) if from == into => {}
                Step::Move(from, into) => both.go(from, Some(into), 1),
                Step::Erase(owner) => both.go(owner, None, usize::MAX),
                Step::File => {
                    both.day.freeze();
                    both.day.work_off().unwrap();
                }
                Step::Finish => {
                    both.day.finish();
                    both.day.work_off().unwrap();
                }
                Step::Reopen => both.day = open(folder.path()),
            }
            assert_alike(&both.model, both.next_seq, both.day.reading(None));
            // What a view showed it goes on showing, whatever is written and united meanwhile.
            before.push((both.day.view(), both.model.clone()));
            let (view, model) = &before[before.len() / 2];
            assert_alike(model, 0, view.reading());
        }
        let seen = both.day.newest().seq;
        prop_assert!(both.model.keys().all(|(_, seq)| *seq <= seen) && seen < both.next_seq);
    }
}
