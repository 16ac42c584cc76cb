//! Hash maps for outside keys.

use ahash::AHasher;
use std::hash::BuildHasherDefault;

/// A hash map whose hashes are the same in every run. Its order must never reach a result.
#[expect(clippy::disallowed_types, reason = "this is the one hash map, with a fixed hasher")]
pub type Map<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<AHasher>>;
