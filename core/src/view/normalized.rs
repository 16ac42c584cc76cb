//! Raw scores that never move, and the scores that they become where the largest raw score of a
//! feasible node is known.

use crate::base::index::Ix;
use crate::column::{BLOCK, Blocks, Column, Score};
use crate::state::ix::NodeIx;

/// Raw scores of a static facet with the weighted scores they are normalised to.
#[derive(Clone, Debug)]
pub(super) struct Normalized<S> {
    raw: Vec<S>,
    /// Distinct raw scores from the largest down, as far as anybody asked.
    levels: Vec<Level<S>>,
    /// What was made for some largest raw scores of feasible nodes: classes that share the facet
    /// may differ in that.
    made: Vec<(S, Column<S>)>,
    /// Which of these it was last normalised to.
    current: usize,
}

/// The nodes that have one raw score.
#[derive(Clone, Debug)]
struct Level<S> {
    raw: S,
    /// The zones that have one, and in each the one that was feasible when asked last.
    zones: Vec<(usize, NodeIx)>,
    /// In which of them one was feasible when asked last.
    witness: usize,
}

/// Largest raw scores below this are divided by only once for every raw score.
const SHARES: usize = 256;

/// How many columns are kept for one facet.
const MADE: usize = 8;

impl<S: Score> Normalized<S> {
    pub(super) fn new(raw: Vec<S>) -> Self {
        Self { raw, levels: Vec::new(), made: vec![(S::REFUSED, Column::default())], current: 0 }
    }

    /// Makes the default normalisation where `max` is the largest raw score of the feasible nodes,
    /// times `weight`.
    pub(super) fn normalize(&mut self, blocks: &Blocks, max: S, weight: i64, reversed: bool) {
        if self.max() == max {
            return;
        }
        if let Some(known) = self.made.iter().position(|(of, _)| *of == max) {
            self.current = known;
            return;
        }
        self.make(blocks, max, weight, reversed);
    }

    #[cold]
    fn make(&mut self, blocks: &Blocks, max: S, weight: i64, reversed: bool) {
        let score = |raw: i64| {
            let share = if max == S::default() { 0 } else { 100 * raw / max.get() };
            S::new(weight * if reversed { 100 - share } else { share })
        };
        let mut scores = Vec::with_capacity(self.raw.len() + BLOCK);
        // Infeasible nodes may have more than the maximum; their number does not matter.
        if (max.get() as usize) < SHARES {
            // Divisions are what costs here.
            let mut known = [S::default(); SHARES];
            (0..=max.get()).zip(&mut known).for_each(|(raw, known)| *known = score(raw));
            scores.extend(self.raw.iter().map(|raw| known[raw.get() as usize % SHARES]));
        } else {
            scores.extend(self.raw.iter().map(|raw| score(raw.get().min(max.get()))));
        }
        let column = Column::new(scores, blocks);
        if self.made.len() == MADE {
            self.made.remove(0);
        }
        self.made.push((max, column));
        self.current = self.made.len() - 1;
    }

    /// The largest raw score that it was last normalised by.
    pub(super) fn max(&self) -> S {
        self.made[self.current].0
    }

    /// The raw score of a node.
    pub(super) fn raw(&self, node: NodeIx) -> S {
        self.raw[node.at()]
    }

    /// The column as it was last normalised.
    pub(super) fn column(&self) -> &Column<S> {
        &self.made[self.current].1
    }

    /// The largest raw score of a feasible node; 0 where there is none.
    pub(super) fn max_over(&self, totals: &[S]) -> S {
        let all = totals.iter().zip(&self.raw).filter(|(total, _)| total.is_feasible());
        all.map(|(_, raw)| *raw).max().unwrap_or_default()
    }

    /// Makes the default normalisation where `feasible` tells which nodes are feasible; it knows of
    /// some zones and blocks that none is. Mostly some node with the largest raw score of all is
    /// feasible, and it is the one that was so the last time. No feasible node has more than
    /// `at_most`, where that is known.
    pub(super) fn settle(
        &mut self,
        blocks: &Blocks,
        weight: i64,
        reversed: bool,
        feasible: &impl Feasible,
        at_most: Option<S>,
    ) {
        let mut at = 0;
        let max = loop {
            if at == self.levels.len() {
                match largest_below(&self.raw, self.levels.last().map(|last| last.raw)) {
                    Some(raw) => self.levels.push(Level::new(raw, &self.raw, blocks)),
                    None => break S::default(),
                }
            }
            let level = &mut self.levels[at];
            // Where nothing is left but zeros they are the largest, whoever is feasible.
            if level.raw == S::default() {
                break level.raw;
            }
            let is_known = at_most.is_some_and(|at_most| level.raw > at_most);
            if !is_known && level.is_feasible(&self.raw, blocks, feasible) {
                break level.raw;
            }
            at += 1;
        };
        self.normalize(blocks, max, weight, reversed);
    }
}

/// The place of the first that is `wanted`.
fn first_of<S: Score>(all: &[S], wanted: S) -> Option<usize> {
    /// As many as are compared at once.
    const PART: usize = 32;
    let (parts, _) = all.as_chunks::<PART>();
    // Without leaving early inside a part this becomes vector instructions.
    let is_in = |part: &[S; PART]| part.iter().fold(false, |any, it| any | (*it == wanted));
    let start = PART * parts.iter().position(is_in).unwrap_or(parts.len());
    Some(start + all[start..].iter().position(|it| *it == wanted)?)
}

/// The largest raw score below another one, where there is one.
fn largest_below<S: Score>(all: &[S], other: Option<S>) -> Option<S> {
    /// As many as are compared at once.
    const LANES: usize = 16;
    let lower = |raw: S| if other.is_none_or(|other| raw < other) { raw } else { S::REFUSED };
    let (parts, rest) = all.as_chunks::<LANES>();
    let mut largest = [S::REFUSED; LANES];
    for part in parts {
        // Written in any case, so that this becomes vector instructions.
        largest.iter_mut().zip(part).for_each(|(max, raw)| *max = lower(*raw).max(*max));
    }
    let rest = rest.iter().map(|raw| lower(*raw));
    largest.into_iter().chain(rest).max().filter(|max| max.is_feasible())
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

impl<S: Score> Level<S> {
    /// The nodes whose raw score is `raw`; nobody was asked yet.
    fn new(raw: S, all: &[S], blocks: &Blocks) -> Self {
        let first = |zone: usize| {
            let nodes = blocks.nodes_of_zone(zone);
            Some((zone, NodeIx::new(nodes.start + first_of(&all[nodes], raw)?)))
        };
        Self { raw, zones: (0..blocks.zones()).filter_map(first).collect(), witness: 0 }
    }

    /// Whether some node of the level is feasible.
    fn is_feasible(&mut self, all: &[S], blocks: &Blocks, feasible: &impl Feasible) -> bool {
        let Self { raw, zones, witness } = self;
        let (before, after) = zones.split_at_mut(*witness);
        let found = after.iter_mut().chain(before).position(|(zone, node)| {
            feasible.in_zone(*zone) && {
                let found = feasible_in_zone(*zone, *raw, *node, all, blocks, feasible);
                *node = found.unwrap_or(*node);
                found.is_some()
            }
        });
        *witness = found.map_or(0, |found| (*witness + found) % zones.len());
        found.is_some()
    }
}

/// A feasible node of a zone with this raw score, the witness if it still is one.
fn feasible_in_zone<S: Score>(
    zone: usize,
    raw: S,
    witness: NodeIx,
    all: &[S],
    blocks: &Blocks,
    feasible: &impl Feasible,
) -> Option<NodeIx> {
    if feasible.in_block(blocks.of_node(witness)) && feasible.node(witness) {
        return Some(witness);
    }
    let mut open = blocks.of_zone(zone).filter(|block| feasible.in_block(*block));
    open.find_map(|block| {
        let mut nodes = blocks.nodes(block).filter(|node| all[*node] == raw).map(NodeIx::new);
        nodes.find(|node| feasible.node(*node))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Nodes that are feasible, and closed blocks; a zone is closed where its first block is.
    struct Those<'a>(&'a Blocks, &'a [bool], [bool; 4]);

    impl Feasible for Those<'_> {
        fn in_zone(&self, zone: usize) -> bool {
            self.0.of_zone(zone).next().is_some_and(|first| !self.2[first % 4])
        }

        fn in_block(&self, block: usize) -> bool {
            !self.2[block % 4]
        }

        fn node(&self, node: NodeIx) -> bool {
            self.1[node.at()]
        }
    }

    proptest! {
        #[test]
        fn a_search_by_parts_finds_what_one_by_one_finds(
            all in prop::collection::vec(0_i16..4, 0..120),
            peak in prop::option::of((0_usize..120, 4_i16..9)),
        ) {
            let mut all = all;
            if let Some((at, raw)) = peak && let Some(it) = all.get_mut(at) {
                *it = raw;
            }
            prop_assert_eq!(largest_below(&all, None), all.iter().copied().max());
            for raw in 0..10 {
                prop_assert_eq!(first_of(&all, raw), all.iter().position(|it| *it == raw));
                let below = all.iter().copied().filter(|it| *it < raw).max();
                prop_assert_eq!(largest_below(&all, Some(raw)), below);
            }
        }

        #[test]
        fn it_is_settled_by_the_largest_raw_score_of_a_feasible_node(
            raw in prop::collection::vec(0_i16..6, 200),
            slack in prop::option::of(0_i16..3),
            decisions in prop::collection::vec(
                (prop::collection::vec(prop::bool::weighted(0.1), 200), any::<[bool; 4]>()), 1..12),
        ) {
            let ranks: Vec<u32> = (0..200).collect();
            let blocks = Blocks::new(&[0..90, 90..200], &ranks);
            let mut settled: Normalized<i16> = Normalized::new(raw.clone());
            for (feasible, closed) in &decisions {
                let some = Those(&blocks, feasible, *closed);
                let is_feasible = |node: &usize| {
                    let node = NodeIx::new(*node);
                    some.in_zone(blocks.zone_of(node)) && some.in_block(blocks.of_node(node)) && some.node(node)
                };
                let max = (0..200).filter(is_feasible).map(|node| raw[node]).max().unwrap_or(0);
                settled.settle(&blocks, 3, true, &some, slack.map(|slack| max + slack));
                prop_assert_eq!(settled.max(), max);
                let total = |node| if is_feasible(&node) { 1 } else { i16::REFUSED };
                let totals: Vec<i16> = (0..200).map(total).collect();
                prop_assert_eq!(settled.max_over(&totals), max);
                for node in (0..200).filter(is_feasible) {
                    let share = if max == 0 { 0 } else { 100 * raw[node] / max };
                    prop_assert_eq!(settled.column().scores()[node], 3 * (100 - share));
                }
            }
        }
    }
}
