use super::plain::VolumeZone;
use crate::plugins::volume_cluster::{Cluster, answer, pod, uses};
use serde_json::{Value, json};

const REFUSED: &str = "node(s) had no available volume zone";

fn check(volume_labels: Value, node_labels: Value, expected: &str) {
    let cluster = Cluster::default()
        .claim("c", json!({"spec": {"volumeName": "pv"}}))
        .volume("pv", json!({"metadata": {"labels": volume_labels}}))
        .labels(node_labels.clone());
    let got = cluster.with(&pod(json!([uses("c")])), |context| answer(VolumeZone::new(), context));
    assert_eq!(got, expected, "volume {volume_labels}, node {node_labels}");
}

#[test]
fn zone_labels_of_volume_and_node_are_compared() {
    let (ga, beta) = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone");
    let region = "topology.kubernetes.io/region";
    check(json!({}), json!({ga: "a"}), "skip");
    check(json!({ga: "a"}), json!({}), "ok");
    check(json!({ga: "a"}), json!({ga: "a"}), "ok");
    check(json!({ga: "a"}), json!({ga: "b"}), REFUSED);
    check(json!({ga: "a__ b"}), json!({ga: "b"}), "ok");
    check(json!({ga: "a__"}), json!({ga: "b"}), "skip");
    check(json!({beta: "a"}), json!({ga: "a"}), "ok");
    check(json!({ga: "a"}), json!({beta: "a"}), REFUSED);
    check(json!({ga: "a"}), json!({region: "r"}), REFUSED);
}

#[test]
fn claims_without_a_volume_are_refused_unless_they_wait() {
    let cluster = Cluster::default()
        .class("wait", json!({"volumeBindingMode": "WaitForFirstConsumer"}))
        .class("now", json!({"volumeBindingMode": "Immediate"}))
        .class("unset", json!({}))
        .claim("waits", json!({"spec": {"storageClassName": "wait"}}))
        .claim("immediate", json!({"spec": {"storageClassName": "now"}}))
        .claim("says-nothing", json!({"spec": {"storageClassName": "unset"}}))
        .claim("classless", json!({}))
        .claim("unknown-class", json!({"spec": {"storageClassName": "x"}}))
        .claim("lost", json!({"spec": {"volumeName": "gone"}}));
    for (claim, expected) in [
        ("waits", "skip"),
        ("immediate", "PersistentVolume had no name"),
        ("says-nothing", "VolumeBindingMode not set for StorageClass \"unset\""),
        ("classless", "PersistentVolumeClaim had no pv name and storageClass name"),
        ("unknown-class", "storageclass.storage.k8s.io \"x\" not found"),
        ("lost", "persistentvolume \"gone\" not found"),
        ("missing", "persistentvolumeclaim \"missing\" not found"),
        ("", "PersistentVolumeClaim had no name"),
    ] {
        let pod = pod(json!([uses(claim)]));
        assert_eq!(cluster.with(&pod, |context| answer(VolumeZone::new(), context)), expected);
    }
}
