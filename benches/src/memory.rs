//! Memory as a program that runs for long has it.

/// From now on memory that was given back is used again instead of being returned to the system: what
/// loading needed serves the decisions. Otherwise a decision that makes new columns waits for new
/// pages, which is a matter of the system and not of the engine.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn keep_what_is_given_back() {
    /// The largest threshold that the allocator takes.
    const MMAP_THRESHOLD: i32 = 1 << 25;
    // SAFETY: both only set a number of the allocator, which refuses what it has no use for.
    #[allow(unsafe_code)]
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MMAP_THRESHOLD);
        libc::mallopt(libc::M_TRIM_THRESHOLD, i32::MAX);
    }
}

/// Nothing to do where the allocator is another one.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn keep_what_is_given_back() {}
