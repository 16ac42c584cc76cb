//! Section 1: Deployments and ReplicaSets.

use super::harness::*;

#[test]
fn seed_d01_three_replicas_land_on_three_workers() {
    let placement = World::of(&[SMALL, "10-go-api"]).place();
    assert_eq!(placement.nodes_of("go-api-"), WORKERS);
    assert_eq!(placement.summary.requested.cpu_milli, 300);
    assert_eq!(placement.summary.requested.memory_bytes, 384 << 20);
    assert_eq!(placement.node("master").requested.pods, 0);
}

#[test]
fn seed_d02_names_are_random_to_look_at_and_equal_in_every_run() {
    let world = World::of(&[SMALL, "10-go-api"]);
    assert_eq!(world.expand(), world.expand());
    let expansion = world.expand();
    for expanded in &expansion.pods {
        let mut parts = expanded.pod.meta.name.rsplitn(3, '-');
        let suffix = parts.next().expect("a suffix");
        let hash = parts.next().expect("a hash");
        assert_eq!(parts.next(), Some("go-api"));
        let letters =
            |text: &str| text.bytes().all(|b| b"bcdfghjklmnpqrstvwxz2456789".contains(&b));
        assert!(suffix.len() == 5 && letters(suffix) && letters(hash), "{suffix} {hash}");
    }
    let names: std::collections::BTreeSet<_> =
        expansion.pods.iter().map(|expanded| &expanded.pod.meta.name).collect();
    assert_eq!(names.len(), 3);
}

#[test]
fn seed_d03_the_template_hash_is_a_label_that_spread_constraints_can_use() {
    let constraint = "    spec:\n      topologySpreadConstraints:\n      - maxSkew: 1\n        \
        topologyKey: kubernetes.io/hostname\n        whenUnsatisfiable: DoNotSchedule\n        \
        labelSelector: {matchLabels: {app: go-api}}\n        \
        matchLabelKeys: [pod-template-hash]\n      terminationGracePeriodSeconds: 30";
    let with = |name: &str| {
        text(name).replace("    spec:\n      terminationGracePeriodSeconds: 30", constraint)
    };
    let tainted = World::of(&[SMALL]).remove("master");
    let first = tainted.apply(&with("10-go-api").replace("replicas: 3", "replicas: 1")).settle();
    // One pod of the old revision runs; three of the new one spread as if it were not there.
    let all_at_once = with("11-go-api-v1.3.0").replace("maxSurge: 1", "maxSurge: 3");
    let placement = first.apply(&all_at_once).place();
    assert_eq!(placement.nodes_of("go-api-"), WORKERS);
}

#[test]
fn seed_d10_applying_the_same_template_again_changes_nothing() {
    let settled = World::of(&[SMALL, "10-go-api"]).settle();
    let again = settled.apply(&text("10-go-api"));
    assert_eq!(again.expand().pods, []);
    assert_eq!(again.expand().objects, []);
}

#[test]
fn seed_d12_a_roll_out_that_does_not_fit_is_stuck_with_one_pending_pod() {
    let settled = World::of(&[SMALL, "10-go-api"]).settle();
    let placement = settled.apply(&text("17-go-api-stuck")).place();
    assert_eq!(placement.nodes_of("go-api-"), ["-"]);
    let head = "0/4 nodes are available: 1 node(s) had untolerated taint(s), 3 Insufficient cpu. ";
    assert_eq!(placement.pending_text(), format!("{head}{}", not_helpful(4)));
}

#[test]
fn seed_d04_the_first_step_of_a_surging_roll_out_creates_one_pod() {
    let settled = World::of(&[SMALL, "10-go-api"]).settle();
    assert_eq!(settled.apply(&text("11-go-api-v1.3.0")).expand().pods.len(), 1);
}

#[test]
fn seed_d05_without_surge_nothing_is_created_before_something_goes() {
    let settled = World::of(&[SMALL, "10-go-api"]).settle();
    assert_eq!(settled.apply(&text("12-go-api-frugal")).expand().pods, []);
}

#[test]
fn seed_d09_recreate_waits_for_all_old_pods() {
    let settled = World::of(&[SMALL, "10-go-api"]).settle();
    let expansion = settled.apply(&text("15-go-api-recreate")).expand();
    assert_eq!(expansion.pods, []);
    assert!(expansion.notes.iter().any(|note| note.contains("Recreate")), "{:?}", expansion.notes);
    assert_eq!(World::of(&[SMALL, "15-go-api-recreate"]).place().nodes_of("go-api-"), WORKERS);
}

#[test]
fn seed_d21_a_canary_is_two_deployments() {
    let placement = World::of(&[SMALL, "13-go-api-canary"]).place();
    assert_eq!(placement.summary.placed, 10);
    let owned = |owner: &str| placement.pods.iter().filter(|pod| pod.owner.as_deref() == Some(owner));
    assert_eq!(owned("Deployment/default/go-api-stable").count(), 9);
    assert_eq!(owned("Deployment/default/go-api-canary").count(), 1);
    assert_eq!(placement.node("master").requested.pods, 0);
    assert!(WORKERS.iter().all(|node| (3..=4).contains(&placement.node(node).requested.pods)));
}

#[test]
fn seed_d22_a_service_selects_nine_stable_pods_and_one_canary() {
    let expansion = World::of(&[SMALL, "13-go-api-canary"]).expand();
    let labels = |key: &str, value: &str| {
        let has = |pod: &&bayplan::controllers::ExpandedPod| {
            pod.pod.meta.labels.get(key).is_some_and(|own| own == value)
        };
        expansion.pods.iter().filter(has).count()
    };
    assert_eq!(
        (labels("app", "go-api"), labels("track", "stable"), labels("track", "canary")),
        (10, 9, 1)
    );
}

#[test]
fn seed_d23_unknown_kinds_are_skipped_with_a_note() {
    let input = read("apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata:\n  name: web\n");
    assert!(input.faults.is_empty() && input.objects.is_empty());
    assert!(input.notes().iter().any(|note| note.contains("Rollout")), "{:?}", input.notes());
}

#[test]
fn seed_d24_replicas_share_a_node_where_only_one_is_open() {
    let world = World::of(&[SMALL, "44-log-collector-as-deployment"]);
    let cordoned = world.clone().cordon("node-1").cordon("node-2");
    assert_eq!(cordoned.place().nodes_of("log-collector-"), ["node-3"; 3]);
    assert_eq!(world.place().nodes_of("log-collector-"), WORKERS);
}

#[test]
fn seed_d25_a_mix_of_stateless_services_fits_the_workers() {
    let placement = World::of(&[SMALL, "18-stateless-mix"]).place();
    assert_eq!((placement.summary.placed, placement.summary.pods), (12, 12));
    assert_eq!(placement.summary.requested.cpu_milli, 2600);
    assert_eq!(placement.summary.requested.memory_bytes, 3328 << 20);
    assert_eq!(placement.node("master").requested.pods, 0);
}

#[test]
fn seed_d06_replicas_of_my_app_fill_four_nodes() {
    let settled = World::of(&[ZONES, "16-my-app-rolling"]);
    assert_eq!(settled.place().nodes_of("my-app-"), ["a1", "a2", "a3", "b1"]);
    // Of 4 replicas 25 % may be there in excess: the first step creates one pod.
    let changed = text("16-my-app-rolling").replace("my-app:1.0", "my-app:2.0");
    assert_eq!(settled.clone().settle().apply(&changed).expand().pods.len(), 1);
    let half = changed.replace("25%", "50%");
    assert_eq!(settled.settle().apply(&half).expand().pods.len(), 2);
}
