//! Hostile input must not make a function take quadratic time.

use std::time::Duration;

/// Runs `work` and insists that it takes less than four seconds of processor time, which does not depend on what else the
/// machine does. Where the system does not tell the time of a thread, `work` only has to come to an end.
pub fn takes_no_time<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let before = processor_time();
    let done = work();
    if let (Some(before), Some(after)) = (before, processor_time()) {
        let taken = after.saturating_sub(before);
        assert!(taken < Duration::from_secs(4), "{what:?} took {taken:?}");
    }
    done
}

/// `part` over and over: so long that quadratic work without optimisation takes longer than [`takes_no_time`] allows.
pub fn hostile(part: &str) -> String {
    // At each `&`, html5ever's serializer looks through the whole rest of the text.
    let length = if part == "&" { 10_000 } else { 30_000 };
    part.repeat(length / part.len())
}

/// How long this thread has been running on a processor (Linux).
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}
