//! Pods that may have to go: their order, and which of them a disruption budget protects.
//!
//! Source: `MoreImportantPod` of `pkg/scheduler/util/utils.go`, `filterPodsWithPDBViolation` of
//! `pkg/scheduler/framework/plugins/defaultpreemption` (v1.35).

use crate::base::time::Timestamp;
use crate::objects::{LabelSelector, Pod, Store};
use std::cmp::Reverse;

/// When the pod started; a pod that has not started yet would start now, after all others.
pub(super) fn start_time(pod: &Pod) -> Timestamp {
    pod.status.start_time.unwrap_or(Timestamp(i64::MAX))
}

/// Sorts the most important pods to the front: by priority, then by age.
pub(super) fn sort_by_importance(pods: &mut [&Pod]) {
    pods.sort_by_key(|pod| (Reverse(pod.priority()), start_time(pod)));
}

/// Splits pods into those whose removal violates a disruption budget and the others, each in the
/// given order.
pub(super) fn split_by_budgets<'a>(
    store: &Store,
    pods: &[&'a Pod],
) -> (Vec<&'a Pod>, Vec<&'a Pod>) {
    let violates = budget_violations(store, pods);
    let (violating, others): (Vec<_>, Vec<_>) =
        pods.iter().copied().zip(violates).partition(|(_, violates)| *violates);
    let pods = |of: Vec<(&'a Pod, bool)>| of.into_iter().map(|(pod, _)| pod).collect();
    (pods(violating), pods(others))
}

/// For each pod whether its removal violates a disruption budget. Earlier pods use up what the
/// budgets allow.
pub(super) fn budget_violations(store: &Store, pods: &[&Pod]) -> Vec<bool> {
    let mut budgets: Vec<_> =
        store.budgets.iter().map(|budget| (budget, budget.status.disruptions_allowed)).collect();
    let violates = |pod: &&Pod| {
        let mut violates = false;
        for (budget, allowed) in &mut budgets {
            let selects = |selector: &LabelSelector| {
                !selector.is_empty() && selector.matches(&pod.meta.labels)
            };
            if budget.meta.namespace == pod.meta.namespace
                && budget.spec.selector.as_ref().is_some_and(selects)
                && !pod.meta.labels.is_empty()
                && !budget.status.disrupted_pods.contains_key(&pod.meta.name)
            {
                *allowed = allowed.saturating_sub(1);
                violates |= *allowed < 0;
            }
        }
        violates
    };
    pods.iter().map(violates).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::policy::PodDisruptionBudget;
    use crate::objects::{Labels, PodSpec};
    use std::sync::Arc;

    fn labels(text: &str) -> Labels {
        let pairs = text.split(' ').filter_map(|pair| pair.split_once('='));
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    fn pod(name: &str, labels_text: &str) -> Pod {
        let mut pod = Pod::default();
        pod.meta.name = name.to_owned();
        pod.meta.namespace = "shop".to_owned();
        pod.meta.labels = Arc::new(labels(labels_text));
        pod
    }

    /// A budget for pods with these labels, in namespace `shop`.
    fn budget(store: &mut Store, name: &str, match_labels: &str, allowed: i32, disrupted: &str) {
        let mut budget = PodDisruptionBudget::default();
        budget.meta.namespace = "shop".to_owned();
        let match_labels = labels(match_labels);
        budget.spec.selector = Some(LabelSelector { match_labels, ..LabelSelector::default() });
        budget.status.disruptions_allowed = allowed;
        budget.status.disrupted_pods.insert(disrupted.to_owned(), String::new());
        store.budgets.insert("shop", name, budget);
    }

    fn violating(store: &Store, pods: &[Pod]) -> String {
        let pods: Vec<_> = pods.iter().collect();
        let (violating, _) = split_by_budgets(store, &pods);
        violating.iter().map(|pod| pod.meta.name.as_str()).collect()
    }

    #[test]
    fn earlier_pods_use_up_a_budget() {
        let mut store = Store::default();
        budget(&mut store, "web", "app=web", 1, "");
        let pods = [pod("a", "app=web"), pod("b", "app=db"), pod("c", "app=web")];
        assert_eq!(violating(&store, &pods), "c");
    }

    #[test]
    fn a_pod_violates_if_one_of_its_budgets_is_used_up_and_uses_up_all_of_them() {
        let mut store = Store::default();
        budget(&mut store, "web", "app=web", 0, "");
        budget(&mut store, "red", "color=red", 1, "");
        let pods = [pod("a", "app=web color=red"), pod("b", "color=red"), pod("c", "x=y")];
        assert_eq!(violating(&store, &pods), "ab");
    }

    #[test]
    fn an_empty_selector_a_pod_without_labels_and_a_granted_eviction_violate_nothing() {
        let mut store = Store::default();
        budget(&mut store, "all", "", 0, "");
        budget(&mut store, "web", "app=web", 0, "gone");
        assert_eq!(violating(&store, &[pod("a", "x=y"), pod("b", ""), pod("gone", "app=web")]), "");
        let mut elsewhere = pod("c", "app=web");
        elsewhere.meta.namespace = "bank".to_owned();
        assert_eq!(violating(&store, &[elsewhere]), "");
    }

    #[test]
    fn importance_is_priority_then_age_and_a_pod_that_has_not_started_is_the_youngest() {
        let written = [("a", 1, Some(5)), ("b", 9, None), ("c", 9, Some(7)), ("d", 9, Some(3))];
        let pods = written.map(|(name, priority, start)| {
            let mut pod = pod(name, "");
            pod.spec = Arc::new(PodSpec { priority: Some(priority), ..PodSpec::default() });
            pod.status.start_time = start.map(Timestamp::from_seconds);
            pod
        });
        let mut sorted: Vec<_> = pods.iter().collect();
        sort_by_importance(&mut sorted);
        let names: String = sorted.iter().map(|pod| pod.meta.name.as_str()).collect();
        assert_eq!(names, "dcba");
    }
}
