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

/// Scores that [`places_from`] looks at: a word of bits.
pub const PLACES: usize = 64;

/// How the nodes are cut into blocks: no block reaches over the end of a zone. Blocks are numbered in
/// order of the names of their first nodes: who looks for the first of equal nodes by name goes from
/// the first block on.
#[derive(Clone, Debug, Default)]
pub struct Blocks {
    /// The nodes of every zone.
    zones: Vec<Range<usize>>,
    /// The blocks zone by zone, in order.
    in_zones: Vec<u32>,
    /// Where each zone is among these.
    of_zones: Vec<Range<usize>>,
    /// The places of the blocks among these and their groups, where there are groups.
    places: Vec<(u32, u32)>,
    groups: Vec<Group>,
    /// The nodes of every block; together they are all nodes.
    nodes: Vec<Range<usize>>,
    /// The block of every node.
    of: Vec<u32>,
    /// The zone of every block.
    zone_of: Vec<u32>,
    /// The rank by name of the first node of every block.
    ranks: Vec<u32>,
}

/// Some blocks of a zone, one after the other.
#[derive(Clone, Debug)]
pub struct Group {
    /// Their zone, as its place among the zones.
    pub zone: usize,
    /// Their places, see [`Blocks::place`]; no more than [`PLACES`].
    pub places: Range<usize>,
}

/// Blocks of a group; fewer in tests, so that zones have several there too.
const GROUP: usize = if cfg!(test) { 2 } else { PLACES };

/// So many blocks are gone through one by one: with more of them there are groups. Fewer in tests, so that
/// there is both.
const MANY: usize = if cfg!(test) { 3 } else { 256 };

impl Blocks {
    /// The blocks of nodes that lie in these zones and have these ranks by name, which rise within a
    /// zone.
    pub fn new(zones: &[Range<usize>], ranks: &[u32]) -> Self {
        let cut = |(zone, nodes): (usize, &Range<usize>)| {
            let end = nodes.end;
            let starts = nodes.clone().step_by(BLOCK);
            starts.map(move |start| (ranks[start], zone, start..end.min(start + BLOCK)))
        };
        let mut cut: Vec<_> = zones.iter().enumerate().flat_map(cut).collect();
        cut.sort_unstable_by_key(|(rank, ..)| *rank);
        let mut blocks =
            Self { zones: zones.to_vec(), of: vec![0; ranks.len()], ..Self::default() };
        let mut of_zones = vec![Vec::new(); zones.len()];
        for (block, (rank, zone, nodes)) in (0..).zip(cut) {
            blocks.of[nodes.clone()].fill(block);
            of_zones[zone].push(block);
            blocks.zone_of.push(zone as u32);
            blocks.ranks.push(rank);
            blocks.nodes.push(nodes);
        }
        for of_zone in of_zones {
            let start = blocks.in_zones.len();
            blocks.in_zones.extend(of_zone);
            blocks.of_zones.push(start..blocks.in_zones.len());
        }
        if blocks.len() > MANY {
            blocks.make_groups();
        }
        blocks
    }

    fn make_groups(&mut self) {
        self.places.resize(self.len(), (0, 0));
        for (zone, of_zone) in self.of_zones.iter().enumerate() {
            for start in of_zone.clone().step_by(GROUP) {
                let places = start..of_zone.end.min(start + GROUP);
                for place in places.clone() {
                    let block = self.in_zones[place] as usize;
                    self.places[block] = (place as u32, self.groups.len() as u32);
                }
                self.groups.push(Group { zone, places });
            }
        }
    }

    /// The place of a block. Where there are groups the blocks stand zone by zone, in order of their
    /// nodes, and otherwise in order of their numbers.
    #[inline]
    pub fn place(&self, block: usize) -> usize {
        self.places.get(block).map_or(block, |(place, _)| *place as usize)
    }

    /// The block at a place, where there are groups.
    #[inline]
    pub fn at_place(&self, place: usize) -> usize {
        self.in_zones[place] as usize
    }

    /// The group of a block, as its place among the groups, where there are some.
    #[inline]
    pub fn group_of(&self, block: usize) -> Option<usize> {
        self.places.get(block).map(|(_, group)| *group as usize)
    }

    /// The groups of blocks, together all; none where there are few blocks.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The rank by name of the first node of a block.
    #[inline]
    pub fn first_rank(&self, block: usize) -> u32 {
        self.ranks[block]
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

    /// The blocks of a zone, in order of their nodes.
    pub fn of_zone(&self, zone: usize) -> impl Iterator<Item = usize> + Clone {
        self.in_zones[self.of_zones[zone].clone()].iter().map(|block| *block as usize)
    }

    /// The nodes of a zone.
    pub fn nodes_of_zone(&self, zone: usize) -> Range<usize> {
        self.zones[zone].clone()
    }

    /// The nodes of a block.
    #[inline]
    pub fn nodes(&self, block: usize) -> Range<usize> {
        self.nodes[block].clone()
    }

    /// The zone of a node, as its place among the zones.
    pub fn zone_of(&self, node: NodeIx) -> usize {
        self.zone_of_block(self.of_node(node))
    }

    /// The zones of all blocks.
    pub fn zones_of_blocks(&self) -> &[u32] {
        &self.zone_of
    }

    /// The zone of a block, as its place among the zones.
    #[inline]
    pub fn zone_of_block(&self, block: usize) -> usize {
        self.zone_of[block] as usize
    }
}

/// A column with the largest score of every block.
#[derive(Clone, Debug)]
pub struct Column<S> {
    /// The scores of all nodes, and behind them [`BLOCK`] refused ones: so many scores can be read
    /// from any node on.
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
    pub fn new(mut scores: Vec<S>, blocks: &Blocks) -> Self {
        scores.extend([S::REFUSED; BLOCK]);
        let mut column = Self { scores, maxima: Vec::new() };
        column.maxima = blocks.nodes.iter().map(|block| column.largest(block.clone())).collect();
        column
    }

    /// The scores of all nodes.
    #[inline]
    pub fn scores(&self) -> &[S] {
        &self.scores[..self.scores.len().saturating_sub(BLOCK)]
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

    /// The scores of a block that begins with this node, and what follows a block that is shorter.
    #[inline]
    pub fn part(&self, start: usize) -> &[S; BLOCK] {
        match self.scores[start..].first_chunk() {
            Some(part) => part,
            None => unreachable!("no node {start}: a column has {BLOCK} scores behind its last"),
        }
    }

    /// Changes the score of a node. A part of the loop that calls it for every node touched.
    #[inline(always)]
    pub fn set(&mut self, blocks: &Blocks, node: NodeIx, score: S) {
        let block = blocks.of_node(node);
        let old = std::mem::replace(&mut self.scores[node.at()], score);
        let largest = self.maxima[block];
        if score >= largest {
            self.maxima[block] = score;
        } else if old == largest {
            self.maxima[block] = self.largest(blocks.nodes(block));
        }
    }

    #[inline]
    fn largest(&self, nodes: Range<usize>) -> S {
        let part = self.part(nodes.start);
        // Almost all blocks are full: those are not copied.
        if nodes.len() == BLOCK { largest(part) } else { largest(&cut(*part, nodes.len())) }
    }
}

/// The largest score of a block. Never a part of another function, see [`largest_sum`].
#[inline(never)]
fn largest<S: Score>(part: &[S; BLOCK]) -> S {
    max(part)
}

/// The sum of the columns for a node.
#[inline]
pub fn sum_at<S: Score>(columns: &[&Column<S>], node: usize) -> S {
    columns.iter().fold(S::default(), |sum, column| sum.plus(column.scores[node]))
}

/// The sums of the columns for the nodes of a block; refused beyond its end.
#[inline]
pub fn sums<S: Score>(columns: &[&Column<S>], nodes: Range<usize>) -> [S; BLOCK] {
    let sums = match *columns {
        [a] => sums_from([a], nodes.start),
        [a, b] => sums_from([a, b], nodes.start),
        [a, b, c] => sums_from([a, b, c], nodes.start),
        [a, b, c, d] => sums_from([a, b, c, d], nodes.start),
        [a, b, c, d, ref more @ ..] => {
            let mut sums = sums_from([a, b, c, d], nodes.start);
            more.iter().for_each(|column| super::add(&mut sums, column.part(nodes.start)));
            sums
        }
        [] => [S::default(); BLOCK],
    };
    cut(sums, nodes.len())
}

/// The sums of the columns from a node on. With a known number of columns and nodes this becomes
/// vector instructions that keep the sums in registers.
#[inline]
fn sums_from<S: Score, const COLUMNS: usize>(
    columns: [&Column<S>; COLUMNS],
    start: usize,
) -> [S; BLOCK] {
    let parts = columns.map(|column| column.part(start));
    std::array::from_fn(|at| parts[1..].iter().fold(parts[0][at], |sum, it| sum.plus(it[at])))
}

/// Refuses what lies beyond the end of a block.
#[inline]
fn cut<S: Score>(mut scores: [S; BLOCK], length: usize) -> [S; BLOCK] {
    if length < BLOCK {
        scores[length..].fill(S::REFUSED);
    }
    scores
}

/// Which of these are like that, a byte each.
#[inline]
fn flags<S: Score, const N: usize>(scores: &[S; N], like: impl Fn(S) -> bool) -> [u8; N] {
    let mut flags = [0; N];
    flags.iter_mut().zip(scores).for_each(|(flag, score)| *flag = u8::from(like(*score)));
    flags
}

/// Flags of a byte each as bits.
#[inline]
fn bits(flags: [u8; PLACES]) -> u64 {
    /// Multiplied by this, the lowest bits of eight bytes come together in the highest byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let (bytes, _) = flags.as_chunks::<8>();
    bytes.iter().enumerate().fold(0, |places, (at, bytes)| {
        places | (u64::from_le_bytes(*bytes).wrapping_mul(GATHER) >> 56) << (8 * at)
    })
}

/// The [`PLACES`] scores from `start` on; refused beyond their end.
#[inline]
fn scores_from<S: Score>(scores: &[S], start: usize) -> [S; PLACES] {
    let scores = &scores[start..];
    scores.first_chunk().copied().unwrap_or_else(|| {
        let mut part = [S::REFUSED; PLACES];
        part[..scores.len()].copy_from_slice(scores);
        part
    })
}

/// Which of the [`PLACES`] scores from `start` on are `wanted`, a bit each; nothing beyond their end.
/// A refused score is never wanted. Never a part of another function, see [`largest_sum`].
#[inline(never)]
pub fn places_from<S: Score>(scores: &[S], start: usize, wanted: S) -> u64 {
    bits(flags(&scores_from(scores, start), |score| score == wanted))
}

/// Which of them are feasible and above a number, in the same way.
#[inline(never)]
pub fn places_above<S: Score>(scores: &[S], start: usize, number: S) -> u64 {
    let least = number.max(S::cast(-1));
    bits(flags(&scores_from(scores, start), |score| score > least))
}

/// The sum of the largest scores that the columns have in a block: no node of it has more.
#[inline]
pub fn sum_of_maxima<S: Score>(columns: &[&Column<S>], block: usize) -> S {
    columns.iter().fold(S::default(), |sum, column| sum.plus(column.maxima[block]))
}

/// The largest sum of the columns for the nodes of a block. Never a part of another function: the
/// compiler makes vector instructions of it as it stands.
#[inline(never)]
pub fn largest_sum<S: Score>(columns: &[&Column<S>], nodes: Range<usize>) -> S {
    max(&sums(columns, nodes))
}

/// The place in the block of the first node whose sum is `wanted`; where there is none, the largest
/// of the sums.
#[inline]
pub fn look<S: Score>(columns: &[&Column<S>], nodes: Range<usize>, wanted: S) -> Result<usize, S> {
    if nodes.len() == BLOCK {
        // What occurs most is done without writing the sums down.
        match *columns {
            [a, b] => return look_from([a, b], nodes.start, wanted),
            [a, b, c] => return look_from([a, b, c], nodes.start, wanted),
            [a, b, c, d] => return look_from([a, b, c, d], nodes.start, wanted),
            _ => {}
        }
    }
    look_at(&sums(columns, nodes), wanted)
}

#[inline(never)]
fn look_from<S: Score, const COLUMNS: usize>(
    columns: [&Column<S>; COLUMNS],
    start: usize,
    wanted: S,
) -> Result<usize, S> {
    look_at(&sums_from(columns, start), wanted)
}

#[inline]
fn look_at<S: Score>(sums: &[S; BLOCK], wanted: S) -> Result<usize, S> {
    let flags = flags(sums, |sum| sum == wanted);
    let (bytes, _) = flags.as_chunks::<8>();
    let mut words = bytes.iter().map(|bytes| u64::from_le_bytes(*bytes)).enumerate();
    match words.find(|(_, word)| *word != 0) {
        Some((at, word)) => Ok(8 * at + word.trailing_zeros() as usize / 8),
        None => Err(max(sums)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Blocks of nodes that are in order of their names.
    fn in_order(zones: &[Range<usize>]) -> Blocks {
        let ranks: Vec<u32> = (0..).take(zones.last().map_or(0, |zone| zone.end)).collect();
        Blocks::new(zones, &ranks)
    }

    #[test]
    fn no_block_reaches_over_the_end_of_a_zone() {
        let zones = [0..700, 700..701, 701..2000];
        let blocks = in_order(&zones);
        for (at, nodes) in zones.into_iter().enumerate() {
            let of_zone: Vec<_> = blocks.of_zone(at).map(|block| blocks.nodes(block)).collect();
            assert_eq!(of_zone.first().map(|block| block.start), Some(nodes.start));
            assert_eq!(of_zone.last().map(|block| block.end), Some(nodes.end));
            assert!({ nodes }.all(|node| blocks.zone_of(NodeIx::new(node)) == at));
        }
    }

    #[test]
    fn blocks_are_in_order_of_the_names_of_their_first_nodes() {
        // Names take turns between two zones.
        let ranks: Vec<u32> =
            (0..200).map(|it| 2 * it).chain((0..150).map(|it| 2 * it + 1)).collect();
        let blocks = Blocks::new(&[0..200, 200..350], &ranks);
        let nodes = |block: usize| blocks.nodes(block);
        let all: Vec<_> = (0..blocks.len()).map(nodes).collect();
        let expected = [0..64, 200..264, 64..128, 264..328, 128..192, 328..350, 192..200];
        assert_eq!(all, expected);
        for (block, nodes) in expected.iter().enumerate() {
            assert_eq!(blocks.first_rank(block), ranks[nodes.start]);
            assert!(nodes.clone().all(|node| blocks.of_node(NodeIx::new(node)) == block));
        }
        assert!(blocks.of_zone(0).eq([0, 2, 4, 6]) && blocks.of_zone(1).eq([1, 3, 5]));
        assert_eq!(blocks.nodes_of_zone(1), 200..350);
    }

    proptest! {
        #[test]
        fn maxima_follow_every_change(
            scores in prop::collection::vec(-9_i16..9, 150),
            changes in prop::collection::vec((0_usize..150, -9_i16..9), 0..60),
        ) {
            let blocks = in_order(&[0..100, 100..150]);
            let mut column = Column::new(scores, &blocks);
            for (node, score) in changes {
                column.set(&blocks, NodeIx::new(node), score);
            }
            let anew = Column::new(column.scores.clone(), &blocks);
            prop_assert_eq!(column.maxima, anew.maxima);
        }

        #[test]
        fn a_look_finds_the_first_of_the_largest(
            one in prop::collection::vec(-9_i16..9, BLOCK),
            other in prop::collection::vec(0_i16..9, BLOCK),
            length in 1..=BLOCK,
        ) {
            let blocks = in_order(std::slice::from_ref(&(0..BLOCK)));
            let sums: Vec<i16> = one.iter().zip(&other).map(|(a, b)| a + b).take(length).collect();
            let columns = [&Column::new(one, &blocks), &Column::new(other, &blocks)];
            let largest = max(&sums);
            let first = sums.iter().position(|sum| *sum == largest);
            prop_assert_eq!(look(&columns, 0..length, largest).ok(), first);
            prop_assert_eq!(largest_sum(&columns, 0..length), largest);
            prop_assert_eq!(look(&columns, 0..length, largest + 1), Err(largest));
            for wanted in 0..20 {
                let first = sums.iter().position(|sum| *sum == wanted);
                prop_assert_eq!(look(&columns, 0..length, wanted), first.ok_or(largest));
                let places = places_from(&sums, 0, wanted);
                let all = (0..64).filter(|at| places >> at & 1 == 1);
                prop_assert!(all.eq((0..length).filter(|at| sums[*at] == wanted)));
                let places = places_above(&sums, 0, wanted - 10);
                let all = (0..64).filter(|at| places >> at & 1 == 1);
                let above = |at: &usize| sums[*at] >= 0 && sums[*at] > wanted - 10;
                prop_assert!(all.eq((0..length).filter(above)));
            }
        }
    }
}
