use super::plain::NodeVolumeLimits;
use crate::plugins::volume_cluster::{Cluster, answer, pod, uses};
use serde_json::{Value, json};

const FULL: &str = "node(s) exceed max volume count";

fn one_volume_each(drivers: &[&str]) -> Value {
    let drivers: Vec<_> =
        drivers.iter().map(|name| json!({"name": name, "allocatable": {"count": 1}})).collect();
    json!({"metadata": {"name": "n"}, "spec": {"drivers": drivers}})
}

fn csi(handle: &str) -> Value {
    json!({"spec": {"csi": {"driver": "d", "volumeHandle": handle}}})
}

#[test]
fn a_driver_attaches_as_many_volumes_as_its_limit() {
    let ebs = |id: &str| json!({"name": "v", "awsElasticBlockStore": {"volumeID": id}});
    let portworx = |id: &str| json!({"name": "v", "portworxVolume": {"volumeID": id}});
    for (ours, theirs, expected) in [
        (json!({"name": "v", "emptyDir": {}}), uses("a"), "skip"),
        (uses("a"), uses("a"), "ok"),
        (uses("a"), uses("b"), FULL),
        (uses("a"), uses("unbound"), FULL),
        (uses("unbound"), uses("unbound"), "ok"),
        (ebs("vol-1"), ebs("vol-2"), FULL),
        (ebs("vol-1"), ebs("aws://zone/vol-1"), "ok"),
        (portworx("x"), portworx("y"), "ok"),
        (
            uses("missing"),
            uses("a"),
            "looking up PVC ns/missing: persistentvolumeclaim \"missing\" not found",
        ),
        (uses("a"), uses("missing"), "ok"),
    ] {
        let cluster = Cluster::default()
            .csi_node(one_volume_each(&["d", "ebs.csi.aws.com", "pxd.portworx.com"]))
            .class("class", json!({"provisioner": "d"}))
            .claim("a", json!({"spec": {"volumeName": "a"}}))
            .claim("b", json!({"spec": {"volumeName": "b"}}))
            .claim("unbound", json!({"spec": {"storageClassName": "class"}}))
            .volume("a", csi("1"))
            .volume("b", csi("2"))
            .running("ns", json!([theirs]));
        let pod = pod(json!([ours]));
        let got = cluster.with(&pod, |context| answer(NodeVolumeLimits::new(), context));
        assert_eq!(got, expected, "{ours} beside {theirs}");
    }
}
