//! What the server fills in, next to the same object with everything written out.

use super::super::object::{Kind, Object};
use super::default_object;
use serde_json::{Value, json};

fn completed(kind: Kind, value: &Value) -> Object {
    let mut object = Object::deserialize_as(kind, value).expect("an object");
    default_object(&mut object);
    object
}

/// `given` is completed to `expected`, and that is complete.
fn check(kind: Kind, given: &Value, expected: &Value) {
    let mut meta = json!({"name": "x"});
    if kind.is_namespaced() {
        meta["namespace"] = json!("default");
    }
    let object = |fields: &Value| {
        let mut object = fields.clone();
        object.as_object_mut().expect("fields").entry("metadata").or_insert(meta.clone());
        object
    };
    let (given, expected) = (object(given), object(expected));
    let written = Object::deserialize_as(kind, &expected).expect("an object");
    assert_eq!(completed(kind, &given), written, "{given}");
    assert_eq!(completed(kind, &expected), written, "completed twice: {given}");
}

/// Checks a pod spec on a pod; `restartPolicy` and the like are added to what is expected.
fn check_spec(given: Value, expected: Value) {
    let mut expected = expected;
    for (field, value) in [
        ("restartPolicy", json!("Always")),
        ("terminationGracePeriodSeconds", json!(30)),
        ("schedulerName", json!("default-scheduler")),
    ] {
        expected.as_object_mut().expect("fields").entry(field).or_insert(value);
    }
    check(Kind::Pod, &json!({ "spec": given }), &json!({ "spec": expected }));
}

fn container(resources: Value) -> Value {
    json!({"name": "c", "resources": resources})
}

#[test]
fn a_limit_without_a_request_is_the_request() {
    let limits = json!({"cpu": "2", "memory": "1Gi", "nvidia.com/gpu": 1});
    for list in ["containers", "initContainers"] {
        check_spec(
            json!({list: [container(json!({"limits": limits, "requests": {"cpu": "1"}}))]}),
            json!({list: [container(json!({
                "limits": limits,
                "requests": {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": 1},
            }))]}),
        );
    }
    // A request is no limit, and a request of nothing is a request.
    let requests = container(json!({"requests": {"cpu": 0}}));
    check_spec(json!({"containers": [requests]}), json!({"containers": [requests]}));
    let zero = container(json!({"requests": {"cpu": 0}, "limits": {"cpu": 1}}));
    check_spec(json!({"containers": [zero]}), json!({"containers": [zero]}));
}

#[test]
fn amounts_finer_than_a_thousandth_are_rounded_up() {
    check_spec(
        json!({"containers": [container(json!({"requests": {"cpu": "0.0001"}}))],
               "overhead": {"cpu": "1u"}}),
        json!({"containers": [container(json!({"requests": {"cpu": "1m"}}))],
               "overhead": {"cpu": "1m"}}),
    );
    let rounded =
        |cpu: &str| json!({"status": {"capacity": {"cpu": cpu}, "allocatable": {"cpu": cpu}}});
    check(Kind::Node, &rounded("1.0001"), &rounded("1001m"));
}

#[test]
fn resources_of_the_pod_as_a_whole_come_from_limits_and_containers() {
    let with = |pod: Value, containers: &[Value]| {
        let containers: Vec<_> = containers.iter().cloned().map(container).collect();
        json!({"resources": pod, "containers": containers})
    };
    let cpu_and_memory =
        [json!({"requests": {"cpu": "1", "memory": "1Gi"}}), json!({"requests": {"cpu": "2"}})];
    for (given, expected) in [
        // One limit of any resource pins both requests.
        (
            json!({"limits": {"cpu": 6}}),
            json!({"limits": {"cpu": 6}, "requests": {"cpu": 3, "memory": "1Gi"}}),
        ),
        // Requests alone pin nothing.
        (json!({"requests": {"cpu": 4}}), json!({"requests": {"cpu": 4}})),
        // A limit without requests in any container is the request.
        (
            json!({"limits": {"cpu": 6}, "requests": {"cpu": 5}}),
            json!({"limits": {"cpu": 6}, "requests": {"cpu": 5, "memory": "1Gi"}}),
        ),
        (json!({}), json!({})),
    ] {
        check_spec(with(given, &cpu_and_memory), with(expected, &cpu_and_memory));
    }
    check_spec(
        with(json!({"limits": {"memory": "2Gi"}}), &[json!({})]),
        with(json!({"limits": {"memory": "2Gi"}, "requests": {"memory": "2Gi"}}), &[json!({})]),
    );
}

#[test]
fn huge_pages_of_the_pod_as_a_whole_are_those_of_its_containers() {
    let pages = json!({"limits": {"hugepages-2Mi": "4Mi"}, "requests": {"hugepages-2Mi": "4Mi"}});
    let spec = |pod: Value| json!({"resources": pod, "containers": [container(pages.clone())]});
    for (given, expected) in [
        (
            json!({"limits": {"cpu": 1}}),
            json!({"limits": {"cpu": 1, "hugepages-2Mi": "4Mi"},
                   "requests": {"cpu": 1, "hugepages-2Mi": "4Mi"}}),
        ),
        (
            json!({"requests": {"cpu": 1}}),
            json!({"limits": {"hugepages-2Mi": "4Mi"},
                   "requests": {"cpu": 1, "hugepages-2Mi": "4Mi"}}),
        ),
        (
            json!({"limits": {"hugepages-2Mi": "8Mi"}}),
            json!({"limits": {"hugepages-2Mi": "8Mi"}, "requests": {"hugepages-2Mi": "8Mi"}}),
        ),
    ] {
        check_spec(spec(given), spec(expected));
    }
}

#[test]
fn ports_are_tcp_and_with_the_network_of_the_node_they_are_its_ports() {
    let ports = |ports: Value| json!([{"name": "c", "ports": ports}]);
    let given = json!([
        {"containerPort": 80},
        {"containerPort": 81, "hostPort": 8081, "protocol": "UDP"},
    ]);
    check_spec(
        json!({"containers": ports(given.clone()), "initContainers": ports(given.clone())}),
        json!({
            "containers": ports(json!([
                {"containerPort": 80, "protocol": "TCP"},
                {"containerPort": 81, "hostPort": 8081, "protocol": "UDP"},
            ])),
            "initContainers": ports(json!([
                {"containerPort": 80, "protocol": "TCP"},
                {"containerPort": 81, "hostPort": 8081, "protocol": "UDP"},
            ])),
        }),
    );
    check_spec(
        json!({"hostNetwork": true, "containers": ports(given)}),
        json!({"hostNetwork": true, "containers": ports(json!([
            {"containerPort": 80, "hostPort": 80, "protocol": "TCP"},
            {"containerPort": 81, "hostPort": 8081, "protocol": "UDP"},
        ]))}),
    );
}

#[test]
fn what_a_pod_says_itself_stays() {
    let own = json!({"restartPolicy": "Never", "terminationGracePeriodSeconds": 0,
                     "schedulerName": "mine"});
    check_spec(own.clone(), own);
    check_spec(json!({"schedulerName": ""}), json!({}));
}

#[test]
fn volumes_are_completed_where_they_can_decide_and_dropped_where_not() {
    check_spec(
        json!({"volumes": [
            {"name": "a", "rbd": {"monitors": ["m"], "image": "i"}},
            {"name": "token", "projected": {"sources": []}},
            {"name": "b", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}},
            {"name": "c", "emptyDir": {}},
        ]}),
        json!({"volumes": [
            {"name": "a", "rbd": {"monitors": ["m"], "image": "i", "pool": "rbd"}},
            {"name": "b",
             "ephemeral": {"volumeClaimTemplate": {"spec": {"volumeMode": "Filesystem"}}}},
            {"name": "c", "emptyDir": {}},
        ]}),
    );
}

#[test]
fn label_keys_of_affinity_terms_become_requirements_once() {
    let pod = |term: Value| {
        json!({
            "metadata": {"name": "x", "namespace": "default", "labels": {"app": "web", "v": "1"}},
            "spec": {
                "restartPolicy": "Always", "terminationGracePeriodSeconds": 30,
                "schedulerName": "default-scheduler",
                "affinity": {"podAntiAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": [term],
                    "preferredDuringSchedulingIgnoredDuringExecution":
                        [{"weight": 1, "podAffinityTerm": term}],
                }},
            },
        })
    };
    let keys = json!({"topologyKey": "zone", "matchLabelKeys": ["v", "absent"],
                      "mismatchLabelKeys": ["app"]});
    let with_selector = |selector: Value| {
        let mut term = keys.clone();
        term["labelSelector"] = selector;
        pod(term)
    };
    check(
        Kind::Pod,
        &with_selector(json!({"matchLabels": {"app": "web"}})),
        &with_selector(json!({
            "matchLabels": {"app": "web"},
            "matchExpressions": [
                {"key": "v", "operator": "In", "values": ["1"]},
                {"key": "app", "operator": "NotIn", "values": ["web"]},
            ],
        })),
    );
    // Without a selector there is nothing to add to.
    check(Kind::Pod, &pod(keys.clone()), &pod(keys.clone()));
}

#[test]
fn objects_of_the_cluster_are_completed() {
    let capacity = json!({"cpu": 4, "pods": 110});
    check(
        Kind::Node,
        &json!({"status": {"capacity": capacity}}),
        &json!({"status": {"capacity": capacity, "allocatable": capacity}}),
    );
    // Nothing allocatable is something else than nothing said.
    let none = json!({"status": {"capacity": capacity, "allocatable": {}}});
    check(Kind::Node, &none, &none);
    check(
        Kind::Namespace,
        &json!({"metadata": {"name": "shop", "labels": {"kubernetes.io/metadata.name": "x"}}}),
        &json!({"metadata": {"name": "shop", "labels": {"kubernetes.io/metadata.name": "shop"}}}),
    );
    check(
        Kind::PriorityClass,
        &json!({"value": 1}),
        &json!({"value": 1, "preemptionPolicy": "PreemptLowerPriority"}),
    );
    check(Kind::StorageClass, &json!({}), &json!({"volumeBindingMode": "Immediate"}));
    check(
        Kind::PersistentVolume,
        &json!({"spec": {"capacity": {"storage": "1Gi"}}}),
        &json!({"spec": {"capacity": {"storage": "1Gi"}, "volumeMode": "Filesystem",
                         "persistentVolumeReclaimPolicy": "Retain"},
                "status": {"phase": "Pending"}}),
    );
    check(
        Kind::PersistentVolumeClaim,
        &json!({"metadata": {"name": "x"}}),
        &json!({"metadata": {"name": "x", "namespace": "default"},
                "spec": {"volumeMode": "Filesystem"}, "status": {"phase": "Pending"}}),
    );
}

#[test]
fn limit_ranges_derive_defaults_from_bounds() {
    let range = |item: Value| json!({"spec": {"limits": [item]}});
    check(
        Kind::LimitRange,
        &range(json!({"type": "Container", "max": {"cpu": 4}, "min": {"memory": "1Mi"}})),
        &range(json!({"type": "Container", "max": {"cpu": 4}, "min": {"memory": "1Mi"},
                      "default": {"cpu": 4}, "defaultRequest": {"cpu": 4, "memory": "1Mi"}})),
    );
    let of_pod = range(json!({"type": "Pod", "max": {"cpu": 4}}));
    check(Kind::LimitRange, &of_pod, &of_pod);
}

const TEMPLATE: &str = r#"{"metadata": {"labels": {"a": "b"}}, "spec": {"restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30, "schedulerName": "default-scheduler"}}"#;

/// Checks the spec of a workload; its template is completed as pods are.
fn check_workload(kind: Kind, given: Value, expected: Value) {
    let whole: Value = serde_json::from_str(TEMPLATE).expect("JSON");
    let with = |spec: Value, template: Value| {
        let mut spec = spec;
        spec["template"] = template;
        json!({ "spec": spec })
    };
    let bare = json!({"metadata": {"labels": {"a": "b"}}, "spec": {}});
    check(kind, &with(given, bare), &with(expected, whole));
}

#[test]
fn workloads_are_completed() {
    check_workload(Kind::ReplicaSet, json!({}), json!({"replicas": 1}));
    check_workload(Kind::ReplicaSet, json!({"replicas": 0}), json!({"replicas": 0}));
    check_workload(
        Kind::ReplicationController,
        json!({}),
        json!({"replicas": 1, "selector": {"a": "b"}}),
    );
    let rolling = |surge: Value, unavailable: Value| {
        json!({"type": "RollingUpdate",
               "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}})
    };
    check_workload(
        Kind::Deployment,
        json!({}),
        json!({"replicas": 1, "progressDeadlineSeconds": 600,
               "strategy": rolling(json!("25%"), json!("25%"))}),
    );
    check_workload(
        Kind::Deployment,
        json!({"strategy": {"rollingUpdate": {"maxSurge": 0}}}),
        json!({"replicas": 1, "progressDeadlineSeconds": 600,
               "strategy": rolling(json!(0), json!("25%"))}),
    );
    check_workload(
        Kind::Deployment,
        json!({"strategy": {"type": "Recreate"}}),
        json!({"replicas": 1, "progressDeadlineSeconds": 600, "strategy": {"type": "Recreate"}}),
    );
    check_workload(
        Kind::DaemonSet,
        json!({}),
        json!({"updateStrategy": rolling(json!(0), json!(1))}),
    );
    check_workload(
        Kind::DaemonSet,
        json!({"updateStrategy": {"type": "OnDelete"}}),
        json!({"updateStrategy": {"type": "OnDelete"}}),
    );
    check_workload(
        Kind::StatefulSet,
        json!({"volumeClaimTemplates": [{"metadata": {"name": "d"}}]}),
        json!({"replicas": 1, "podManagementPolicy": "OrderedReady",
               "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
               "volumeClaimTemplates":
                   [{"metadata": {"name": "d"}, "spec": {"volumeMode": "Filesystem"}}]}),
    );
}

#[test]
fn jobs_are_completed() {
    for (given, expected) in [
        (json!({}), json!({"parallelism": 1, "completions": 1, "backoffLimit": 6})),
        // A work queue ends when its pods say so.
        (json!({"parallelism": 3}), json!({"parallelism": 3, "backoffLimit": 6})),
        (json!({"completions": 3}), json!({"parallelism": 1, "completions": 3, "backoffLimit": 6})),
        (
            json!({"completions": 3, "backoffLimitPerIndex": 1, "completionMode": "Indexed"}),
            json!({"parallelism": 1, "completions": 3, "backoffLimitPerIndex": 1,
                   "backoffLimit": i32::MAX, "completionMode": "Indexed"}),
        ),
    ] {
        let mut expected = expected;
        let mode = expected.get("completionMode").cloned().unwrap_or_else(|| json!("NonIndexed"));
        expected["completionMode"] = mode;
        check_workload(Kind::Job, given.clone(), expected.clone());
        let template: Value = serde_json::from_str(TEMPLATE).expect("JSON");
        let with = |mut spec: Value, policy: Option<&str>| {
            spec["template"] = template.clone();
            json!({"spec": {"jobTemplate": {"spec": spec}, "concurrencyPolicy": policy}})
        };
        check(Kind::CronJob, &with(given, None), &with(expected, Some("Allow")));
    }
}

#[test]
fn a_request_for_devices_that_counts_counts_one() {
    let claim = |request: Value| json!({"spec": {"devices": {"requests": [request]}}});
    let template = |request: Value| json!({ "spec": claim(request) });
    for (given, expected) in [
        (json!({}), json!({"allocationMode": "ExactCount", "count": 1})),
        (json!({"count": 0}), json!({"allocationMode": "ExactCount", "count": 1})),
        (json!({"count": 2}), json!({"allocationMode": "ExactCount", "count": 2})),
        (json!({"allocationMode": "All"}), json!({"allocationMode": "All"})),
    ] {
        let exactly = |devices: &Value| json!({"name": "r", "exactly": devices});
        let first = |devices: &Value| json!({"name": "r", "firstAvailable": [devices]});
        check(Kind::ResourceClaim, &claim(exactly(&given)), &claim(exactly(&expected)));
        check(Kind::ResourceClaim, &claim(first(&given)), &claim(first(&expected)));
        check(
            Kind::ResourceClaimTemplate,
            &template(exactly(&given)),
            &template(exactly(&expected)),
        );
    }
}
