//! Scores that follow the pods of a node and of its zone: soft spread constraints, and preferences
//! about pods nearby.
//!
//! Such a score depends on the zone and on one number of the node, its *value*; the larger the
//! value, the better the node. Normalising takes the smallest and the largest raw score of the
//! feasible nodes, and these come from the smallest and the largest value in each zone, which are
//! kept by block ([`Spans`]).

use super::kept::{Bookmarks, Journals};
use crate::column::{BLOCK, Blocks, Column, Score, sums};
use crate::plugins::inter_pod_affinity::fast as inter_pod;
use crate::plugins::pod_topology_spread::fast::{self as spread, SoftScore};
use smallvec::{SmallVec, smallvec};
use std::ops::Range;

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
    fn of(filters: &[&Column<S>], values: Values<'_, S>, block: Range<usize>) -> Self {
        let sums = sums(filters, block.clone());
        let mut span = Self::empty();
        span.feasible = sums.iter().filter(|sum| sum.is_feasible()).count();
        for (values, (smallest, largest)) in values.iter().zip(&mut span.values) {
            let alike = [S::default(); BLOCK];
            // What follows a shorter block is not feasible.
            let values = values.map_or(&alike, |values| values.part(block.start));
            // Written in any case, so that this becomes vector instructions.
            for (sum, value) in sums.iter().zip(values) {
                let (low, high) =
                    if sum.is_feasible() { (*value, *value) } else { (*smallest, *largest) };
                *smallest = low.min(*smallest);
                *largest = high.max(*largest);
            }
        }
        span
    }
}

/// The columns of values, for spread and for pods nearby; `None` where the nodes of a zone are alike.
pub(super) type Values<'a, S> = [Option<&'a Column<S>>; 2];

/// The spans of all blocks for one class, kept between decisions.
#[derive(Clone, Debug)]
pub(super) struct Spans<S> {
    /// How many nodes of every block are feasible.
    feasible: Vec<u8>,
    /// The smallest values of the blocks.
    smallest: [Vec<S>; 2],
    /// The largest ones; refused where no node is feasible.
    largest: [Vec<S>; 2],
    /// The spans of whole zones; `None` where a block has changed.
    zones: Vec<Option<Span<S>>>,
    seen: Bookmarks,
}

impl<S> Default for Spans<S> {
    fn default() -> Self {
        Self {
            feasible: Vec::new(),
            smallest: Default::default(),
            largest: Default::default(),
            zones: Vec::new(),
            seen: Bookmarks::default(),
        }
    }
}

impl<S: Score> Spans<S> {
    /// Nothing known; the memory is used again.
    pub(super) fn forget(&mut self) -> &mut Self {
        self.seen.forget();
        self
    }

    /// Brings the spans up to date; the journals are those of the filters and of the values.
    pub(super) fn repair(
        &mut self,
        blocks: &Blocks,
        filters: &[&Column<S>],
        values: Values<'_, S>,
        journals: &Journals<'_>,
    ) {
        let span = |block: usize| Span::of(filters, values, blocks.nodes(block));
        match self.seen.read(journals) {
            Some(changed) => {
                let changed = changed.into_iter().flatten();
                let touched = changed.map(|node| blocks.of_node(*node));
                touched.for_each(|block| self.set(blocks, block, span(block)));
            }
            None => {
                self.zones.resize(blocks.zones(), None);
                self.feasible.resize(blocks.len(), 0);
                let sides = self.smallest.iter_mut().chain(&mut self.largest);
                sides.for_each(|side| side.resize(blocks.len(), S::REFUSED));
                (0..blocks.len()).for_each(|block| self.set(blocks, block, span(block)));
            }
        }
        for zone in 0..blocks.zones() {
            if self.zones[zone].is_none() {
                self.zones[zone] = Some(self.together(blocks.of_zone(zone)));
            }
        }
    }

    fn set(&mut self, blocks: &Blocks, block: usize, span: Span<S>) {
        self.zones[blocks.zone_of_block(block)] = None;
        self.feasible[block] = span.feasible as u8;
        for (side, (smallest, largest)) in span.values.into_iter().enumerate() {
            self.smallest[side][block] = smallest;
            self.largest[side][block] = largest;
        }
    }

    /// The largest values of all blocks.
    pub(super) fn largest(&self, side: usize) -> &[S] {
        &self.largest[side]
    }

    /// Whether a block with this largest value has a feasible node.
    pub(super) fn is_of_some(largest: S) -> bool {
        largest > S::REFUSED
    }

    /// The span of a zone.
    pub(super) fn zone(&self, zone: usize) -> Span<S> {
        self.zones[zone].unwrap_or_else(Span::empty)
    }

    /// The span of some blocks.
    fn together(&self, blocks: impl Iterator<Item = usize>) -> Span<S> {
        let mut span = Span::empty();
        for block in blocks {
            span.feasible += usize::from(self.feasible[block]);
            for (side, (smallest, largest)) in span.values.iter_mut().enumerate() {
                *smallest = self.smallest[side][block].min(*smallest);
                *largest = self.largest[side][block].max(*largest);
            }
        }
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
