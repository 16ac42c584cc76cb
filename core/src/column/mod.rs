//! Scores as columns: the number of a node and whether it is feasible are one.
//!
//! A refused node has a number so far below zero that no score lifts it up again. Adding columns
//! then needs no branch, and the compiler turns it into vector instructions.

use crate::state::topology::{Domain, Domains, NO_DOMAIN};

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

/// Refuses nodes by their domain: those of the domains for which `refused`, and, if `lacking`,
/// those without a domain.
pub fn refuse_domains<S: Score>(
    totals: &mut [S],
    domains: &Domains,
    lacking: bool,
    refused: impl Fn(usize) -> bool,
) {
    if let Some(ranges) = &domains.ranges {
        for (domain, range) in ranges.iter().enumerate() {
            if refused(domain) {
                totals[range.clone()].fill(S::REFUSED);
            }
        }
        if lacking && domains.some_lack_it {
            refuse_where(totals, domains, |domain| domain == NO_DOMAIN);
        }
    } else {
        refuse_where(totals, domains, |domain| match domain {
            NO_DOMAIN => lacking,
            domain => refused(domain as usize),
        });
    }
}

/// Refuses nodes of domains that count more than `limit`, and, if `lacking`, those without a domain.
pub fn refuse_above<S: Score>(
    totals: &mut [S],
    domains: &Domains,
    lacking: bool,
    counts: &[i32],
    limit: i32,
) {
    if domains.each_node {
        for (total, count) in totals.iter_mut().zip(counts) {
            // Written in any case, so that this becomes vector instructions.
            *total = if *count > limit { S::REFUSED } else { *total };
        }
    } else {
        refuse_domains(totals, domains, lacking, |domain| counts[domain] > limit);
    }
}

fn refuse_where<S: Score>(totals: &mut [S], domains: &Domains, refused: impl Fn(Domain) -> bool) {
    for (total, domain) in totals.iter_mut().zip(domains.of.as_slice()) {
        if refused(*domain) {
            *total = S::REFUSED;
        }
    }
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
