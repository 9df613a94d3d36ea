//! The one source of randomness: the operating system's.

use std::cell::RefCell;

/// Random bytes.
///
/// # Panics
/// When the operating system has none to give: no key or id can be made safely then.
#[expect(clippy::disallowed_methods, reason = "this is the module that draws random bytes")]
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if let Err(error) = getrandom::fill(&mut bytes) {
        panic!("the operating system gives no random bytes: {error}");
    }
    bytes
}

/// How many bytes are drawn at once for ids.
const DRAWN_AT_ONCE: usize = 1_000;

thread_local! {
    /// Drawn and not given out yet.
    static DRAWN: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Random bytes for an id that is no secret: drawn many at once, since asking for them costs more than what is done
/// with them. Each is given out once.
///
/// # Panics
/// As [`bytes`] does.
pub(crate) fn id_bytes<const N: usize>() -> [u8; N] {
    DRAWN.with_borrow_mut(|drawn| {
        if drawn.len() < N {
            drawn.extend_from_slice(&bytes::<DRAWN_AT_ONCE>());
        }
        let mut taken = [0; N];
        taken.copy_from_slice(&drawn[drawn.len() - N..]);
        drawn.truncate(drawn.len() - N);
        taken
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_bytes_are_given_out_twice() {
        let ids: HashSet<[u8; 10]> = (0..10 * DRAWN_AT_ONCE).map(|_| id_bytes()).collect();
        assert_eq!(ids.len(), 10 * DRAWN_AT_ONCE);
    }
}
