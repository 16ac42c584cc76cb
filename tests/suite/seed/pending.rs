//! Section 6: why is it pending.

use super::harness::*;

#[test]
fn seed_w01_too_large_requests_name_the_resource() {
    let placement = World::of(&[SMALL, "73-pending-resources"]).place();
    for (pod, reasons) in [
        ("too-much-cpu", "3 Insufficient cpu"),
        ("too-much-memory", "3 Insufficient memory"),
        ("too-much-both", "3 Insufficient cpu, 3 Insufficient memory"),
    ] {
        let head = "0/4 nodes are available: 1 node(s) had untolerated taint(s), ";
        let expected = format!("{head}{reasons}. {}", not_helpful(4));
        assert_eq!(placement.pod(pod).message.as_deref(), Some(expected.as_str()));
    }
}

#[test]
fn seed_w02_a_selector_that_no_node_matches_is_named() {
    let placement = World::of(&[SMALL, "74-pending-selector"]).place();
    let head = "0/4 nodes are available: 1 node(s) had untolerated taint(s), \
                3 node(s) didn't match Pod's node affinity/selector. ";
    assert_eq!(placement.pending_text(), format!("{head}{}", not_helpful(4)));
}

#[test]
fn seed_w03_a_missing_claim_is_named() {
    let placement = World::of(&[SMALL, "75-pending-pvc"]).place();
    let head = "0/4 nodes are available: persistentvolumeclaim \"no-such-claim\" not found. ";
    let expected = format!("{head}{NOT_PREPARED}");
    assert_eq!(placement.pod("claim-missing").message.as_deref(), Some(expected.as_str()));
}

#[test]
fn seed_w04_an_unbound_claim_that_binds_at_once_is_named() {
    let placement = World::of(&[SMALL, "75-pending-pvc"]).place();
    let head = "0/4 nodes are available: pod has unbound immediate PersistentVolumeClaims. ";
    let expected = format!("{head}{NOT_PREPARED}");
    assert_eq!(placement.pod("claim-unbound").message.as_deref(), Some(expected.as_str()));
}

#[test]
fn seed_w05_a_master_alone_takes_nothing() {
    let master = World::of(&[SMALL]).remove("node-1").remove("node-2").remove("node-3");
    let placement = master.apply(&text("71-robust-webapp")).place();
    let head = "0/1 nodes are available: 1 node(s) had untolerated taint(s). ";
    assert_eq!(placement.pending_text(), format!("{head}{}", not_helpful(1)));
}

#[test]
fn seed_l10_a_pod_that_still_terminates_holds_its_node() {
    let settled = World::of(&[SMALL, "72-graceful"]).remove("successor").settle();
    let second = text("72-graceful");
    let second = second.rsplit("---").next().expect("the successor");
    let placement = settled.apply(second).place();
    let text = placement.pending_text();
    let head = "0/4 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), \
                2 node(s) didn't match Pod's node affinity/selector. ";
    assert!(text.starts_with(head), "{text}");
}
