//! The best node for a class.
//!
//! The columns that a class is made of are added up block by block, and only the largest number of
//! each block is looked at. Rules about pods nearby are held against whole zones at once, or against
//! the best node alone: almost always it passes. A class that comes again soon keeps its totals, and
//! pays for the nodes that were touched since.
//!
//! What does not fit this (rules and preferences about other domains, scores of the host) is decided
//! by [`View::score_all`], node by node.

use super::class::ClassView;
use super::tables::Tables;
use super::totals::{Layout, Totals};
use super::{View, Weights};
use crate::base::index::Ix;
use crate::column::{DomainRule, Score};
use crate::plugins::inter_pod_affinity::fast::{Preference, normalized};
use crate::state::Cluster;
use crate::state::ix::{ClassIx, NodeIx};
use crate::state::log::Sequence;
use smallvec::SmallVec;

/// Totals that a class keeps from one decision to the next.
#[derive(Clone, Debug)]
pub(super) struct Kept<S> {
    totals: Totals<S>,
    seen: Option<Sequence>,
    stamp: Stamp,
}

/// What totals depend on besides the nodes: maxima of normalised scores, bounds of rules.
type Stamp = SmallVec<[i64; 6]>;

/// A class comes again soon while at most so many nodes were touched since: looking at them one by
/// one is then less work than adding up all columns.
fn soon(nodes: usize) -> usize {
    (nodes / 16).max(32)
}

/// Nodes that are refused one by one before all are.
const REFUSALS: usize = 16;

/// Room for the totals that all classes together keep, in numbers.
const KEPT_MAX: usize = 1 << 28;

/// What rules and preferences about pods nearby say, by zone and by node.
struct Relations<'c> {
    of_zones: SmallVec<[DomainRule<'c>; 2]>,
    of_nodes: SmallVec<[DomainRule<'c>; 2]>,
    preferences: SmallVec<[Preference<'c>; 4]>,
    /// Zones that the rules allow.
    allowed: SmallVec<[bool; 16]>,
}

impl<'c> Relations<'c> {
    /// `None` where one is about other domains than zones and single nodes.
    fn new<S: Score>(cluster: &'c Cluster, class: &ClassView, view: &View<S>) -> Option<Self> {
        let View { tables, weights, profile, .. } = view;
        let spread = tables.spread.get(class.spread);
        if !profile.hosts.is_empty() || (weights.spread > 0 && !spread.scores_nothing()) {
            return None;
        }
        let inter_pod = class.inter_pod.map(|facet| tables.inter_pod.get(facet));
        let mut relations = Self {
            of_zones: SmallVec::new(),
            of_nodes: SmallVec::new(),
            preferences: SmallVec::new(),
            allowed: SmallVec::new(),
        };
        if weights.spread_filters {
            spread.rules(cluster).try_for_each(|rule| relations.add(rule))?;
        }
        if weights.inter_pod_filters
            && let Some(inter_pod) = inter_pod
        {
            inter_pod.rules(cluster).try_for_each(|rule| relations.add(rule))?;
        }
        if weights.inter_pod > 0
            && let Some(inter_pod) = inter_pod
        {
            let arguments = &profile.arguments.inter_pod;
            relations.preferences = inter_pod.preferences(arguments, cluster);
            let by_zone =
                |it: &Preference<'_>| cluster.topology().domains(it.key).by_zone.is_some();
            relations.preferences.iter().all(by_zone).then_some(())?;
        }
        let zones = 0..cluster.nodes().zones.len();
        relations.allowed = zones.map(|zone| relations.allow_zone(zone)).collect();
        Some(relations)
    }

    fn add(&mut self, rule: DomainRule<'c>) -> Option<()> {
        if rule.domains.by_zone.is_some() {
            self.of_zones.push(rule);
        } else if rule.domains.each_node {
            self.of_nodes.push(rule);
        } else {
            return None;
        }
        Some(())
    }

    fn allow_zone(&self, zone: usize) -> bool {
        !self.of_zones.iter().any(|rule| {
            rule.domains.by_zone.as_ref().is_some_and(|domain| rule.refuses_domain(domain[zone]))
        })
    }

    fn refuse(&self, node: NodeIx) -> bool {
        self.of_nodes.iter().any(|rule| rule.refuses(node))
    }

    /// Bounds that may loosen although no node is touched.
    fn stamp(&self, stamp: &mut Stamp) {
        for rule in self.of_nodes.iter().filter(|rule| rule.key_required) {
            stamp.extend([i64::from(rule.least), i64::from(rule.most)]);
        }
    }
}

impl<S: Score> View<S> {
    /// The best node and its total; `None` where this is not the way to find it.
    pub(super) fn best_by_blocks(
        &mut self,
        cluster: &Cluster,
        index: ClassIx,
        class: &ClassView,
    ) -> Option<Option<(NodeIx, i64)>> {
        let relations = Relations::new(cluster, class, self)?;
        self.tables.repair(class, cluster, &self.profile, self.weights);
        let mut stamp = self.tables.normalize(class, self.weights, |node| {
            relations.allowed[self.layout.zone_of(node)] && !relations.refuse(node)
        })?;
        relations.stamp(&mut stamp);
        self.keep_or_forget(cluster, index);
        let Self { tables, layout, classes, scratch, weights, .. } = self;
        let columns = tables.columns(class);
        let known = &mut classes[index];
        known.decided = Some(cluster.log().now());
        let totals = match &mut known.kept {
            Some(kept) => {
                kept.repair(cluster, layout, &columns, stamp);
                &mut kept.totals
            }
            None => {
                for zone in (0..layout.zones()).filter(|zone| relations.allowed[*zone]) {
                    scratch.fill(layout, zone, &columns);
                }
                scratch
            }
        };
        let mut choice = Choice {
            columns: &columns,
            totals,
            layout,
            cluster,
            relations: &relations,
            refused: 0,
        };
        let base =
            if weights.taints > 0 && class.disliked.is_none() { 100 * weights.taints } else { 0 };
        Some(choice.best(weights.inter_pod).map(|(node, total)| (node, total + base)))
    }

    /// Decides whether the class keeps its totals.
    fn keep_or_forget(&mut self, cluster: &Cluster, index: ClassIx) {
        let nodes = cluster.nodes().len();
        let now = cluster.log().now();
        let known = &mut self.classes[index];
        let soon = known.decided.is_some_and(|then| now - then <= soon(nodes) as u64);
        if soon && known.kept.is_none() {
            if (self.kept + 1) * nodes > KEPT_MAX {
                self.classes.iter_mut().for_each(|known| known.kept = None);
                self.kept = 0;
            }
            self.kept += 1;
            self.classes[index].kept = Some(Box::new(Kept::new(&self.layout)));
        } else if !soon && known.kept.take().is_some() {
            self.kept -= 1;
        }
    }
}

impl<S: Score> Tables<S> {
    /// Normalises the scores that depend on which nodes are feasible, and gives their maxima;
    /// `nearby` says whether rules about other pods allow a node. `None` where the maxima are not
    /// found easily.
    fn normalize(
        &mut self,
        class: &ClassView,
        weights: Weights,
        nearby: impl Fn(NodeIx) -> bool,
    ) -> Option<Stamp> {
        let mut stamp = Stamp::new();
        let feasible = |tables: &Self, node| tables.feasible(class, node) && nearby(node);
        if let Some(facet) = class.disliked {
            let mut scores = self.disliked.get_mut(facet).take()?;
            let max = scores.settle(weights.taints, true, |node| feasible(self, node));
            *self.disliked.get_mut(facet) = Some(scores);
            stamp.push(max?);
        }
        if let Some(facet) = class.preferred {
            let mut scores = self.preferred.get_mut(facet).take()?;
            let max = scores.settle(weights.affinity, false, |node| feasible(self, node));
            *self.preferred.get_mut(facet) = Some(scores);
            stamp.push(max?);
        }
        Some(stamp)
    }

    /// Whether a node is feasible, rules about other pods apart.
    fn feasible(&self, class: &ClassView, node: NodeIx) -> bool {
        self.filters(class).iter().all(|column| column[node.at()].is_feasible())
    }

    /// All columns of a class.
    fn columns(&self, class: &ClassView) -> SmallVec<[&[S]; 6]> {
        let mut columns = self.filters(class);
        let scored = [
            class.images.and_then(|facet| self.images.get(facet).as_deref()),
            class.disliked.and_then(|facet| Some(self.disliked.get(facet).as_ref()?.scores())),
            class.preferred.and_then(|facet| Some(self.preferred.get(facet).as_ref()?.scores())),
        ];
        columns.extend(scored.into_iter().flatten());
        columns
    }
}

impl<S: Score> Kept<S> {
    fn new(layout: &Layout) -> Self {
        Self { totals: Totals::new(layout), seen: None, stamp: Stamp::new() }
    }

    /// Brings the totals up to date: those of the nodes touched since, or all of them.
    fn repair(&mut self, cluster: &Cluster, layout: &Layout, columns: &[&[S]], stamp: Stamp) {
        let few = soon(cluster.nodes().len());
        let seen = self.seen.filter(|_| self.stamp == stamp);
        match seen.and_then(|seen| cluster.log().since(seen, few)) {
            Some(touched) => {
                for node in touched {
                    let parts = columns.iter().map(|column| column[node.at()]);
                    let total = parts.fold(S::default(), S::plus);
                    self.totals.set(layout, node, total, columns);
                }
            }
            None => {
                (0..layout.zones()).for_each(|zone| self.totals.fill(layout, zone, columns));
                self.totals.write(layout, columns);
            }
        }
        self.seen = Some(cluster.log().now());
        self.stamp = stamp;
    }
}

/// The choice among the nodes, by their totals and by what is nearby.
struct Choice<'a, 'c, S> {
    columns: &'a [&'a [S]],
    totals: &'a mut Totals<S>,
    layout: &'a Layout,
    cluster: &'a Cluster,
    relations: &'a Relations<'c>,
    /// How many nodes were refused one by one.
    refused: usize,
}

impl<S: Score> Choice<'_, '_, S> {
    /// The best node; preferences about pods nearby count `weight` times.
    fn best(&mut self, weight: i64) -> Option<(NodeIx, i64)> {
        let nearby = self.preferences(weight);
        let total = |zone: usize, max: S| max.get() + nearby.get(zone).copied().unwrap_or_default();
        loop {
            let mut best = None;
            for zone in 0..self.layout.zones() {
                best = best.max(self.max(zone).map(|max| total(zone, max)));
            }
            let best = best?;
            let mut winner: Option<NodeIx> = None;
            for zone in 0..self.layout.zones() {
                if self.max(zone).is_some_and(|max| total(zone, max) == best)
                    && let Some((node, max)) = self.first_before(zone, winner)
                    && total(zone, max) == best
                {
                    winner = Some(node);
                }
            }
            // Where there is none, rules about single nodes left less than it seemed.
            if let Some(winner) = winner {
                return Some((winner, best));
            }
        }
    }

    /// The first node with the largest total of a zone, if it comes before this node.
    fn first_before(&mut self, zone: usize, node: Option<NodeIx>) -> Option<(NodeIx, S)> {
        let rank = &self.cluster.nodes().rank;
        if let (Some(node), Some(known)) = (node, self.totals.known_first(zone))
            && rank[node] < rank[known]
        {
            return None;
        }
        self.first(zone, self.limit(zone, node))
    }

    /// Where the nodes of a zone end that come before a node in byte order of the names.
    fn limit(&self, zone: usize, node: Option<NodeIx>) -> usize {
        let nodes = self.cluster.nodes();
        let zone = nodes.zones[zone].clone();
        let Some(node) = node else { return zone.end };
        // Within a zone nodes are in order of their names.
        let ranks = &nodes.rank.as_slice()[zone.clone()];
        zone.start + ranks.partition_point(|rank| *rank < nodes.rank[node])
    }

    /// The largest total of a zone, rules about single nodes apart; `None` where no node is
    /// feasible.
    #[inline]
    fn max(&self, zone: usize) -> Option<S> {
        let max = self.totals.max(zone);
        (self.relations.allowed[zone] && max.is_feasible()).then_some(max)
    }

    /// The first node with the largest total of a zone, if it is among the first `limit` of all.
    fn first(&mut self, zone: usize, limit: usize) -> Option<(NodeIx, S)> {
        loop {
            let max = self.max(zone)?;
            let node = self.totals.first(self.layout, zone, limit, self.columns)?;
            if !self.relations.refuse(node) {
                return Some((node, max));
            }
            self.refused += 1;
            if self.refused == REFUSALS {
                let rules = &self.relations.of_nodes;
                self.totals.change(self.layout, self.columns, |totals| {
                    rules.iter().for_each(|rule| rule.refuse(totals));
                });
            } else {
                self.totals.set(self.layout, node, S::REFUSED, self.columns);
            }
        }
    }

    /// What preferences add to the totals of each zone; nothing where there are none.
    fn preferences(&mut self, weight: i64) -> SmallVec<[i64; 16]> {
        let mut scores: SmallVec<[i64; 16]> = SmallVec::new();
        if self.relations.preferences.is_empty() {
            return scores;
        }
        scores.resize(self.layout.zones(), 0);
        let topology = self.cluster.topology();
        for preference in &self.relations.preferences {
            let domains = topology.domains(preference.key).by_zone.iter().flatten();
            for (score, domain) in scores.iter_mut().zip(domains) {
                *score += preference.of(*domain);
            }
        }
        let mut bounds: Option<(i64, i64)> = None;
        for (zone, score) in scores.iter().enumerate() {
            let feasible = if self.relations.of_nodes.is_empty() {
                self.max(zone).is_some()
            } else {
                self.first(zone, self.limit(zone, None)).is_some()
            };
            if feasible {
                let (min, max) = bounds.unwrap_or((*score, *score));
                bounds = Some((min.min(*score), max.max(*score)));
            }
        }
        let (min, max) = bounds.unwrap_or_default();
        for score in &mut scores {
            // Where no node is feasible the number does not matter.
            let bounded = (*score).clamp(min, max);
            *score = if min == max { 0 } else { normalized(bounded, (min, max), weight) };
        }
        scores
    }
}
