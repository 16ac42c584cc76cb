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

/// Nodes of a block. So few that the sums of a block stay in registers.
pub const BLOCK: usize = 64;

/// For every block of these nodes, the last may be shorter: the largest of the sums of the columns.
/// Sums are not written, because that takes as long again as adding up.
pub fn block_maxima<S: Score>(columns: &[&[S]], nodes: Range<usize>, maxima: &mut [S]) {
    let part = |column: usize| &columns[column][nodes.clone()];
    // Every number of columns that occurs has a loop of its own.
    match columns.len() {
        1 => maxima_of([part(0)], maxima),
        2 => maxima_of([part(0), part(1)], maxima),
        3 => maxima_of([part(0), part(1), part(2)], maxima),
        4 => maxima_of([part(0), part(1), part(2), part(3)], maxima),
        5 => maxima_of([part(0), part(1), part(2), part(3), part(4)], maxima),
        _ => {
            let sum = |node: usize| columns.iter().fold(S::default(), |sum, it| sum.plus(it[node]));
            for (max, start) in maxima.iter_mut().zip(nodes.clone().step_by(BLOCK)) {
                let block = start..nodes.end.min(start + BLOCK);
                *max = block.map(sum).fold(S::REFUSED, S::max);
            }
        }
    }
}

fn maxima_of<S: Score, const COLUMNS: usize>(columns: [&[S]; COLUMNS], maxima: &mut [S]) {
    let parts = columns.map(|column| column.as_chunks::<BLOCK>());
    let full = parts[0].0.len();
    for (block, max) in maxima.iter_mut().take(full).enumerate() {
        let mut sums = parts[0].0[block];
        for part in &parts[1..] {
            sums.iter_mut().zip(&part.0[block]).for_each(|(sum, it)| *sum = sum.plus(*it));
        }
        *max = sums.into_iter().fold(S::REFUSED, S::max);
    }
    if let Some(max) = maxima.get_mut(full) {
        let sum = |at: usize| parts.iter().fold(S::default(), |sum, part| sum.plus(part.1[at]));
        *max = (0..parts[0].1.len()).map(sum).fold(S::REFUSED, S::max);
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
