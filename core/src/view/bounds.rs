//! What the blocks promise in a race: no node of a block has a larger total.
//!
//! A class that is new adds up what its columns promise ([`Sums`]), block by block. For a class that
//! comes again a tournament is kept ([`Tournament`]): the bounds of the blocks, and the largest of every
//! group of them. Then only groups with the largest total are opened, however many blocks there are. Few
//! blocks have no groups: the columns are added up for them each time.

use crate::base::index::Ix;
use crate::column::{Blocks, Column, Group, PLACES, Score, add, max, places_above, places_from};
use crate::state::ix::NodeIx;
use smallvec::{SmallVec, smallvec};

/// What the blocks promise in one race.
pub(super) trait Bounds<S> {
    /// The columns may promise less by now.
    const MAY_BE_OLD: bool;

    /// Where a search for blocks of one total stands.
    type Search;

    /// Leaves a zone out.
    fn leave_out(&mut self, zone: usize);

    /// Adds what the pods of the zones give.
    fn add_of_zones(&mut self, scores: &[S]);

    /// What the zone of a block adds to its totals.
    fn of_zone_of(&self, block: usize) -> S;

    /// The bound of a block.
    fn bound(&self, block: usize) -> S;

    /// The largest of all bounds.
    fn level(&self) -> S;

    /// Begins a search for the blocks that have this bound, the largest of all.
    fn search(&self, level: S) -> Self::Search;

    /// The next one, in order of the names of their first nodes; `None` where all that are left begin
    /// at this rank or later.
    fn next(&self, search: &mut Self::Search, limit: u32) -> Option<usize>;

    /// The next block that has a feasible bound above a number, or had it when its part of the walk
    /// began: who finds out more on the way has to look at the bound again.
    fn next_above(&self, walk: &mut Walk, number: S) -> Option<usize>;

    /// No node of a block has a larger sum of the columns than this.
    fn found(&mut self, block: usize, largest: S);

    /// The same, to be remembered alone: the race goes on with another bound.
    fn keep(&mut self, block: usize, largest: S);

    /// In this race no node of a block has a larger total.
    fn set(&mut self, block: usize, total: S);

    /// The node of a block that was the first with this sum of the columns, where no node of the block
    /// had more. It still is the first if it has the sum, for no other has risen since.
    fn first(&self, block: usize, sum: S) -> Option<NodeIx>;

    /// Remembers this node.
    fn keep_first(&mut self, block: usize, sum: S, node: NodeIx);

    /// Asks the columns what they promise by now, for all blocks.
    fn renew(&mut self, columns: &[&Column<S>]);

    /// The race is over.
    fn end(&mut self);
}

/// Where somebody is who goes through all blocks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Walk {
    /// The word of places, or the group, that comes next.
    next: usize,
    /// Where the places begin that are left.
    start: usize,
    places: u64,
}

impl Walk {
    /// The next place of those that are left.
    #[inline]
    fn pop(&mut self) -> Option<usize> {
        (self.places != 0).then(|| {
            let place = self.start + self.places.trailing_zeros() as usize;
            self.places &= self.places - 1;
            place
        })
    }
}

/// What the columns promise together.
pub(super) struct Sums<'a, S> {
    blocks: &'a Blocks,
    pub(super) bounds: &'a mut Vec<S>,
    /// What the zone of a node adds to its total; empty where that is nothing.
    of_zones: SmallVec<[S; 16]>,
    /// What is found out about the sum of the columns, where somebody keeps it.
    kept: Option<&'a mut Tournament<S>>,
}

impl<'a, S: Score> Sums<'a, S> {
    pub(super) fn new(
        blocks: &'a Blocks,
        columns: &[&Column<S>],
        bounds: &'a mut Vec<S>,
        kept: Option<&'a mut Tournament<S>>,
    ) -> Self {
        sums_of_maxima(columns, bounds);
        if let Some(kept) = &kept {
            let all = bounds.iter_mut();
            if blocks.groups().is_empty() {
                all.zip(&kept.bounds).for_each(|(bound, kept)| *bound = (*kept).min(*bound));
            } else {
                let kept = (0..).map(|block| kept.bounds[blocks.place(block)]);
                all.zip(kept).for_each(|(bound, kept)| *bound = kept.min(*bound));
            }
        }
        Self { blocks, bounds, of_zones: SmallVec::new(), kept }
    }

    /// Nothing but the columns counts, and nobody keeps what is found out.
    pub(super) fn nothing_else_counts(&self) -> bool {
        self.of_zones.is_empty() && self.kept.is_none()
    }
}

/// The sums of the largest scores of the columns, of every block.
fn sums_of_maxima<S: Score>(columns: &[&Column<S>], sums: &mut Vec<S>) {
    sums.clear();
    if let [first, more @ ..] = columns {
        sums.extend_from_slice(first.maxima());
        more.iter().for_each(|column| add(sums, column.maxima()));
    }
}

impl<S: Score> Bounds<S> for Sums<'_, S> {
    const MAY_BE_OLD: bool = false;

    type Search = (Walk, S);

    fn leave_out(&mut self, zone: usize) {
        self.blocks.of_zone(zone).for_each(|block| self.bounds[block] = S::REFUSED);
    }

    fn add_of_zones(&mut self, scores: &[S]) {
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

    #[inline]
    fn of_zone_of(&self, block: usize) -> S {
        if self.of_zones.is_empty() {
            return S::default();
        }
        self.of_zones[self.blocks.zone_of_block(block)]
    }

    #[inline]
    fn bound(&self, block: usize) -> S {
        self.bounds[block]
    }

    #[inline]
    fn level(&self) -> S {
        max(self.bounds)
    }

    #[inline]
    fn search(&self, level: S) -> (Walk, S) {
        (Walk::default(), level)
    }

    #[inline]
    fn next(&self, (walk, level): &mut (Walk, S), limit: u32) -> Option<usize> {
        loop {
            // Blocks are numbered in order of the names of their first nodes.
            if let Some(block) = walk.pop() {
                return (self.blocks.first_rank(block) < limit).then_some(block);
            }
            walk.start = walk.next;
            if walk.start >= self.bounds.len() || self.blocks.first_rank(walk.start) >= limit {
                return None;
            }
            walk.next += PLACES;
            walk.places = places_from(self.bounds, walk.start, *level);
        }
    }

    fn next_above(&self, walk: &mut Walk, number: S) -> Option<usize> {
        loop {
            if let Some(block) = walk.pop() {
                return Some(block);
            }
            walk.start = walk.next;
            if walk.start >= self.bounds.len() {
                return None;
            }
            walk.next += PLACES;
            walk.places = places_above(self.bounds, walk.start, number);
        }
    }

    fn found(&mut self, block: usize, largest: S) {
        self.keep(block, largest);
        self.bounds[block] = largest.plus(self.of_zone_of(block));
    }

    fn keep(&mut self, block: usize, largest: S) {
        if let Some(kept) = &mut self.kept {
            kept.put(self.blocks, block, largest);
        }
    }

    #[inline]
    fn set(&mut self, block: usize, total: S) {
        self.bounds[block] = total;
    }

    fn first(&self, block: usize, sum: S) -> Option<NodeIx> {
        self.kept.as_ref()?.first(self.blocks, block, sum)
    }

    fn keep_first(&mut self, block: usize, sum: S, node: NodeIx) {
        if let Some(kept) = &mut self.kept {
            kept.keep_first(self.blocks, block, sum, node);
        }
    }

    /// They were asked just now.
    fn renew(&mut self, _: &[&Column<S>]) {}

    fn end(&mut self) {}
}

/// The largest sums that the columns of a class may have, of every block and, where there are groups, of
/// each of these. Blocks are in their places, see [`Blocks::place`].
#[derive(Clone, Debug)]
pub(super) struct Tournament<S> {
    /// Where there are groups [`PLACES`] refused ones follow: so many can be read from any place on.
    bounds: Vec<S>,
    /// The largest bound of every group.
    tops: Vec<S>,
    /// The first node of every block that had a sum which no node of the block exceeded.
    firsts: Vec<(S, NodeIx)>,
}

impl<S> Default for Tournament<S> {
    fn default() -> Self {
        Self { bounds: Vec::new(), tops: Vec::new(), firsts: Vec::new() }
    }
}

impl<S: Score> Tournament<S> {
    /// Begins with what the columns promise.
    pub(super) fn begin(&mut self, blocks: &Blocks, columns: &[&Column<S>]) {
        sums_of_maxima(columns, &mut self.bounds);
        if !blocks.groups().is_empty() {
            let sums = std::mem::take(&mut self.bounds);
            self.bounds.reserve_exact(sums.len() + PLACES);
            self.bounds.extend((0..sums.len()).map(|place| sums[blocks.at_place(place)]));
            self.bounds.extend([S::REFUSED; PLACES]);
        }
        self.find_tops(blocks);
        self.firsts.clear();
        self.firsts.resize(blocks.len(), (S::REFUSED, NodeIx::new(0)));
    }

    fn find_tops(&mut self, blocks: &Blocks) {
        self.tops.clear();
        let top = |group: &Group| max(&self.bounds[group.places.clone()]);
        self.tops.extend(blocks.groups().iter().map(top));
    }

    /// Bounds that the columns do not promise any more become smaller.
    fn renew(&mut self, blocks: &Blocks, columns: &[&Column<S>]) {
        let mut sums = Vec::new();
        sums_of_maxima(columns, &mut sums);
        let promised = (0..sums.len()).map(|place| sums[blocks.at_place(place)]);
        self.bounds.iter_mut().zip(promised).for_each(|(bound, sum)| *bound = sum.min(*bound));
        self.find_tops(blocks);
    }

    /// A node may have risen to this sum.
    #[inline]
    pub(super) fn rise(&mut self, blocks: &Blocks, node: NodeIx, sum: S) {
        let block = blocks.of_node(node);
        let place = blocks.place(block);
        if sum > self.bounds[place] {
            self.bounds[place] = sum;
            if let Some(group) = blocks.group_of(block) {
                self.tops[group] = sum.max(self.tops[group]);
            }
        }
        if sum >= self.firsts[place].0 {
            self.firsts[place].0 = S::REFUSED;
        }
    }

    #[inline]
    fn first(&self, blocks: &Blocks, block: usize, sum: S) -> Option<NodeIx> {
        let (of, node) = self.firsts[blocks.place(block)];
        (of == sum).then_some(node)
    }

    #[inline]
    fn keep_first(&mut self, blocks: &Blocks, block: usize, sum: S, node: NodeIx) {
        self.firsts[blocks.place(block)] = (sum, node);
    }

    /// The bound of a block is this.
    fn put(&mut self, blocks: &Blocks, block: usize, bound: S) {
        self.bounds[blocks.place(block)] = bound;
        if let Some(group) = blocks.group_of(block) {
            self.tops[group] = max(&self.bounds[blocks.groups()[group].places.clone()]);
        }
    }
}

/// A tournament in one race. There are groups.
pub(super) struct Standing<'a, S> {
    blocks: &'a Blocks,
    tournament: &'a mut Tournament<S>,
    /// What every zone adds to the totals; refused where it is left out.
    of_zones: SmallVec<[S; 16]>,
    /// Bounds that rules make smaller for this race, and what they are without.
    held: SmallVec<[(usize, S); 8]>,
}

/// The blocks of a group that are left in a search.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    /// The rank by name of the first node of the first one.
    rank: u32,
    walk: Walk,
}

impl<'a, S: Score> Standing<'a, S> {
    pub(super) fn new(blocks: &'a Blocks, tournament: &'a mut Tournament<S>) -> Self {
        let of_zones = smallvec![S::default(); blocks.zones()];
        Self { blocks, tournament, of_zones, held: SmallVec::new() }
    }

    /// The places of a group among those that are `given`, a bit each, counted from its first.
    fn walk(group: &Group, given: u64) -> Walk {
        let others = u64::MAX << (group.places.len() - 1) << 1;
        Walk { next: 0, start: group.places.start, places: given & !others }
    }
}

impl<S: Score> Bounds<S> for Standing<'_, S> {
    const MAY_BE_OLD: bool = true;

    type Search = SmallVec<[Head; 16]>;

    fn leave_out(&mut self, zone: usize) {
        self.of_zones[zone] = S::REFUSED;
    }

    fn add_of_zones(&mut self, scores: &[S]) {
        add(&mut self.of_zones, scores);
    }

    #[inline]
    fn of_zone_of(&self, block: usize) -> S {
        self.of_zones[self.blocks.zone_of_block(block)]
    }

    #[inline]
    fn bound(&self, block: usize) -> S {
        self.tournament.bounds[self.blocks.place(block)].plus(self.of_zone_of(block))
    }

    fn level(&self) -> S {
        let tops = self.tournament.tops.iter().zip(self.blocks.groups());
        tops.map(|(top, group)| top.plus(self.of_zones[group.zone])).max().unwrap_or(S::REFUSED)
    }

    fn search(&self, level: S) -> SmallVec<[Head; 16]> {
        let mut heads = SmallVec::new();
        for (top, group) in self.tournament.tops.iter().zip(self.blocks.groups()) {
            if top.plus(self.of_zones[group.zone]) == level {
                let places = places_from(&self.tournament.bounds, group.places.start, *top);
                let walk = Self::walk(group, places);
                let first =
                    self.blocks.at_place(walk.start + walk.places.trailing_zeros() as usize);
                heads.push(Head { rank: self.blocks.first_rank(first), walk });
            }
        }
        heads
    }

    fn next(&self, heads: &mut SmallVec<[Head; 16]>, limit: u32) -> Option<usize> {
        let head = heads.iter_mut().min_by_key(|head| head.rank)?;
        let place = head.walk.pop().filter(|_| head.rank < limit)?;
        let rank = |place: usize| self.blocks.first_rank(self.blocks.at_place(place));
        head.rank = { head.walk }.pop().map_or(u32::MAX, rank);
        Some(self.blocks.at_place(place))
    }

    fn next_above(&self, walk: &mut Walk, number: S) -> Option<usize> {
        loop {
            if let Some(place) = walk.pop() {
                return Some(self.blocks.at_place(place));
            }
            let (group, next) = (self.blocks.groups().get(walk.next)?, walk.next + 1);
            let of_zone = self.of_zones[group.zone];
            if of_zone.is_feasible() {
                let number = S::cast(number.get() - of_zone.get());
                if self.tournament.tops[walk.next] > number {
                    let start = group.places.start;
                    let places = places_above(&self.tournament.bounds, start, number);
                    *walk = Self::walk(group, places);
                }
            }
            walk.next = next;
        }
    }

    fn found(&mut self, block: usize, largest: S) {
        self.tournament.put(self.blocks, block, largest);
    }

    fn keep(&mut self, block: usize, largest: S) {
        match self.held.iter_mut().find(|(held, _)| *held == block) {
            Some((_, kept)) => *kept = largest,
            None => self.found(block, largest),
        }
    }

    fn set(&mut self, block: usize, total: S) {
        if !self.held.iter().any(|(held, _)| *held == block) {
            self.held.push((block, self.tournament.bounds[self.blocks.place(block)]));
        }
        let bound = match total.is_feasible() {
            true => S::cast(total.get() - self.of_zone_of(block).get()),
            false => S::REFUSED,
        };
        self.tournament.put(self.blocks, block, bound);
    }

    #[inline]
    fn first(&self, block: usize, sum: S) -> Option<NodeIx> {
        self.tournament.first(self.blocks, block, sum)
    }

    #[inline]
    fn keep_first(&mut self, block: usize, sum: S, node: NodeIx) {
        self.tournament.keep_first(self.blocks, block, sum, node);
    }

    fn renew(&mut self, columns: &[&Column<S>]) {
        self.tournament.renew(self.blocks, columns);
    }

    fn end(&mut self) {
        for (block, kept) in self.held.drain(..) {
            self.tournament.put(self.blocks, block, kept);
        }
    }
}
