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

    /// The nodes of a zone.
    pub fn nodes_of_zone(&self, zone: usize) -> Range<usize> {
        let blocks = &self.nodes[self.of_zone(zone)];
        let (first, last) = (blocks.first(), blocks.last());
        first.map_or(0, |block| block.start)..last.map_or(0, |block| block.end)
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

/// The sum of the columns for a node.
#[inline]
pub fn sum_at<S: Score>(columns: &[&Column<S>], node: usize) -> S {
    columns.iter().fold(S::default(), |sum, column| sum.plus(column.scores[node]))
}

/// Nodes that are added up at once in [`find`]; vector instructions do it.
const GROUP: usize = 16;

/// The sums of the columns for the nodes of a block; refused beyond its end.
#[inline]
pub fn sums<S: Score>(columns: &[&Column<S>], nodes: Range<usize>) -> [S; BLOCK] {
    let mut sums = [S::REFUSED; BLOCK];
    sums[..nodes.len()].fill(S::default());
    for column in columns {
        let scores = &column.scores[nodes.clone()];
        match scores.first_chunk::<BLOCK>() {
            // A number of steps that is known becomes vector instructions without a remainder.
            Some(scores) => sums.iter_mut().zip(scores).for_each(|(sum, it)| *sum = sum.plus(*it)),
            None => sums.iter_mut().zip(scores).for_each(|(sum, it)| *sum = sum.plus(*it)),
        }
    }
    sums
}

/// The place in the block of the first node whose sum is `wanted`; where there is none, the largest
/// of the sums.
#[inline]
pub fn look<S: Score>(columns: &[&Column<S>], nodes: Range<usize>, wanted: S) -> Result<usize, S> {
    let sums = sums(columns, nodes);
    let largest = max(&sums);
    if largest != wanted {
        return Err(largest);
    }
    // Without a branch this is quicker than a search that ends early.
    let nowhere = S::new(BLOCK as i64);
    let place = |(at, sum): (usize, &S)| if *sum == wanted { S::new(at as i64) } else { nowhere };
    Ok(sums.iter().enumerate().map(place).fold(nowhere, S::min).get() as usize)
}

/// The first of these nodes whose sum is `wanted`, if its rank is below `limit`. Nodes are in order
/// of their ranks.
#[inline]
pub fn find<S: Score>(
    columns: &[&Column<S>],
    nodes: Range<usize>,
    wanted: S,
    ranks: &[u32],
    limit: u32,
) -> Option<usize> {
    let mut start = nodes.start;
    while start < nodes.end && ranks[start] < limit {
        let end = nodes.end.min(start + GROUP);
        let mut sums = [S::default(); GROUP];
        if end - start == GROUP {
            for column in columns {
                if let Some(scores) = column.scores[start..end].first_chunk::<GROUP>() {
                    sums.iter_mut().zip(scores).for_each(|(sum, it)| *sum = sum.plus(*it));
                }
            }
        } else {
            sums = [S::REFUSED; GROUP];
            sums.iter_mut().zip(start..end).for_each(|(sum, node)| *sum = sum_at(columns, node));
        }
        // A bit per node, all of them in one step, is quicker than a search that ends early.
        let mut found = 0_u32;
        for (at, sum) in sums.iter().enumerate() {
            found |= u32::from(*sum == wanted) << at;
        }
        if found != 0 {
            let node = start + found.trailing_zeros() as usize;
            return Some(node).filter(|node| ranks[*node] < limit);
        }
        start = end;
    }
    None
}

/// For every block of the nodes of a zone the largest of the sums of the columns. Nothing but the
/// largest sums is written, because that takes as long again as adding up.
pub fn largest_sums<S: Score>(columns: &[&Column<S>], nodes: Range<usize>, largest: &mut [S]) {
    let part = |column: usize| &columns[column].scores[nodes.clone()];
    // Every number of columns that occurs has a loop of its own.
    match columns.len() {
        1 => largest_of([part(0)], largest),
        2 => largest_of([part(0), part(1)], largest),
        3 => largest_of([part(0), part(1), part(2)], largest),
        4 => largest_of([part(0), part(1), part(2), part(3)], largest),
        5 => largest_of([part(0), part(1), part(2), part(3), part(4)], largest),
        _ => {
            for (largest, start) in largest.iter_mut().zip(nodes.clone().step_by(BLOCK)) {
                *largest = max(&sums(columns, start..nodes.end.min(start + BLOCK)));
            }
        }
    }
}

fn largest_of<S: Score, const COLUMNS: usize>(columns: [&[S]; COLUMNS], largest: &mut [S]) {
    let parts = columns.map(|column| column.as_chunks::<BLOCK>());
    let full = parts[0].0.len();
    for (block, largest) in largest.iter_mut().take(full).enumerate() {
        let mut sums = parts[0].0[block];
        for part in &parts[1..] {
            sums.iter_mut().zip(&part.0[block]).for_each(|(sum, it)| *sum = sum.plus(*it));
        }
        *largest = sums.into_iter().fold(S::REFUSED, S::max);
    }
    if let Some(largest) = largest.get_mut(full) {
        let sum = |at: usize| parts.iter().fold(S::default(), |sum, part| sum.plus(part.1[at]));
        *largest = (0..parts[0].1.len()).map(sum).fold(S::REFUSED, S::max);
    }
}

/// The sums of the columns, for all nodes.
pub fn total<S: Score>(columns: &[&Column<S>]) -> Vec<S> {
    let Some((first, more)) = columns.split_first() else { return Vec::new() };
    let mut totals = first.scores.clone();
    more.iter().for_each(|column| super::add(&mut totals, &column.scores));
    totals
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
            let mut found = [0];
            largest_sums(&columns, 0..length, &mut found);
            prop_assert_eq!(found[0], largest);
            prop_assert_eq!(&total(&columns)[..length], &sums);
            prop_assert_eq!(look(&columns, 0..length, largest + 1), Err(largest));
            let ranks: Vec<u32> = (0..64).map(|node| 3 * node).collect();
            for wanted in 0..20 {
                let first = sums.iter().position(|sum| *sum == wanted);
                prop_assert_eq!(find(&columns, 0..length, wanted, &ranks, 900), first);
                let early = first.filter(|first| ranks[*first] < 100);
                prop_assert_eq!(find(&columns, 0..length, wanted, &ranks, 100), early);
            }
        }
    }
}
