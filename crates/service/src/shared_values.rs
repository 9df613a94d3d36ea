//! Values that more than one user has. What one user alone has may be personal, and would be left behind when that user is
//! erased; so nothing else becomes an example.

use std::hash::{DefaultHasher, Hash, Hasher};

use sonde_core::user::UserRef;

/// Values that one user had and that wait for a second; the oldest makes room.
const CANDIDATES_MAX: usize = 16;

/// Values of one attribute, or of one property of a trigger, that one user had: a hash of each, and one of the user.
#[derive(Debug, Default)]
pub(crate) struct Candidates(Vec<(u64, u64)>);

impl Candidates {
    /// Whether another user had the same value. Else it is remembered.
    pub(crate) fn is_shared(&mut self, user: &UserRef, json: &str) -> bool {
        let (of_value, of_user) = (hash(json), hash(user));
        if let Some((_, first)) = self.0.iter().find(|(candidate, _)| *candidate == of_value) {
            return *first != of_user;
        }
        if self.0.len() >= CANDIDATES_MAX {
            self.0.remove(0);
        }
        self.0.push((of_value, of_user));
        false
    }
}

fn hash(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use sonde_core::id::WorkspaceId;
    use sonde_core::user::{Namespace, UserId};

    use super::*;

    #[test]
    fn a_value_is_shared_once_a_second_user_has_it_and_what_waits_is_bounded() {
        let user =
            |id| UserRef { workspace: WorkspaceId::from_bytes([1; 16]), namespace: Namespace::Identified, id: UserId::new(id).unwrap() };
        let (ada, bob) = (user("ada"), user("bob"));
        let mut candidates = Candidates::default();
        assert_eq!([&ada, &ada, &bob, &bob].map(|user| candidates.is_shared(user, "1")), [false, false, true, true]);
        for number in 2..=CANDIDATES_MAX + 1 {
            assert!(!candidates.is_shared(&ada, &number.to_string()));
        }
        assert!(!candidates.is_shared(&bob, "1"), "it was forgotten");
        assert_eq!(candidates.0.len(), CANDIDATES_MAX);
    }
}
