//! Deployments, ReplicaSets and ReplicationControllers.

use super::*;
use crate::objects::Kind;
use std::sync::Arc;

/// A ReplicaSet `name` of the Deployment `web`.
fn replica_set(name: &str, image: &str, replicas: i32) -> Value {
    let mut set =
        workload("ReplicaSet", json!({ "replicas": replicas, "template": template(image) }));
    set["metadata"] = json!({
        "name": name,
        "ownerReferences": [
            { "kind": "Deployment", "name": "web", "uid": "u1", "controller": true },
        ],
    });
    set["spec"]["template"]["metadata"]["labels"]["pod-template-hash"] = json!("abc");
    set
}

fn replica_pods(set: &str, count: usize) -> Vec<Value> {
    (0..count).map(|at| pod(&format!("{set}-{at}"), ("ReplicaSet", set), "n")).collect()
}

#[test]
fn a_deployment_makes_a_replica_set_named_after_its_template_and_its_pods() {
    let written = [workload("Deployment", json!({ "replicas": 3 }))];
    let expansion = expanded(&written);
    let [Object::ReplicaSet(set)] = &expansion.objects[..] else { panic!("one ReplicaSet") };
    let hash = &set.meta.labels["pod-template-hash"];
    assert_eq!(set.meta.name, format!("web-{hash}"));
    assert_eq!(set.spec.replicas, Some(3));
    assert_eq!(set.meta.controller().map(|by| (&*by.kind, &*by.uid)), Some(("Deployment", "u1")));
    let selector = set.spec.selector.as_ref().expect("a selector");
    assert_eq!(selector.match_labels.get("pod-template-hash"), Some(hash));
    assert_eq!(expansion.pods.len(), 3);
    for expanded in &expansion.pods {
        let meta = &expanded.pod.meta;
        assert_eq!(meta.name.rsplit_once('-').map(|(set, _)| set), Some(&*set.meta.name));
        assert_eq!(meta.labels.get("pod-template-hash"), Some(hash));
        assert_eq!(meta.labels["app"], "web");
        let by = meta.controller().expect("a controller");
        assert_eq!((&*by.api_version, &*by.kind), ("apps/v1", "ReplicaSet"));
        assert_eq!((&by.name, &by.uid), (&set.meta.name, &set.meta.uid));
        assert_eq!(expanded.owner.as_deref(), Some("Deployment/default/web"));
    }
}

#[test]
fn replicas_share_their_spec_and_labels() {
    let expansion = expanded(&[workload("Deployment", json!({ "replicas": 2 }))]);
    let [a, b] = &expansion.pods[..] else { panic!("two pods") };
    assert!(Arc::ptr_eq(&a.pod.spec, &b.pod.spec));
    assert!(Arc::ptr_eq(&a.pod.meta.labels, &b.pod.meta.labels));
    assert_ne!(a.pod.meta.uid, b.pod.meta.uid);
}

#[test]
fn one_step_of_a_roll_out_is_taken() {
    struct Case {
        spec: Value,
        /// ReplicaSets of the input: image and size. Each has all its pods.
        sets: &'static [(&'static str, i32)],
        /// Pods created.
        created: usize,
    }
    let rolling = |surge: Value, unavailable: Value| {
        json!({ "replicas": 3, "strategy": { "rollingUpdate":
            { "maxSurge": surge, "maxUnavailable": unavailable } } })
    };
    let recreate = json!({ "replicas": 3, "strategy": { "type": "Recreate" } });
    let paused = |replicas: i32| json!({ "replicas": replicas, "paused": true });
    #[rustfmt::skip]
    let table = [
        Case { spec: json!({}),                             sets: &[],                            created: 1 },
        Case { spec: json!({ "replicas": 0 }),              sets: &[],                            created: 0 },
        Case { spec: json!({ "replicas": 3 }),              sets: &[("web:1", 3)],                created: 0 },
        Case { spec: json!({ "replicas": 5 }),              sets: &[("web:1", 3)],                created: 2 },
        Case { spec: json!({ "replicas": 2 }),              sets: &[("web:1", 3)],                created: 0 },
        // An old ReplicaSet keeps its size; the new one gets what the surge leaves.
        Case { spec: json!({ "replicas": 3 }),              sets: &[("web:0", 3)],                created: 1 },
        Case { spec: json!({ "replicas": 8 }),              sets: &[("web:0", 8)],                created: 2 },
        Case { spec: rolling(json!(0), json!(1)),           sets: &[("web:0", 3)],                created: 0 },
        Case { spec: rolling(json!("100%"), json!(0)),      sets: &[("web:0", 3)],                created: 3 },
        Case { spec: json!({ "replicas": 3 }),              sets: &[("web:0", 2), ("web:1", 2)],  created: 0 },
        Case { spec: json!({ "replicas": 3 }),              sets: &[("web:0", 1), ("web:1", 2)],  created: 1 },
        Case { spec: json!({ "replicas": 3 }),              sets: &[("web:0", 0), ("web:1", 3)],  created: 0 },
        Case { spec: recreate.clone(),                      sets: &[("web:0", 3)],                created: 0 },
        Case { spec: recreate,                              sets: &[("web:0", 0)],                created: 3 },
        Case { spec: paused(3),                             sets: &[],                            created: 0 },
        Case { spec: paused(3),                             sets: &[("web:0", 3)],                created: 0 },
        Case { spec: paused(5),                             sets: &[("web:1", 3)],                created: 2 },
    ];
    for case in table {
        let mut written = vec![workload("Deployment", case.spec.clone())];
        for (at, (image, size)) in case.sets.iter().enumerate() {
            let name = format!("web-{at}");
            written.push(replica_set(&name, image, *size));
            written.extend(replica_pods(&name, usize::try_from(*size).expect("a size")));
        }
        let expansion = expanded(&written);
        assert_eq!(
            created(&expansion, &written).len(),
            case.created,
            "{} {:?}",
            case.spec,
            case.sets
        );
    }
}

#[test]
fn missing_pods_of_an_old_replica_set_are_made_good() {
    let mut written =
        vec![workload("Deployment", json!({ "replicas": 3 })), replica_set("web-0", "web:0", 3)];
    written.extend(replica_pods("web-0", 2));
    let expansion = expanded(&written);
    let created = created(&expansion, &written);
    let of_old = created.iter().filter(|pod| pod.meta.name.starts_with("web-0-")).count();
    assert_eq!((of_old, created.len()), (1, 2));
    assert!(
        expansion.pods.iter().all(|pod| pod.owner.as_deref() == Some("Deployment/default/web"))
    );
}

#[test]
fn a_replica_set_of_a_deployment_of_the_input_is_not_counted_twice() {
    let set = replica_set("web-0", "web:1", 3);
    let whole = [workload("Deployment", json!({ "replicas": 3 })), set.clone()];
    assert_eq!(expanded(&whole).pods.len(), 3);
    assert_eq!(expanded(&whole).objects, []);
    // Without its Deployment it stands for itself.
    let alone = expanded(&[set]);
    assert_eq!(alone.pods.len(), 3);
    assert_eq!(alone.pods[0].owner.as_deref(), Some("Deployment/default/web"));
}

#[test]
fn pods_without_a_controller_are_adopted_and_count() {
    for kind in ["Deployment", "ReplicaSet", "ReplicationController"] {
        let selector = match kind {
            "ReplicationController" => json!({ "app": "web" }),
            _ => json!({ "matchLabels": { "app": "web" } }),
        };
        let spec = json!({ "replicas": 3, "selector": selector });
        let written = [orphan("a", ""), orphan("b", "n"), workload(kind, spec)];
        let expansion = expanded(&written);
        assert_eq!(created(&expansion, &written).len(), 1, "{kind}");
        let owner = format!("{kind}/default/web");
        assert!(expansion.pods.iter().all(|pod| pod.owner.as_deref() == Some(&owner)), "{kind}");
    }
}

#[test]
fn an_orphan_is_adopted_by_one_workload_only() {
    let spec = || json!({ "replicas": 1 });
    let mut other = workload("ReplicaSet", spec());
    other["metadata"]["name"] = json!("other");
    let expansion = expanded(&[orphan("a", ""), workload("ReplicaSet", spec()), other]);
    assert_eq!(expansion.pods.len(), 2);
}

#[test]
fn pods_that_ended_or_are_terminating_or_belong_to_others_are_replaced() {
    let owner = ("ReplicaSet", "web");
    let mut failed = pod("failed", owner, "n");
    failed["status"] = json!({ "phase": "Failed" });
    let mut leaving = pod("leaving", owner, "n");
    leaving["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    let mut stranger = pod("stranger", owner, "n");
    stranger["metadata"]["ownerReferences"][0]["uid"] = json!("another");
    let written = [workload("ReplicaSet", json!({ "replicas": 2 })), failed, leaving, stranger];
    assert_eq!(created(&expanded(&written), &written).len(), 2);
}

#[test]
fn too_many_pods_are_noted_and_none_is_removed() {
    let mut written = vec![workload("ReplicaSet", json!({ "replicas": 1 }))];
    written.extend((0..3).map(|at| pod(&format!("p{at}"), ("ReplicaSet", "web"), "")));
    let expansion = expanded(&written);
    assert_eq!(expansion.pods.len(), 3);
    assert!(has_note(&expansion, "3 pods are there, 1 are wanted"));
}

#[test]
fn another_template_of_the_same_name_gets_another_hash() {
    let first = expanded(&[workload("Deployment", json!({}))]);
    let [Object::ReplicaSet(made)] = &first.objects[..] else { panic!("one ReplicaSet") };
    // An old ReplicaSet happens to have the name that the new template would get.
    let written = [workload("Deployment", json!({})), replica_set(&made.meta.name, "web:0", 0)];
    let second = expanded(&written);
    let [Object::ReplicaSet(other)] = &second.objects[..] else { panic!("one ReplicaSet") };
    assert_ne!(other.meta.name, made.meta.name);
    assert_eq!(second.objects[0].kind(), Kind::ReplicaSet);
}

#[test]
fn a_template_that_names_a_node_makes_bound_pods() {
    let mut template = template("web:1");
    template["spec"]["nodeName"] = json!("n");
    let expansion = expanded(&[workload("Deployment", json!({ "template": template }))]);
    assert_eq!(expansion.pods[0].pod.node_name.as_deref(), Some("n"));
    assert_eq!(expansion.pods[0].pod.spec.node_name, None);
}
