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

#[test]
fn seed_w06_an_image_that_cannot_be_pulled_is_no_matter_of_placement() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  \
               - {name: c, image: registry.example.com/no/such/image:none}\n";
    let placement = World::of(&[SMALL]).apply(pod).place();
    assert_eq!(placement.pod("p").node.as_deref(), Some("node-1"));
}

#[test]
fn seed_w07_an_explanation_says_what_would_make_the_pod_fit() {
    let pod = |milli_cpu: i64| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  \
             - name: c\n    image: i\n    resources: {{requests: {{cpu: {milli_cpu}m}}}}\n"
        )
    };
    let settled = World::of(&[SMALL, "10-go-api"]).settle();
    let world = settled.clone().apply(&pod(3000));
    let explanation = world.explain("p");
    let on_workers = || explanation.nodes.iter().filter(|node| node.name != "master");
    let deciding = on_workers().flat_map(|node| &node.filters).flat_map(|filter| &filter.reasons);
    for reason in deciding {
        assert_eq!(
            (reason.code, reason.text.as_str()),
            ("insufficient-resource", "Insufficient cpu")
        );
        assert!(reason.cures.contains(&"node-added"), "{reason:?}");
    }
    // Lower the request to what the emptiest worker has left: that is enough, and no more is.
    let free = on_workers().flat_map(|node| &node.shortages).map(|shortage| shortage.free).max();
    let free = free.expect("every worker is short of CPU");
    assert!(settled.clone().apply(&pod(free)).place().pod("p").node.is_some());
    assert!(settled.clone().apply(&pod(free + 1)).place().pod("p").node.is_none());
    // Or add a node that has the resource.
    let node = "apiVersion: v1\nkind: Node\nmetadata: {name: node-4}\n\
                status: {allocatable: {cpu: 3, memory: 4Gi, pods: 110}}\n";
    let placement = world.apply(node).place();
    assert_eq!(placement.pod("p").node.as_deref(), Some("node-4"));
}
