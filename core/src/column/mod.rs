//! Scores as columns: the number of a node and whether it is feasible are one.
//!
//! A refused node has a number so far below zero that no score lifts it up again. Adding columns
//! then needs no branch, and the compiler turns it into vector instructions.

mod blocks;
mod domain_rule;

pub use blocks::{
    BLOCK, Blocks, Column, Group, PLACES, largest_sum, look, places_above, places_from, sum_at,
    sum_of_maxima, sums,
};
pub use domain_rule::DomainRule;

/// A number that a column is made of.
pub trait Score: Copy + Ord + Default {
    /// The number of a refused node. Added to any total it stays below zero.
    const REFUSED: Self;
    /// The largest total that the type has room for.
    const MAX_TOTAL: i64;

    /// The number of a score; it lies between 0 and [`Score::MAX_TOTAL`].
    fn new(score: i64) -> Self;

    /// The sum; it stays at the smallest number where it would be smaller.
    fn plus(self, other: Self) -> Self;

    /// The number of a score that is given as a floating point number without a fraction.
    #[inline]
    fn of_whole(score: f64) -> Self {
        // Added to this, a whole number below 2⁵² stands in the last bits. Unlike a conversion that
        // can be done to several numbers at once.
        const BITS: u64 = (1 << 52) - 1;
        Self::cast(((score + (1_u64 << 52) as f64).to_bits() & BITS) as i64)
    }

    /// The score as a plain number.
    fn get(self) -> i64;

    /// The number of something that is no score; `None` where the type has no room for it besides
    /// the number of a refused node.
    fn of_value(value: i64) -> Option<Self> {
        (-Self::MAX_TOTAL / 2..=Self::MAX_TOTAL / 2).contains(&value).then(|| Self::cast(value))
    }

    /// A number of either sign that the type has room for.
    fn cast(value: i64) -> Self;

    /// Whether the node is feasible.
    #[inline]
    fn is_feasible(self) -> bool {
        self >= Self::default()
    }
}

/// Room for the weights that people use, in the shortest columns.
impl Score for i16 {
    const REFUSED: Self = Self::MIN / 2;
    const MAX_TOTAL: i64 = 16_000;

    #[inline]
    fn new(score: i64) -> Self {
        debug_assert!((0..=Self::MAX_TOTAL).contains(&score));
        score as Self
    }

    #[inline]
    fn cast(value: i64) -> Self {
        value as Self
    }

    #[inline]
    fn plus(self, other: Self) -> Self {
        self.saturating_add(other)
    }

    #[inline]
    fn get(self) -> i64 {
        i64::from(self)
    }
}

/// Room for any weights.
impl Score for i64 {
    const REFUSED: Self = Self::MIN / 2;
    const MAX_TOTAL: i64 = Self::MAX / 4;

    #[inline]
    fn new(score: i64) -> Self {
        score
    }

    #[inline]
    fn cast(value: i64) -> Self {
        value
    }

    #[inline]
    fn plus(self, other: Self) -> Self {
        self.saturating_add(other)
    }

    #[inline]
    fn get(self) -> i64 {
        self
    }
}

/// Adds a column to the totals.
#[inline]
pub fn add<S: Score>(totals: &mut [S], column: &[S]) {
    for (total, score) in totals.iter_mut().zip(column) {
        *total = total.plus(*score);
    }
}

/// Adds one number to the totals.
#[inline]
pub fn add_to_all<S: Score>(totals: &mut [S], score: S) {
    for total in totals {
        *total = total.plus(score);
    }
}

/// The largest number; it says whether any node is feasible.
#[inline]
pub fn max<S: Score>(column: &[S]) -> S {
    column.iter().copied().fold(S::REFUSED, S::max)
}

/// The smallest and the largest raw score of the feasible nodes that are not below `floor`; zero
/// where there is none.
pub fn bounds<S: Score>(totals: &[S], raw: &[i64], floor: i64) -> (i64, i64) {
    let (mut min, mut max) = (i64::MAX, i64::MIN);
    for (total, raw) in totals.iter().zip(raw) {
        if total.is_feasible() && *raw >= floor {
            min = min.min(*raw);
            max = max.max(*raw);
        }
    }
    if min <= max { (min, max) } else { (0, 0) }
}
