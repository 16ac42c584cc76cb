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

#[test]
fn seed_p05_a_budget_leads_preemption_to_another_pod() {
    let filler = |node: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: on-{node}, labels: {{on: {node}}}}}\nspec:\n  \
             nodeName: {node}\n  priority: 10\n  containers:\n  \
             - {{name: c, image: i, resources: {{requests: {{cpu: 1500m}}}}}}\n"
        )
    };
    let urgent = "apiVersion: v1\nkind: Pod\nmetadata: {name: urgent}\nspec:\n  priority: 1000\n  \
                  containers:\n  - {name: c, image: i, resources: {requests: {cpu: 1}}}\n";
    let world = WORKERS.iter().fold(World::of(&[SMALL]), |world, node| world.apply(&filler(node)));
    let world = world.apply(urgent);
    let budget = |node: &str| {
        format!(
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: keep-{node}}}\n\
             spec: {{maxUnavailable: 0, selector: {{matchLabels: {{on: {node}}}}}}}\n"
        )
    };
    for (protected, expected) in [
        (&[][..], "node-1"),
        (&["node-1"], "node-2"),
        (&["node-1", "node-2"], "node-3"),
        (&["node-2", "node-3"], "node-1"),
        // A budget is broken where nothing else helps.
        (&["node-1", "node-2", "node-3"], "node-1"),
    ] {
        let world = protected.iter().fold(world.clone(), |world, node| world.apply(&budget(node)));
        let placement = world.place();
        assert_eq!(placement.pod("urgent").node.as_deref(), Some(expected), "{protected:?}");
        assert_eq!(placement.summary.preempted, 1, "{protected:?}");
    }
}
