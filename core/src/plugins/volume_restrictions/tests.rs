use super::plain::VolumeRestrictions;
use crate::plugins::contract::{Plain, PreFilter};
use crate::plugins::volume_cluster::{Cluster, answer, pod, uses};
use serde_json::{Value, json};

const DISK: &str = "node(s) had no available disk";
const IN_USE: &str = "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod \
                      access mode already in-use by another pod";

#[test]
fn one_disk_is_mounted_once_on_a_node_or_read_only() {
    let gce = |name: &str, read_only: bool| json!({"name": "v", "gcePersistentDisk": {"pdName": name, "readOnly": read_only}});
    let ebs = |read_only: bool| json!({"name": "v", "awsElasticBlockStore": {"volumeID": "vol-1", "readOnly": read_only}});
    let iscsi =
        |read_only: bool| json!({"name": "v", "iscsi": {"iqn": "i", "readOnly": read_only}});
    let rbd = |monitor: &str, pool: &str| json!({"name": "v", "rbd": {"monitors": ["m", monitor], "image": "i", "pool": pool}});
    let other = json!({"name": "v", "rbd": {"monitors": ["x"], "image": "i", "pool": "p"}});
    let table: [(Value, Value, &str); 9] = [
        (gce("a", false), gce("a", true), DISK),
        (gce("a", true), gce("a", true), "ok"),
        (gce("a", false), gce("b", false), "ok"),
        (ebs(true), ebs(true), DISK),
        (iscsi(false), iscsi(true), DISK),
        (iscsi(true), iscsi(true), "ok"),
        (rbd("n", "p"), rbd("o", "p"), DISK),
        (rbd("n", "p"), rbd("o", "q"), "ok"),
        (rbd("n", "p"), other, "ok"),
    ];
    for (ours, theirs, expected) in table {
        let cluster = Cluster::default().running("ns", json!([theirs]));
        let pod = pod(json!([ours]));
        let got = cluster.with(&pod, |context| answer(VolumeRestrictions::new(), context));
        assert_eq!(got, expected, "{ours} beside {theirs}");
    }
}

#[test]
fn a_read_write_once_pod_claim_in_use_keeps_the_pod_from_every_node() {
    let exclusive = json!({"spec": {"accessModes": ["ReadWriteOncePod"]}});
    let incoming = pod(json!([uses("c")]));
    for (cluster, expected) in [
        (Cluster::default(), "persistentvolumeclaim \"c\" not found"),
        (Cluster::default().claim("c", exclusive.clone()), "skip"),
        (
            Cluster::default().claim("c", exclusive.clone()).running("ns", json!([uses("c")])),
            IN_USE,
        ),
        (Cluster::default().claim("c", exclusive).running("other", json!([uses("c")])), "skip"),
    ] {
        let got = cluster.with(&incoming, |context| answer(VolumeRestrictions::new(), context));
        assert_eq!(got, expected);
    }
}

#[test]
fn removing_a_pod_of_another_namespace_frees_the_claim_too() {
    let exclusive = json!({"spec": {"accessModes": ["ReadWriteOncePod"]}});
    let cluster = Cluster::default()
        .claim("c", exclusive)
        .running("ns", json!([uses("c")]))
        .running("other", json!([uses("c")]));
    cluster.with(&pod(json!([uses("c")])), |context| {
        let node = &context.snapshot.nodes[0];
        let mut plugin = VolumeRestrictions::new();
        assert_eq!(plugin.pre_filter(context), PreFilter::Run);
        plugin.remove_pod(context, node.pods[1], node);
        assert!(plugin.filter(context, node).is_none());
        plugin.add_pod(context, node.pods[1], node);
        assert!(plugin.filter(context, node).is_some());
    });
}
