//! The rule over columns.

use super::deviation;
use crate::objects::Pod;
use crate::objects::requests::{RequestsOf, pod_requests};
use crate::state::Cluster;
use crate::state::ix::NodeIx;
use crate::state::nodes::{Nodes, Tracked};
use smallvec::SmallVec;

/// What a pod asks for of the resources that are looked at; nothing where the pod is not scored.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Balance {
    resources: SmallVec<[(Tracked, i64); 2]>,
}

impl Balance {
    /// What this pod asks for.
    pub fn new(pod: &Pod, names: &[String], cluster: &mut Cluster) -> Self {
        let request = pod_requests(pod, RequestsOf::Bound);
        let tracked = |name: &String| Some((cluster.tracked(name)?, request.get(name)));
        let mut resources: SmallVec<[_; 2]> = names.iter().filter_map(tracked).collect();
        if resources.iter().all(|(_, amount)| *amount == 0) {
            resources.clear();
        }
        resources
            .retain(|(resource, amount)| *amount != 0 || !matches!(resource, Tracked::Scalar(_)));
        Self { resources }
    }

    /// Whether the pod is not scored.
    pub fn is_skipped(&self) -> bool {
        self.resources.is_empty()
    }

    /// The score of a node, 0 to 100.
    #[inline]
    pub fn score(&self, nodes: &Nodes, node: NodeIx) -> i64 {
        let fraction = |(resource, amount): &(Tracked, i64)| {
            let offered = nodes.allocatable(node, *resource);
            let used = nodes.requested(node, *resource).saturating_add(*amount);
            (offered != 0).then(|| (used as f64 / offered as f64).min(1.0))
        };
        let fractions: SmallVec<[f64; 2]> = self.resources.iter().filter_map(fraction).collect();
        ((1.0 - deviation(&fractions)) * 100.0) as i64
    }
}
