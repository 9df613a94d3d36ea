//! Threads that write out memory and merge files give way to those that answer requests.
//!
//! Merging is bursts of seconds. Where every core has work, a scheduler that treats all threads alike gives most of a core
//! to merging, and callers wait.

/// Calls `open`, whose threads, those that it starts, have a lower priority than the caller's.
///
/// On Linux a thread has a priority of its own, which those it starts inherit and which nobody may raise again: so
/// `open` is called on a thread of its own.
#[cfg(target_os = "linux")]
pub(super) fn at_low_priority<T: Send>(open: impl FnOnce() -> T + Send) -> T {
    /// A tenth of the share of a thread that answers, where both want the same core; all of it where nobody else does.
    const NICE: i32 = 10;

    let lowered = || {
        // That it cannot be done costs time only, so it is but told.
        if let Err(error) = rustix::process::setpriority_process(None, NICE) {
            tracing::warn!(%error, "threads that merge files keep their priority");
        }
        open()
    };
    std::thread::scope(|scope| match scope.spawn(lowered).join() {
        Ok(opened) => opened,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// Elsewhere a thread has no priority of its own that could be set here.
#[cfg(not(target_os = "linux"))]
pub(super) fn at_low_priority<T: Send>(open: impl FnOnce() -> T + Send) -> T {
    open()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn what_is_started_has_a_lower_priority_and_the_caller_keeps_its_own() {
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let before = nice();
        let inherited = super::at_low_priority(|| std::thread::spawn(nice).join().unwrap());
        assert_eq!((inherited, nice()), (10, before));
    }
}
