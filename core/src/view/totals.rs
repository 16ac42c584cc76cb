//! Totals of all nodes with their maxima by block, so that the best of them is found without a look
//! at each.

use crate::base::index::Ix;
use crate::column::{self, Score};
use crate::state::ix::NodeIx;
use std::ops::Range;

/// Nodes of a block. Short enough to search, long enough that few blocks cover a cluster.
const BLOCK: usize = 256;

/// How the nodes are cut into blocks: no block reaches over the end of a zone.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    /// The blocks of every zone, in order; together they are all nodes.
    zones: Vec<Range<usize>>,
    /// The nodes of every block.
    blocks: Vec<Range<usize>>,
    /// The block of every node.
    block_of: Vec<u32>,
    /// The zone of every block.
    zone_of: Vec<u32>,
}

impl Layout {
    pub(super) fn new(zones: &[Range<usize>]) -> Self {
        let mut layout = Self::default();
        for (zone, nodes) in zones.iter().enumerate() {
            let first = layout.blocks.len();
            for start in nodes.clone().step_by(BLOCK) {
                let block = start..nodes.end.min(start + BLOCK);
                layout.block_of.extend(block.clone().map(|_| layout.blocks.len() as u32));
                layout.zone_of.push(zone as u32);
                layout.blocks.push(block);
            }
            layout.zones.push(first..layout.blocks.len());
        }
        layout
    }

    /// How many zones there are.
    pub(super) fn zones(&self) -> usize {
        self.zones.len()
    }

    fn block_of(&self, node: NodeIx) -> usize {
        self.block_of[node.at()] as usize
    }

    /// The zone of a node, as its place among the zones.
    pub(super) fn zone_of(&self, node: NodeIx) -> usize {
        self.zone_of[self.block_of(node)] as usize
    }
}

/// Totals of all nodes and the largest of every block.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals<S> {
    totals: Vec<S>,
    /// The largest total of every block.
    maxima: Vec<S>,
    /// Blocks whose totals are not written yet.
    unwritten: Vec<bool>,
    /// The largest total of every zone.
    zone_maxima: Vec<S>,
    /// Where in each zone it stands first.
    firsts: Vec<First>,
}

/// The place of the first node of a zone that has the zone's largest total.
#[derive(Clone, Copy, Debug, Default)]
struct First {
    /// No node of the zone before this one has it.
    from: usize,
    /// This one has it.
    found: bool,
}

impl<S: Score> Totals<S> {
    /// Every node refused.
    pub(super) fn new(layout: &Layout) -> Self {
        Self {
            totals: vec![S::REFUSED; layout.block_of.len()],
            maxima: vec![S::REFUSED; layout.blocks.len()],
            unwritten: vec![false; layout.blocks.len()],
            zone_maxima: vec![S::REFUSED; layout.zones.len()],
            firsts: vec![First::default(); layout.zones.len()],
        }
    }

    /// Adds the columns up for the nodes of a zone. Few blocks are ever looked into, so that the
    /// totals themselves are written when somebody asks for them, from the same columns.
    pub(super) fn fill(&mut self, layout: &Layout, zone: usize, columns: &[&[S]]) {
        let mut largest = S::REFUSED;
        let blocks = layout.zones[zone].clone();
        for (max, nodes) in
            self.maxima[blocks.clone()].iter_mut().zip(&layout.blocks[blocks.clone()])
        {
            *max = column::largest_sum(columns, nodes.clone());
            largest = largest.max(*max);
        }
        self.unwritten[blocks].fill(true);
        self.zone_maxima[zone] = largest;
        self.firsts[zone] = First::default();
    }

    /// Writes the totals of all blocks that were filled.
    pub(super) fn write(&mut self, layout: &Layout, columns: &[&[S]]) {
        (0..layout.blocks.len()).for_each(|block| self.write_block(layout, block, columns));
    }

    fn write_block(&mut self, layout: &Layout, block: usize, columns: &[&[S]]) {
        if std::mem::take(&mut self.unwritten[block]) {
            column::sum(&mut self.totals, columns, layout.blocks[block].clone());
        }
    }

    /// Changes the total of one node.
    pub(super) fn set(&mut self, layout: &Layout, node: NodeIx, total: S, columns: &[&[S]]) {
        let block = layout.block_of(node);
        self.write_block(layout, block, columns);
        let old = std::mem::replace(&mut self.totals[node.at()], total);
        if total >= self.maxima[block] {
            self.maxima[block] = total;
        } else if old == self.maxima[block] {
            self.maxima[block] = column::max(&self.totals[layout.blocks[block].clone()]);
        }
        let zone = layout.zone_of[block] as usize;
        let (largest, first) = (self.zone_maxima[zone], self.firsts[zone]);
        let node = node.at();
        if total > largest {
            self.zone_maxima[zone] = total;
            self.firsts[zone] = First { from: node, found: true };
        } else if total == largest {
            if node < first.from {
                self.firsts[zone] = First { from: node, found: true };
            }
        } else if !first.found || first.from == node {
            // It may have been the only one.
            let now = column::max(&self.maxima[layout.zones[zone].clone()]);
            self.zone_maxima[zone] = now;
            let from = if now == largest { first.from } else { 0 };
            self.firsts[zone] = First { from, found: false };
        }
    }

    /// Changes totals at will.
    pub(super) fn change(
        &mut self,
        layout: &Layout,
        columns: &[&[S]],
        change: impl FnOnce(&mut [S]),
    ) {
        self.write(layout, columns);
        change(&mut self.totals);
        for (max, block) in self.maxima.iter_mut().zip(&layout.blocks) {
            *max = column::max(&self.totals[block.clone()]);
        }
        for (max, blocks) in self.zone_maxima.iter_mut().zip(&layout.zones) {
            *max = column::max(&self.maxima[blocks.clone()]);
        }
        self.firsts.fill(First::default());
    }

    /// The largest total of a zone.
    #[inline]
    pub(super) fn max(&self, zone: usize) -> S {
        self.zone_maxima[zone]
    }

    /// The first node of a zone that has its largest total, where that was found before.
    #[inline]
    pub(super) fn known_first(&self, zone: usize) -> Option<NodeIx> {
        let First { from, found } = self.firsts[zone];
        found.then(|| NodeIx::new(from))
    }

    /// The first node of a zone that has its largest total, if that is one of the first `limit`
    /// nodes of all.
    pub(super) fn first(
        &mut self,
        layout: &Layout,
        zone: usize,
        limit: usize,
        columns: &[&[S]],
    ) -> Option<NodeIx> {
        let First { from, found } = self.firsts[zone];
        if !found && from < limit {
            self.firsts[zone] = match self.find(layout, zone, from..limit, columns) {
                Some(from) => First { from, found: true },
                None => First { from: limit, found: false },
            };
        }
        self.known_first(zone).filter(|node| node.at() < limit)
    }

    fn find(
        &self,
        layout: &Layout,
        zone: usize,
        among: Range<usize>,
        columns: &[&[S]],
    ) -> Option<usize> {
        let max = self.zone_maxima[zone];
        let blocks = layout.zones[zone].clone().filter(|block| self.maxima[*block] == max);
        for block in blocks {
            let nodes = layout.blocks[block].clone();
            let nodes = nodes.start.max(among.start)..nodes.end.min(among.end);
            if nodes.is_empty() {
                continue;
            }
            let at = if self.unwritten[block] {
                column::position_of_sum(columns, nodes.clone(), max)
            } else {
                column::position(&self.totals[nodes.clone()], max)
            };
            if let Some(at) = at {
                return Some(nodes.start + at);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_block_reaches_over_the_end_of_a_zone() {
        let zones = [0..700, 700..701, 701..2000];
        let layout = Layout::new(&zones);
        for (at, nodes) in zones.into_iter().enumerate() {
            let blocks = &layout.blocks[layout.zones[at].clone()];
            assert_eq!(blocks.first().map(|block| block.start), Some(nodes.start));
            assert_eq!(blocks.last().map(|block| block.end), Some(nodes.end));
            assert!({ nodes }.all(|node| layout.zone_of(NodeIx::new(node)) == at));
        }
    }

    #[test]
    fn the_first_of_the_largest_is_found_after_every_change() {
        let layout = Layout::new(&[0..1300]);
        let column: Vec<i16> = (0..1300).map(|node| (node * 7 % 90) as i16).collect();
        let columns: &[&[i16]] = &[&column];
        let mut totals = Totals::new(&layout);
        totals.fill(&layout, 0, columns);
        let mut expected = column.clone();
        for round in 0..400 {
            let max = expected.iter().copied().max();
            assert_eq!(Some(totals.max(0)), max);
            let first = expected.iter().position(|total| Some(*total) == max).map(NodeIx::new);
            assert_eq!(totals.first(&layout, 0, 700, columns), first.filter(|it| it.at() < 700));
            assert_eq!(totals.first(&layout, 0, 1300, columns), first);
            let node = first.filter(|_| round % 3 > 0).unwrap_or(NodeIx::new(round * 31 % 1300));
            let total = if round % 5 == 0 { i16::REFUSED } else { (round * 13 % 95) as i16 };
            totals.set(&layout, node, total, columns);
            expected[node.at()] = total;
        }
    }
}
