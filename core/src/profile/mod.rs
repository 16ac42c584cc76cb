//! A scheduling profile: which plugins run at which point, with which weights and arguments.
//!
//! Source: `pkg/scheduler/apis/config` (v1.35).

mod arguments;
pub mod config;
mod merge;
mod strict;
mod validation;

#[cfg(test)]
mod tests;

use crate::objects::pod::{NodeAffinity, TopologySpreadConstraint};
use crate::plugins::Plugin;
use crate::plugins::host::{HostPlugin, Hosts, Points};
use std::sync::Arc;

/// One profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Pods name it by `spec.schedulerName`.
    pub scheduler_name: String,
    /// Plugins that may hold a pod back, in order.
    pub pre_enqueue: Vec<Plugin>,
    /// Plugins that look at the pod first, in order.
    pub pre_filter: Vec<Plugin>,
    /// Plugins that refuse nodes, in order.
    pub filter: Vec<Plugin>,
    /// Plugins that are asked when no node is left, in order.
    pub post_filter: Vec<Plugin>,
    /// Plugins that look at the feasible nodes before scoring, in order.
    pub pre_score: Vec<Plugin>,
    /// Plugins that score, in order, with their weights (1 or more).
    pub score: Vec<(Plugin, i64)>,
    /// Plugins that bind what the pod needs besides the node, in order.
    pub reserve: Vec<Plugin>,
    /// How many nodes have to be feasible before no more are looked at, in percent. `None` and 100
    /// mean that all nodes are looked at, which is this engine's default; 0 means a percentage that
    /// follows from the size of the cluster, which is kube-scheduler's. Attempts of a profile that
    /// looks at a part of the nodes are computed by the plain rules.
    pub percentage_of_nodes_to_score: Option<i64>,
    /// The plugins' arguments.
    pub arguments: Arguments,
    /// Plugins of the host; they take part where the lists above name them.
    pub hosts: Hosts,
}

impl Default for Profile {
    /// kube-scheduler's default profile.
    fn default() -> Self {
        use Plugin::*;
        let pre_filter = vec![
            NodeAffinity,
            NodePorts,
            NodeResourcesFit,
            VolumeRestrictions,
            NodeVolumeLimits,
            VolumeBinding,
            VolumeZone,
            PodTopologySpread,
            InterPodAffinity,
            DynamicResources,
        ];
        let mut filter = vec![NodeUnschedulable, NodeName, TaintToleration];
        filter.extend(&pre_filter);
        Self {
            scheduler_name: "default-scheduler".to_owned(),
            pre_enqueue: vec![SchedulingGates, DynamicResources],
            pre_filter,
            filter,
            post_filter: vec![DynamicResources, DefaultPreemption],
            pre_score: vec![
                TaintToleration,
                NodeAffinity,
                NodeResourcesFit,
                VolumeBinding,
                PodTopologySpread,
                InterPodAffinity,
                NodeResourcesBalancedAllocation,
            ],
            score: vec![
                (TaintToleration, 3),
                (NodeAffinity, 2),
                (NodeResourcesFit, 1),
                (VolumeBinding, 1),
                (PodTopologySpread, 2),
                (InterPodAffinity, 2),
                (DynamicResources, 2),
                (NodeResourcesBalancedAllocation, 1),
                (ImageLocality, 1),
            ],
            reserve: vec![VolumeBinding, DynamicResources],
            percentage_of_nodes_to_score: None,
            arguments: Arguments::default(),
            hosts: Hosts::default(),
        }
    }
}

impl Profile {
    /// The same with a plugin of the host, asked after those that take part so far. To ask it
    /// earlier, move it in the lists.
    #[must_use]
    pub fn with_host_plugin(mut self, plugin: Arc<dyn HostPlugin>, points: Points) -> Self {
        let entry = Plugin::Host(plugin.name());
        self.hosts.add(plugin);
        if points.filter {
            self.filter.push(entry);
        }
        if let Some(weight) = points.score_weight {
            self.score.push((entry, weight.max(1)));
        }
        self
    }

    /// Whether every plugin that filters or scores also prepares itself for that, as far as it has
    /// to, and none prepares itself for nothing. A configuration can take these apart.
    pub fn is_regular(&self) -> bool {
        let default = Self::default();
        let prepared = |needed: &[Plugin], has: &[Plugin], plugin: &Plugin| {
            needed.contains(plugin) == has.contains(plugin)
        };
        let filters = self.filter.iter().chain(&self.pre_filter);
        let scores = self.score.iter().map(|(plugin, _)| plugin).chain(&self.pre_score);
        let regular_filter = |plugin: &Plugin| {
            prepared(&default.pre_filter, &self.pre_filter, plugin) && self.filter.contains(plugin)
        };
        let regular_score = |plugin: &Plugin| {
            prepared(&default.pre_score, &self.pre_score, plugin)
                && self.score.iter().any(|(scored, _)| scored == plugin)
        };
        // What it scores by is what its PreFilter found.
        let devices = Plugin::DynamicResources;
        let scores_devices = self.score.iter().any(|(plugin, _)| *plugin == devices);
        filters.into_iter().all(regular_filter)
            && scores.into_iter().all(regular_score)
            && (!scores_devices || self.pre_filter.contains(&devices))
    }
}

/// Arguments of all plugins that have any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// NodeAffinity: affinity that every pod has besides its own.
    pub added_affinity: Option<NodeAffinity>,
    /// NodeResourcesFit.
    pub fit: FitArguments,
    /// NodeResourcesBalancedAllocation: names of the resources looked at.
    pub balanced_resources: Vec<String>,
    /// PodTopologySpread.
    pub spread: SpreadArguments,
    /// InterPodAffinity.
    pub inter_pod: InterPodArguments,
    /// DefaultPreemption.
    pub preemption: PreemptionArguments,
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            added_affinity: None,
            fit: FitArguments::default(),
            balanced_resources: vec!["cpu".to_owned(), "memory".to_owned()],
            spread: SpreadArguments::System,
            inter_pod: InterPodArguments::default(),
            preemption: PreemptionArguments::default(),
        }
    }
}

/// Arguments of NodeResourcesFit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FitArguments {
    /// Extended resources that are not looked at.
    pub ignored_resources: Vec<String>,
    /// Prefixes (before the `/`) of extended resources that are not looked at.
    pub ignored_resource_groups: Vec<String>,
    /// How nodes are scored.
    pub strategy: FitStrategy,
    /// Resources that are scored, with their weights (1 to 100).
    pub resources: Vec<(String, i64)>,
}

impl Default for FitArguments {
    fn default() -> Self {
        Self {
            ignored_resources: Vec::new(),
            ignored_resource_groups: Vec::new(),
            strategy: FitStrategy::LeastAllocated,
            resources: vec![("cpu".to_owned(), 1), ("memory".to_owned(), 1)],
        }
    }
}

/// How NodeResourcesFit scores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FitStrategy {
    /// The emptier the better.
    LeastAllocated,
    /// The fuller the better.
    MostAllocated,
    /// By a function of the utilisation: points (utilisation 0 to 100, score 0 to 100), ascending.
    RequestedToCapacityRatio(Vec<(i64, i64)>),
}

/// Arguments of PodTopologySpread: what holds for pods without constraints of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpreadArguments {
    /// Softly over hosts (skew 3) and zones (skew 5).
    System,
    /// These constraints (without selectors).
    List(Vec<TopologySpreadConstraint>),
}

/// Arguments of InterPodAffinity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterPodArguments {
    /// What required affinity of a running pod adds to the score, 0 to 100.
    pub hard_pod_affinity_weight: i64,
    /// Whether preferences of running pods count nothing for a pod without preferences.
    pub ignore_preferred_terms_of_existing_pods: bool,
}

impl Default for InterPodArguments {
    fn default() -> Self {
        Self { hard_pod_affinity_weight: 1, ignore_preferred_terms_of_existing_pods: false }
    }
}

/// Arguments of DefaultPreemption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreemptionArguments {
    /// How many nodes are tried at least, in percent.
    pub min_candidate_nodes_percentage: i64,
    /// How many nodes are tried at least.
    pub min_candidate_nodes_absolute: i64,
}

impl Default for PreemptionArguments {
    fn default() -> Self {
        Self { min_candidate_nodes_percentage: 10, min_candidate_nodes_absolute: 100 }
    }
}
