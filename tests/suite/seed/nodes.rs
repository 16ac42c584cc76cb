//! Section 7, and inputs of the other sections that only have to be accepted.

use super::harness::*;

#[test]
fn seed_k02_both_master_taints_keep_ordinary_pods_away() {
    for (cluster, master) in [(SMALL, "master"), (KUBESPHERE, "kubesphere01")] {
        let placement = World::of(&[cluster, "18-stateless-mix"]).place();
        assert!(placement.is_complete());
        assert_eq!(placement.node(master).requested.pods, 0);
    }
}

#[test]
fn seed_k08_a_pod_goes_to_the_node_it_selects() {
    let placement = World::of(&[SMALL, "72-graceful"]).remove("successor").place();
    assert_eq!(placement.pod("slow-exit").node.as_deref(), Some("node-1"));
}

#[test]
fn seed_k07_replicas_with_tolerations_of_their_own_spread_as_others_do() {
    let placement = World::of(&[SMALL, "78-node-failure"]).place();
    assert_eq!(placement.nodes_of("fast-mover-"), WORKERS);
    assert_eq!(placement.nodes_of("default-mover-"), WORKERS);
}

#[test]
fn seed_k09_cluster_objects_without_placement_effect_are_accepted() {
    let input = read(&text("41-fluentd"));
    assert!(input.faults.is_empty());
    assert!(!input.skipped.is_empty());
}

#[test]
fn seed_x07_the_kubesphere_cluster_is_read() {
    let placement = World::of(&[KUBESPHERE]).place();
    let names: Vec<_> = placement.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["kubesphere01", "kubesphere02", "kubesphere03"]);
    assert_eq!(placement.summary.allocatable.cpu_milli, 12_000);
}

#[test]
fn seed_x05_custom_resources_are_reported_by_kind() {
    for (name, kinds) in [("80-cloneset", vec!["CloneSet"]), ("82-volcano", vec!["Queue", "Job"])] {
        let input = read(&text(name));
        assert!(input.faults.is_empty(), "{name}: {:?}", input.faults);
        for kind in kinds {
            assert!(input.notes().iter().any(|note| note.contains(kind)), "{:?}", input.notes());
        }
    }
}

#[test]
fn seed_h04_a_removed_autoscaler_version_is_converted_with_a_note() {
    let input = read(&text("64-hpa-legacy"));
    assert!(input.faults.is_empty(), "{:?}", input.faults);
    assert_eq!(input.objects.len(), 1);
    assert!(
        input.notes().iter().any(|note| note.contains("autoscaling/v2beta1")),
        "{:?}",
        input.notes()
    );
}

#[test]
fn seed_h01_an_autoscaler_changes_nothing_at_one_instant() {
    let placement = World::of(&[SMALL, "62-hpa-api-server"]).place();
    assert_eq!(placement.summary.placed, 2);
    let class = text("20-redis").split("---").nth(1).expect("the class").to_owned();
    let set = World::of(&[SMALL]).apply(&class).apply(&text("35-my-statefulset"));
    assert_eq!(set.apply(&text("63-hpa-statefulset")).place().summary.placed, 3);
}

#[test]
fn seed_p03_a_budget_that_blocks_every_drain_is_flagged() {
    let placement = World::of(&[SMALL, "61-pdb-blocks"]).place();
    assert_eq!(placement.summary.placed, 2);
    assert!(placement.has_note("strict-pdb: keeps 2 of 2 pods: a drain can never finish"));
    assert!(!World::of(&[ZONES, "60-my-app-spread"]).place().has_note("a drain can never finish"));
}
