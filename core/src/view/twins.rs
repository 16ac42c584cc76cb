//! Pods of one class that come one right after the other.
//!
//! Between two of them little changes but the node that the first one took. So it is remembered which
//! nodes of every zone have the largest total there, and the next one takes the first of these by name
//! from the zones that the rules about pods nearby allow. A race of all blocks would come to the same.

use super::relations::Relations;
use crate::base::index::Ix;
use crate::column::{Blocks, Column, Score, largest_sum, places_from, sum_at, sums};
use crate::state::Cluster;
use crate::state::ix::{ClassIx, NodeIx};
use crate::state::log::{Journal, Sequence};
use smallvec::SmallVec;
use std::cmp::Reverse;

/// What is known of the class that was decided last.
#[derive(Clone, Debug)]
pub(super) struct Twins<S> {
    class: Option<ClassIx>,
    /// How many of its pods came one right after the other.
    number: usize,
    /// The leaders of every zone.
    leaders: Vec<Leaders<S>>,
    /// The zones, those first that a pod would rather go to if it may.
    order: Vec<usize>,
    /// When they were brought up to date.
    seen: Sequence,
    /// The same for rules about single nodes, where they are a column.
    seen_nearby: Option<Sequence>,
}

/// The nodes of a zone that have the largest total there.
#[derive(Clone, Debug)]
struct Leaders<S> {
    /// That total; below zero where no node is feasible.
    total: S,
    /// The first ones, in descending order. Where there is none although `total` is not below zero,
    /// they have to be looked for; nobody has more than that.
    nodes: Vec<NodeIx>,
    /// No other node has that total.
    are_all: bool,
    /// The rank by name of the first one.
    rank: u32,
}

/// So many pods of a class in a row had a race before leaders are looked for.
const RACES: usize = 3;

/// So many nodes may change between two twins.
const CHANGES: usize = 16;

/// So many leaders are remembered, and as many as one block has more.
const LEADERS: usize = if cfg!(test) { 3 } else { 256 };

impl<S> Default for Twins<S> {
    fn default() -> Self {
        Self {
            class: None,
            number: 0,
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
    /// zones. What rules say about single nodes is one of the columns, and has this journal; the other
    /// columns of a node follow nothing but the node.
    pub(super) fn best(
        &mut self,
        cluster: &Cluster,
        blocks: &Blocks,
        columns: &[&Column<S>],
        nearby: Option<&Journal<NodeIx>>,
        relations: &Relations<'_>,
    ) -> Option<(NodeIx, S)> {
        self.catch_up(cluster, blocks, columns, nearby);
        let allowed = relations.allowed_zones();
        loop {
            let mut open = self.order.iter().filter(|zone| allowed.get(**zone) != Some(&false));
            let zone = *open.next()?;
            let leaders = &self.leaders[zone];
            if !leaders.total.is_feasible() {
                return None;
            }
            if let Some(first) = leaders.nodes.last() {
                return Some((*first, leaders.total));
            }
            self.leaders[zone] = Leaders::of(zone, blocks, columns);
            self.put_in_order(zone, cluster);
        }
    }

    /// Puts a zone in its place after its leaders changed.
    fn put_in_order(&mut self, zone: usize, cluster: &Cluster) {
        let Self { leaders, order, .. } = self;
        let first = leaders[zone].nodes.last();
        // Where the first is to be looked for it may come before all others.
        leaders[zone].rank = first.map_or(0, |node| cluster.nodes().rank[*node]);
        let place = |zone: usize| (Reverse(leaders[zone].total), leaders[zone].rank);
        if let Some(at) = order.iter().position(|other| *other == zone) {
            order.remove(at);
        }
        // Mostly it was the first and becomes the last.
        let before = order.iter().rposition(|other| place(*other) < place(zone));
        order.insert(before.map_or(0, |last| last + 1), zone);
    }

    /// Looks again at nodes that changed.
    fn catch_up(
        &mut self,
        cluster: &Cluster,
        blocks: &Blocks,
        columns: &[&Column<S>],
        nearby: Option<&Journal<NodeIx>>,
    ) {
        let Self { leaders, order, seen, seen_nearby, .. } = self;
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
                    let zone = blocks.zone_of(*node);
                    self.leaders[zone].note(*node, sum_at(columns, node.at()));
                    self.put_in_order(zone, cluster);
                }
            }
            _ => {
                leaders.clear();
                leaders.resize(blocks.zones(), Leaders::unknown());
                order.clear();
                order.extend(0..blocks.zones());
            }
        }
    }
}

impl<S: Score> Leaders<S> {
    /// Nobody has looked.
    fn unknown() -> Self {
        let total = S::new(S::MAX_TOTAL);
        Self { total, nodes: Vec::new(), are_all: false, rank: 0 }
    }

    /// The leaders of a zone, but for the rank of the first.
    fn of(zone: usize, blocks: &Blocks, columns: &[&Column<S>]) -> Self {
        let bound = |block| {
            columns.iter().fold(S::default(), |sum, column| sum.plus(column.maxima()[block]))
        };
        let mut bounds: SmallVec<[(S, usize); 32]> =
            blocks.of_zone(zone).map(|block| (bound(block), block)).collect();
        let mut leaders = Self { total: S::REFUSED, are_all: true, ..Self::unknown() };
        loop {
            let Some(largest) = bounds.iter_mut().max_by_key(|(bound, _)| *bound) else {
                return leaders;
            };
            if !largest.0.is_feasible() {
                return leaders;
            }
            let sum = largest_sum(columns, blocks.nodes(largest.1));
            if sum == largest.0 {
                leaders.total = sum;
                break;
            }
            largest.0 = sum;
        }
        for (_, block) in bounds.iter().filter(|(bound, _)| *bound == leaders.total) {
            if leaders.nodes.len() >= LEADERS {
                leaders.are_all = false;
                break;
            }
            let nodes = blocks.nodes(*block);
            let mut places = places_from(&sums(columns, nodes.clone()), 0, leaders.total);
            while places != 0 {
                leaders.nodes.push(NodeIx::new(nodes.start + places.trailing_zeros() as usize));
                places &= places - 1;
            }
        }
        leaders.nodes.reverse();
        leaders
    }

    /// The sum of the columns for a node is this now.
    fn note(&mut self, node: NodeIx, sum: S) {
        let place = match self.nodes.last() {
            // Mostly it is the one that was taken.
            Some(first) if *first == node => Ok(self.nodes.len() - 1),
            _ => self.nodes.binary_search_by(|it| node.cmp(it)),
        };
        match place {
            _ if sum.is_feasible() && sum > self.total => {
                self.nodes.clear();
                self.nodes.push(node);
                (self.total, self.are_all) = (sum, true);
            }
            // One beyond those that are remembered is found when these are gone.
            Err(place) if sum == self.total && (place > 0 || self.are_all) => {
                self.nodes.insert(place, node);
            }
            Ok(place) if sum != self.total => {
                self.nodes.remove(place);
            }
            _ => {}
        }
    }
}
