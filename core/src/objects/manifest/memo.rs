//! What texts read before came to, so that the next one like them is not read again. A text is kept
//! when it comes for the second time: most that come once never come again.
//!
//! Many threads may ask and add at once. What is found never depends on who came first: a text has
//! one meaning. Whether it is still remembered may depend on it, and only costs time.

use crate::base::map::{Map, hash_of};
use smallvec::SmallVec;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Parts that threads may write to at the same time.
const SHARDS: usize = 16;

/// How many texts of every shard are known to have come once.
const SEEN_MAX: usize = 4096;

/// Maps by hash, each behind a lock of its own.
#[derive(Debug)]
struct Shards<T>([RwLock<T>; SHARDS]);

impl<T: Default> Default for Shards<T> {
    fn default() -> Self {
        Self(std::array::from_fn(|_| RwLock::default()))
    }
}

impl<T> Shards<T> {
    fn read(&self, hash: u64) -> RwLockReadGuard<'_, T> {
        // Every entry is whole at any time, whatever became of the thread that wrote it.
        self.0[hash as usize % SHARDS].read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, hash: u64) -> RwLockWriteGuard<'_, T> {
        self.0[hash as usize % SHARDS].write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Values by the parts of a text that decide them.
#[derive(Debug)]
pub(super) struct Memo<V> {
    shards: Shards<Texts<V>>,
    bytes_max: usize,
}

/// The parts of a text.
type Parts = Box<[Box<str>]>;

#[derive(Debug)]
struct Texts<V> {
    known: Map<u64, (Parts, V)>,
    bytes: usize,
    /// Hashes of texts that came once.
    seen: Map<u64, ()>,
}

impl<V> Default for Texts<V> {
    fn default() -> Self {
        Self { known: Map::default(), bytes: 0, seen: Map::default() }
    }
}

impl<V> Memo<V> {
    /// A memo that keeps no more text than this.
    pub fn new(bytes_max: usize) -> Self {
        Self { shards: Shards::default(), bytes_max }
    }

    /// What `of` makes of the value of these parts.
    pub fn get<R>(&self, parts: &[&str], of: impl FnOnce(&V) -> R) -> Option<R> {
        let hash = hash_of(parts);
        let shard = self.shards.read(hash);
        let (known, value) = shard.known.get(&hash)?;
        known.iter().map(|part| &**part).eq(parts.iter().copied()).then(|| of(value))
    }

    /// Keeps the value of parts that come again, where there is one and room for them.
    pub fn put(&self, parts: &[&str], value: impl FnOnce() -> Option<V>) {
        let hash = hash_of(parts);
        let mut shard = self.shards.write(hash);
        if shard.seen.remove(&hash).is_none() {
            if shard.seen.len() == SEEN_MAX {
                shard.seen.clear();
            }
            shard.seen.insert(hash, ());
            return;
        }
        let bytes = shard.bytes + parts.iter().map(|part| part.len()).sum::<usize>();
        if bytes <= self.bytes_max / SHARDS
            && let Some(value) = value()
        {
            shard.bytes = bytes;
            shard.known.insert(hash, (parts.iter().map(|part| Box::from(*part)).collect(), value));
        }
    }
}

/// One copy of every value.
#[derive(Debug)]
pub(super) struct Values<T>(Shards<Map<u64, Alike<T>>>);

/// Values of one hash: mostly one.
type Alike<T> = SmallVec<[Arc<T>; 1]>;

impl<T> Default for Values<T> {
    fn default() -> Self {
        Self(Shards::default())
    }
}

impl<T: Eq + Hash> Values<T> {
    /// Replaces a value by the first one that was equal to it.
    pub fn share(&self, value: &mut Arc<T>) {
        let hash = hash_of(&**value);
        let first = |values: &Alike<T>| values.iter().find(|known| *known == value).cloned();
        // The guard of a scrutinee would live on while the lock for writing is waited for.
        let known = self.0.read(hash).get(&hash).and_then(first);
        if let Some(known) = known {
            *value = known;
            return;
        }
        let mut shard = self.0.write(hash);
        let values = shard.entry(hash).or_default();
        match first(values) {
            Some(known) => *value = known,
            None => values.push(value.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_parts_are_found() {
        let memo = Memo::new(1 << 10);
        memo.put(&["a", "bc"], || Some(1));
        assert_eq!(memo.get(&["a", "bc"], |value| *value), None, "it came once");
        memo.put(&["a", "bc"], || None);
        memo.put(&["a", "bc"], || Some(1));
        memo.put(&["a", "bc"], || Some(1));
        for (parts, expected) in [
            (&["a", "bc"][..], Some(1)),
            (&["ab", "c"], None),
            (&["a", "bc", ""], None),
            (&["a"], None),
        ] {
            assert_eq!(memo.get(parts, |value| *value), expected, "{parts:?}");
        }
    }

    #[test]
    fn a_full_memo_takes_nothing_more_and_forgets_nothing() {
        let memo = Memo::new(4 * SHARDS);
        let texts: Vec<String> = (100..200).map(|number| number.to_string()).collect();
        for text in texts.iter().chain(&texts) {
            memo.put(&[text], || Some(text.clone()));
        }
        let found = texts.iter().filter(|text| memo.get(&[text], |known| known == *text).is_some());
        assert!((1..=SHARDS).contains(&found.count()));
    }

    #[test]
    fn equal_values_become_one() {
        let values = Values::default();
        let [mut first, mut same, mut other] =
            ["a", "a", "b"].map(|text| Arc::new(text.to_owned()));
        [&mut first, &mut same, &mut other].into_iter().for_each(|value| values.share(value));
        assert!(Arc::ptr_eq(&first, &same));
        assert!(!Arc::ptr_eq(&first, &other));
    }
}
