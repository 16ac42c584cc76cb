//! The full account of one attempt from columns: verdict and score parts of every node.

use super::class::ClassView;
use super::{NeedsPlainRules, View};
use crate::base::bits::Bits;
use crate::base::index::Ix;
use crate::column::Score;
use crate::cycle::evaluation::{Evaluation, NodeScore, Verdict};
use crate::plugins::Plugin;
use crate::plugins::node_ports;
use crate::plugins::reason::{Code, Reason, Rejection};
use crate::state::Cluster;
use crate::state::ix::{NodeIx, PodIx};
use std::collections::BTreeMap;

impl<S: Score> View<S> {
    /// What one attempt to place a pod of the class finds out on every node.
    ///
    /// # Errors
    /// The class has something that columns do not cover.
    pub fn evaluate(
        &mut self,
        cluster: &mut Cluster,
        pod: PodIx,
    ) -> Result<Evaluation, NeedsPlainRules> {
        let (_, class) = self.class_of(cluster, pod)?;
        if let Some(rejection) = class.rejection() {
            return Ok(Evaluation { pre_filter: Some(rejection), ..Evaluation::default() });
        }
        self.filter(cluster, &class, pod);
        let by_rank = &cluster.nodes().by_rank;
        let verdicts =
            by_rank.iter().map(|node| self.verdict(cluster, &class, pod, *node)).collect();
        let narrowed = self.tables.fixed.get(class.fixed).narrowed.is_some();
        let scores = self.score_rows(cluster, &class, pod);
        Ok(Evaluation {
            verdicts,
            narrowed_by: if narrowed { vec![Plugin::NodeAffinity] } else { Vec::new() },
            scores,
            ..Evaluation::default()
        })
    }

    /// What the filters say about a node; the totals tell already whether it is feasible.
    fn verdict(&self, cluster: &Cluster, class: &ClassView, pod: PodIx, node: NodeIx) -> Verdict {
        if self.totals[node.at()].is_feasible() {
            return Verdict::Feasible;
        }
        self.examine(cluster, class, pod, node)
    }

    /// What the filters say about a node, in the profile's order.
    pub(super) fn examine(
        &self,
        cluster: &Cluster,
        class: &ClassView,
        pod: PodIx,
        node: NodeIx,
    ) -> Verdict {
        let fixed = self.tables.fixed.get(class.fixed);
        if outside(&fixed.narrowed, node) {
            return Verdict::Excluded;
        }
        let refused = |plugin: &Plugin| match plugin {
            Plugin::Host(_) => self.rejection_by_host(cluster, pod, *plugin, node),
            plugin => self.rejection(cluster, class, *plugin, node),
        };
        let rejection = self.profile.filter.iter().find_map(refused);
        rejection.map_or(Verdict::Feasible, Verdict::Rejected)
    }

    fn rejection(
        &self,
        cluster: &Cluster,
        class: &ClassView,
        plugin: Plugin,
        node: NodeIx,
    ) -> Option<Rejection> {
        let fixed = self.tables.fixed.get(class.fixed);
        let nodes = cluster.nodes();
        let for_good = |set: &Option<Bits>, reason| {
            let code = Code::UnschedulableAndUnresolvable;
            outside(set, node).then(|| Rejection::new(plugin, code, reason))
        };
        match plugin {
            Plugin::NodeUnschedulable => for_good(&fixed.schedulable, Reason::NodeUnschedulable),
            Plugin::TaintToleration => for_good(&fixed.tolerated, Reason::UntoleratedTaint),
            Plugin::NodeAffinity => for_good(&fixed.enforced, Reason::EnforcedNodeAffinity)
                .or_else(|| for_good(&fixed.meeting, Reason::NodeAffinity)),
            Plugin::NodePorts => {
                let wanted = cluster.port_set(self.tables.ports.key(class.ports?));
                node_ports::fast::taken(wanted, nodes, node)
                    .then(|| Rejection::new(plugin, Code::Unschedulable, Reason::HostPort))
            }
            Plugin::NodeResourcesFit => {
                self.tables.shapes.get(class.shape).fit.as_ref()?.rejection(nodes, node)
            }
            Plugin::PodTopologySpread => {
                self.tables.spread.get(class.spread).rule.rejection(cluster, node)
            }
            Plugin::InterPodAffinity => {
                self.tables.inter_pod.get(class.inter_pod?).rule.rejection(cluster, node)
            }
            _ => None,
        }
    }

    /// One row per feasible node: what each plugin added to the totals.
    fn score_rows(&mut self, cluster: &Cluster, class: &ClassView, pod: PodIx) -> Vec<NodeScore> {
        let by_rank = cluster.nodes().by_rank.iter().enumerate();
        let feasible: Vec<(usize, NodeIx)> = by_rank
            .map(|(rank, node)| (rank, *node))
            .filter(|(_, node)| self.totals[node.at()].is_feasible())
            .collect();
        let mut columns = self.resource_parts(cluster, class, &feasible);
        let mut before: Vec<i64> =
            feasible.iter().map(|(_, node)| self.totals[node.at()].get()).collect();
        self.score(cluster, class, pod, &mut |plugin, totals| {
            let mut column = Vec::with_capacity(feasible.len());
            for ((_, node), before) in feasible.iter().zip(&mut before) {
                let now = totals[node.at()].get();
                column.push(now - *before);
                *before = now;
            }
            columns.insert(plugin, column);
        });
        let row = |(at, (rank, node)): (usize, &(usize, NodeIx))| {
            let of_plugin = |(plugin, _): &(Plugin, i64)| Some((*plugin, columns.get(plugin)?[at]));
            let parts = self.profile.score.iter().filter_map(of_plugin).collect();
            let total = self.totals[node.at()].get();
            let total = if self.profile.score.is_empty() { 1 } else { total };
            NodeScore { node: *rank, parts, total }
        };
        feasible.iter().enumerate().map(row).collect()
    }

    /// The parts that stand together in the column of the resources, and those that are nothing
    /// without devices.
    fn resource_parts(
        &self,
        cluster: &Cluster,
        class: &ClassView,
        feasible: &[(usize, NodeIx)],
    ) -> BTreeMap<Plugin, Vec<i64>> {
        let shape = self.tables.shapes.get(class.shape);
        let nodes = cluster.nodes();
        let strategy = &self.profile.arguments.fit.strategy;
        let column = |score: &dyn Fn(NodeIx) -> i64| {
            feasible.iter().map(|(_, node)| score(*node)).collect::<Vec<_>>()
        };
        let mut columns = BTreeMap::new();
        if let Some(fit) = &shape.fit_scored {
            let score = |node| self.weights.fit * fit.score(strategy, nodes, node);
            columns.insert(Plugin::NodeResourcesFit, column(&score));
        }
        if let Some(balance) = &shape.balance {
            let score = |node| self.weights.balance * balance.score(nodes, node);
            columns.insert(Plugin::NodeResourcesBalancedAllocation, column(&score));
        }
        columns.insert(Plugin::DynamicResources, column(&|_| 0));
        columns
    }
}

fn outside(set: &Option<Bits>, node: NodeIx) -> bool {
    set.as_ref().is_some_and(|set| !set.contains(node.at()))
}
