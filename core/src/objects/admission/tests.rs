//! What admission adds to pods and claims, and what it refuses.

use super::super::object::Kind;
use super::*;
use crate::objects::defaults::default_object;
use serde_json::{Value, json};

fn object(kind: Kind, value: &Value) -> Object {
    let mut object = Object::deserialize_as(kind, value).expect("an object");
    default_object(&mut object);
    object
}

fn cluster(objects: &[(Kind, Value)]) -> AdmissionObjects {
    let objects: Vec<_> = objects.iter().map(|(kind, value)| object(*kind, value)).collect();
    AdmissionObjects::new(&objects)
}

fn admit(spec: &Value, cluster: &AdmissionObjects) -> Result<Pod, String> {
    let value = json!({"metadata": {"name": "p", "namespace": "shop"}, "spec": spec});
    let Object::Pod(mut pod) = object(Kind::Pod, &value) else { panic!("a pod") };
    admit_pod(&mut pod, cluster).map(|()| *pod)
}

fn class(name: &str, value: i32, default: bool) -> (Kind, Value) {
    let class = json!({"metadata": {"name": name}, "value": value, "globalDefault": default});
    (Kind::PriorityClass, class)
}

#[test]
fn priority_comes_from_the_class() {
    use PreemptionPolicy::{Never, PreemptLowerPriority};
    let mut patient = class("patient", 7, false);
    patient.1["preemptionPolicy"] = json!("Never");
    let bare = cluster(&[class("high", 100, false), patient]);
    let with_defaults = cluster(&[class("b", 5, true), class("a", 10, true)]);
    for (objects, spec, expected) in [
        (&bare, json!({}), Ok((0, PreemptLowerPriority, ""))),
        (&bare, json!({"priorityClassName": "high"}), Ok((100, PreemptLowerPriority, "high"))),
        (&bare, json!({"priorityClassName": "patient"}), Ok((7, Never, "patient"))),
        (
            &bare,
            json!({"priorityClassName": "system-node-critical"}),
            Ok((2_000_001_000, PreemptLowerPriority, "system-node-critical")),
        ),
        (
            &bare,
            json!({"priorityClassName": "system-cluster-critical"}),
            Ok((2_000_000_000, PreemptLowerPriority, "system-cluster-critical")),
        ),
        // Of several default classes the one with the lowest value.
        (&with_defaults, json!({}), Ok((5, PreemptLowerPriority, "b"))),
        (&bare, json!({"priority": 3}), Ok((3, PreemptLowerPriority, ""))),
        (
            &bare,
            json!({"priorityClassName": "none"}),
            Err("no PriorityClass with name none was found".to_owned()),
        ),
    ] {
        let admitted = admit(&spec, objects).map(|pod| {
            let name = pod.spec.priority_class_name.clone();
            (pod.priority(), pod.spec.preemption_policy.expect("a policy"), name)
        });
        let expected = expected.map(|(value, policy, name)| (value, policy, name.to_owned()));
        assert_eq!(admitted, expected, "{spec}");
    }
}

#[test]
fn a_node_that_fails_is_endured_for_five_minutes() {
    let not_ready = "node.kubernetes.io/not-ready";
    let unreachable = "node.kubernetes.io/unreachable";
    for (own, added) in [
        (json!([]), vec![not_ready, unreachable]),
        (
            json!([{"key": not_ready, "operator": "Exists", "effect": "NoExecute"}]),
            vec![unreachable],
        ),
        (json!([{"key": not_ready, "operator": "Exists"}]), vec![unreachable]),
        (json!([{"operator": "Exists"}]), vec![]),
        (
            json!([{"key": not_ready, "operator": "Exists", "effect": "NoSchedule"}]),
            vec![not_ready, unreachable],
        ),
        (json!([{"key": "other", "operator": "Exists"}]), vec![not_ready, unreachable]),
    ] {
        let pod = admit(&json!({ "tolerations": own }), &cluster(&[])).expect("admitted");
        let written = own.as_array().map_or(0, Vec::len);
        let found: Vec<_> = pod.spec.tolerations[written..]
            .iter()
            .map(|t| (t.key.as_str(), t.operator, t.effect, t.toleration_seconds))
            .collect();
        let exists = TolerationOperator::Exists;
        let expected: Vec<_> = added
            .into_iter()
            .map(|key| (key, exists, Some(TaintEffect::NoExecute), Some(300)))
            .collect();
        assert_eq!(found, expected, "{own}");
    }
}

fn limit_range(item: Value) -> AdmissionObjects {
    let meta = json!({"name": "l", "namespace": "shop"});
    cluster(&[(Kind::LimitRange, json!({"metadata": meta, "spec": {"limits": [item]}}))])
}

#[test]
fn limit_ranges_give_containers_what_they_lack() {
    let limits = limit_range(json!({"type": "Container", "default": {"cpu": 2},
                                    "defaultRequest": {"memory": "1Gi"}}));
    for (resources, requests, limit) in [
        (json!({}), json!({"cpu": 2, "memory": "1Gi"}), json!({"cpu": 2})),
        (json!({"requests": {"cpu": 1}}), json!({"cpu": 1, "memory": "1Gi"}), json!({"cpu": 2})),
        (json!({"limits": {"cpu": 3}}), json!({"cpu": 3, "memory": "1Gi"}), json!({"cpu": 3})),
    ] {
        let container = json!({"name": "c", "resources": resources});
        let spec = json!({"containers": [container], "initContainers": [container]});
        let pod = admit(&spec, &limits).expect("admitted");
        let list =
            |value: &Value| serde_json::from_value::<ResourceList>(value.clone()).expect("a list");
        for container in pod.spec.containers.iter().chain(&pod.spec.init_containers) {
            assert_eq!(container.resources.requests, list(&requests), "{resources}");
            assert_eq!(container.resources.limits, list(&limit), "{resources}");
        }
    }
    let other = json!({"metadata": {"name": "p", "namespace": "other"},
                       "spec": {"containers": [{"name": "c"}]}});
    let Object::Pod(mut pod) = object(Kind::Pod, &other) else { panic!("a pod") };
    admit_pod(&mut pod, &limits).expect("admitted");
    assert!(pod.spec.containers[0].resources.requests.is_empty(), "another namespace");
}

#[test]
fn limit_ranges_refuse_what_is_out_of_bounds() {
    let container =
        |resources: &Value| json!({"containers": [{"name": "c", "resources": resources}]});
    for (item, resources, expected) in [
        (
            json!({"type": "Container", "min": {"cpu": 1}}),
            json!({"requests": {"cpu": "500m"}}),
            "minimum cpu usage per Container is 1, but request is 500m",
        ),
        (
            json!({"type": "Container", "max": {"cpu": 1}}),
            json!({"limits": {"cpu": 2}}),
            "maximum cpu usage per Container is 1, but limit is 2",
        ),
        (
            json!({"type": "Pod", "max": {"cpu": 1}}),
            json!({"requests": {"cpu": 1}}),
            "maximum cpu usage per Pod is 1, but no limit is specified",
        ),
        (
            json!({"type": "Container", "maxLimitRequestRatio": {"cpu": 2}}),
            json!({"requests": {"cpu": 1}, "limits": {"cpu": 3}}),
            "cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000",
        ),
        (
            json!({"type": "Pod", "min": {"cpu": 1, "memory": 1}}),
            json!({}),
            "[minimum cpu usage per Pod is 1, but no request is specified, minimum memory usage \
             per Pod is 1, but no request is specified]",
        ),
        (json!({"type": "Pod", "max": {"cpu": 1}}), json!({"limits": {"cpu": 1}}), ""),
    ] {
        let found = admit(&container(&resources), &limit_range(item.clone())).map(|_| ());
        let expected = if expected.is_empty() { Ok(()) } else { Err(expected.to_owned()) };
        assert_eq!(found, expected, "{item} {resources}");
    }
}

#[test]
fn claims_without_a_class_get_the_youngest_default() {
    let storage_class = |name: &str, created: &str, default: bool| {
        let key = "storageclass.kubernetes.io/is-default-class";
        let meta = json!({"name": name, "creationTimestamp": created,
                          "annotations": {key: default.to_string()}});
        (Kind::StorageClass, json!({"metadata": meta, "provisioner": "p"}))
    };
    let classes = cluster(&[
        storage_class("old", "2024-01-01T00:00:00Z", true),
        storage_class("young", "2025-01-01T00:00:00Z", true),
        storage_class("youngest", "2026-01-01T00:00:00Z", false),
    ]);
    for (spec, objects, expected) in [
        (json!({}), &classes, Some("young")),
        (json!({"storageClassName": ""}), &classes, Some("")),
        (json!({"storageClassName": "old"}), &classes, Some("old")),
        (json!({}), &cluster(&[]), None),
    ] {
        let value = json!({"metadata": {"name": "c"}, "spec": spec});
        let Object::PersistentVolumeClaim(mut claim) = object(Kind::PersistentVolumeClaim, &value)
        else {
            panic!("a claim")
        };
        admit_claim(&mut claim, objects).expect("admitted");
        assert_eq!(claim.spec.storage_class_name.as_deref(), expected, "{spec}");
    }
}

#[test]
fn limit_ranges_bound_the_size_of_claims() {
    let limits = limit_range(json!({"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}}));
    for (size, expected) in [
        ("1Gi", Ok(())),
        (
            "2Gi",
            Err("maximum storage usage per PersistentVolumeClaim is 1073741824, but request is \
                 2147483648"
                .to_owned()),
        ),
    ] {
        let value = json!({"metadata": {"name": "c", "namespace": "shop"},
                           "spec": {"resources": {"requests": {"storage": size}}}});
        let Object::PersistentVolumeClaim(mut claim) = object(Kind::PersistentVolumeClaim, &value)
        else {
            panic!("a claim")
        };
        assert_eq!(admit_claim(&mut claim, &limits), expected, "{size}");
    }
}
