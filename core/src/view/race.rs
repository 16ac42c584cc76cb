//! The race of the blocks for the best node.
//!
//! The largest scores of a block's columns add up to a bound: no node of the block has more. The
//! blocks with the largest bound are looked into, and get their true largest total as a new bound,
//! until some node has what its bound promises.

use super::grades::{Grade, Span, Spans};
use super::kept::{Journals, Kept, Stamp};
use crate::base::index::Ix;
use crate::column::{
    Blocks, Column, DomainRule, PLACES, Score, add, largest_sum, look, max, places_above,
    places_from, sum_at, sums,
};
use crate::state::ix::NodeIx;
use crate::state::nodes::Nodes;
use smallvec::SmallVec;

/// Too many of the best nodes were refused one by one.
pub(super) struct TooManyRefused;

/// Why a search through the blocks ends early.
enum Halt {
    TooManyRefused,
    /// Too many blocks had less than their bounds promised.
    TooManyLooks,
}

/// Blocks that rules about single nodes are held against node by node, before they are made a
/// column.
const RULED: usize = 8;

/// The race at hand.
pub(super) struct Race<'a, 'c, S> {
    nodes: &'a Nodes,
    blocks: &'a Blocks,
    columns: &'a [&'a Column<S>],
    /// Rules about single nodes that are not among the columns.
    rules: &'a [DomainRule<'c>],
    /// No node of the block has a larger total.
    bounds: &'a mut Vec<S>,
    /// What is found out about the sum of the columns, where somebody keeps it.
    kept: Option<&'a mut Kept<S>>,
    /// What the zone of a node adds to its total; empty where that is nothing.
    of_zones: SmallVec<[S; 16]>,
    /// What else follows the pods of the node and of its zone.
    grades: SmallVec<[Grade<'a, 'c, S>; 2]>,
    /// What is known of the blocks where there are grades.
    spans: Option<&'a Spans<S>>,
    /// Blocks of which a node was refused by the rules.
    ruled: SmallVec<[usize; RULED]>,
    /// How many blocks may still be looked into in vain, before all that promise enough get their
    /// true largest totals.
    looks: usize,
    /// The largest total of the blocks that were looked into, rules about single nodes apart.
    reached: S,
}

/// Blocks that are looked into in vain, each the best of all, before a bound is known to be worth
/// little.
const LOOKS: usize = 2;

impl<'a, 'c, S: Score> Race<'a, 'c, S> {
    /// A race by the columns.
    pub(super) fn new(
        nodes: &'a Nodes,
        blocks: &'a Blocks,
        columns: &'a [&'a Column<S>],
        rules: &'a [DomainRule<'c>],
        bounds: &'a mut Vec<S>,
        kept: Option<(&'a mut Kept<S>, &Journals<'_>, Stamp<S>)>,
    ) -> Self {
        bounds.clear();
        if let [first, more @ ..] = columns {
            bounds.extend_from_slice(first.maxima());
            more.iter().for_each(|column| add(bounds, column.maxima()));
        }
        let kept = kept.map(|(kept, journals, stamp)| {
            kept.repair(blocks, columns, journals, stamp, bounds);
            kept
        });
        Self {
            nodes,
            blocks,
            columns,
            rules,
            bounds,
            kept,
            of_zones: SmallVec::new(),
            grades: SmallVec::new(),
            spans: None,
            ruled: SmallVec::new(),
            looks: LOOKS,
            reached: S::REFUSED,
        }
    }

    /// Leaves a zone out.
    pub(super) fn leave_out(&mut self, zone: usize) {
        self.blocks.of_zone(zone).for_each(|block| self.bounds[block] = S::REFUSED);
    }

    /// Adds what the pods of the zones give.
    pub(super) fn add_of_zones(&mut self, scores: &[S]) {
        self.of_zones.resize(scores.len(), S::default());
        add(&mut self.of_zones, scores);
        let zones = self.blocks.zones_of_blocks().chunks(PLACES);
        for (bounds, zones) in self.bounds.chunks_mut(PLACES).zip(zones) {
            // Brought together first, they are added by vector instructions.
            let mut of_blocks = [S::default(); PLACES];
            of_blocks.iter_mut().zip(zones).for_each(|(it, zone)| *it = scores[*zone as usize]);
            add(bounds, &of_blocks);
        }
    }

    /// Adds what the pods of zones and nodes give, where the blocks are as `spans` says.
    pub(super) fn grade(
        &mut self,
        mut grade: Grade<'a, 'c, S>,
        zones: &[Span<S>],
        spans: &'a Spans<S>,
    ) {
        let of_blocks = spans.largest(grade.side).iter().zip(self.blocks.zones_of_blocks());
        for (bound, (largest, zone)) in self.bounds.iter_mut().zip(of_blocks) {
            let zone = *zone as usize;
            // A zone that is left out has nothing feasible, whatever its blocks have.
            *bound = match zones[zone].feasible > 0 && Spans::is_of_some(*largest) {
                true => bound.plus(grade.score(zone, *largest)),
                false => S::REFUSED,
            };
        }
        self.spans = Some(spans);
        self.grades.push(grade);
    }

    /// The best node and its total.
    pub(super) fn best(&mut self) -> Result<Option<(NodeIx, S)>, TooManyRefused> {
        let plain = self.rules.is_empty()
            && self.kept.is_none()
            && self.of_zones.is_empty()
            && self.grades.is_empty();
        loop {
            let level = max(self.bounds);
            if !level.is_feasible() {
                return Ok(None);
            }
            let found = match plain {
                true => self.first_of_all::<true>(level),
                false => self.first_of_all::<false>(level),
            };
            match found {
                Ok(Some(winner)) => return Ok(Some((winner, level))),
                Ok(None) => {}
                Err(Halt::TooManyLooks) => self.find_largest_of_blocks(),
                Err(Halt::TooManyRefused) => return Err(TooManyRefused),
            }
        }
    }

    /// The first node by name whose total is `level`, where no node has more. `PLAIN` means that
    /// nothing but the columns counts and nobody keeps what is found out, as for most classes that
    /// are new: nothing else is asked for then.
    fn first_of_all<const PLAIN: bool>(&mut self, level: S) -> Result<Option<NodeIx>, Halt> {
        let (nodes, blocks) = (self.nodes, self.blocks);
        let mut winner = None;
        // Nodes behind this one in byte order of the names are too late, and with it all blocks
        // behind the first one that begins too late. So is what follows in the same zone.
        let mut limit = u32::MAX;
        for start in (0..blocks.len()).step_by(PLACES) {
            if blocks.first_rank(start) >= limit {
                break;
            }
            let mut places = places_from(self.bounds, start, level);
            while places != 0 {
                let block = start + places.trailing_zeros() as usize;
                places &= places - 1;
                if blocks.first_rank(block) >= limit {
                    return Ok(winner);
                }
                if !PLAIN && self.is_late(block, level, limit) {
                    continue;
                }
                if let Some(node) = self.first_of_block::<PLAIN>(block, level)?
                    && nodes.rank[node] < limit
                {
                    (winner, limit) = (Some(node), nodes.rank[node]);
                }
            }
        }
        Ok(winner)
    }

    /// Whether the first node of a block with this total is known not to come before `limit`. One that
    /// was the first may have it no more; then others that have it come later still.
    fn is_late(&self, block: usize, level: S, limit: u32) -> bool {
        let Some(kept) = self.kept.as_deref().filter(|_| self.grades.is_empty()) else {
            return false;
        };
        let first = kept.first(block, S::new(level.get() - self.of_zone_of(block).get()));
        first.is_some_and(|node| self.nodes.rank[node] >= limit)
    }

    /// Gives blocks their true largest totals, all that some node may win in.
    fn find_largest_of_blocks(&mut self) {
        self.looks = usize::MAX;
        for start in (0..self.blocks.len()).step_by(PLACES) {
            let mut places = places_above(self.bounds, start, self.reached);
            while places != 0 {
                let block = start + places.trailing_zeros() as usize;
                places &= places - 1;
                // What the rules leave of some is known better.
                if self.bounds[block] <= self.reached || self.ruled.contains(&block) {
                    continue;
                }
                let largest = largest_sum(self.columns, self.blocks.nodes(block));
                self.found(block, largest);
            }
        }
    }

    /// What the zone of a block adds to the total.
    fn of_zone_of(&self, block: usize) -> S {
        if self.of_zones.is_empty() {
            return S::default();
        }
        self.of_zones[self.blocks.zone_of_block(block)]
    }

    /// Whether a node of this zone is feasible; `witness` is one that may be, and becomes one that
    /// is.
    pub(super) fn is_feasible(&self, zone: usize, witness: &mut Option<NodeIx>) -> bool {
        let is_feasible =
            |node: NodeIx| sum_at(self.columns, node.at()).is_feasible() && !self.is_refused(node);
        if witness.is_some_and(is_feasible) {
            return true;
        }
        let blocks = self.blocks.of_zone(zone);
        let mut blocks = blocks.filter(|block| self.bounds[*block].is_feasible());
        *witness = blocks.find_map(|block| {
            let nodes = self.blocks.nodes(block);
            let sums = nodes.clone().map(NodeIx::new).zip(sums(self.columns, nodes));
            let mut feasible = sums.filter(|(_, sum)| sum.is_feasible()).map(|(node, _)| node);
            feasible.find(|node| !self.is_refused(*node))
        });
        witness.is_some()
    }

    /// The first node of a block whose total is `level`, where no node has more. Where no node has
    /// it the block gets a new bound.
    fn first_of_block<const PLAIN: bool>(
        &mut self,
        block: usize,
        level: S,
    ) -> Result<Option<NodeIx>, Halt> {
        let nodes = self.blocks.nodes(block);
        if PLAIN {
            return match look(self.columns, nodes.clone(), level) {
                Ok(at) => Ok(Some(NodeIx::new(nodes.start + at))),
                Err(largest) => self.looked_in_vain(block, largest),
            };
        }
        if self.grades.is_empty() && !self.ruled.contains(&block) {
            let wanted = S::new(level.get() - self.of_zone_of(block).get());
            let known = self.kept.as_ref().and_then(|kept| kept.first(block, wanted));
            let known = known.filter(|node| sum_at(self.columns, node.at()) == wanted);
            let node = match known {
                Some(node) => node,
                None => match look(self.columns, nodes.clone(), wanted) {
                    Ok(at) => NodeIx::new(nodes.start + at),
                    Err(largest) => return self.looked_in_vain(block, largest),
                },
            };
            if let Some(kept) = self.kept.as_mut().filter(|_| known.is_none()) {
                kept.firsts[block] = (wanted, node);
            }
            if !self.is_refused(node) {
                return Ok(Some(node));
            }
            if self.ruled.len() == RULED {
                return Err(Halt::TooManyRefused);
            }
            self.ruled.push(block);
        }
        Ok(self.first_one_by_one(block, level))
    }

    /// A block has less than its bound promised.
    fn looked_in_vain(&mut self, block: usize, largest: S) -> Result<Option<NodeIx>, Halt> {
        self.found(block, largest);
        self.looks = self.looks.checked_sub(1).ok_or(Halt::TooManyLooks)?;
        Ok(None)
    }

    /// Puts the true bound of a block, which has this largest sum of the columns.
    fn found(&mut self, block: usize, largest: S) {
        self.keep(block, largest);
        let total = largest.plus(self.of_zone_of(block));
        self.bounds[block] = total;
        self.reached = self.reached.max(total);
    }

    /// Remembers what the largest sum of the columns in a block is.
    fn keep(&mut self, block: usize, largest: S) {
        if let Some(kept) = &mut self.kept {
            kept.bounds[block] = largest;
        }
    }

    fn is_refused(&self, node: NodeIx) -> bool {
        self.rules.iter().any(|rule| rule.refuses(node))
    }

    /// The same, node by node with everything that there is.
    fn first_one_by_one(&mut self, block: usize, level: S) -> Option<NodeIx> {
        let (zone, nodes) = (self.blocks.zone_of_block(block), self.blocks.nodes(block));
        let mut at_most = self.of_zone_of(block);
        let of_zone = at_most;
        for grade in &mut self.grades {
            let largest = self.spans.map(|spans| spans.largest(grade.side)[block]);
            at_most = at_most.plus(grade.score(zone, largest.unwrap_or_default()));
        }
        let sums = sums(self.columns, nodes.clone());
        let largest = max(&sums);
        self.keep(block, largest);
        if largest.plus(at_most) < level {
            self.bounds[block] = largest.plus(at_most);
            return None;
        }
        let mut largest = S::REFUSED;
        for (node, sum) in nodes.zip(sums) {
            if !sum.is_feasible() || sum.plus(at_most) <= largest {
                continue;
            }
            let mut total = sum.plus(of_zone);
            for grade in &mut self.grades {
                total = total.plus(grade.score(zone, grade.values.scores()[node]));
            }
            let node = NodeIx::new(node);
            if total > largest && !self.is_refused(node) {
                if total == level {
                    return Some(node);
                }
                largest = total;
            }
        }
        self.bounds[block] = largest;
        None
    }
}
