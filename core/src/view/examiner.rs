//! One class held against single nodes, also against nodes as they would be with other pods.

use super::class::ClassView;
use super::facets::FacetIx;
use super::relations::Relations;
use super::{NeedsPlainRules, View};
use crate::column::Score;
use crate::cycle::evaluation::Verdict;
use crate::plugins::Plugin;
use crate::plugins::pod_topology_spread::fast::Spread;
use crate::plugins::reason::Rejection;
use crate::state::Cluster;
use crate::state::ix::{NodeIx, PodIx};
use crate::state::log::Epoch;
use std::ops::Range;

/// A class as a profile sees it, to be held against nodes one by one.
#[derive(Clone, Debug)]
pub struct Examiner<'v, S> {
    view: &'v View<S>,
    class: ClassView,
    pod: PodIx,
}

/// The rules about pods nearby of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AskedNearby(FacetIx);

/// What the nodes are asked for a class: where two classes have the same here, every node answers
/// them alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    fixed: FacetIx,
    shape: FacetIx,
    ports: Option<FacetIx>,
    /// Rules about pods nearby, where they may refuse a node and are not asked apart.
    nearby: Option<FacetIx>,
}

impl<S: Score> View<S> {
    /// The pod's class, to be held against nodes one by one.
    ///
    /// # Errors
    /// The class has something that columns do not cover.
    pub fn examiner(
        &mut self,
        cluster: &mut Cluster,
        pod: PodIx,
    ) -> Result<Examiner<'_, S>, NeedsPlainRules> {
        let (_, class) = self.class_of(cluster, pod)?;
        Ok(Examiner { view: self, class, pod })
    }
}

impl<S: Score> Examiner<'_, S> {
    /// Why PreFilter rejects every pod of the class, if it does.
    pub fn rejected(&self) -> Option<Rejection> {
        self.class.rejection()
    }

    /// Whether PreFilter leaves some nodes only.
    pub fn is_narrowed(&self) -> bool {
        self.view.tables.fixed.get(self.class.fixed).narrowed.is_some()
    }

    /// What the filters say about a node.
    pub fn verdict(&self, cluster: &Cluster, node: NodeIx) -> Verdict {
        self.view.examine(cluster, &self.class, self.pod, node)
    }

    /// What a node lacks of the resources, as a number, where nothing else about the node may refuse
    /// the class: nodes with the same number get the same verdict. Only where the verdict depends on
    /// nothing but the node, see [`Self::looks_at_one_node`], or rules about pods nearby are asked
    /// apart; 0 means then that the node passes the rest.
    pub fn lacking(&self, cluster: &Cluster, node: NodeIx) -> Option<u64> {
        let tables = &self.view.tables;
        let may_pass = tables.fixed.get(self.class.fixed).column.score(node).is_feasible();
        let fit = tables.shapes.get(self.class.shape).fit.as_ref();
        let fit = fit.filter(|_| may_pass && self.class.ports.is_none())?;
        fit.lacking(cluster.nodes(), node)
    }

    /// What the filters say about a node, rules about pods nearby apart; only where these come last or
    /// refuse nothing.
    pub fn verdict_of_node(&self, cluster: &Cluster, node: NodeIx) -> Verdict {
        match self.verdict(cluster, node) {
            Verdict::Rejected(Rejection { plugin, .. }) if turn(plugin) > Some(0) => {
                Verdict::Feasible
            }
            verdict => verdict,
        }
    }

    /// What rules about pods nearby say now; `None` where one is about other domains than zones and
    /// single nodes.
    pub(super) fn rules<'c>(&self, cluster: &'c Cluster) -> Option<Relations<'c>> {
        Relations::of_rules(cluster, &self.class, self.view)
    }

    /// The zone of a node, as its place among the zones.
    pub(super) fn zone_of(&self, node: NodeIx) -> usize {
        self.view.blocks.zone_of(node)
    }

    /// The nodes of a zone.
    pub(super) fn nodes_of_zone(&self, zone: usize) -> Range<usize> {
        self.view.blocks.nodes_of_zone(zone)
    }

    /// What the nodes are asked in this epoch for a pod of this priority.
    pub fn asked(&self, cluster: &Cluster, priority: i32) -> Asked {
        let ClassView { fixed, shape, ports, nearby, .. } = self.class;
        let apart = self.looks_at_one_node(cluster) || self.asks_nearby_apart(cluster, priority);
        Asked { fixed, shape, ports, nearby: (!apart).then_some(nearby) }
    }

    /// While this is the same, what is asked has the same meaning.
    pub fn epoch(&self) -> &Epoch {
        &self.view.tables.epoch
    }

    /// What is asked about pods nearby in this epoch.
    pub fn asked_nearby(&self) -> AskedNearby {
        AskedNearby(self.class.nearby)
    }

    /// Whether rules about pods nearby may refuse a node, and everything else can be asked apart from
    /// them: they come last, spread first, and no pod of a lower priority could be removed.
    pub fn asks_nearby_apart(&self, cluster: &Cluster, priority: i32) -> bool {
        let turns = self.view.profile.filter.iter().filter_map(|plugin| turn(*plugin));
        !self.looks_at_one_node(cluster)
            && !cluster.has_pods_below(priority)
            && self.view.profile.hosts.is_empty()
            && turns.is_sorted()
    }

    /// Whether the verdict about a node depends on that node and its pods alone.
    pub fn looks_at_one_node(&self, cluster: &Cluster) -> bool {
        let inter_pod =
            self.class.inter_pod.map(|facet| &self.view.tables.inter_pod.get(facet).rule);
        let inter_pod = inter_pod.filter(|_| self.view.weights.inter_pod_filters);
        self.view.profile.hosts.is_empty()
            && self.spread().is_none_or(Spread::refuses_nothing)
            && inter_pod.is_none_or(|it| it.refuses_nothing(cluster))
    }

    /// Whether counts that move with every pod tell what upstream finds when it takes pods away:
    /// it also takes away terminating pods that it never counted, and pods for constraints that
    /// count none.
    pub fn removal_is_told_by_counts(&self, cluster: &Cluster) -> bool {
        self.spread().is_none_or(|spread| {
            spread.refuses_nothing()
                || !(spread.selects_everything() || cluster.has_terminating_pods())
        })
    }

    /// The spread constraints, where the profile filters by them.
    fn spread(&self) -> Option<&Spread> {
        let spread = &self.view.tables.spread.get(self.class.spread).rule;
        self.view.weights.spread_filters.then_some(spread)
    }
}

/// When a filter that columns know has its turn where rules about pods nearby come last; `None` for
/// one that refuses nothing that columns cover.
fn turn(plugin: Plugin) -> Option<u8> {
    match plugin {
        Plugin::NodeUnschedulable
        | Plugin::TaintToleration
        | Plugin::NodeAffinity
        | Plugin::NodePorts
        | Plugin::NodeResourcesFit => Some(0),
        Plugin::PodTopologySpread => Some(1),
        Plugin::InterPodAffinity => Some(2),
        _ => None,
    }
}
