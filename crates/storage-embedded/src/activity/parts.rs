//! What of a group must be durable before the rest is begun.

use sonde_storage::Write;

/// Parts of a group that are written one after the other. Events are written before rows are. So where what becomes of them
/// rests on a merge or an erasure that was begun in the same group, that is written first: after a power cut between the two
/// nobody's events are somebody else's, or gone, for a reason that was never written.
pub(super) fn parts(group: &[Write]) -> impl Iterator<Item = &[Write]> {
    let mut is_begun = false;
    group.chunk_by(move |before, next| {
        is_begun |= matches!(before, Write::Merge(_) | Write::Erase(_));
        let is_end = is_begun && matches!(next, Write::Append(_) | Write::ContinueMerge { .. } | Write::ContinueErase { .. });
        is_begun &= !is_end;
        !is_end
    })
}

#[cfg(test)]
mod tests {
    use sonde_core::id::WorkspaceId;
    use sonde_core::time::Timestamp;
    use sonde_core::user::{Namespace, UserId, UserRef};
    use sonde_storage::{Erase, ErasedResponses, Merge};

    use super::*;

    #[test]
    fn what_is_done_with_events_follows_the_merge_or_erasure_that_it_rests_on() {
        let user = |namespace| UserRef { workspace: WorkspaceId::from_bytes([1; 16]), namespace, id: UserId::new("a").unwrap() };
        let (anonymous, identified) = (user(Namespace::Anonymous), user(Namespace::Identified));
        let write = |kind| match kind {
            'm' => Write::Merge(Merge { from: anonymous.clone(), into: identified.id.clone(), now: Timestamp::default() }),
            'M' => Write::ContinueMerge { from: anonymous.clone(), into: identified.id.clone() },
            'e' => Write::Erase(Erase { user: identified.clone(), responses: ErasedResponses::Delete }),
            'E' => Write::ContinueErase { user: identified.clone() },
            _ => crate::tests::append("a", "1", "t", "{}"),
        };
        for (group, expected) in [
            ("aaa", vec![3]),
            ("m", vec![1]),
            ("mm", vec![2]),
            ("ama", vec![2, 1]),
            ("mMa", vec![1, 2]),
            ("aeEa", vec![2, 2]),
            ("meMEaam", vec![2, 5]),
            ("mama", vec![1, 2, 1]),
        ] {
            let writes: Vec<Write> = group.chars().map(write).collect();
            assert_eq!(parts(&writes).map(<[Write]>::len).collect::<Vec<_>>(), expected, "{group}");
        }
        assert_eq!(parts(&[]).count(), 0);
    }
}
