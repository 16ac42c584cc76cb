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

#[test]
fn seed_v04_a_released_volume_is_not_given_out_again() {
    let released = text("31-local-storage").replacen(
        "spec:\n  capacity:",
        "status: {phase: Released}\nspec:\n  claimRef: {namespace: default, name: gone, uid: '1'}\n  \
         capacity:",
        1,
    );
    assert!(released.contains("Released"));
    let placement = World::of(&[KUBESPHERE]).apply(&released).apply(&text("32-web")).place();
    assert_eq!(placement.pod("web-0").node.as_deref(), Some("kubesphere03"));
    assert!(placement.pod("web-1").node.is_none());
}

#[test]
fn seed_s32_a_pod_does_not_leave_its_local_volume() {
    let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: www-web-0}\nspec:\n  \
                 accessModes: [ReadWriteOnce]\n  storageClassName: local-storage\n  \
                 volumeName: local-pv1\n  resources: {requests: {storage: 10Mi}}\n\
                 status: {phase: Bound}\n";
    let volumes = text("31-local-storage").replacen(
        "spec:\n  capacity:",
        "status: {phase: Bound}\nspec:\n  claimRef: {namespace: default, name: www-web-0}\n  capacity:",
        1,
    );
    let world = World::of(&[KUBESPHERE]).apply(&volumes).apply(claim).apply(&text("32-web"));
    assert_eq!(world.place().pod("web-0").node.as_deref(), Some("kubesphere02"));
    let placement = world.remove("kubesphere02").place();
    let head = "0/2 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity, \
                1 node(s) had untolerated taint(s). ";
    assert_eq!(placement.pending_text(), format!("{head}{}", not_helpful(2)));
}

#[test]
fn seed_w04_a_volume_that_fits_binds_the_claim_and_starts_the_pod() {
    let volume = |size: &str| {
        format!(
            "apiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: by-hand}}\nspec:\n  \
             capacity: {{storage: {size}}}\n  accessModes: [ReadWriteOnce]\n  \
             storageClassName: immediate-manual\n  hostPath: {{path: /data}}\n"
        )
    };
    let world = World::of(&[SMALL, "75-pending-pvc"]);
    assert!(world.clone().apply(&volume("4Gi")).place().pod("claim-unbound").node.is_none());
    assert!(world.apply(&volume("5Gi")).place().pod("claim-unbound").node.is_some());
}

#[test]
fn seed_s26_claims_without_a_class_get_the_default_class() {
    let class = text("20-redis").split("---").nth(1).expect("the class").to_owned();
    let world = World::of(&[SMALL]).apply(&class).apply(&text("35-my-statefulset"));
    let claims: Vec<_> = world.expand().pods.into_iter().flat_map(|pod| pod.claims).collect();
    assert_eq!(claims.len(), 3);
    assert!(claims.iter().all(|claim| claim.class() == "standard"));
    let immediate = class.replace("WaitForFirstConsumer", "Immediate");
    let placement = World::of(&[SMALL]).apply(&immediate).apply(&text("35-my-statefulset")).place();
    assert_eq!(placement.nodes_of("my-statefulset-"), WORKERS);
}

#[test]
fn seed_s29_the_note_names_the_claim_and_both_nodes() {
    let class = text("20-redis").split("---").nth(1).expect("the class").to_owned();
    let placement = World::of(&[SMALL]).apply(&class).apply(&text("24-redis-shared-pvc")).place();
    let nodes = placement.nodes_of("redis-");
    assert_eq!(nodes.len(), 2);
    assert_ne!(nodes[0], nodes[1]);
    assert!(placement.has_note(&format!("pods on {}, {} use it", nodes[0], nodes[1])));
}

#[test]
fn seed_v06_a_node_takes_as_many_volumes_as_its_driver_attaches() {
    let class = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: disks}\n\
                 provisioner: disks.example.com\nvolumeBindingMode: WaitForFirstConsumer\n";
    let mut world = World::of(&[SMALL]).apply(class);
    for node in WORKERS {
        world = world.apply(&format!(
            "apiVersion: storage.k8s.io/v1\nkind: CSINode\nmetadata: {{name: {node}}}\nspec:\n  \
             drivers: [{{name: disks.example.com, nodeID: {node}, allocatable: {{count: 1}}}}]\n"
        ));
    }
    for at in 0..4 {
        world = world.apply(&format!(
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: disk-{at}}}\nspec:\n  \
             storageClassName: disks\n  accessModes: [ReadWriteOnce]\n  \
             resources: {{requests: {{storage: 1Gi}}}}\n---\n\
             apiVersion: v1\nkind: Pod\nmetadata: {{name: p-{at}}}\nspec:\n  \
             containers: [{{name: c, image: i}}]\n  \
             volumes: [{{name: v, persistentVolumeClaim: {{claimName: disk-{at}}}}}]\n"
        ));
    }
    let placement = world.place();
    assert_eq!(placement.nodes_of("p-"), ["-", "node-1", "node-2", "node-3"]);
    let head = "0/4 nodes are available: 1 node(s) had untolerated taint(s), \
                3 node(s) exceed max volume count. ";
    let tail = tail(
        4,
        "1 Preemption is not helpful for scheduling, 3 No preemption victims found for incoming pod.",
    );
    assert_eq!(placement.pending_text(), format!("{head}{tail}"));
}
