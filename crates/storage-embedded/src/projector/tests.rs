use sonde_core::id::{DisplayId, SurveyId, WorkspaceId};
use sonde_core::user::{Namespace, UserId, UserRef};
use sonde_storage::ErasedResponses;

use super::*;

/// One letter for each entry: a lower-case letter is a showing of the display with this letter, `M` a merge, `E` an erasure. What
/// is left is told by the places in the text.
fn left(entries: &str) -> Vec<usize> {
    let user = |workspace| UserRef {
        workspace: WorkspaceId::from_bytes([workspace; 16]),
        namespace: Namespace::Anonymous,
        id: UserId::new("ada").unwrap(),
    };
    let entry = |(place, letter): (usize, u8)| match letter {
        b'M' => Entry::Merged { from: user(1), into: UserId::new("bea").unwrap() },
        b'E' => Entry::Erased { user: user(1), responses: ErasedResponses::Delete },
        _ => Entry::Shown(Shown {
            user: user(if letter == b'z' { 2 } else { 1 }),
            display: DisplayId::from_bytes([if letter == b'z' { b'a' } else { letter }; 16]),
            survey: SurveyId::from_bytes([3; 16]),
            is_completed: false,
            json: place.to_string().into(),
        }),
    };
    let entries: Vec<Entry<'_>> = entries.bytes().enumerate().map(entry).collect();
    let places = entries.iter().map(std::ptr::from_ref).collect::<Vec<_>>();
    without_outdated(&entries).map(|entry| places.iter().position(|place| *place == std::ptr::from_ref(entry)).unwrap()).collect()
}

#[test]
fn of_a_display_only_the_last_state_is_told_but_for_those_before_a_merge_or_an_erasure() {
    for (entries, expected) in [
        ("", vec![]),
        ("a", vec![0]),
        ("ab", vec![0, 1]),
        ("aab", vec![1, 2]),
        ("abab", vec![2, 3]),
        ("aMa", vec![0, 1, 2]),
        ("aaMbaa", vec![1, 2, 3, 5]),
        ("aEaE", vec![0, 1, 2, 3]),
        ("MaaE", vec![0, 2, 3]),
        // The same number in two workspaces is two displays.
        ("aza", vec![1, 2]),
    ] {
        assert_eq!(left(entries), expected, "{entries}");
    }
}
