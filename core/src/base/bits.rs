//! Sets of small integers as bits.

use bitvec::prelude::{BitVec, Lsb0};

/// A set of positions below a fixed length.
///
/// Operations work on whole words; the bits beyond the length are always zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    bits: BitVec<u64, Lsb0>,
}

impl Bits {
    /// No position of `length`.
    pub fn none(length: usize) -> Self {
        let mut bits = BitVec::repeat(false, length);
        bits.set_uninitialized(false);
        Self { bits }
    }

    /// Every position of `length`.
    pub fn all(length: usize) -> Self {
        let mut bits = BitVec::repeat(true, length);
        bits.set_uninitialized(false);
        Self { bits }
    }

    /// The positions of `0..length` for which `holds`.
    pub fn of(length: usize, mut holds: impl FnMut(usize) -> bool) -> Self {
        let mut all = Self::none(length);
        for (at, word) in all.bits.as_raw_mut_slice().iter_mut().enumerate() {
            let start = at * 64;
            // Word by word in a register; bit by bit in memory takes ten times as long.
            for bit in 0..64.min(length - start) {
                *word |= u64::from(holds(start + bit)) << bit;
            }
        }
        all
    }

    /// Whether the position is in the set.
    #[inline]
    pub fn contains(&self, position: usize) -> bool {
        self.bits.as_raw_slice()[position / 64] >> (position % 64) & 1 == 1
    }

    /// Puts the position in, or out.
    pub fn set(&mut self, position: usize, value: bool) {
        self.bits.set(position, value);
    }

    /// How many positions are in the set.
    pub fn count(&self) -> usize {
        self.bits.as_raw_slice().iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether every position is in the set.
    pub fn is_full(&self) -> bool {
        self.count() == self.bits.len()
    }

    /// Keeps what is in `other` too.
    pub fn and(&mut self, other: &Self) {
        debug_assert_eq!(self.bits.len(), other.bits.len());
        for (mine, theirs) in self.bits.as_raw_mut_slice().iter_mut().zip(other.bits.as_raw_slice())
        {
            *mine &= theirs;
        }
    }

    /// Adds what is in `other`.
    pub fn or(&mut self, other: &Self) {
        debug_assert_eq!(self.bits.len(), other.bits.len());
        for (mine, theirs) in self.bits.as_raw_mut_slice().iter_mut().zip(other.bits.as_raw_slice())
        {
            *mine |= theirs;
        }
    }

    /// Changes the values at the positions in the set. Of `values` there are as many as positions.
    pub fn mark<T>(&self, values: &mut [T], mut change: impl FnMut(&mut T)) {
        for (values, word) in values.chunks_mut(64).zip(self.bits.as_raw_slice()) {
            match *word {
                0 => {}
                // Without a question this becomes vector instructions.
                u64::MAX => values.iter_mut().for_each(&mut change),
                mut rest => {
                    while rest != 0 {
                        if let Some(value) = values.get_mut(rest.trailing_zeros() as usize) {
                            change(value);
                        }
                        rest &= rest - 1;
                    }
                }
            }
        }
    }

    /// Puts a range of positions in.
    pub fn fill(&mut self, positions: std::ops::Range<usize>) {
        self.bits[positions].fill(true);
    }

    /// The positions in the set, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.bits.as_raw_slice().iter().enumerate().flat_map(|(at, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                (rest != 0).then(|| {
                    let bit = rest.trailing_zeros() as usize;
                    rest &= rest - 1;
                    at * 64 + bit
                })
            })
        })
    }
}
