//! Section 8: storage.

use super::harness::*;

#[test]
fn seed_v01_a_dynamic_class_provisions_where_the_pod_goes() {
    let placement = World::of(&[SMALL, "20-redis"]).place();
    assert_eq!(placement.volumes.len(), 3);
    for volume in &placement.volumes {
        let pod = volume.claim.strip_prefix("redis-data-").expect("a claim of redis");
        assert_eq!(placement.pod(pod).node.as_deref(), Some(volume.node.as_str()));
    }
}

#[test]
fn seed_v02_a_class_without_provisioner_has_the_volumes_that_are_there() {
    let without = World::of(&[KUBESPHERE, "31-local-storage", "32-web"]).remove("local-pv2");
    let placement = without.place();
    assert_eq!(placement.pod("web-0").node.as_deref(), Some("kubesphere02"));
    assert!(placement.pod("web-1").node.is_none());
}

#[test]
fn seed_v03_a_local_volume_ties_its_pod_to_a_node() {
    let away = World::of(&[KUBESPHERE, "31-local-storage", "32-web"]).cordon("kubesphere02");
    let placement = away.place();
    assert_eq!(placement.pod("web-0").node.as_deref(), Some("kubesphere03"));
    let text = placement.pending_text();
    assert!(text.contains("1 node(s) were unschedulable"), "{text}");
}

#[test]
fn seed_v05_the_smallest_volume_that_fits_is_taken() {
    let large = text("31-local-storage").replacen("storage: 1Gi", "storage: 5Gi", 1);
    let large = large.replace("kubesphere03", "kubesphere02");
    let placement = World::of(&[KUBESPHERE]).apply(&large).apply(&text("32-web")).place();
    let volume = placement.volumes.iter().find(|volume| volume.claim == "www-web-0");
    assert_eq!(volume.and_then(|volume| volume.volume.as_deref()), Some("local-pv2"));
}

#[test]
fn seed_v07_volumes_without_constraint_are_accepted() {
    for name in ["23-redis-emptydir", "30-mysql", "40-node-exporter"] {
        assert!(read(&text(name)).faults.is_empty(), "{name}");
    }
}

#[test]
fn seed_v08_a_claim_alone_is_accepted() {
    let claim = text("35-my-statefulset");
    let claim = claim.split("---").nth(2).expect("the claim");
    let placement = World::of(&[SMALL]).apply(claim).place();
    assert_eq!(placement.summary.pods, 0);
}
