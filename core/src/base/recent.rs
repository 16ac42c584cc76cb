//! What was asked for lately, up to so much of it.

use super::map::Map;
use std::hash::Hash;

/// Values that are made when they are asked for, and forgotten when others were asked for since.
#[derive(Clone, Debug)]
pub struct Recent<K, V> {
    /// With the time when each was asked for.
    values: Map<K, (u64, V)>,
    now: u64,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self { values: Map::default(), now: 0 }
    }
}

impl<K: Copy + Eq + Hash, V: Default> Recent<K, V> {
    /// The value of a key; a new one if it is not known. Of more than `most` values, at least one,
    /// those are forgotten first that nobody asked for for the longest time.
    pub fn get(&mut self, key: K, most: usize) -> &mut V {
        self.now += 1;
        while self.values.len() >= most.max(1) && !self.values.contains_key(&key) {
            let oldest = self.values.iter().min_by_key(|(_, (time, _))| *time);
            let Some(oldest) = oldest.map(|(key, _)| *key) else { break };
            self.values.remove(&oldest);
        }
        let (time, value) = self.values.entry(key).or_default();
        *time = self.now;
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_asked_for_for_the_longest_time_is_forgotten() {
        let mut recent: Recent<u32, u32> = Recent::default();
        for key in [1, 2, 3] {
            *recent.get(key, 3) = 10 * key;
        }
        assert_eq!(*recent.get(1, 3), 10);
        *recent.get(4, 3) = 40;
        assert_eq!([1, 3, 4].map(|key| *recent.get(key, 3)), [10, 30, 40]);
        assert_eq!(*recent.get(2, 3), 0);
        assert_eq!([3, 4, 2].map(|key| *recent.get(key, 3)), [30, 40, 0]);
        assert_eq!(*recent.get(5, 0), 0);
        assert_eq!(recent.values.len(), 1);
    }
}
