//! The best node for a class.
//!
//! Here is what a class brings to the race of the blocks ([`Race`]): its columns; rules about pods
//! nearby, which are held against whole zones at once or against the best node alone, and become a
//! column too where that fails often; and scores that follow the pods of the nodes and zones.
//!
//! What does not fit this (rules and preferences about other domains, scores of the host) is decided
//! by [`View::score_all`], node by node.

use super::class::ClassView;
use super::facets::{LiveColumn, Normalized};
use super::grades::{Formula, Grade, Span, Spans, Values, scores_of_zones};
use super::race::{Race, TooManyRefused};
use super::tables::Tables;
use super::{Known, View, Weights};
use crate::base::index::Ix;
use crate::column::{Blocks, Column, DomainRule, Score, total};
use crate::plugins::inter_pod_affinity::fast::Preference;
use crate::plugins::pod_topology_spread::fast::SoftScore;
use crate::state::Cluster;
use crate::state::ix::{ClassIx, NodeIx};
use smallvec::{SmallVec, smallvec};

/// Which nodes rules about pods nearby refuse one by one, as a column.
#[derive(Clone, Debug)]
pub(super) struct Nearby<S> {
    column: LiveColumn<S>,
    bounds: RuleBounds,
}

/// Memory that decisions share.
#[derive(Clone, Debug)]
pub(super) struct Memory<S> {
    /// Bounds of the blocks.
    bounds: Vec<S>,
    /// Spans of a class that was not asked for before.
    spans: Spans<S>,
    /// In every zone a node that was feasible for some pod.
    witnesses: Vec<Option<NodeIx>>,
    /// How many classes keep their totals.
    kept: usize,
}

impl<S> Default for Memory<S> {
    fn default() -> Self {
        Self { bounds: Vec::new(), spans: Spans::default(), witnesses: Vec::new(), kept: 0 }
    }
}

/// The columns of a class added up, kept between decisions: then the bounds of the blocks are true.
#[derive(Clone, Debug)]
pub(super) struct Kept<S> {
    total: LiveColumn<S>,
    stamp: Stamp,
}

/// What the sum of the columns depends on besides the nodes: which columns there are, what the
/// largest raw scores of the normalised ones are, and which bounds the rules have.
type Stamp = SmallVec<[i64; 8]>;

/// A class comes again soon while at most so many nodes were touched since: looking at them one by
/// one is then less work than looking into blocks in vain.
fn soon(nodes: usize) -> u64 {
    (nodes / 16).max(32) as u64
}

/// Room for the totals that all classes together keep, in numbers.
const KEPT_MAX: usize = 1 << 27;

/// Bounds of rules that may loosen although no node is touched.
pub(super) type RuleBounds = SmallVec<[i32; 4]>;

impl<S: Score> Nearby<S> {
    pub(super) fn column(&self) -> &Column<S> {
        self.column.column()
    }
}

/// What rules and preferences about pods nearby say, by zone and by node.
struct Relations<'c> {
    of_zones: SmallVec<[DomainRule<'c>; 2]>,
    of_nodes: SmallVec<[DomainRule<'c>; 2]>,
    preferences: SmallVec<[Preference<'c>; 4]>,
    /// Soft spread constraints, where there are some.
    soft: Option<SoftScore<'c>>,
    /// Whether the rules allow each zone; empty where they allow all.
    allowed: SmallVec<[bool; 16]>,
}

impl<'c> Relations<'c> {
    /// `None` where one is about other domains than zones and single nodes.
    fn new<S: Score>(cluster: &'c Cluster, class: &ClassView, view: &View<S>) -> Option<Self> {
        let View { tables, weights, profile, .. } = view;
        let spread = &tables.spread.get(class.spread).rule;
        if !profile.hosts.is_empty() {
            return None;
        }
        let inter_pod = class.inter_pod.map(|facet| &tables.inter_pod.get(facet).rule);
        let mut relations = Self {
            of_zones: SmallVec::new(),
            of_nodes: SmallVec::new(),
            preferences: SmallVec::new(),
            soft: None,
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
            let covered = |it: &Preference<'_>| it.by_zone(cluster) || it.by_node(cluster);
            relations.preferences.iter().all(covered).then_some(())?;
        }
        if weights.spread > 0 && !spread.scores_nothing() {
            relations.soft = Some(spread.soft(cluster)?);
        }
        if !relations.of_zones.is_empty() {
            let zones = 0..cluster.nodes().zones.len();
            relations.allowed = zones.map(|zone| relations.allow_zone(zone)).collect();
        }
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

    fn allows_zone(&self, zone: usize) -> bool {
        self.allowed.get(zone).copied().unwrap_or(true)
    }

    fn refuse(&self, node: NodeIx) -> bool {
        self.of_nodes.iter().any(|rule| rule.refuses(node))
    }

    fn bounds(&self) -> RuleBounds {
        let moving = self.of_nodes.iter().filter(|rule| rule.key_required);
        moving.flat_map(|rule| [rule.least, rule.most]).collect()
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
        let Self { tables, classes, blocks, memory, weights, profile, .. } = self;
        let Memory { bounds, spans, witnesses, .. } = memory;
        tables.repair(class, cluster, blocks, profile, *weights);
        tables.normalize(class, blocks, *weights, |node| {
            relations.allows_zone(blocks.zone_of(node)) && !relations.refuse(node)
        })?;
        let valued = relations.values_nodes(cluster);
        let (mut spans, mut kept) = match &mut classes[index] {
            Some(Known { decided, spans: own, kept, .. }) => {
                // What comes again keeps its own.
                let own = decided.map(|_| own);
                let spans = own.map_or(spans.forget(), |own| own.get_or_insert_default());
                (Some(spans).filter(|_| valued.contains(&true)), kept.as_deref_mut())
            }
            None => (None, None),
        };
        if spans.is_some() {
            tables.repair_values(class, cluster, blocks, &relations, valued)?;
            if !relations.of_nodes.is_empty() {
                tables.keep_nearby(class);
            }
        }
        let base =
            if weights.taints > 0 && class.disliked.is_none() { 100 * weights.taints } else { 0 };
        loop {
            tables.repair_nearby(class, cluster, blocks, &relations);
            let found = {
                let columns = tables.columns(class);
                let total = kept.as_deref_mut().map(|kept| {
                    let stamp = tables.stamp(class, &columns, &relations);
                    [kept.repaired(cluster, blocks, &columns, stamp)]
                });
                let columns = total.as_ref().map_or(&*columns, |total| total);
                let ruled_by_column = tables.nearby.get(class.nearby).is_some();
                let rules = if ruled_by_column { &[] } else { &*relations.of_nodes };
                let mut race = Race::new(cluster.nodes(), blocks, columns, rules, bounds);
                let refused = (0..blocks.zones()).filter(|zone| !relations.allows_zone(*zone));
                refused.for_each(|zone| race.leave_out(zone));
                let valued = spans.as_deref_mut().map(|spans| {
                    let (filters, values) =
                        (tables.all_filters(class), tables.values(class, valued));
                    spans.repair(cluster.log(), blocks, &filters, values, relations.bounds());
                    (values, &*spans)
                });
                relations.grade(&mut race, cluster, blocks, *weights, valued, witnesses)?;
                race.best()
            };
            match found {
                Ok(best) => return Some(best.map(|(node, total)| (node, total.get() + base))),
                Err(TooManyRefused) => tables.keep_nearby(class),
            }
        }
    }
}

impl<S: Score> View<S> {
    /// Decides whether the class keeps its totals.
    pub(super) fn keep_or_forget(&mut self, cluster: &Cluster, index: ClassIx) {
        let (nodes, now) = (cluster.nodes().len(), cluster.log().now());
        let Self { classes, memory, .. } = self;
        let Some(known) = &mut classes[index] else { return };
        let soon = known.decided.is_some_and(|then| now - then <= soon(nodes));
        if !soon && known.kept.take().is_some() {
            memory.kept -= 1;
        }
        if !soon || known.kept.is_some() {
            return;
        }
        if (memory.kept + 1) * nodes > KEPT_MAX {
            classes.iter_mut().flatten().for_each(|known| known.kept = None);
            memory.kept = 0;
        }
        memory.kept += 1;
        if let Some(known) = &mut classes[index] {
            let kept = Kept { total: LiveColumn::default(), stamp: Stamp::new() };
            known.kept = Some(Box::new(kept));
        }
    }
}

impl<S: Score> Kept<S> {
    /// The sum of the columns, brought up to date.
    fn repaired(
        &mut self,
        cluster: &Cluster,
        blocks: &Blocks,
        columns: &[&Column<S>],
        stamp: Stamp,
    ) -> &Column<S> {
        if self.stamp != stamp {
            *self = Self { total: LiveColumn::default(), stamp };
        }
        let sum = |node: NodeIx| {
            columns.iter().fold(S::default(), |sum, column| sum.plus(column.score(node)))
        };
        let nodes = cluster.nodes().len();
        self.total.repair_or(cluster.log(), blocks, nodes, sum, |_| total(columns));
        self.total.column()
    }
}

impl<'c> Relations<'c> {
    /// Whether nodes of one zone differ by their pods, for soft spread constraints and for
    /// preferences.
    fn values_nodes(&self, cluster: &Cluster) -> [bool; 2] {
        let by_node = |it: &Preference<'_>| !it.by_zone(cluster);
        [
            self.soft.as_ref().is_some_and(|soft| soft.hosts().is_some()),
            self.preferences.iter().any(by_node),
        ]
    }

    /// Adds to the race what the pods of nodes and zones give. `None` where values lie too far
    /// apart.
    fn grade<'a, S: Score>(
        &self,
        race: &mut Race<'a, 'c, S>,
        cluster: &Cluster,
        blocks: &Blocks,
        weights: Weights,
        valued: Option<(Values<'a, S>, &'a Spans<S>)>,
        witnesses: &mut Vec<Option<NodeIx>>,
    ) -> Option<()> {
        if self.preferences.is_empty() && self.soft.is_none() {
            return Some(());
        }
        let mut zones: SmallVec<[Span<S>; 16]> = SmallVec::new();
        witnesses.resize(blocks.zones(), None);
        for (zone, witness) in witnesses.iter_mut().enumerate() {
            zones.push(match valued {
                _ if !self.allows_zone(zone) => Span::of_alike(false),
                Some((_, spans)) => spans.zone(blocks, zone),
                None => Span::of_alike(race.is_feasible(zone, witness)),
            });
        }
        let soft = self.soft.clone().map(|mut soft| {
            let feasible = (0..zones.len()).filter(|zone| zones[*zone].feasible > 0);
            let feasible: SmallVec<[usize; 16]> = feasible.collect();
            soft.weigh(&feasible, zones.iter().map(|span| span.feasible).sum());
            (Formula::Spread(soft), weights.spread)
        });
        let preferences = (!self.preferences.is_empty()).then(|| {
            let mut of_zones: SmallVec<[i64; 16]> = smallvec![0; zones.len()];
            for preference in self.preferences.iter().filter(|it| it.by_zone(cluster)) {
                let domains = cluster.topology().domains(preference.key).by_zone.iter().flatten();
                for (raw, domain) in of_zones.iter_mut().zip(domains) {
                    *raw += preference.of(*domain);
                }
            }
            (Formula::InterPod(of_zones), weights.inter_pod)
        });
        for (side, formula) in [soft, preferences].into_iter().enumerate() {
            let Some((formula, weight)) = formula else { continue };
            if let Some((values, spans)) = valued
                && let Some(values) = values[side]
            {
                let grade = Grade::new(formula, side, values, weight, &zones)?;
                race.grade(grade, &zones, spans);
            } else {
                race.add_of_zones(&scores_of_zones(&formula, weight, &zones));
            }
        }
        Some(())
    }
}

impl<S: Score> Tables<S> {
    /// Normalises the scores that depend on which nodes are feasible; `nearby` says whether rules
    /// about other pods allow a node. `None` where the maxima are not found easily.
    fn normalize(
        &mut self,
        class: &ClassView,
        blocks: &Blocks,
        weights: Weights,
        nearby: impl Fn(NodeIx) -> bool,
    ) -> Option<()> {
        let feasible = |tables: &Self, node| tables.feasible(class, node) && nearby(node);
        if let Some(facet) = class.disliked {
            let mut scores = self.disliked.get_mut(facet).take()?;
            let settled = scores.settle(blocks, weights.taints, true, |node| feasible(self, node));
            *self.disliked.get_mut(facet) = Some(scores);
            settled?;
        }
        if let Some(facet) = class.preferred {
            let mut scores = self.preferred.get_mut(facet).take()?;
            let settled =
                scores.settle(blocks, weights.affinity, false, |node| feasible(self, node));
            *self.preferred.get_mut(facet) = Some(scores);
            settled?;
        }
        Some(())
    }

    /// Whether a node is feasible, rules about other pods apart.
    fn feasible(&self, class: &ClassView, node: NodeIx) -> bool {
        self.filters(class).iter().all(|column| column.score(node).is_feasible())
    }

    /// The columns that tell which nodes are feasible; rules about single nodes are one of them.
    fn all_filters(&self, class: &ClassView) -> SmallVec<[&Column<S>; 6]> {
        let mut columns = self.filters(class);
        columns.extend(self.nearby.get(class.nearby).as_ref().map(Nearby::column));
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
        let hosts = relations.soft.as_ref().and_then(SoftScore::hosts);
        if let Some(hosts) = hosts {
            let value = |node: NodeIx| -i64::from(hosts[node.at()]);
            let values = &mut self.spread.get_mut(class.spread).values;
            values.repair_values(cluster.log(), blocks, nodes, value)?;
        }
        if let Some(facet) = class.inter_pod.filter(|_| valued[1]) {
            let by_node = relations.preferences.iter().filter(|it| !it.by_zone(cluster));
            let by_node: SmallVec<[&Preference<'_>; 4]> = by_node.collect();
            let value = |node: NodeIx| by_node.iter().map(|it| it.of(node.at() as u32)).sum();
            let values = &mut self.inter_pod.get_mut(facet).values;
            values.repair_values(cluster.log(), blocks, nodes, value)?;
        }
        Some(())
    }

    /// What the sum of the columns of a class depends on besides the nodes.
    fn stamp(&self, class: &ClassView, columns: &[&Column<S>], relations: &Relations<'_>) -> Stamp {
        let max = |it: &Option<Normalized<S>>| it.as_ref().map_or(-1, |it| i64::from(it.max()));
        let mut stamp = Stamp::new();
        stamp.push(columns.len() as i64);
        stamp.extend(class.disliked.map(|facet| max(self.disliked.get(facet))));
        stamp.extend(class.preferred.map(|facet| max(self.preferred.get(facet))));
        if self.nearby.get(class.nearby).is_some() {
            stamp.extend(relations.bounds().into_iter().map(i64::from));
        }
        stamp
    }

    /// All columns of a class.
    fn columns(&self, class: &ClassView) -> SmallVec<[&Column<S>; 6]> {
        let mut columns = self.filters(class);
        let more = [
            class.images.and_then(|facet| self.images.get(facet).as_ref()),
            class.disliked.and_then(|facet| Some(self.disliked.get(facet).as_ref()?.column())),
            class.preferred.and_then(|facet| Some(self.preferred.get(facet).as_ref()?.column())),
            self.nearby.get(class.nearby).as_ref().map(Nearby::column),
        ];
        columns.extend(more.into_iter().flatten());
        columns
    }

    /// From now on the rules about single nodes are a column for this class.
    fn keep_nearby(&mut self, class: &ClassView) {
        let nearby = || Nearby { column: LiveColumn::default(), bounds: RuleBounds::new() };
        self.nearby.get_mut(class.nearby).get_or_insert_with(nearby);
    }

    /// Brings that column up to date, where there is one.
    fn repair_nearby(
        &mut self,
        class: &ClassView,
        cluster: &Cluster,
        blocks: &Blocks,
        relations: &Relations<'_>,
    ) {
        let Some(nearby) = self.nearby.get_mut(class.nearby) else { return };
        let bounds = relations.bounds();
        if nearby.bounds != bounds {
            *nearby = Nearby { column: LiveColumn::default(), bounds };
        }
        nearby.column.repair(cluster.log(), blocks, cluster.nodes().len(), |node| {
            if relations.refuse(node) { S::REFUSED } else { S::default() }
        });
    }
}
