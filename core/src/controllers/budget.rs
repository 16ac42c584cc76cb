//! How many pods a disruption budget lets go now.
//!
//! Used where a budget has no status of its own. Source: `pkg/controller/disruption` (v1.35).

use crate::objects::pod::PodPhase;
use crate::objects::policy::{IntOrPercent, PodDisruptionBudget};
use crate::objects::{OwnerReference, Pod};
use std::collections::BTreeMap;

/// The numbers behind a budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Disruptions {
    /// Pods that there should be.
    pub expected: i64,
    /// Pods that are ready and stay.
    pub healthy: i64,
    /// Pods that must stay healthy.
    pub desired: i64,
    /// Pods that may go.
    pub allowed: i64,
}

/// The size that a controller was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// So many replicas.
    Replicas(i64),
    /// Controllers of this kind have no size that could be asked for.
    Unknown,
}

/// What the budget allows among `pods`, which are all pods of the cluster or of its namespace.
/// `scale` tells the size of the workload behind a controller, the Deployment for a ReplicaSet of
/// one, with a key that is the same for controllers of the same workload.
pub fn disruptions<'a>(
    budget: &PodDisruptionBudget,
    pods: impl IntoIterator<Item = &'a Pod>,
    scale: impl Fn(&OwnerReference) -> (String, Scale),
) -> Disruptions {
    let Some(selector) = &budget.spec.selector else { return Disruptions::default() };
    let chosen = |pod: &&Pod| {
        pod.meta.namespace == budget.meta.namespace
            && !pod.is_terminal()
            && selector.matches(&pod.meta.labels)
    };
    let pods: Vec<&Pod> = pods.into_iter().filter(chosen).collect();
    let disrupted = &budget.status.disrupted_pods;
    let is_healthy = |pod: &&&Pod| {
        is_ready(pod) && !pod.is_terminating() && !disrupted.contains_key(&pod.meta.name)
    };
    let healthy = pods.iter().filter(is_healthy).count() as i64;
    let spec = &budget.spec;
    match (spec.min_available, spec.max_unavailable) {
        (Some(IntOrPercent::Int(desired)), _) => {
            allow(pods.len() as i64, healthy, i64::from(desired))
        }
        (Some(percent), _) => match expected(&pods, scale) {
            Some(expected) => allow(expected, healthy, percent.of_rounded_up(expected)),
            None => Disruptions { healthy, ..Disruptions::default() },
        },
        (None, Some(unavailable)) => match expected(&pods, scale) {
            Some(expected) => {
                let desired = expected.saturating_sub(unavailable.of_rounded_up(expected)).max(0);
                allow(expected, healthy, desired)
            }
            None => Disruptions { healthy, ..Disruptions::default() },
        },
        (None, None) => Disruptions { healthy, ..Disruptions::default() },
    }
}

fn allow(expected: i64, healthy: i64, desired: i64) -> Disruptions {
    let allowed = if expected > 0 { healthy.saturating_sub(desired).max(0) } else { 0 };
    Disruptions { expected, healthy, desired, allowed }
}

/// The sizes of the pods' workloads added up; nothing where one has no size. Pods without a
/// controller count nowhere.
fn expected(pods: &[&Pod], scale: impl Fn(&OwnerReference) -> (String, Scale)) -> Option<i64> {
    let scales: BTreeMap<_, _> =
        pods.iter().filter_map(|pod| pod.meta.controller()).map(scale).collect();
    scales.into_values().try_fold(0_i64, |sum, scale| match scale {
        Scale::Replicas(replicas) => Some(sum.saturating_add(replicas)),
        Scale::Unknown => None,
    })
}

/// Whether the pod is ready. One that is bound and says nothing of its readiness is.
fn is_ready(pod: &Pod) -> bool {
    match pod.status.conditions.iter().find(|condition| condition.kind == "Ready") {
        Some(condition) => condition.status == "True",
        None => pod.node_name.is_some() && pod.status.phase != PodPhase::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::{LabelSelector, ObjectMeta};
    use std::sync::Arc;

    fn pods(count: usize, kind: &str) -> Vec<Pod> {
        let owner = OwnerReference {
            kind: kind.to_owned(),
            name: "web".to_owned(),
            controller: true,
            ..OwnerReference::default()
        };
        let pod = |ordinal| Pod {
            meta: ObjectMeta {
                name: format!("web-{ordinal}"),
                owner_references: vec![owner.clone()],
                ..ObjectMeta::default()
            },
            node_name: Some(Arc::from("n")),
            ..Pod::default()
        };
        (0..count).map(pod).collect()
    }

    fn budget(min: Option<IntOrPercent>, max: Option<IntOrPercent>) -> PodDisruptionBudget {
        let mut budget = PodDisruptionBudget::default();
        budget.spec.min_available = min;
        budget.spec.max_unavailable = max;
        budget.spec.selector = Some(LabelSelector::default());
        budget
    }

    fn allowed(budget: &PodDisruptionBudget, pods: &[Pod], replicas: i64) -> i64 {
        let scale = |owner: &OwnerReference| match owner.kind.as_str() {
            "DaemonSet" => ("daemon".to_owned(), Scale::Unknown),
            _ => (owner.name.clone(), Scale::Replicas(replicas)),
        };
        disruptions(budget, pods, scale).allowed
    }

    #[test]
    fn a_budget_allows_what_healthy_pods_leave_over() {
        use IntOrPercent::{Int, Percent};
        #[rustfmt::skip]
        let table = [
            // min, max, pods, replicas, allowed
            (Some(Int(2)),       None,              3, 3, 1),
            (Some(Int(2)),       None,              2, 2, 0),
            (Some(Int(2)),       None,              6, 6, 4),
            (Some(Int(5)),       None,              3, 3, 0),
            (Some(Percent(50)),  None,              3, 3, 1),
            (Some(Percent(100)), None,              3, 3, 0),
            (None,               Some(Int(1)),      3, 3, 1),
            // Two are there of the three that there should be.
            (None,               Some(Int(1)),      2, 3, 0),
            (None,               Some(Percent(30)), 5, 5, 2),
            (None,               Some(Percent(0)),  5, 5, 0),
            (None,               None,              5, 5, 0),
            (Some(Int(0)),       None,              0, 0, 0),
        ];
        for (min, max, count, replicas, expected) in table {
            let pods = pods(count, "ReplicaSet");
            assert_eq!(
                allowed(&budget(min, max), &pods, replicas),
                expected,
                "{min:?} {max:?} {count} of {replicas}"
            );
        }
    }

    #[test]
    fn a_controller_without_a_size_allows_nothing_unless_a_number_must_stay() {
        let pods = pods(3, "DaemonSet");
        assert_eq!(allowed(&budget(None, Some(IntOrPercent::Int(1))), &pods, 0), 0);
        assert_eq!(allowed(&budget(Some(IntOrPercent::Percent(50)), None), &pods, 0), 0);
        assert_eq!(allowed(&budget(Some(IntOrPercent::Int(1)), None), &pods, 0), 2);
    }

    #[test]
    fn pods_that_are_pending_terminating_unready_or_granted_are_not_healthy() {
        use crate::base::time::Timestamp;
        use crate::objects::pod::PodCondition;
        let mut pods = pods(6, "ReplicaSet");
        pods[0].node_name = None;
        pods[1].meta.deletion_timestamp = Some(Timestamp(0));
        pods[2].status.conditions.push(PodCondition {
            kind: "Ready".to_owned(),
            status: "False".to_owned(),
            ..PodCondition::default()
        });
        let mut budget = budget(Some(IntOrPercent::Int(1)), None);
        budget.status.disrupted_pods.insert("web-3".to_owned(), String::new());
        assert_eq!(allowed(&budget, &pods, 6), 1);
    }

    #[test]
    fn an_absent_selector_covers_nothing() {
        let mut budget = budget(Some(IntOrPercent::Int(0)), None);
        budget.spec.selector = None;
        assert_eq!(allowed(&budget, &pods(3, "ReplicaSet"), 3), 0);
    }
}
