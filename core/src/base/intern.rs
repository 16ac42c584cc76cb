//! Values to small integers and back.

use super::index::{IndexVec, Ix};
use super::map::Map;
use std::borrow::Borrow;
use std::hash::Hash;

/// Gives every distinct value an index. Values are added, never changed and never removed.
#[derive(Clone, Debug)]
pub struct Interner<I, T> {
    index_of: Map<T, I>,
    values: IndexVec<I, T>,
}

impl<I, T> Default for Interner<I, T> {
    fn default() -> Self {
        Self { index_of: Map::default(), values: IndexVec::default() }
    }
}

impl<I: Ix, T: Clone + Eq + Hash> Interner<I, T> {
    /// The index of a value, new if the value is.
    pub fn intern(&mut self, value: T) -> I {
        if let Some(index) = self.index_of.get(&value) {
            return *index;
        }
        let index = self.values.push(value.clone());
        self.index_of.insert(value, index);
        index
    }

    /// The index of a value that is known.
    pub fn find<Q: Hash + Eq + ?Sized>(&self, value: &Q) -> Option<I>
    where
        T: Borrow<Q>,
    {
        self.index_of.get(value).copied()
    }

    /// The value of an index.
    pub fn value(&self, index: I) -> &T {
        &self.values[index]
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}
