//! Plugins of the host, asked about all nodes at once.

use super::View;
use crate::base::index::Ix;
use crate::column::Score;
use crate::objects::Node;
use crate::plugins::Plugin;
use crate::plugins::reason::Rejection;
use crate::state::Cluster;
use crate::state::ix::{NodeIx, PodIx};

impl<S: Score> View<S> {
    /// Refuses the nodes that a plugin of the host refuses.
    pub(super) fn filter_by_hosts(&mut self, cluster: &Cluster, pod: PodIx) {
        if self.profile.hosts.is_empty() {
            return;
        }
        let Some(row) = cluster.pods().get(pod) else { return };
        let nodes = objects(cluster);
        for plugin in self.profile.filter.iter().filter(|it| matches!(it, Plugin::Host(_))) {
            let verdicts = self.profile.hosts.filter(*plugin, &row.pod, &nodes);
            for (total, verdict) in self.totals.iter_mut().zip(verdicts) {
                if verdict.is_some() {
                    *total = S::REFUSED;
                }
            }
        }
    }

    /// Adds what plugins of the host give, times their weights.
    pub(super) fn score_by_hosts(
        &mut self,
        cluster: &Cluster,
        pod: PodIx,
        observe: &mut dyn FnMut(Plugin, &[S]),
    ) {
        if self.profile.hosts.is_empty() {
            return;
        }
        let Some(row) = cluster.pods().get(pod) else { return };
        let nodes = objects(cluster);
        for (plugin, weight) in &self.profile.score {
            if matches!(plugin, Plugin::Host(_)) {
                let scores = self.profile.hosts.score(*plugin, &row.pod, &nodes);
                for (total, score) in self.totals.iter_mut().zip(scores) {
                    *total = total.plus(S::new(weight * score));
                }
                observe(*plugin, &self.totals);
            }
        }
    }

    /// Why a plugin of the host refuses a node, if it does.
    pub(super) fn rejection_by_host(
        &self,
        cluster: &Cluster,
        pod: PodIx,
        plugin: Plugin,
        node: NodeIx,
    ) -> Option<Rejection> {
        let row = cluster.pods().get(pod)?;
        let object = &*cluster.nodes().objects[node];
        self.profile.hosts.filter(plugin, &row.pod, &[object]).pop().flatten()
    }
}

/// The nodes in order of their numbers.
fn objects(cluster: &Cluster) -> Vec<&Node> {
    let nodes = (0..cluster.nodes().len()).map(NodeIx::new);
    nodes.map(|node| &*cluster.nodes().objects[node]).collect()
}
