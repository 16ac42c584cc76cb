//! Pods of one class that come one right after the other.
//!
//! Between two of them little changes but the node that the first one took. So it is remembered which
//! nodes have the largest total, and the next one takes the first of these by name. Where rules about
//! pods nearby close zones that is remembered of every zone. A race of all blocks would come to the same.

use super::class::ClassView;
use super::relations::Relations;
use super::tables::Tables;
use crate::base::index::{IndexVec, Ix};
use crate::column::{Blocks, Column, Score, largest_sum, places_from, sum_of_maxima, sums};
use crate::state::Cluster;
use crate::state::ix::{ClassIx, NodeIx};
use crate::state::log::{Journal, Sequence};
use std::cmp::Reverse;

/// The ranks of the nodes by name.
type Ranks = IndexVec<NodeIx, u32>;

/// What is known of the class that was decided last.
#[derive(Clone, Debug)]
pub(super) struct Twins<S> {
    class: Option<ClassIx>,
    /// How many of its pods came one right after the other.
    number: usize,
    /// Zones may be closed.
    by_zone: bool,
    /// The leaders of every zone, or of all nodes.
    leaders: Vec<Leaders<S>>,
    /// The places of these, those first that a pod would rather go to if it may.
    order: Vec<usize>,
    /// When they were brought up to date.
    seen: Sequence,
    /// The same for rules about single nodes, where they are a column.
    seen_nearby: Option<Sequence>,
}

/// The nodes of a zone, or of all, that have the largest total there.
#[derive(Clone, Debug)]
struct Leaders<S> {
    /// That total; below zero where no node is feasible.
    total: S,
    /// The first ones, in descending order. Where there is none although `total` is not below zero,
    /// they have to be looked for; nobody has more than that.
    nodes: Vec<NodeIx>,
    /// No other node that comes before this rank by name has that total.
    limit: u32,
    /// The rank by name of the first one.
    rank: u32,
}

/// So many pods of a class in a row had a race before leaders are looked for.
const RACES: usize = 3;

/// So many nodes may change between two twins.
const CHANGES: usize = 16;

/// Leaders are looked for among so many nodes in order of their names, in the blocks that these are in;
/// fewer in tests, so that they run out there too.
const LEADERS: u32 = if cfg!(test) { 30 } else { 1024 };

impl<S> Default for Twins<S> {
    fn default() -> Self {
        Self {
            class: None,
            number: 0,
            by_zone: false,
            leaders: Vec::new(),
            order: Vec::new(),
            seen: 0,
            seen_nearby: None,
        }
    }
}

impl<S: Score> Twins<S> {
    /// A pod of this class is to be decided: whether there were enough of them already.
    pub(super) fn expect(&mut self, class: ClassIx) -> bool {
        if self.class != Some(class) {
            self.class = Some(class);
            self.number = 0;
            self.leaders.clear();
            self.seen_nearby = None;
        }
        self.number += 1;
        self.number > RACES
    }

    /// Whether leaders are known.
    #[cfg(test)]
    pub(super) fn are_led(&self) -> bool {
        self.leaders.iter().any(|leaders| !leaders.nodes.is_empty())
    }

    /// The best node and the sum of its columns, where nothing counts besides these and rules about
    /// zones. What rules say about single nodes is one of the columns; the others follow, for every
    /// node, nothing but the node.
    pub(super) fn best(
        &mut self,
        cluster: &Cluster,
        blocks: &Blocks,
        tables: &Tables<S>,
        class: &ClassView,
        relations: &Relations<'_>,
    ) -> Option<(NodeIx, S)> {
        let allowed = relations.allowed_zones();
        if self.by_zone == allowed.is_empty() {
            self.by_zone = !allowed.is_empty();
            self.leaders.clear();
        }
        self.catch_up(cluster, blocks, tables, class);
        let rank = &cluster.nodes().rank;
        loop {
            let mut open = self.order.iter().filter(|place| allowed.get(**place) != Some(&false));
            let place = *open.next()?;
            let leaders = &self.leaders[place];
            if !leaders.total.is_feasible() {
                return None;
            }
            if let Some(first) = leaders.nodes.last() {
                return Some((*first, leaders.total));
            }
            let columns = tables.columns(class);
            self.leaders[place] = match self.by_zone {
                true => Leaders::of(blocks.of_zone(place), blocks, &columns, rank),
                false => Leaders::of(0..blocks.len(), blocks, &columns, rank),
            };
            self.put_in_order(place, rank);
        }
    }

    /// Puts leaders in their place after they changed.
    #[inline]
    fn put_in_order(&mut self, changed: usize, rank: &Ranks) {
        if self.by_zone {
            self.put_zone_in_order(changed, rank);
        }
    }

    fn put_zone_in_order(&mut self, changed: usize, rank: &Ranks) {
        let Self { leaders, order, .. } = self;
        let first = leaders[changed].nodes.last();
        // Where the first is to be looked for it may come before all others.
        leaders[changed].rank = first.map_or(0, |node| rank[*node]);
        let key = |place: usize| (Reverse(leaders[place].total), leaders[place].rank);
        if let Some(at) = order.iter().position(|other| *other == changed) {
            order.remove(at);
        }
        // Mostly it was the first and becomes the last.
        let before = order.iter().rposition(|other| key(*other) < key(changed));
        order.insert(before.map_or(0, |last| last + 1), changed);
    }

    /// Looks again at nodes that changed.
    fn catch_up(
        &mut self,
        cluster: &Cluster,
        blocks: &Blocks,
        tables: &Tables<S>,
        class: &ClassView,
    ) {
        let nearby = tables.nearby_changes(class);
        let by_zone = self.by_zone;
        let Self { leaders, order, seen, seen_nearby, .. } = self;
        let rank = &cluster.nodes().rank;
        let log = cluster.log();
        let touched = log.since(std::mem::replace(seen, log.now()), CHANGES);
        let then = std::mem::replace(seen_nearby, nearby.map(Journal::now));
        let nearby = match (nearby, then) {
            (None, None) => Some(&[][..]),
            (Some(nearby), Some(then)) => nearby.since(then),
            _ => None,
        };
        match (touched, nearby) {
            (Some(touched), Some(nearby)) if !leaders.is_empty() && nearby.len() <= CHANGES => {
                for node in touched.iter().chain(nearby) {
                    let place = if by_zone { blocks.zone_of(*node) } else { 0 };
                    self.leaders[place].note(*node, tables.sum(class, *node), rank);
                    self.put_in_order(place, rank);
                }
            }
            _ => {
                leaders.clear();
                leaders.resize(if by_zone { blocks.zones() } else { 1 }, Leaders::unknown());
                order.clear();
                order.extend(0..leaders.len());
            }
        }
    }
}

impl<S: Score> Leaders<S> {
    /// Nobody has looked.
    fn unknown() -> Self {
        let total = S::new(S::MAX_TOTAL);
        Self { total, nodes: Vec::new(), limit: 0, rank: 0 }
    }

    /// The leaders of some blocks, which are in order of the names of their first nodes.
    fn of(
        part: impl Iterator<Item = usize>,
        blocks: &Blocks,
        columns: &[&Column<S>],
        rank: &Ranks,
    ) -> Self {
        let bound = |block| (sum_of_maxima(columns, block), block);
        let mut bounds: Vec<(S, usize)> = part.map(bound).collect();
        let mut leaders = Self { total: S::REFUSED, rank: u32::MAX, ..Self::unknown() };
        loop {
            let largest = bounds.iter_mut().max_by_key(|(bound, _)| *bound);
            let Some(largest) = largest.filter(|(bound, _)| bound.is_feasible()) else {
                return leaders;
            };
            let sum = largest_sum(columns, blocks.nodes(largest.1));
            if sum == largest.0 {
                leaders.total = sum;
                break;
            }
            largest.0 = sum;
        }
        for (_, block) in bounds.iter().filter(|(bound, _)| *bound == leaders.total) {
            let begins = blocks.first_rank(*block);
            if leaders.nodes.is_empty() {
                leaders.limit = begins.saturating_add(LEADERS);
            } else if begins >= leaders.limit {
                break;
            }
            let nodes = blocks.nodes(*block);
            let mut places = places_from(&sums(columns, nodes.clone()), 0, leaders.total);
            if places != 0 {
                // One of them has to be within the limit.
                let first = rank[NodeIx::new(nodes.start + places.trailing_zeros() as usize)];
                leaders.rank = leaders.rank.min(first);
                leaders.limit = leaders.limit.max(leaders.rank.saturating_add(1));
            }
            while places != 0 {
                leaders.nodes.push(NodeIx::new(nodes.start + places.trailing_zeros() as usize));
                places &= places - 1;
            }
        }
        // The nodes of every block are in order already.
        leaders.nodes.sort_by_key(|node| rank[*node]);
        leaders.nodes.reverse();
        let beyond = leaders.nodes.partition_point(|node| rank[*node] >= leaders.limit);
        leaders.nodes.drain(..beyond);
        leaders
    }

    /// The sum of the columns for a node is this now.
    fn note(&mut self, node: NodeIx, sum: S, rank: &Ranks) {
        let place = match self.nodes.last() {
            // Mostly it is the one that was taken.
            Some(first) if *first == node => Ok(self.nodes.len() - 1),
            _ => self.nodes.binary_search_by(|it| rank[node].cmp(&rank[*it])),
        };
        match place {
            _ if sum.is_feasible() && sum > self.total => {
                self.nodes.clear();
                self.nodes.push(node);
                (self.total, self.limit) = (sum, u32::MAX);
            }
            // One beyond the limit is found when those before it are gone.
            Err(place) if sum == self.total && rank[node] < self.limit => {
                self.nodes.insert(place, node);
            }
            Ok(place) if sum != self.total => {
                self.nodes.remove(place);
            }
            _ => {}
        }
    }
}
