//! Section 5 and the quality-of-service rows of section 10.

use super::harness::*;
use bayplan::objects::qos::{QosClass, qos_class};

#[test]
fn seed_q01_the_three_classes() {
    let expansion = World::of(&[SMALL, "70-qos"]).expand();
    let classes: Vec<_> = expansion
        .pods
        .iter()
        .map(|expanded| (expanded.pod.meta.name.as_str(), qos_class(&expanded.pod.spec)))
        .collect();
    let expected = [
        ("guaranteed", QosClass::Guaranteed),
        ("limits-only", QosClass::Guaranteed),
        ("burstable", QosClass::Burstable),
        ("best-effort", QosClass::BestEffort),
    ];
    assert_eq!(classes, expected);
    assert!(World::of(&[SMALL, "70-qos"]).place().is_complete());
}

#[test]
fn seed_q03_the_class_is_no_scheduling_key() {
    let pod = |limits: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - name: c\n    \
             image: i\n    resources: {{requests: {{cpu: 100m, memory: 128Mi}}{limits}}}\n"
        )
    };
    let score = |limits: &str| World::of(&[SMALL]).apply(&pod(limits)).place().pod("p").score;
    assert_eq!(score(""), score(", limits: {cpu: 100m, memory: 128Mi}"));
}

#[test]
fn seed_q04_best_effort_pods_are_flagged() {
    let placement = World::of(&[SMALL, "70-qos"]).place();
    assert!(placement.has_note("Pod/default/best-effort: requests nothing (BestEffort)"));
    assert!(!placement.has_note("Pod/default/burstable: requests nothing"));
}

#[test]
fn seed_l08_probes_and_hooks_are_accepted() {
    for name in ["10-go-api", "30-mysql", "71-robust-webapp", "72-graceful"] {
        assert!(read(&text(name)).faults.is_empty(), "{name}");
    }
    let placement = World::of(&[SMALL, "71-robust-webapp"]).place();
    assert!(placement.is_complete());
}

#[test]
fn seed_l12_containers_of_a_pod_are_placed_together() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  initContainers:\n  \
               - {name: i, image: i, resources: {requests: {cpu: 1800m}}}\n  containers:\n  \
               - {name: a, image: i, resources: {requests: {cpu: 700m}}}\n  \
               - {name: b, image: i, resources: {requests: {cpu: 600m}}}\n";
    let placement = World::of(&[SMALL]).apply(pod).place();
    let node = placement.pod("p").node.clone().expect("a node");
    assert_eq!(placement.node(&node).requested.cpu_milli, 1800);
}

#[test]
fn seed_l14_sidecars_add_to_the_sum() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  initContainers:\n  \
               - {name: s, image: i, restartPolicy: Always, resources: {requests: {cpu: 500m}}}\n  \
               containers:\n  - {name: a, image: i, resources: {requests: {cpu: 700m}}}\n";
    let placement = World::of(&[SMALL]).apply(pod).place();
    let node = placement.pod("p").node.clone().expect("a node");
    assert_eq!(placement.node(&node).requested.cpu_milli, 1200);
}

#[test]
fn seed_p05_preemption_removes_exactly_one_pod() {
    let settled = World::of(&[SMALL, "77-priority-preemption"]).remove("urgent");
    let settled = settled
        .apply(
            text("77-priority-preemption")
                .split("---\napiVersion: apps/v1")
                .next()
                .expect("classes"),
        )
        .settle();
    let placement = settled.apply(&text("77-priority-preemption")).place();
    assert_eq!(placement.summary.preempted, 1);
    assert!(placement.pod("urgent").node.is_some());
}
