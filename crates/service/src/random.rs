//! The one source of randomness: the operating system's.

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
