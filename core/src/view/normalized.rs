//! Raw scores that never move, and the scores that they become where the largest raw score of a
//! feasible node is known.

use crate::base::index::Ix;
use crate::column::{Blocks, Column, Score};
use crate::state::ix::NodeIx;
use std::cmp::Reverse;
use std::ops::Range;

/// Raw scores of a static facet with the weighted scores they are normalised to.
#[derive(Clone, Debug)]
pub(super) struct Normalized<S> {
    raw: Vec<i32>,
    /// The distinct raw scores, from the largest to the smallest.
    levels: Vec<Level>,
    /// The nodes of the levels, in this order.
    nodes: Vec<NodeIx>,
    /// What was made for some largest raw scores of feasible nodes: classes that share the facet
    /// may differ in that.
    made: Vec<(i32, Column<S>)>,
    /// Which of these it was last normalised to.
    current: usize,
}

/// The nodes that have one raw score.
#[derive(Clone, Debug)]
struct Level {
    raw: i32,
    zones: Vec<InZone>,
    /// In which of the zones one was feasible when asked last.
    witness: usize,
}

/// Those of them that lie in one zone.
#[derive(Clone, Debug)]
struct InZone {
    zone: usize,
    /// Their places; they are in order there.
    nodes: Range<usize>,
    /// Which of them was feasible when asked last.
    witness: usize,
}

/// How many columns are kept for one facet.
const MADE: usize = 8;

impl<S: Score> Normalized<S> {
    pub(super) fn new(raw: Vec<i32>, blocks: &Blocks) -> Self {
        let mut nodes: Vec<NodeIx> = (0..raw.len()).map(NodeIx::new).collect();
        nodes.sort_by_key(|node| Reverse(raw[node.at()]));
        let mut levels: Vec<Level> = Vec::new();
        let place = |node: NodeIx| (raw[node.at()], blocks.zone_of(node));
        let mut start = 0;
        for alike in nodes.chunk_by(|one, other| place(*one) == place(*other)) {
            let (raw, zone) = place(alike[0]);
            if levels.last().is_none_or(|last| last.raw != raw) {
                levels.push(Level { raw, zones: Vec::new(), witness: 0 });
            }
            let nodes = start..start + alike.len();
            start = nodes.end;
            if let Some(level) = levels.last_mut() {
                level.zones.push(InZone { zone, nodes, witness: 0 });
            }
        }
        Self { raw, levels, nodes, made: vec![(-1, Column::default())], current: 0 }
    }

    /// Makes the default normalisation where `max` is the largest raw score of the feasible nodes,
    /// times `weight`.
    pub(super) fn normalize(&mut self, blocks: &Blocks, max: i32, weight: i64, reversed: bool) {
        if self.max() == max {
            return;
        }
        if let Some(known) = self.made.iter().position(|(of, _)| *of == max) {
            self.current = known;
            return;
        }
        let score = |raw: i32| {
            let share = if max == 0 { 0 } else { 100 * i64::from(raw) / i64::from(max) };
            S::new(weight * if reversed { 100 - share } else { share })
        };
        // Infeasible nodes may have more than the maximum; their number does not matter.
        let raw = self.raw.iter().map(|raw| (*raw).min(max));
        // A cluster has few distinct raw scores, and divisions are what costs here.
        let known: Vec<S> = (0..=max.min(self.raw.len() as i32)).map(score).collect();
        let scores = raw.map(|raw| known.get(raw as usize).copied().unwrap_or_else(|| score(raw)));
        let column = Column::new(scores.collect(), blocks);
        if self.made.len() == MADE {
            self.made.remove(0);
        }
        self.made.push((max, column));
        self.current = self.made.len() - 1;
    }

    /// The largest raw score that it was last normalised by.
    pub(super) fn max(&self) -> i32 {
        self.made[self.current].0
    }

    /// The column as it was last normalised.
    pub(super) fn column(&self) -> &Column<S> {
        &self.made[self.current].1
    }

    /// The largest raw score of a feasible node; 0 where there is none.
    pub(super) fn max_over(&self, totals: &[S]) -> i32 {
        let feasible = |level: &&Level| {
            let mut nodes = level.zones.iter().flat_map(|zone| &self.nodes[zone.nodes.clone()]);
            nodes.any(|node| totals[node.at()].is_feasible())
        };
        self.levels.iter().find(feasible).map_or(0, |level| level.raw)
    }

    /// Makes the default normalisation where `feasible` tells which nodes are feasible; it knows of
    /// some zones and blocks that none is. Mostly some node with the largest raw score of all is
    /// feasible, and it is the one that was so the last time.
    pub(super) fn settle(
        &mut self,
        blocks: &Blocks,
        weight: i64,
        reversed: bool,
        feasible: &impl Feasible,
    ) {
        let nodes = &self.nodes;
        let mut levels = self.levels.iter_mut();
        let found = levels.find_map(|level| {
            // Where nothing is left but zeros they are the largest, whoever is feasible.
            let found = level.raw == 0 || level.is_feasible(nodes, blocks, feasible);
            found.then_some(level.raw)
        });
        self.normalize(blocks, found.unwrap_or(0), weight, reversed);
    }
}

/// Which nodes are feasible.
pub(super) trait Feasible {
    /// Whether some node of a zone may be.
    fn in_zone(&self, zone: usize) -> bool;

    /// Whether some node of a block may be.
    fn in_block(&self, block: usize) -> bool;

    /// Whether a node is, in a zone and a block where some may be.
    fn node(&self, node: NodeIx) -> bool;
}

impl Level {
    /// Whether some node of the level is feasible.
    fn is_feasible(&mut self, nodes: &[NodeIx], blocks: &Blocks, feasible: &impl Feasible) -> bool {
        let (before, after) = self.zones.split_at_mut(self.witness);
        let mut zones = after.iter_mut().chain(before);
        let found = zones.position(|in_zone| {
            feasible.in_zone(in_zone.zone) && in_zone.is_feasible(nodes, blocks, feasible)
        });
        self.witness = found.map_or(0, |found| (self.witness + found) % self.zones.len());
        found.is_some()
    }
}

impl InZone {
    /// Whether one of the nodes is feasible.
    fn is_feasible(&mut self, nodes: &[NodeIx], blocks: &Blocks, feasible: &impl Feasible) -> bool {
        let nodes = &nodes[self.nodes.clone()];
        let find = |places: Range<usize>| {
            let mut at = places.start;
            while at < places.end {
                let block = blocks.of_node(nodes[at]);
                let end = blocks.nodes(block).end;
                let of_block = nodes[at..places.end].iter().take_while(|node| node.at() < end);
                if !feasible.in_block(block) {
                    at += of_block.count();
                    continue;
                }
                for node in of_block {
                    if feasible.node(*node) {
                        return Some(at);
                    }
                    at += 1;
                }
            }
            None
        };
        let found = find(self.witness..nodes.len()).or_else(|| find(0..self.witness));
        self.witness = found.unwrap_or(0);
        found.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Nodes that are feasible, and closed blocks; a zone is closed where its first block is.
    struct Those<'a>(&'a Blocks, &'a [bool], [bool; 4]);

    impl Feasible for Those<'_> {
        fn in_zone(&self, zone: usize) -> bool {
            !self.2[self.0.of_zone(zone).start]
        }

        fn in_block(&self, block: usize) -> bool {
            !self.2[block]
        }

        fn node(&self, node: NodeIx) -> bool {
            self.1[node.at()]
        }
    }

    proptest! {
        #[test]
        fn it_is_settled_by_the_largest_raw_score_of_a_feasible_node(
            raw in prop::collection::vec(0_i32..6, 200),
            decisions in prop::collection::vec(
                (prop::collection::vec(prop::bool::weighted(0.1), 200), any::<[bool; 4]>()), 1..12),
        ) {
            let blocks = Blocks::new(&[0..90, 90..200]);
            let mut settled: Normalized<i16> = Normalized::new(raw.clone(), &blocks);
            for (feasible, closed) in &decisions {
                let some = Those(&blocks, feasible, *closed);
                settled.settle(&blocks, 3, true, &some);
                let is_feasible = |node: &usize| {
                    let node = NodeIx::new(*node);
                    some.in_zone(blocks.zone_of(node)) && some.in_block(blocks.of_node(node)) && some.node(node)
                };
                let max = (0..200).filter(is_feasible).map(|node| raw[node]).max().unwrap_or(0);
                prop_assert_eq!(settled.max(), max);
                let total = |node| if is_feasible(&node) { 1 } else { i16::REFUSED };
                let totals: Vec<i16> = (0..200).map(total).collect();
                prop_assert_eq!(settled.max_over(&totals), max);
                for node in (0..200).filter(is_feasible) {
                    let share = if max == 0 { 0 } else { 100 * raw[node] / max };
                    prop_assert_eq!(i32::from(settled.column().scores()[node]), 3 * (100 - share));
                }
            }
        }
    }
}
