//! Plugins of the program that links the engine: filters and scores of its own, asked in the
//! profile's order like those that are built in.
//!
//! ```
//! use bayplan::objects::{Node, Pod};
//! use bayplan::plugins::host::{HostPlugin, HostRejection, Points};
//! use bayplan::profile::Profile;
//! use std::sync::Arc;
//!
//! /// Keeps pods of team `blue` off nodes of other teams, and likes nodes with a fast disk.
//! #[derive(Debug)]
//! struct Teams;
//!
//! impl HostPlugin for Teams {
//!     fn name(&self) -> &'static str {
//!         "Teams"
//!     }
//!
//!     fn filter(&self, pod: &Pod, nodes: &[&Node], verdicts: &mut [Option<HostRejection>]) {
//!         let team = pod.meta.labels.get("team");
//!         for (node, verdict) in nodes.iter().zip(verdicts) {
//!             if team.is_some() && node.meta.labels.get("team") != team {
//!                 *verdict = Some(HostRejection::for_good("node(s) belonged to another team"));
//!             }
//!         }
//!     }
//!
//!     fn score(&self, _: &Pod, nodes: &[&Node], scores: &mut [i64]) {
//!         for (node, score) in nodes.iter().zip(scores) {
//!             *score = if node.meta.labels.contains_key("fast-disk") { 100 } else { 0 };
//!         }
//!     }
//! }
//!
//! let profile = Profile::default()
//!     .with_host_plugin(Arc::new(Teams), Points { filter: true, score_weight: Some(2) });
//! let mut scheduler = bayplan::scheduler::Scheduler::new(profile);
//! # let node = |name: &str, team: &str| {
//! #     serde_json::from_value::<Node>(serde_json::json!({
//! #         "metadata": {"name": name, "labels": {"team": team}},
//! #         "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "10"}},
//! #     }))
//! #     .unwrap()
//! # };
//! # let pod: Pod = serde_json::from_value(serde_json::json!({
//! #     "metadata": {"name": "web", "namespace": "shop", "labels": {"team": "blue"}},
//! #     "spec": {"containers": [{"name": "web"}]},
//! # }))
//! # .unwrap();
//! let mut cluster = bayplan::state::Cluster::from_objects([
//!     node("a", "red").into(),
//!     node("b", "blue").into(),
//!     pod.into(),
//! ])?;
//! let decision = scheduler.schedule(&mut cluster, "shop", "web")?;
//! # use bayplan::cycle::decision::Decision;
//! assert!(matches!(decision, Decision::Bound { node, .. } if node == "b"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::Plugin;
use super::contract::{Context, Plain};
use super::reason::{Code, Reason, Rejection};
use crate::objects::{Node, NodeInfo, Pod};
use std::fmt;
use std::sync::Arc;

/// A plugin of the host. It is asked about many nodes at once; what it says of a node must not
/// depend on which others it is asked about, and must be the same whenever pod and node are.
pub trait HostPlugin: fmt::Debug + Send + Sync {
    /// The name that messages and score parts use; not that of a built-in plugin.
    fn name(&self) -> &'static str;

    /// Filter: puts a rejection at the place of every node that must not take the pod. There are as
    /// many verdicts as nodes, all `None` at first.
    fn filter(&self, _pod: &Pod, _nodes: &[&Node], _verdicts: &mut [Option<HostRejection>]) {}

    /// Score: puts a score from 0 to 100 at the place of every node. There are as many scores as
    /// nodes, all 0 at first. Scores are not normalised; one outside the range counts as the nearest
    /// one inside.
    fn score(&self, _pod: &Pod, _nodes: &[&Node], _scores: &mut [i64]) {}
}

/// Why a host's plugin refuses a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRejection {
    reason: String,
    code: Code,
}

impl HostRejection {
    /// Removing pods from the node would not help. The reason is counted in messages:
    /// `node(s) were ...`.
    pub fn for_good(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), code: Code::UnschedulableAndUnresolvable }
    }

    /// Removing pods from the node might help.
    pub fn for_now(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), code: Code::Unschedulable }
    }

    fn rejection(self, plugin: Plugin) -> Rejection {
        Rejection::new(plugin, self.code, Reason::Other(self.reason.into()))
    }
}

/// Where a host's plugin takes part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Points {
    /// It filters, after all plugins that do so far.
    pub filter: bool,
    /// It scores, with this weight (1 or more).
    pub score_weight: Option<i64>,
}

/// The host's plugins of a profile.
#[derive(Clone, Debug, Default)]
pub struct Hosts(Vec<Arc<dyn HostPlugin>>);

impl Hosts {
    /// Adds a plugin; one of the same name is replaced.
    pub fn add(&mut self, plugin: Arc<dyn HostPlugin>) {
        self.0.retain(|known| known.name() != plugin.name());
        self.0.push(plugin);
    }

    /// The plugin of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<dyn HostPlugin>> {
        self.0.iter().find(|plugin| plugin.name() == name)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a plugin says of each of these nodes.
    pub fn filter(&self, plugin: Plugin, pod: &Pod, nodes: &[&Node]) -> Vec<Option<Rejection>> {
        let mut verdicts = vec![None; nodes.len()];
        if let Some(host) = self.get(plugin.name()) {
            host.filter(pod, nodes, &mut verdicts);
        }
        let rejection = |verdict: Option<HostRejection>| verdict.map(|it| it.rejection(plugin));
        verdicts.into_iter().map(rejection).collect()
    }

    /// The score that a plugin gives each of these nodes, 0 to 100.
    pub fn score(&self, plugin: Plugin, pod: &Pod, nodes: &[&Node]) -> Vec<i64> {
        let mut scores = vec![0; nodes.len()];
        if let Some(host) = self.get(plugin.name()) {
            host.score(pod, nodes, &mut scores);
        }
        scores.iter_mut().for_each(|score| *score = (*score).clamp(0, 100));
        scores
    }
}

/// Equal where the names are: what a plugin does cannot be compared.
impl PartialEq for Hosts {
    fn eq(&self, other: &Self) -> bool {
        self.0.iter().map(|plugin| plugin.name()).eq(other.0.iter().map(|plugin| plugin.name()))
    }
}

impl Eq for Hosts {}

/// A host's plugin among the plain rules.
#[derive(Clone, Debug)]
pub(super) struct HostRule {
    plugin: Plugin,
    hosts: Hosts,
}

impl HostRule {
    pub(super) fn new(plugin: Plugin, hosts: &Hosts) -> Self {
        Self { plugin, hosts: hosts.clone() }
    }
}

impl<'a> Plain<'a> for HostRule {
    fn filter(&self, context: &Context<'a>, node: &NodeInfo<'a>) -> Option<Rejection> {
        self.hosts.filter(self.plugin, context.pod, &[node.node]).pop().flatten()
    }

    fn score(&self, context: &Context<'a>, node: &NodeInfo<'a>) -> Result<i64, String> {
        Ok(self.hosts.score(self.plugin, context.pod, &[node.node]).pop().unwrap_or(0))
    }

    fn boxed_clone(&self) -> Box<dyn Plain<'a> + 'a> {
        Box::new(self.clone())
    }
}
