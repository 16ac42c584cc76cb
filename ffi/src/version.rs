//! Versions of the library and of its interface.

use crate::memory::bayplan_str;
use crate::registry;

/// First number of the version of the interface that this header describes.
pub const BAYPLAN_ABI_MAJOR: u32 = 0;
/// Second number.
pub const BAYPLAN_ABI_MINOR: u32 = 1;
/// Third number.
pub const BAYPLAN_ABI_PATCH: u32 = 0;
/// All three in one number that can be compared: `major * 1000000 + minor * 1000 + patch`.
pub const BAYPLAN_ABI_VERSION: u32 = 1_000;

/// `BAYPLAN_ABI_VERSION` of the library that is running. A program works with it where the major
/// number is that of its header (before 1.0: major and minor) and the whole is not smaller.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_abi_version() -> u32 {
    BAYPLAN_ABI_VERSION
}

/// The version of the library as a text, such as `0.1.0`; static.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_version() -> bayplan_str {
    bayplan_str::of(env!("CARGO_PKG_VERSION"))
}

/// How many handles of the process are not freed: 0 when nothing is leaked.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_open_handles() -> usize {
    registry::open()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_combined_version_is_that_of_its_parts_and_of_the_package() {
        let parts = [BAYPLAN_ABI_MAJOR, BAYPLAN_ABI_MINOR, BAYPLAN_ABI_PATCH];
        assert_eq!(BAYPLAN_ABI_VERSION, parts[0] * 1_000_000 + parts[1] * 1_000 + parts[2]);
        assert_eq!(parts.map(|part| part.to_string()).join("."), env!("CARGO_PKG_VERSION"));
    }
}
