use super::matching::overlooked_matching;
use super::plain::{VolumeBinding, reserve};
use crate::plugins::volume_cluster::{Cluster, answer, pod, uses};
use serde_json::{Value, json};

const NO_VOLUME: &str = "node(s) didn't find available persistent volumes to bind";

fn size(size: &str) -> Value {
    json!({"requests": {"storage": size}})
}

fn local_claim(storage: &str) -> Value {
    json!({"spec": {"storageClassName": "local", "accessModes": ["ReadWriteOnce"],
                    "resources": size(storage)}})
}

fn local_volume(storage: &str, labels: Value) -> Value {
    json!({"metadata": {"labels": labels},
           "spec": {"storageClassName": "local", "accessModes": ["ReadWriteOnce"],
                    "capacity": {"storage": storage}},
           "status": {"phase": "Available"}})
}

fn cluster() -> Cluster {
    let wait = "WaitForFirstConsumer";
    let none = "kubernetes.io/no-provisioner";
    Cluster::default()
        .class("local", json!({"provisioner": none, "volumeBindingMode": wait}))
        .class("csi", json!({"provisioner": "driver", "volumeBindingMode": wait}))
}

fn bound(volume: &str) -> Value {
    json!({"metadata": {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
           "spec": {"volumeName": volume}})
}

#[test]
fn claims_decide_whether_the_pod_can_run_on_the_node() {
    let elsewhere = json!({"spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["b"]}]}]}}}});
    let selected = json!({"metadata": {"annotations": {"volume.kubernetes.io/selected-node": "m"}},
                          "spec": {"storageClassName": "csi"}});
    let cluster = cluster()
        .labels(json!({"zone": "a"}))
        .volume("elsewhere", elsewhere)
        .claim("bound-elsewhere", bound("elsewhere"))
        .claim("bound-to-nothing", bound("gone"))
        .claim("immediate", json!({}))
        .claim("prebound", json!({"spec": {"storageClassName": "local", "volumeName": "x"}}))
        .claim("lost", json!({"spec": {"volumeName": "gone"}, "status": {"phase": "Lost"}}))
        .claim("local", local_claim("1Gi"))
        .claim("csi", json!({"spec": {"storageClassName": "csi"}}))
        .claim("selected", selected)
        .claim("p-foreign", json!({}));
    let ephemeral = |name: &str| json!({"name": name, "ephemeral": {}});
    for (volume, expected) in [
        (json!({"name": "v", "emptyDir": {}}), "skip"),
        (uses("missing"), "persistentvolumeclaim \"missing\" not found"),
        (
            ephemeral("e"),
            "waiting for ephemeral volume controller to create the persistentvolumeclaim \"p-e\"",
        ),
        (ephemeral("foreign"), "PVC ns/p-foreign was not created for pod ns/p (pod is not owner)"),
        (
            uses("lost"),
            "persistentvolumeclaim \"lost\" bound to non-existent persistentvolume \"gone\"",
        ),
        (uses("immediate"), "pod has unbound immediate PersistentVolumeClaims"),
        (uses("prebound"), "pod has unbound immediate PersistentVolumeClaims"),
        (uses("bound-elsewhere"), "node(s) didn't match PersistentVolume's node affinity"),
        (
            uses("bound-to-nothing"),
            "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
        ),
        (uses("local"), NO_VOLUME),
        (uses("selected"), NO_VOLUME),
        (uses("csi"), "ok"),
    ] {
        let pod = pod(json!([volume]));
        let got = cluster.with(&pod, |context| answer(VolumeBinding::new(), context));
        assert_eq!(got, expected);
    }
}

#[test]
fn the_smallest_volume_that_is_large_enough_is_bound() {
    let cluster = cluster()
        .claim("c", local_claim("2Gi"))
        .volume("large", local_volume("9Gi", json!({})))
        .volume("fits", local_volume("3Gi", json!({})))
        .volume("small", local_volume("1Gi", json!({})));
    cluster.with(&pod(json!([uses("c")])), |context| {
        let decision = reserve(context, &context.snapshot.nodes[0]);
        assert_eq!(decision.bindings, [("ns/c".to_owned(), "fits".to_owned())]);
        assert_eq!(decision.objects.len(), 2);
    });
}

#[test]
fn a_provisioned_volume_is_named_after_the_claim() {
    let claim = json!({"metadata": {"uid": "u"}, "spec": {"storageClassName": "csi"}});
    let cluster = cluster().claim("c", claim);
    cluster.with(&pod(json!([uses("c")])), |context| {
        let decision = reserve(context, &context.snapshot.nodes[0]);
        assert_eq!(decision.provisions, [("ns/c".to_owned(), "pvc-u".to_owned())]);
    });
}

#[test]
fn a_matching_that_the_greedy_choice_misses_is_found() {
    let mut picky = local_claim("2Gi");
    picky["spec"]["selector"] = json!({"matchLabels": {"kind": "fast"}});
    let cluster = cluster()
        .claim("any", local_claim("1Gi"))
        .claim("picky", picky)
        .volume("fast", local_volume("2Gi", json!({"kind": "fast"})))
        .volume("slow", local_volume("3Gi", json!({})));
    cluster.with(&pod(json!([uses("any"), uses("picky")])), |context| {
        assert_eq!(answer(VolumeBinding::new(), context), NO_VOLUME);
        let pair = |claim: &str, volume: &str| (claim.to_owned(), volume.to_owned());
        let expected = vec![pair("ns/any", "slow"), pair("ns/picky", "fast")];
        let found = overlooked_matching(context, &context.snapshot.nodes[0]);
        assert_eq!(found, Some(expected));
    });
}
