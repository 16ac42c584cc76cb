//! StatefulSets.

use super::*;

fn claims() -> Value {
    json!([{
        "metadata": { "name": "data", "labels": { "tier": "db" } },
        "spec": { "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "1Gi" } } },
    }])
}

fn names(expansion: &Expansion) -> Vec<&str> {
    expansion.pods.iter().map(|expanded| expanded.pod.meta.name.as_str()).collect()
}

#[test]
fn pods_are_numbered_from_the_first_ordinal_and_say_so_in_labels() {
    let expansion =
        expanded(&[workload("StatefulSet", json!({ "replicas": 2, "ordinals": { "start": 3 } }))]);
    assert_eq!(names(&expansion), ["web-3", "web-4"]);
    let labels = &expansion.pods[1].pod.meta.labels;
    assert_eq!(labels["statefulset.kubernetes.io/pod-name"], "web-4");
    assert_eq!(labels["apps.kubernetes.io/pod-index"], "4");
    assert!(labels["controller-revision-hash"].starts_with("web-"));
    assert_eq!(expansion.pods[0].owner.as_deref(), Some("StatefulSet/default/web"));
}

#[test]
fn pods_wait_for_each_other_unless_the_set_is_parallel() {
    let after = |spec: Value| -> Vec<_> {
        expanded(&[workload("StatefulSet", spec)]).pods.iter().map(|pod| pod.after).collect()
    };
    assert_eq!(after(json!({ "replicas": 3 })), [None, Some(0), Some(1)]);
    let parallel = json!({ "replicas": 3, "podManagementPolicy": "Parallel" });
    assert_eq!(after(parallel), [None, None, None]);
}

#[test]
fn existing_pods_keep_their_ordinals_and_a_pending_one_holds_up_the_next() {
    let owner = ("StatefulSet", "web");
    let written = [
        workload("StatefulSet", json!({ "replicas": 4 })),
        pod("web-0", owner, "n"),
        pod("web-1", owner, ""),
        pod("web-3", owner, "n"),
    ];
    let expansion = expanded(&written);
    assert_eq!(names(&expansion), ["web-1", "web-2"]);
    assert_eq!(expansion.pods[1].after, Some(0));
}

#[test]
fn a_terminating_pod_keeps_its_ordinal_and_holds_up_the_later_ones() {
    let mut leaving = pod("web-0", ("StatefulSet", "web"), "n");
    leaving["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    let ordered = workload("StatefulSet", json!({ "replicas": 3 }));
    assert_eq!(names(&expanded(&[ordered, leaving.clone()])), [""; 0]);
    let parallel = json!({ "replicas": 3, "podManagementPolicy": "Parallel" });
    let parallel = workload("StatefulSet", parallel);
    assert_eq!(names(&expanded(&[parallel, leaving])), ["web-1", "web-2"]);
}

#[test]
fn an_orphan_counts_only_under_the_name_of_a_member() {
    let set = || workload("StatefulSet", json!({ "replicas": 2 }));
    assert_eq!(names(&expanded(&[set(), orphan("web-0", "n")])), ["web-1"]);
    assert_eq!(names(&expanded(&[set(), orphan("web-x", "n")])), ["web-0", "web-1"]);
}

#[test]
fn every_pod_brings_its_claims_and_mounts_them() {
    let mut template = template("web:1");
    template["spec"]["volumes"] =
        json!([{ "name": "data", "emptyDir": {} }, { "name": "tmp", "emptyDir": {} }]);
    let spec = json!({ "replicas": 2, "template": template, "volumeClaimTemplates": claims() });
    let expansion = expanded(&[workload("StatefulSet", spec)]);
    let [claim] = &expansion.pods[1].claims[..] else { panic!("one claim") };
    assert_eq!(claim.meta.key(), "default/data-web-1");
    let labels: Vec<_> = claim.meta.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(labels, ["app=web", "tier=db"]);
    assert_eq!(claim.requested().value(), 1 << 30);
    let volumes = &expansion.pods[1].pod.spec.volumes;
    let mounted: Vec<_> = volumes
        .iter()
        .map(|volume| {
            (&*volume.name, volume.persistent_volume_claim.as_ref().map(|c| &*c.claim_name))
        })
        .collect();
    assert_eq!(mounted, [("data", Some("data-web-1")), ("tmp", None)]);
    assert!(volumes[0].empty_dir.is_none());
}

#[test]
fn a_claim_that_is_there_is_used_as_it_is() {
    let spec = json!({ "replicas": 2, "volumeClaimTemplates": claims() });
    let claim = json!({ "kind": "PersistentVolumeClaim", "metadata": { "name": "data-web-0" } });
    let expansion = expanded(&[workload("StatefulSet", spec), claim]);
    let counts: Vec<_> = expansion.pods.iter().map(|pod| pod.claims.len()).collect();
    assert_eq!(counts, [0, 1]);
}

#[test]
fn a_claim_without_a_class_gets_the_newest_default_class() {
    let class = |name: &str, default: &str, created: &str| {
        json!({ "kind": "StorageClass", "metadata": {
            "name": name, "creationTimestamp": created,
            "annotations": { "storageclass.kubernetes.io/is-default-class": default },
        } })
    };
    let class_of = |classes: &[Value], named: Value| {
        let mut templates = claims();
        templates[0]["spec"]["storageClassName"] = named;
        let mut written =
            vec![workload("StatefulSet", json!({ "volumeClaimTemplates": templates }))];
        written.extend_from_slice(classes);
        expanded(&written).pods[0].claims[0].spec.storage_class_name.clone()
    };
    let (old, new) = ("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
    let two = [class("a", "true", old), class("b", "true", new), class("c", "false", new)];
    assert_eq!(class_of(&two, json!(null)).as_deref(), Some("b"));
    assert_eq!(class_of(&two, json!("own")).as_deref(), Some("own"));
    assert_eq!(class_of(&two, json!("")).as_deref(), Some(""));
    assert_eq!(class_of(&two[2..], json!(null)), None);
}
