//! Hash maps for outside keys.

use ahash::AHasher;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// A hash map whose hashes are the same in every run. Its order must never reach a result.
#[expect(clippy::disallowed_types, reason = "this is the one hash map, with a fixed hasher")]
pub type Map<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<AHasher>>;

/// A number that is the same in every run, and mostly another one for another value.
pub fn hash_of(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = AHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}
