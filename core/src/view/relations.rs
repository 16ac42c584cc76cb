//! What rules and preferences about pods nearby say at the time of a decision.
//!
//! Spread, affinity and anti-affinity come down to rules and numbers about zones and about single
//! nodes, wherever the labels of the nodes are as they mostly are.

use super::bounds::{Bounds, Sums};
use super::class::ClassView;
use super::grades::{Formula, Grade, Span, Spans, Values, scores_of_zones};
use super::race::Race;
use super::{View, Weights};
use crate::column::{DomainRule, Score};
use crate::plugins::inter_pod_affinity::fast::{self as inter_pod, Preference};
use crate::plugins::pod_topology_spread::fast::SoftScore;
use crate::state::Cluster;
use crate::state::ix::NodeIx;
use crate::state::topology::NO_DOMAIN;
use smallvec::{SmallVec, smallvec};

/// Bounds of rules that may loosen although no node is touched.
pub(super) type RuleBounds = SmallVec<[i32; 4]>;

/// What rules and preferences about pods nearby say, by zone and by node.
pub(super) struct Relations<'c> {
    /// Rules about zones.
    of_zones: SmallVec<[DomainRule<'c>; 2]>,
    /// Rules about single nodes.
    pub(super) of_nodes: SmallVec<[DomainRule<'c>; 2]>,
    pub(super) preferences: SmallVec<[Preference<'c>; 4]>,
    /// Soft spread constraints, where there are some.
    pub(super) soft: Option<SoftScore<'c>>,
    /// Whether the rules allow each zone; empty where they allow all.
    allowed: SmallVec<[bool; 16]>,
}

impl<'c> Relations<'c> {
    /// What a class is told now; `None` where something is about other domains than zones and
    /// single nodes, or the host has a say.
    pub(super) fn new<S: Score>(
        cluster: &'c Cluster,
        class: &ClassView,
        view: &View<S>,
    ) -> Option<Self> {
        let View { tables, weights, profile, .. } = view;
        let spread = &tables.spread.get(class.spread).rule;
        let inter_pod = class.inter_pod.map(|facet| &tables.inter_pod.get(facet).rule);
        let mut relations = profile.hosts.is_empty().then(Self::none)?;
        if !class.related {
            return Some(relations);
        }
        relations.add_rules(cluster, class, view)?;
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
            relations.allow_zones(cluster.nodes().zones.len());
        }
        Some(relations)
    }

    /// The same of rules alone.
    pub(super) fn of_rules<S: Score>(
        cluster: &'c Cluster,
        class: &ClassView,
        view: &View<S>,
    ) -> Option<Self> {
        let mut relations = Self::none();
        relations.add_rules(cluster, class, view)?;
        Some(relations)
    }

    fn add_rules<S: Score>(
        &mut self,
        cluster: &'c Cluster,
        class: &ClassView,
        view: &View<S>,
    ) -> Option<()> {
        let View { tables, weights, .. } = view;
        if weights.spread_filters {
            let spread = &tables.spread.get(class.spread).rule;
            spread.rules(cluster).try_for_each(|rule| self.add(rule))?;
        }
        if weights.inter_pod_filters
            && let Some(inter_pod) = class.inter_pod
        {
            let inter_pod = &tables.inter_pod.get(inter_pod).rule;
            inter_pod.rules(cluster).try_for_each(|rule| self.add(rule))?;
        }
        Some(())
    }

    /// Nothing is told.
    #[inline]
    pub(super) fn none() -> Self {
        Self {
            of_zones: SmallVec::new(),
            of_nodes: SmallVec::new(),
            preferences: SmallVec::new(),
            soft: None,
            allowed: SmallVec::new(),
        }
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

    /// Finds out which zones the rules allow.
    fn allow_zones(&mut self, zones: usize) {
        let Self { of_zones, allowed, .. } = self;
        allowed.resize(zones, true);
        for rule in of_zones {
            let domains = rule.domains.by_zone.iter().flatten();
            for (allowed, domain) in allowed.iter_mut().zip(domains) {
                *allowed &= !rule.refuses_domain(*domain);
            }
        }
    }

    /// Whether the rules allow each zone; empty where they allow all.
    pub(super) fn allowed_zones(&self) -> &[bool] {
        &self.allowed
    }

    /// Whether a node of this zone may be taken.
    pub(super) fn allows_zone(&self, zone: usize) -> bool {
        self.allowed.get(zone).copied().unwrap_or(true)
    }

    /// Whether nothing is said besides rules.
    pub(super) fn are_rules_alone(&self) -> bool {
        self.preferences.is_empty() && self.soft.is_none()
    }

    /// Whether there are no rules.
    pub(super) fn has_no_rules(&self) -> bool {
        self.of_zones.is_empty() && self.of_nodes.is_empty()
    }

    /// Whether a rule about single nodes refuses this one.
    pub(super) fn refuses(&self, node: NodeIx) -> bool {
        self.of_nodes.iter().any(|rule| rule.refuses(node))
    }

    /// The place of the first rule about single nodes that refuses this one; one behind the last where
    /// none does.
    pub(super) fn first_refusing(&self, node: NodeIx) -> usize {
        let first = self.of_nodes.iter().position(|rule| rule.refuses(node));
        first.unwrap_or(self.of_nodes.len())
    }

    /// The place of the first rule about zones that refuses this one, and whether it does so because
    /// the zone is in no domain; `None` where all rules allow it.
    pub(super) fn first_refusing_zone(&self, zone: usize) -> Option<(usize, bool)> {
        self.of_zones.iter().enumerate().find_map(|(place, rule)| {
            let domain = rule.domains.by_zone.as_ref()?[zone];
            rule.refuses_domain(domain).then_some((place, domain == NO_DOMAIN))
        })
    }

    /// The bounds of rules about single nodes that may loosen.
    pub(super) fn bounds(&self) -> RuleBounds {
        let moving = self.of_nodes.iter().filter(|rule| rule.key_required);
        moving.flat_map(|rule| [rule.least, rule.most]).collect()
    }

    /// The preferences that tell nodes of one zone apart.
    pub(super) fn by_node(&self, cluster: &Cluster) -> SmallVec<[&Preference<'c>; 4]> {
        self.preferences.iter().filter(|it| !it.by_zone(cluster)).collect()
    }

    /// Whether nodes of one zone differ by their pods, for soft spread constraints and for
    /// preferences.
    pub(super) fn values_nodes(&self, cluster: &Cluster) -> [bool; 2] {
        [
            self.soft.as_ref().is_some_and(|soft| soft.hosts().is_some()),
            self.preferences.iter().any(|it| !it.by_zone(cluster)),
        ]
    }

    /// Leaves the zones out that the rules do not allow.
    fn close_zones<S: Score>(&self, race: &mut Race<'_, 'c, S, impl Bounds<S>>) {
        let refused = self.allowed.iter().enumerate().filter(|(_, allowed)| !**allowed);
        refused.for_each(|(zone, _)| race.leave_out(zone));
    }

    /// Adds to the race what the pods of zones give, where nodes of one zone are alike.
    pub(super) fn grade_zones<S: Score>(
        &self,
        race: &mut Race<'_, 'c, S, impl Bounds<S>>,
        cluster: &Cluster,
        weights: Weights,
        witnesses: &mut Vec<Option<NodeIx>>,
    ) {
        self.close_zones(race);
        if self.are_rules_alone() {
            return;
        }
        witnesses.resize(cluster.nodes().zones.len(), None);
        if self.soft.is_none() {
            return self.grade_zones_by_preferences(race, cluster, weights.inter_pod, witnesses);
        }
        let zones = witnesses.iter_mut().enumerate().map(|(zone, witness)| {
            Span::of_alike(self.allows_zone(zone) && race.is_feasible(zone, witness))
        });
        let zones: SmallVec<[Span<S>; 16]> = zones.collect();
        for (formula, weight) in self.formulas(cluster, weights, &zones).into_iter().flatten() {
            race.add_of_zones(&scores_of_zones(&formula, weight, &zones));
        }
    }

    /// Adds to the race what the pods of nodes and zones give. `None` where values lie too far apart.
    pub(super) fn grade_nodes<'a, S: Score>(
        &self,
        race: &mut Race<'a, 'c, S, Sums<'a, S>>,
        cluster: &Cluster,
        weights: Weights,
        values: Values<'a, S>,
        spans: &'a Spans<S>,
    ) -> Option<()> {
        self.close_zones(race);
        let zones = (0..cluster.nodes().zones.len()).map(|zone| match self.allows_zone(zone) {
            true => spans.zone(zone),
            false => Span::of_alike(false),
        });
        let zones: SmallVec<[Span<S>; 16]> = zones.collect();
        let formulas = self.formulas(cluster, weights, &zones);
        for (side, formula) in formulas.into_iter().enumerate() {
            let Some((formula, weight)) = formula else { continue };
            if let Some(values) = values[side] {
                race.grade(Grade::new(formula, side, values, weight, &zones)?, &zones, spans);
            } else {
                race.add_of_zones(&scores_of_zones(&formula, weight, &zones));
            }
        }
        Some(())
    }

    /// How soft spread constraints and preferences are scored, and their weights.
    fn formulas<S: Score>(
        &self,
        cluster: &Cluster,
        weights: Weights,
        zones: &[Span<S>],
    ) -> [Option<(Formula<'c>, i64)>; 2] {
        let soft = self.soft.clone().map(|mut soft| {
            let feasible = (0..zones.len()).filter(|zone| zones[*zone].feasible > 0);
            let feasible: SmallVec<[usize; 16]> = feasible.collect();
            soft.weigh(&feasible, zones.iter().map(|span| span.feasible).sum());
            (Formula::Spread(soft), weights.spread)
        });
        let preferences = (!self.preferences.is_empty())
            .then(|| (Formula::InterPod(self.raw_of_zones(cluster)), weights.inter_pod));
        [soft, preferences]
    }

    /// What the preferences about zones add to the raw score of the nodes of each.
    fn raw_of_zones(&self, cluster: &Cluster) -> SmallVec<[i64; 16]> {
        let mut of_zones = smallvec![0; cluster.nodes().zones.len()];
        for preference in &self.preferences {
            if let Some(domains) = &cluster.topology().domains(preference.key).by_zone {
                preference.add_to(&mut of_zones, domains);
            }
        }
        of_zones
    }

    /// Adds what preferences give where all of them are about zones: which zones have a feasible
    /// node has to be known of those alone that have the smallest and the largest raw score.
    fn grade_zones_by_preferences<S: Score>(
        &self,
        race: &mut Race<'_, 'c, S, impl Bounds<S>>,
        cluster: &Cluster,
        weight: i64,
        witnesses: &mut [Option<NodeIx>],
    ) {
        let raw = self.raw_of_zones(cluster);
        let mut is_feasible = |zone: usize| race.is_feasible(zone, &mut witnesses[zone]);
        let open = (0..raw.len()).filter(|zone| self.allows_zone(*zone));
        let (lowest, highest) = (
            open.clone().min_by_key(|zone| raw[*zone]),
            open.clone().max_by_key(|zone| raw[*zone]),
        );
        let (Some(mut lowest), Some(mut highest)) = (lowest, highest) else { return };
        let (low, high) = (is_feasible(lowest), is_feasible(highest));
        if !(low && high) {
            let left = |zone: &usize| (low || *zone != lowest) && (high || *zone != highest);
            let mut rising: SmallVec<[usize; 16]> = open.filter(left).collect();
            rising.sort_unstable_by_key(|zone| raw[*zone]);
            let mut rising = rising.into_iter();
            let Some(first) = rising.find(|zone| is_feasible(*zone)) else { return };
            lowest = first;
            highest = rising.rfind(|zone| is_feasible(*zone)).unwrap_or(first);
        }
        let extremes = (raw[lowest], raw[highest]);
        if extremes.0 < extremes.1 {
            // No node of a zone beyond them is feasible: it gets nothing to win with.
            let score = |raw: i64| match (extremes.0..=extremes.1).contains(&raw) {
                true => S::new(inter_pod::normalized(raw, extremes, weight)),
                false => S::default(),
            };
            let mut scores: SmallVec<[S; 16]> = smallvec![S::default(); raw.len()];
            scores.iter_mut().zip(&raw).for_each(|(of_zone, raw)| *of_zone = score(*raw));
            race.add_of_zones(&scores);
        }
    }
}
