//! Scores as columns: the number of a node and whether it is feasible are one.
//!
//! A refused node has a number so far below zero that no score lifts it up again. Adding columns
//! then needs no branch, and the compiler turns it into vector instructions.

mod domain_rule;

pub use domain_rule::DomainRule;
use std::ops::Range;

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

    /// The score as a plain number.
    fn get(self) -> i64;

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

/// Puts the sums of the columns, for these nodes, into `totals`.
#[inline]
pub fn sum<S: Score>(totals: &mut [S], columns: &[&[S]], nodes: Range<usize>) {
    let totals = &mut totals[nodes.clone()];
    totals.fill(S::default());
    for column in columns {
        add(totals, &column[nodes.clone()]);
    }
}

/// The largest of the sums of the columns, for these nodes; there is at least one column. Nothing is
/// written, because that takes as long again as adding up.
#[inline]
pub fn largest_sum<S: Score>(columns: &[&[S]], nodes: Range<usize>) -> S {
    let part = |column: usize| &columns[column][nodes.clone()];
    // Every number of columns that occurs has a loop of its own, which becomes vector instructions.
    match columns.len() {
        0 => S::REFUSED,
        1 => max(part(0)),
        2 => {
            let sums = part(0).iter().zip(part(1)).map(|(a, b)| a.plus(*b));
            sums.fold(S::REFUSED, S::max)
        }
        3 => {
            let parts = part(0).iter().zip(part(1)).zip(part(2));
            parts.map(|((a, b), c)| a.plus(*b).plus(*c)).fold(S::REFUSED, S::max)
        }
        4 => {
            let parts = part(0).iter().zip(part(1)).zip(part(2)).zip(part(3));
            let sums = parts.map(|(((a, b), c), d)| a.plus(*b).plus(*c).plus(*d));
            sums.fold(S::REFUSED, S::max)
        }
        5 => {
            let parts = part(0).iter().zip(part(1)).zip(part(2)).zip(part(3)).zip(part(4));
            let sums = parts.map(|((((a, b), c), d), e)| a.plus(*b).plus(*c).plus(*d).plus(*e));
            sums.fold(S::REFUSED, S::max)
        }
        _ => {
            let sum = |node| columns.iter().fold(S::default(), |sum, it| sum.plus(it[node]));
            nodes.map(sum).fold(S::REFUSED, S::max)
        }
    }
}

/// The place of the first entry that is this number.
#[inline]
pub fn position<S: Score>(column: &[S], number: S) -> Option<usize> {
    position_of_sum(&[column], 0..column.len(), number)
}

/// The place, from the start of these nodes, of the first at which the columns add up to this number.
#[inline]
pub fn position_of_sum<S: Score>(
    columns: &[&[S]],
    nodes: Range<usize>,
    number: S,
) -> Option<usize> {
    /// Nodes that are added up before the first look; vector instructions do them all at once.
    const GROUP: usize = 32;
    let group = |column: &[S], start: usize| column.get(start..)?.first_chunk::<GROUP>().copied();
    let (first, rest) = columns.split_first()?;
    let mut start = nodes.start;
    while start + GROUP <= nodes.end {
        let mut totals = group(first, start)?;
        for column in rest {
            let scores = group(column, start)?;
            totals.iter_mut().zip(&scores).for_each(|(total, it)| *total = total.plus(*it));
        }
        if totals.iter().fold(false, |found, total| found | (*total == number)) {
            let at = totals.iter().position(|total| *total == number)?;
            return Some(start + at - nodes.start);
        }
        start += GROUP;
    }
    let sum = |node: usize| columns.iter().fold(S::default(), |sum, it| sum.plus(it[node]));
    (start..nodes.end).find(|node| sum(*node) == number).map(|node| node - nodes.start)
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
