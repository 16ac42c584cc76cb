//! The rule over columns.

use crate::objects::node::TaintEffect;
use crate::objects::pod::Toleration;
use crate::state::Cluster;

/// How many `PreferNoSchedule` taints of each node the pod does not tolerate; `None` where no node
/// has one.
pub fn disliked(tolerations: &[Toleration], cluster: &Cluster) -> Option<Vec<i32>> {
    let counts = cluster.by_taints(|taints| {
        let soft = taints.iter().filter(|taint| taint.effect == TaintEffect::PreferNoSchedule);
        soft.filter(|taint| !tolerations.iter().any(|t| t.tolerates(taint))).count() as i32
    });
    counts.iter().any(|count| *count != 0).then(|| counts.as_slice().to_vec())
}
