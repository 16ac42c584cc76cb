//! The rule over columns.

use super::{normalized_name, score_of};
use crate::base::index::Ix;
use crate::objects::Pod;
use crate::state::Cluster;

/// The images of a pod's containers, by normalised name, one entry per container.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Images {
    names: Vec<String>,
}

impl Images {
    /// The images of this pod.
    pub fn new(pod: &Pod) -> Self {
        let containers = pod.spec.init_containers.iter().chain(&pod.spec.containers);
        let mut names: Vec<_> = containers.map(|c| normalized_name(&c.image)).collect();
        names.sort_unstable();
        Self { names }
    }

    /// The score of every node, 0 to 100; `None` where all score 0.
    pub fn scores(&self, cluster: &Cluster) -> Option<Vec<i64>> {
        let nodes = cluster.nodes();
        let mut sums = vec![0_i64; nodes.len()];
        for name in &self.names {
            if let Some(state) = cluster.store().images.get(name) {
                let share = state.nodes as f64 / nodes.len() as f64;
                let size = (state.size_bytes as f64 * share) as i64;
                for node in nodes.with_image(name) {
                    sums[node.at()] = sums[node.at()].saturating_add(size);
                }
            }
        }
        let containers = self.names.len() as i64;
        sums.iter_mut().for_each(|sum| *sum = score_of(*sum, containers));
        sums.iter().any(|score| *score != 0).then_some(sums)
    }
}
