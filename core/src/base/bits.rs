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
    #[inline]
    pub fn mark<T: Copy>(&self, values: &mut [T], change: impl Fn(T) -> T) {
        /// A bit for every value that is changed at once.
        const LANES: [u16; 16] = {
            let mut lanes = [0; 16];
            let mut at = 0;
            while at < 16 {
                lanes[at] = 1 << at;
                at += 1;
            }
            lanes
        };
        for (values, word) in values.chunks_mut(64).zip(self.bits.as_raw_slice()) {
            if *word == 0 {
                continue;
            }
            for (part, values) in values.chunks_mut(LANES.len()).enumerate() {
                let bits = (word >> (LANES.len() * part)) as u16;
                // Written in any case, so that this becomes vector instructions.
                let mark = |(value, lane): (&mut T, &u16)| {
                    *value = if bits & lane == 0 { *value } else { change(*value) };
                };
                // How long all but the last are is told to the compiler.
                match values.as_chunks_mut::<16>() {
                    ([values], []) => values.iter_mut().zip(&LANES).for_each(mark),
                    _ => values.iter_mut().zip(&LANES).for_each(mark),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_change_where_the_set_is() {
        let set = Bits::of(207, |at| at % 3 == 0 || (64..128).contains(&at) || at == 206);
        let mut values: Vec<i32> = (0..207).collect();
        set.mark(&mut values, |value| 2 * (value + 5));
        for (at, value) in values.into_iter().enumerate() {
            let expected = if set.contains(at) { 2 * (at as i32 + 5) } else { at as i32 };
            assert_eq!(value, expected);
        }
    }

    #[test]
    fn a_set_is_full_with_its_last_position() {
        let mut set = Bits::none(70);
        set.fill(0..69);
        assert!(!set.is_full());
        set.set(69, true);
        assert!(set.is_full());
    }
}
