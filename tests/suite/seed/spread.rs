//! Section 10: spread and affinity.

use super::harness::*;

#[test]
fn seed_t01_a_hard_and_a_soft_constraint_together() {
    let placement = World::of(&[ZONES, "60-my-app-spread"]).place();
    let count = |node| placement.count("my-app-", node);
    assert_eq!(count("b1"), 2);
    let mut others = ["a1", "a2", "a3"].map(count);
    others.sort_unstable();
    assert_eq!(others, [1, 1, 2]);
}

#[test]
fn seed_t02_an_emptied_domain_holds_replacements_back() {
    let mut settled = World::of(&[ZONES, "60-my-app-spread"]).settle();
    let on_b1 = settled_pods_on(&settled, "b1");
    for name in &on_b1 {
        settled = settled.remove(name);
    }
    let cordoned = settled.clone().cordon("b1");
    let placement = cordoned.place();
    let head = "0/4 nodes are available: 1 node(s) were unschedulable, \
                3 node(s) didn't match pod topology spread constraints. ";
    let reasons = "1 Preemption is not helpful for scheduling, \
                   3 No preemption victims found for incoming pod.";
    // The emptiest of the three others may still take one: 2 of 3 hold one pod, the domain b1 none.
    for pod in placement.pods.iter().filter(|pod| pod.node.is_none()) {
        assert_eq!(pod.message.as_deref(), Some(format!("{head}{}", tail(4, reasons)).as_str()));
    }
    assert_eq!(placement.summary.pending, 2);
    // Without the node there is no such domain.
    let placement = settled.remove("b1").place();
    assert!(placement.is_complete());
}

fn settled_pods_on(world: &World, node: &str) -> Vec<String> {
    let placement = world.place();
    let pods = placement.node(node).pods.iter();
    pods.filter_map(|pod| pod.split('/').nth(1).map(str::to_owned)).collect()
}

#[test]
fn seed_t03_required_anti_affinity_leaves_one_pod_per_host() {
    let class = text("20-redis").split("---").nth(1).expect("the class").to_owned();
    let placement = World::of(&[SMALL]).apply(&class).apply(&text("36-stateful-mix")).place();
    for node in WORKERS {
        assert_eq!(placement.count("kafka-", node), 1, "{node}");
        let requested = &placement.node(node).requested;
        assert_eq!((requested.cpu_milli, requested.memory_bytes), (1000, 2 << 30), "{node}");
    }
}

#[test]
fn seed_t03_affinity_brings_pods_together_and_to_chosen_nodes() {
    let pod = |name: &str, affinity: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, labels: {{app: {name}}}}}\nspec:\n  \
             affinity: {{{affinity}}}\n  containers: [{{name: c, image: i}}]\n"
        )
    };
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let ssd = format!(
        "nodeAffinity: {{{required}: {{nodeSelectorTerms: [{{matchExpressions: \
         [{{key: disk, operator: In, values: [ssd]}}]}}]}}}}"
    );
    let near = |app: &str| {
        format!(
            "podAffinity: {{{required}: [{{topologyKey: kubernetes.io/hostname, \
             labelSelector: {{matchLabels: {{app: {app}}}}}}}]}}"
        )
    };
    let world = World::of(&[SMALL]).apply(&pod("db", &ssd)).apply(&pod("cache", &near("db")));
    let placement = world.apply(&pod("lonely", &near("nobody"))).place();
    assert_eq!(placement.pod("db").node.as_deref(), Some("node-2"));
    assert_eq!(placement.pod("cache").node.as_deref(), Some("node-2"));
    let head = "0/4 nodes are available: 1 node(s) had untolerated taint(s), \
                3 node(s) didn't match pod affinity rules. ";
    assert_eq!(placement.pending_text(), format!("{head}{}", not_helpful(4)));
}
