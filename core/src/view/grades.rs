//! Scores that follow the pods of a node and of its zone: soft spread constraints, and preferences
//! about pods nearby.
//!
//! Such a score depends on the zone and on one number of the node, its *value*; the larger the
//! value, the better the node. Normalising takes the smallest and the largest raw score of the
//! feasible nodes, and these come from the smallest and the largest value in each zone, which are
//! kept by block ([`Spans`]).

use super::relations::RuleBounds;
use crate::column::{BLOCK, Blocks, Column, Score, sums};
use crate::plugins::inter_pod_affinity::fast as inter_pod;
use crate::plugins::pod_topology_spread::fast::{self as spread, SoftScore};
use crate::state::log::{Log, Sequence};
use smallvec::{SmallVec, smallvec};

/// The feasible nodes of a block or of a zone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span<S> {
    /// How many there are.
    pub(super) feasible: usize,
    /// The smallest and the largest value that they have, for spread and for pods nearby.
    pub(super) values: [(S, S); 2],
}

impl<S: Score> Span<S> {
    /// No node yet.
    fn empty() -> Self {
        Self { feasible: 0, values: [(S::new(S::MAX_TOTAL), S::REFUSED); 2] }
    }

    /// Some feasible node or none, where all nodes of a zone are alike.
    pub(super) fn of_alike(feasible: bool) -> Self {
        Self { feasible: feasible.into(), values: [(S::default(), S::default()); 2] }
    }

    /// Of a block: `filters` tell which nodes are feasible.
    fn of(filters: &[&Column<S>], values: Values<'_, S>, block: std::ops::Range<usize>) -> Self {
        let sums = sums(filters, block.clone());
        let mut span = Self::empty();
        span.feasible = sums.iter().filter(|sum| sum.is_feasible()).count();
        for (values, (smallest, largest)) in values.iter().zip(&mut span.values) {
            let Some(values) = values else {
                (*smallest, *largest) = (S::default(), S::default());
                continue;
            };
            let mut of_block = [S::default(); BLOCK];
            of_block[..block.len()].copy_from_slice(&values.scores()[block.clone()]);
            // Written in any case, so that this becomes vector instructions.
            for (sum, value) in sums.iter().zip(of_block) {
                let (low, high) =
                    if sum.is_feasible() { (value, value) } else { (*smallest, *largest) };
                *smallest = low.min(*smallest);
                *largest = high.max(*largest);
            }
        }
        span
    }

    fn join(&mut self, other: &Self) {
        if other.feasible > 0 {
            self.feasible += other.feasible;
            for (mine, theirs) in self.values.iter_mut().zip(other.values) {
                *mine = (mine.0.min(theirs.0), mine.1.max(theirs.1));
            }
        }
    }
}

/// The columns of values, for spread and for pods nearby; `None` where the nodes of a zone are alike.
pub(super) type Values<'a, S> = [Option<&'a Column<S>>; 2];

/// The spans of all blocks for one class, kept between decisions.
#[derive(Clone, Debug)]
pub(super) struct Spans<S> {
    blocks: Vec<Span<S>>,
    seen: Option<Sequence>,
    /// Bounds of rules may loosen although no node is touched.
    bounds: RuleBounds,
}

impl<S> Default for Spans<S> {
    fn default() -> Self {
        Self { blocks: Vec::new(), seen: None, bounds: RuleBounds::new() }
    }
}

impl<S: Score> Spans<S> {
    /// Nothing known; the memory is used again.
    pub(super) fn forget(&mut self) -> &mut Self {
        self.seen = None;
        self
    }

    /// Brings the spans up to date.
    pub(super) fn repair(
        &mut self,
        log: &Log,
        blocks: &Blocks,
        filters: &[&Column<S>],
        values: Values<'_, S>,
        bounds: RuleBounds,
    ) {
        let count = blocks.len();
        let seen = self.seen.filter(|_| self.bounds == bounds && self.blocks.len() == count);
        let span = |block: usize| Span::of(filters, values, blocks.nodes(block));
        match seen.and_then(|seen| log.since(seen, count)) {
            Some(touched) => {
                for node in touched {
                    let block = blocks.of_node(*node);
                    self.blocks[block] = span(block);
                }
            }
            None => {
                self.blocks.clear();
                self.blocks.extend((0..count).map(span));
            }
        }
        self.seen = Some(log.now());
        self.bounds = bounds;
    }

    /// The span of a block.
    pub(super) fn block(&self, block: usize) -> &Span<S> {
        &self.blocks[block]
    }

    /// The span of a zone.
    pub(super) fn zone(&self, blocks: &Blocks, zone: usize) -> Span<S> {
        let mut span = Span::empty();
        self.blocks[blocks.of_zone(zone)].iter().for_each(|block| span.join(block));
        span
    }
}

/// How raw scores come about and are normalised.
#[derive(Clone, Debug)]
pub(super) enum Formula<'c> {
    /// Soft spread constraints; the value is the number of pods, negated.
    Spread(SoftScore<'c>),
    /// Preferences about pods nearby: what they add in every zone, and the value in the node.
    InterPod(SmallVec<[i64; 16]>),
}

impl Formula<'_> {
    fn raw(&self, zone: usize, value: i64) -> i64 {
        match self {
            Self::Spread(soft) => soft.raw(zone, -value),
            Self::InterPod(of_zones) => of_zones[zone] + value,
        }
    }

    fn normalized(&self, raw: i64, extremes: (i64, i64)) -> i64 {
        match self {
            Self::Spread(_) => spread::normalized(raw, extremes),
            Self::InterPod(_) if extremes.0 == extremes.1 => 0,
            Self::InterPod(_) => inter_pod::normalized(raw, extremes, 1),
        }
    }
}

/// The scores, `weight` times, where the nodes of a zone are alike; nothing where none is feasible.
pub(super) fn scores_of_zones<S: Score>(
    formula: &Formula<'_>,
    weight: i64,
    zones: &[Span<S>],
) -> SmallVec<[S; 16]> {
    let raw = |zone: usize| formula.raw(zone, 0);
    let feasible = || (0..zones.len()).filter(|zone| zones[*zone].feasible > 0);
    let (min, max) = (feasible().map(raw).min(), feasible().map(raw).max());
    let extremes = (min.unwrap_or(0), max.unwrap_or(0));
    let mut scores = smallvec![S::default(); zones.len()];
    for zone in feasible() {
        let score = formula.normalized(raw(zone), extremes);
        scores[zone] = S::new(weight * score);
    }
    scores
}

/// A score of the nodes by zone and value.
#[derive(Clone, Debug)]
pub(super) struct Grade<'a, 'c, S> {
    /// The values of the nodes.
    pub(super) values: &'a Column<S>,
    /// Which of the two values of a span.
    pub(super) side: usize,
    formula: Formula<'c>,
    weight: i64,
    /// The smallest and the largest raw score of a feasible node.
    extremes: (i64, i64),
    /// Where the scores of a zone begin, and for which value.
    zones: SmallVec<[(usize, i64); 16]>,
    /// Scores by zone and value; refused means not known yet.
    scores: SmallVec<[S; 64]>,
}

/// Room for the scores of one grade.
const SCORES: i64 = 1 << 16;

impl<'a, 'c, S: Score> Grade<'a, 'c, S> {
    /// The score, `weight` times, where the feasible nodes of the zones have these spans; `None`
    /// where their values lie too far apart.
    pub(super) fn new(
        formula: Formula<'c>,
        side: usize,
        values: &'a Column<S>,
        weight: i64,
        spans: &[Span<S>],
    ) -> Option<Self> {
        let mut extremes: Option<(i64, i64)> = None;
        let (mut zones, mut size) = (SmallVec::new(), 0);
        for (zone, span) in spans.iter().enumerate() {
            let (low, high) = span.values[side];
            let (low, high) = if span.feasible > 0 { (low.get(), high.get()) } else { (0, 0) };
            zones.push((size as usize, low));
            size += high - low + 1;
            if span.feasible > 0 {
                let (one, other) = (formula.raw(zone, low), formula.raw(zone, high));
                let (min, max) = extremes.unwrap_or((one, one));
                extremes = Some((min.min(one).min(other), max.max(one).max(other)));
            }
        }
        let scores = (size <= SCORES).then(|| smallvec![S::REFUSED; size as usize])?;
        let extremes = extremes.unwrap_or_default();
        Some(Self { values, side, formula, weight, extremes, zones, scores })
    }

    /// The score of a feasible node that has this value.
    #[inline]
    pub(super) fn score(&mut self, zone: usize, value: S) -> S {
        let (start, lowest) = self.zones[zone];
        let at = start + (value.get() - lowest) as usize;
        if !self.scores[at].is_feasible() {
            let raw = self.formula.raw(zone, value.get());
            let score = self.weight * self.formula.normalized(raw, self.extremes);
            self.scores[at] = S::new(score);
        }
        self.scores[at]
    }
}
