//! The best node for a class.
//!
//! Here is what a class brings to the race of the blocks ([`Race`]): its columns; rules about pods
//! nearby, which are held against whole zones at once or against the best node alone, and become a
//! column too where that fails often; and scores that follow the pods of the nodes and zones.
//!
//! What does not fit this (rules and preferences about other domains, scores of the host) is decided
//! by [`View::score_all`], node by node.

use super::bounds::{Standing, Sums};
use super::class::ClassView;
use super::grades::{Spans, Values};
use super::kept::{BY_RULES, BY_VALUES, Kept, Nearby};
use super::normalized::{Feasible, Normalized};
use super::race::{Race, TooManyRefused};
use super::relations::Relations;
use super::tables::Tables;
use super::twins::Twins;
use super::{Known, View, Weights};
use crate::base::index::Ix;
use crate::column::{Blocks, Column, Score, sum_at};
use crate::plugins::pod_topology_spread::fast::SoftScore;
use crate::state::Cluster;
use crate::state::ix::{ClassIx, NodeIx};
use crate::state::log::Journal;
use smallvec::SmallVec;

/// Memory that decisions share.
#[derive(Clone, Debug)]
pub(super) struct Memory<S> {
    /// Bounds of the blocks.
    bounds: Vec<S>,
    /// Spans of a class that was not asked for before.
    spans: Spans<S>,
    /// In every zone a node that was feasible for some pod.
    witnesses: Vec<Option<NodeIx>>,
    /// How many classes keep their bounds.
    pub(super) kept: usize,
    /// What the last decision left for pods of the same class.
    pub(super) twins: Twins<S>,
}

impl<S> Default for Memory<S> {
    fn default() -> Self {
        Self {
            bounds: Vec::new(),
            spans: Spans::default(),
            witnesses: Vec::new(),
            kept: 0,
            twins: Twins::default(),
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
        let (none, some);
        let relations = if class.related {
            some = Relations::new(cluster, class, self)?;
            &some
        } else if self.profile.hosts.is_empty() {
            // Nothing to be said is said on the spot.
            none = Relations::none();
            &none
        } else {
            return None;
        };
        let Self { tables, classes, blocks, memory, weights, profile, .. } = self;
        let Memory { bounds, spans, witnesses, twins, .. } = memory;
        tables.repair(class, cluster, blocks, profile, *weights);
        let base = class.base(*weights);
        if twins.expect(index) && class.has_nothing_to_normalize() && relations.are_rules_alone() {
            if !relations.of_nodes.is_empty() {
                tables.keep_nearby(class);
            }
            // Also where rules are said no more that the column still knows.
            tables.repair_nearby(class, cluster, blocks, relations);
            if let Some((node, total)) = twins.best(cluster, blocks, tables, class, relations) {
                return Some(Some((node, total.get() + base)));
            }
        }
        let valued = relations.values_nodes(cluster);
        let Known { decided, spans: own, kept, .. } = classes.get_mut(index)?;
        let mut kept = kept.as_deref_mut();
        tables.normalize(class, blocks, *weights, relations, kept.as_deref_mut());
        let mut spans = valued.contains(&true).then(|| match decided {
            // What comes again keeps its own.
            true => own.get_or_insert_default(),
            false => spans.forget(),
        });
        if spans.is_some() {
            tables.repair_values(class, cluster, blocks, relations, valued)?;
            if !relations.of_nodes.is_empty() {
                tables.keep_nearby(class);
            }
        }
        let nodes = cluster.nodes();
        loop {
            tables.repair_nearby(class, cluster, blocks, relations);
            let found = {
                let columns = tables.columns(class);
                let ruled_by_column = tables.nearby.get(class.nearby).is_some();
                let rules = if ruled_by_column { &[] } else { &*relations.of_nodes };
                let kept = kept.as_deref_mut().map(|kept| {
                    let journals = tables.journals(class, false);
                    kept.repair(blocks, &columns, &journals, tables.stamp(class))
                });
                let (kept, own) = kept.unzip();
                let witnesses = own.unwrap_or(&mut *witnesses);
                match (kept, spans.as_deref_mut()) {
                    (Some(tournament), None) if !blocks.groups().is_empty() => {
                        let bounds = Standing::new(blocks, tournament);
                        let mut race = Race::new(nodes, blocks, &columns, rules, bounds);
                        relations.grade_zones(&mut race, cluster, *weights, witnesses);
                        race.run::<false>()
                    }
                    (kept, None) => {
                        let bounds = Sums::new(blocks, &columns, bounds, kept);
                        let mut race = Race::new(nodes, blocks, &columns, rules, bounds);
                        relations.grade_zones(&mut race, cluster, *weights, witnesses);
                        race.best()
                    }
                    (kept, Some(spans)) => {
                        let (filters, values) =
                            (tables.all_filters(class), tables.values(class, valued));
                        let mut journals = tables.journals(class, true);
                        let of_values = tables.value_journals(class, valued);
                        BY_VALUES.into_iter().zip(of_values).for_each(|(at, it)| journals[at] = it);
                        spans.repair(blocks, &filters, values, &journals);
                        let bounds = Sums::new(blocks, &columns, bounds, kept);
                        let mut race = Race::new(nodes, blocks, &columns, rules, bounds);
                        relations.grade_nodes(&mut race, cluster, *weights, values, spans)?;
                        race.best()
                    }
                }
            };
            match found {
                Ok(best) => return Some(best.map(|(node, total)| (node, total.get() + base))),
                Err(TooManyRefused) => tables.keep_nearby(class),
            }
        }
    }
}

impl<S: Score> Tables<S> {
    /// Normalises the scores that depend on which nodes are feasible.
    fn normalize(
        &mut self,
        class: &ClassView,
        blocks: &Blocks,
        weights: Weights,
        relations: &Relations<'_>,
        kept: Option<&mut Kept<S>>,
    ) {
        let mut disliked = class.disliked.and_then(|facet| self.disliked.get_mut(facet).take());
        let mut preferred = class.preferred.and_then(|facet| self.preferred.get_mut(facet).take());
        if disliked.is_some() || preferred.is_some() {
            let filters = self.filters(class);
            let feasible = Filtered { filters: &filters, relations };
            let mut ceilings = kept.map(Kept::ceilings);
            let known = ceilings.as_mut().and_then(|ceilings| {
                let mut journals = self.journals(class, false);
                // Rules about pods nearby are not among the filters.
                journals[BY_RULES] = None;
                ceilings.repair(&journals, |node| {
                    let raw = |of: &Option<Normalized<S>>| {
                        of.as_ref().map_or(S::default(), |it| it.raw(node))
                    };
                    sum_at(&filters, node.at())
                        .is_feasible()
                        .then(|| [raw(&disliked), raw(&preferred)])
                })
            });
            let mut largest = [S::default(); 2];
            if let Some(scores) = &mut disliked {
                let at_most = known.map(|known| known[0]);
                scores.settle(blocks, weights.taints, true, &feasible, at_most);
                largest[0] = scores.max();
            }
            if let Some(scores) = &mut preferred {
                let at_most = known.map(|known| known[1]);
                scores.settle(blocks, weights.affinity, false, &feasible, at_most);
                largest[1] = scores.max();
            }
            if let Some(ceilings) = ceilings.filter(|_| relations.has_no_rules()) {
                ceilings.note(largest);
            }
        }
        if let Some(facet) = class.disliked {
            *self.disliked.get_mut(facet) = disliked;
        }
        if let Some(facet) = class.preferred {
            *self.preferred.get_mut(facet) = preferred;
        }
    }

    /// The columns that tell which nodes are feasible; rules about single nodes are one of them.
    fn all_filters(&self, class: &ClassView) -> SmallVec<[&Column<S>; 6]> {
        let mut columns = self.filters(class);
        if let Some(nearby) = self.nearby.get(class.nearby) {
            columns.push(nearby.column());
        }
        columns
    }

    /// The columns of the values that there are.
    fn values(&self, class: &ClassView, valued: [bool; 2]) -> Values<'_, S> {
        let inter_pod = class.inter_pod.map(|facet| self.inter_pod.get(facet).values.column());
        [
            Some(self.spread.get(class.spread).values.column()).filter(|_| valued[0]),
            inter_pod.filter(|_| valued[1]),
        ]
    }

    /// The journals of these.
    fn value_journals(
        &self,
        class: &ClassView,
        valued: [bool; 2],
    ) -> [Option<&Journal<NodeIx>>; 2] {
        let inter_pod = class.inter_pod.map(|facet| self.inter_pod.get(facet).values.changes());
        let spread = Some(self.spread.get(class.spread).values.changes()).filter(|_| valued[0]);
        [spread, inter_pod.filter(|_| valued[1])]
    }

    /// Brings the columns of the values up to date; `None` where a value is too large for a column.
    fn repair_values(
        &mut self,
        class: &ClassView,
        cluster: &Cluster,
        blocks: &Blocks,
        relations: &Relations<'_>,
        valued: [bool; 2],
    ) -> Option<()> {
        let nodes = cluster.nodes().len();
        let counters = cluster.counters();
        let hosts = relations.soft.as_ref().and_then(SoftScore::hosts);
        if let Some((tally, hosts)) = hosts {
            let value = |node: NodeIx| -i64::from(hosts[node.at()]);
            let values = &mut self.spread.get_mut(class.spread).values;
            values.repair_values(counters, [tally].into_iter(), blocks, nodes, value)?;
        }
        if let Some(facet) = class.inter_pod.filter(|_| valued[1]) {
            let by_node = relations.by_node(cluster);
            let tallies = by_node.iter().map(|it| it.tally);
            let value = |node: NodeIx| by_node.iter().map(|it| it.of(node.at() as u32)).sum();
            let values = &mut self.inter_pod.get_mut(facet).values;
            values.repair_values(counters, tallies, blocks, nodes, value)?;
        }
        Some(())
    }

    /// All columns of a class.
    pub(super) fn columns(&self, class: &ClassView) -> SmallVec<[&Column<S>; 6]> {
        let mut columns = SmallVec::new();
        self.each_column(class, |column| columns.push(column));
        columns
    }

    /// The sum of these for a node.
    #[inline]
    pub(super) fn sum(&self, class: &ClassView, node: NodeIx) -> S {
        let mut sum = S::default();
        self.each_column(class, |column| sum = sum.plus(column.score(node)));
        sum
    }

    #[inline]
    fn each_column<'t>(&'t self, class: &ClassView, mut see: impl FnMut(&'t Column<S>)) {
        self.each_filter(class, &mut see);
        if let Some(images) = class.images.and_then(|facet| self.images.get(facet).as_ref()) {
            see(images);
        }
        let disliked = class.disliked.and_then(|facet| self.disliked.get(facet).as_ref());
        let preferred = class.preferred.and_then(|facet| self.preferred.get(facet).as_ref());
        [disliked, preferred].into_iter().flatten().for_each(|it| see(it.column()));
        if let Some(nearby) = self.nearby.get(class.nearby) {
            see(nearby.column());
        }
    }

    /// The journal of what rules about single nodes say, where that is a column.
    pub(super) fn nearby_changes(&self, class: &ClassView) -> Option<&Journal<NodeIx>> {
        self.nearby.get(class.nearby).as_ref().map(Nearby::changes)
    }
}

/// What all rules of a class say.
struct Filtered<'a, 'c, S> {
    filters: &'a [&'a Column<S>],
    relations: &'a Relations<'c>,
}

impl<S: Score> Feasible for Filtered<'_, '_, S> {
    fn in_zone(&self, zone: usize) -> bool {
        self.relations.allows_zone(zone)
    }

    fn in_block(&self, block: usize) -> bool {
        self.filters.iter().all(|column| column.maxima()[block].is_feasible())
    }

    fn node(&self, node: NodeIx) -> bool {
        sum_at(self.filters, node.at()).is_feasible() && !self.relations.refuses(node)
    }
}
