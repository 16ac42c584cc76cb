//! Small typed indices and the vectors they index.
//!
//! Inside the engine every node, pod, label set, ... is a 32-bit number of its own type, so that a
//! mix-up does not compile. 2³² of anything is more than fits in memory.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// A typed index.
pub trait Ix: Copy + Eq {
    /// The index of a position. Positions stay below 2³².
    fn new(position: usize) -> Self;
    /// The position.
    fn at(self) -> usize;
}

/// Declares index types.
macro_rules! index_types {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $name(u32);

            impl $crate::base::index::Ix for $name {
                #[inline]
                fn new(position: usize) -> Self {
                    debug_assert!(u32::try_from(position).is_ok());
                    Self(position as u32)
                }
                #[inline]
                fn at(self) -> usize {
                    self.0 as usize
                }
            }
        )*
    };
}
pub(crate) use index_types;

/// A vector that only its own index type can index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexVec<I, T> {
    items: Vec<T>,
    index: PhantomData<fn(I)>,
}

impl<I, T> Default for IndexVec<I, T> {
    fn default() -> Self {
        Self { items: Vec::new(), index: PhantomData }
    }
}

impl<I: Ix, T> IndexVec<I, T> {
    /// Appends an item and gives its index.
    pub fn push(&mut self, item: T) -> I {
        self.items.push(item);
        I::new(self.items.len() - 1)
    }

    /// Makes room for many more items.
    pub fn reserve(&mut self, more: usize) {
        self.items.reserve(more);
    }

    /// The item of an index; the vector grows as far as needed.
    pub fn grown(&mut self, index: I) -> &mut T
    where
        T: Default,
    {
        if self.items.len() <= index.at() {
            self.items.resize_with(index.at() + 1, T::default);
        }
        &mut self.items[index.at()]
    }

    /// Takes the last item away.
    pub fn pop(&mut self) -> Option<T> {
        self.items.pop()
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The items in order of their indices.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }

    /// The items in order of their indices, to be changed.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.items.iter_mut()
    }

    /// All indices in order.
    pub fn indices(&self) -> impl Iterator<Item = I> + use<I, T> {
        (0..self.items.len()).map(I::new)
    }

    /// The item, if the index is in range.
    pub fn get(&self, index: I) -> Option<&T> {
        self.items.get(index.at())
    }

    /// The items as a slice, for scans.
    pub fn as_slice(&self) -> &[T] {
        &self.items
    }
}

impl<I: Ix, T> FromIterator<T> for IndexVec<I, T> {
    fn from_iter<A: IntoIterator<Item = T>>(items: A) -> Self {
        Self { items: items.into_iter().collect(), index: PhantomData }
    }
}

impl<I: Ix, T> Index<I> for IndexVec<I, T> {
    type Output = T;
    #[inline]
    fn index(&self, index: I) -> &T {
        &self.items[index.at()]
    }
}

impl<I: Ix, T> IndexMut<I> for IndexVec<I, T> {
    #[inline]
    fn index_mut(&mut self, index: I) -> &mut T {
        &mut self.items[index.at()]
    }
}

/// Items for few of the indices of a type: the others cost no more than a number.
#[derive(Clone, Debug)]
pub struct SparseVec<I, T> {
    /// Where the item of an index is, counted from 1.
    places: IndexVec<I, u32>,
    items: Vec<T>,
}

impl<I, T> Default for SparseVec<I, T> {
    fn default() -> Self {
        Self { places: IndexVec::default(), items: Vec::new() }
    }
}

impl<I: Ix, T> SparseVec<I, T> {
    /// Puts the item of an index that has none.
    pub fn insert(&mut self, index: I, item: T) {
        self.items.push(item);
        *self.places.grown(index) = self.items.len() as u32;
    }

    /// The item of an index, if it has one.
    pub fn get(&self, index: I) -> Option<&T> {
        self.items.get((*self.places.get(index)? as usize).checked_sub(1)?)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, index: I) -> Option<&mut T> {
        self.items.get_mut((*self.places.get(index)? as usize).checked_sub(1)?)
    }

    /// All items, to be changed.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.items.iter_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    index_types! {
        /// An index of the tests.
        TestIx;
    }

    #[test]
    fn few_indices_have_items_and_the_others_none() {
        let mut items: SparseVec<TestIx, &str> = SparseVec::default();
        items.insert(TestIx::new(7), "seven");
        items.insert(TestIx::new(2), "two");
        let found: Vec<_> = (0..10).map(|at| items.get(TestIx::new(at)).copied()).collect();
        let mut expected = vec![None; 10];
        (expected[2], expected[7]) = (Some("two"), Some("seven"));
        assert_eq!(found, expected);
        items.iter_mut().for_each(|item| *item = "changed");
        assert_eq!(items.get_mut(TestIx::new(2)), Some(&mut "changed"));
    }
}
