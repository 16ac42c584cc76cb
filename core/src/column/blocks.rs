//! Nodes in blocks, and columns that know the largest score of each.
//!
//! The sum of the largest scores of a block's columns is a bound: no node of the block has more. So
//! the best node is found with a look into few blocks, however many nodes there are.

use super::{Score, max};
use crate::base::index::Ix;
use crate::state::ix::NodeIx;
use std::ops::Range;

/// Nodes of a block. So few that the sums of a block stay in registers.
pub const BLOCK: usize = 64;

/// How the nodes are cut into blocks: no block reaches over the end of a zone.
#[derive(Clone, Debug, Default)]
pub struct Blocks {
    /// The blocks of every zone, in order; together they are all blocks.
    zones: Vec<Range<usize>>,
    /// The nodes of every block, in order; together they are all nodes.
    nodes: Vec<Range<usize>>,
    /// The block of every node.
    of: Vec<u32>,
    /// The zone of every block.
    zone_of: Vec<u32>,
}

impl Blocks {
    /// The blocks of nodes that lie in these zones.
    pub fn new(zones: &[Range<usize>]) -> Self {
        let mut blocks = Self::default();
        for (zone, nodes) in zones.iter().enumerate() {
            let first = blocks.nodes.len();
            for start in nodes.clone().step_by(BLOCK) {
                let block = start..nodes.end.min(start + BLOCK);
                blocks.of.extend(block.clone().map(|_| blocks.nodes.len() as u32));
                blocks.zone_of.push(zone as u32);
                blocks.nodes.push(block);
            }
            blocks.zones.push(first..blocks.nodes.len());
        }
        blocks
    }

    /// How many blocks there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The block of a node.
    #[inline]
    pub fn of_node(&self, node: NodeIx) -> usize {
        self.of[node.at()] as usize
    }

    /// How many zones there are.
    pub fn zones(&self) -> usize {
        self.zones.len()
    }

    /// The blocks of a zone.
    pub fn of_zone(&self, zone: usize) -> Range<usize> {
        self.zones[zone].clone()
    }

    /// The nodes of a block.
    #[inline]
    pub fn nodes(&self, block: usize) -> Range<usize> {
        self.nodes[block].clone()
    }

    /// The zone of a node, as its place among the zones.
    pub fn zone_of(&self, node: NodeIx) -> usize {
        self.zone_of[self.of_node(node)] as usize
    }
}

/// A column with the largest score of every block.
#[derive(Clone, Debug)]
pub struct Column<S> {
    scores: Vec<S>,
    maxima: Vec<S>,
}

impl<S> Default for Column<S> {
    fn default() -> Self {
        Self { scores: Vec::new(), maxima: Vec::new() }
    }
}

impl<S: Score> Column<S> {
    /// The column of these scores.
    pub fn new(scores: Vec<S>, blocks: &Blocks) -> Self {
        let maxima = blocks.nodes.iter().map(|block| max(&scores[block.clone()])).collect();
        Self { scores, maxima }
    }

    /// The scores of all nodes.
    #[inline]
    pub fn scores(&self) -> &[S] {
        &self.scores
    }

    /// The largest score of every block.
    #[inline]
    pub fn maxima(&self) -> &[S] {
        &self.maxima
    }

    /// The score of a node.
    #[inline]
    pub fn score(&self, node: NodeIx) -> S {
        self.scores[node.at()]
    }

    /// Changes the score of a node.
    #[inline]
    pub fn set(&mut self, blocks: &Blocks, node: NodeIx, score: S) {
        let block = blocks.of_node(node);
        let old = std::mem::replace(&mut self.scores[node.at()], score);
        let largest = &mut self.maxima[block];
        if score >= *largest {
            *largest = score;
        } else if old == *largest {
            *largest = max(&self.scores[blocks.nodes(block)]);
        }
    }
}

/// The sums of the columns for the nodes of a block; refused beyond its end.
#[inline(always)]
pub fn sums<S: Score>(columns: &[&Column<S>], nodes: Range<usize>) -> [S; BLOCK] {
    // A number of columns that is known keeps the sums in registers.
    match *columns {
        [a] => sums_of([a], nodes),
        [a, b] => sums_of([a, b], nodes),
        [a, b, c] => sums_of([a, b, c], nodes),
        [a, b, c, d] => sums_of([a, b, c, d], nodes),
        _ => {
            let mut sums = [S::REFUSED; BLOCK];
            let sum = |node: usize| {
                columns.iter().fold(S::default(), |sum, it| sum.plus(it.scores[node]))
            };
            sums.iter_mut().zip(nodes).for_each(|(it, node)| *it = sum(node));
            sums
        }
    }
}

#[inline(always)]
fn sums_of<S: Score, const COLUMNS: usize>(
    columns: [&Column<S>; COLUMNS],
    nodes: Range<usize>,
) -> [S; BLOCK] {
    let parts = columns.map(|column| &column.scores[nodes.clone()]);
    let mut sums = [S::REFUSED; BLOCK];
    if nodes.len() == BLOCK {
        sums = [S::default(); BLOCK];
        for part in parts.iter().filter_map(|part| part.first_chunk::<BLOCK>()) {
            sums.iter_mut().zip(part).for_each(|(sum, it)| *sum = sum.plus(*it));
        }
    } else {
        for (at, sum) in sums.iter_mut().take(nodes.len()).enumerate() {
            *sum = parts.iter().fold(S::default(), |sum, part| sum.plus(part[at]));
        }
    }
    sums
}

/// The place in the block of the first node whose sum is `wanted`; where there is none, the largest
/// of the sums.
#[inline]
pub fn look<S: Score>(columns: &[&Column<S>], nodes: Range<usize>, wanted: S) -> Result<usize, S> {
    let sums = sums(columns, nodes);
    // Two passes without a branch are quicker than one that ends early.
    let largest = sums.into_iter().fold(S::REFUSED, S::max);
    if largest != wanted {
        return Err(largest);
    }
    let place = |(at, sum): (usize, &S)| {
        if *sum == wanted { S::new(at as i64) } else { S::new(BLOCK as i64) }
    };
    let first = sums.iter().enumerate().map(place).fold(S::new(BLOCK as i64), S::min);
    Ok(first.get() as usize)
}

/// The first of these nodes whose sum is `wanted`, where `goes_on` says at some nodes whether to
/// look any further.
#[inline]
pub fn find<S: Score>(
    columns: &[&Column<S>],
    nodes: Range<usize>,
    wanted: S,
    goes_on: impl Fn(usize) -> bool,
) -> Option<usize> {
    match *columns {
        [a] => find_in([a], nodes, wanted, goes_on),
        [a, b] => find_in([a, b], nodes, wanted, goes_on),
        [a, b, c] => find_in([a, b, c], nodes, wanted, goes_on),
        [a, b, c, d] => find_in([a, b, c, d], nodes, wanted, goes_on),
        _ => {
            let sum = |node: usize| {
                columns.iter().fold(S::default(), |sum, it| sum.plus(it.scores[node]))
            };
            { nodes }.take_while(|node| goes_on(*node)).find(|node| sum(*node) == wanted)
        }
    }
}

#[inline(always)]
fn find_in<S: Score, const COLUMNS: usize>(
    columns: [&Column<S>; COLUMNS],
    nodes: Range<usize>,
    wanted: S,
    goes_on: impl Fn(usize) -> bool,
) -> Option<usize> {
    /// Nodes that are added up before a look; vector instructions do them all at once.
    const GROUP: usize = 16;
    let parts = columns.map(|column| &column.scores[nodes.clone()]);
    let groups = parts.map(|part| part.as_chunks::<GROUP>());
    for group in 0..groups[0].0.len() {
        let start = nodes.start + group * GROUP;
        if !goes_on(start) {
            return None;
        }
        let mut sums = groups[0].0[group];
        for (more, _) in &groups[1..] {
            sums.iter_mut().zip(&more[group]).for_each(|(sum, it)| *sum = sum.plus(*it));
        }
        if sums.iter().fold(false, |found, sum| found | (*sum == wanted)) {
            return sums.iter().position(|sum| *sum == wanted).map(|at| start + at);
        }
    }
    let rest = nodes.len() - groups[0].1.len();
    let sum = |at: usize| parts.iter().fold(S::default(), |sum, part| sum.plus(part[at]));
    (rest..nodes.len()).find(|at| sum(*at) == wanted).map(|at| nodes.start + at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_block_reaches_over_the_end_of_a_zone() {
        let zones = [0..700, 700..701, 701..2000];
        let blocks = Blocks::new(&zones);
        for (at, nodes) in zones.into_iter().enumerate() {
            let of_zone: Vec<_> = blocks.of_zone(at).map(|block| blocks.nodes(block)).collect();
            assert_eq!(of_zone.first().map(|block| block.start), Some(nodes.start));
            assert_eq!(of_zone.last().map(|block| block.end), Some(nodes.end));
            assert!({ nodes }.all(|node| blocks.zone_of(NodeIx::new(node)) == at));
        }
    }

    proptest! {
        #[test]
        fn maxima_follow_every_change(
            scores in prop::collection::vec(-9_i16..9, 150),
            changes in prop::collection::vec((0_usize..150, -9_i16..9), 0..60),
        ) {
            let blocks = Blocks::new(&[0..100, 100..150]);
            let mut column = Column::new(scores, &blocks);
            for (node, score) in changes {
                column.set(&blocks, NodeIx::new(node), score);
            }
            let anew = Column::new(column.scores.clone(), &blocks);
            prop_assert_eq!(column.maxima, anew.maxima);
        }

        #[test]
        fn a_look_finds_the_first_of_the_largest(
            one in prop::collection::vec(-9_i16..9, 64),
            other in prop::collection::vec(0_i16..9, 64),
            length in 1_usize..=64,
        ) {
            let blocks = Blocks::new(std::slice::from_ref(&(0..64)));
            let sums: Vec<i16> = one.iter().zip(&other).map(|(a, b)| a + b).take(length).collect();
            let columns = [&Column::new(one, &blocks), &Column::new(other, &blocks)];
            let largest = max(&sums);
            let first = sums.iter().position(|sum| *sum == largest);
            prop_assert_eq!(look(&columns, 0..length, largest).ok(), first);
            prop_assert_eq!(look(&columns, 0..length, largest + 1), Err(largest));
            for wanted in 0..20 {
                let first = sums.iter().position(|sum| *sum == wanted);
                prop_assert_eq!(find(&columns, 0..length, wanted, |_| true), first);
            }
        }
    }
}
