//! Time as a measurement needs it.

use std::time::Duration;

/// Time that this thread ran on a processor since it began. Unlike the clock on the wall it does not
/// count what other programs do; `None` where the system does not tell.
#[cfg(unix)]
pub fn processor_time() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};
    clock_gettime(ClockId::ThreadCPUTime).try_into().ok()
}

/// Time that this thread ran on a processor since it began; this system does not tell.
#[cfg(not(unix))]
pub fn processor_time() -> Option<Duration> {
    None
}

/// What something took by the processor of this thread; by the clock where the system tells no more.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let (processor, clock) = (processor_time(), std::time::Instant::now());
    let result = work();
    let (processor_after, clock) = (processor_time(), clock.elapsed());
    let taken = processor_after.zip(processor).map(|(after, before)| after.saturating_sub(before));
    (result, taken.unwrap_or(clock))
}
