//! The rule over columns.

use crate::column::Score;
use crate::objects::node::TaintEffect;
use crate::objects::pod::Toleration;
use crate::state::Cluster;

/// How many `PreferNoSchedule` taints of each node the pod does not tolerate; empty where it tolerates
/// all of all nodes, `None` where a column has no room for such a number.
pub fn disliked<S: Score>(tolerations: &[Toleration], cluster: &Cluster) -> Option<Vec<S>> {
    let counts = cluster.by_taints(|taints| {
        let soft = taints.iter().filter(|taint| taint.effect == TaintEffect::PreferNoSchedule);
        soft.filter(|taint| !tolerations.iter().any(|t| t.tolerates(taint))).count() as i32
    });
    counts.iter().map(|count| S::of_value(i64::from(*count))).collect()
}
