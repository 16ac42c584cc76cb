//! Table tests of the expansion, kind by kind.

mod cron_job;
mod daemon_set;
mod deployment;
mod job;
mod stateful_set;

use super::{ExpandOptions, Expansion, expand};
use crate::objects::{Object, Pod};
use serde_json::{Value, json};

/// Objects as a manifest writes them. Namespaced objects without a namespace are in `default`.
pub(super) fn objects(written: &[Value]) -> Vec<Object> {
    written.iter().map(object).collect()
}

fn object(written: &Value) -> Object {
    fn read<T: serde::de::DeserializeOwned + Into<Object>>(written: &Value) -> Object {
        serde_json::from_value::<T>(written.clone()).expect("a valid object").into()
    }
    use crate::objects::{node::Node, policy, storage, workloads::*};
    let mut object = match written["kind"].as_str().expect("a kind") {
        "Node" => read::<Node>(written),
        "Pod" => read::<Pod>(written),
        "ReplicaSet" => read::<ReplicaSet>(written),
        "ReplicationController" => read::<ReplicationController>(written),
        "Deployment" => read::<Deployment>(written),
        "StatefulSet" => read::<StatefulSet>(written),
        "DaemonSet" => read::<DaemonSet>(written),
        "Job" => read::<Job>(written),
        "CronJob" => read::<CronJob>(written),
        "LimitRange" => read::<policy::LimitRange>(written),
        "PriorityClass" => read::<policy::PriorityClass>(written),
        "PodDisruptionBudget" => read::<policy::PodDisruptionBudget>(written),
        "PersistentVolumeClaim" => read::<storage::PersistentVolumeClaim>(written),
        "StorageClass" => read::<storage::StorageClass>(written),
        kind => panic!("no test reads a {kind}"),
    };
    if object.kind().is_namespaced() {
        "default".clone_into(&mut object.meta_mut().namespace);
    }
    object
}

pub(super) fn expanded(written: &[Value]) -> Expansion {
    expand(&objects(written), &ExpandOptions::default()).expect("an expansion")
}

/// A workload named `web` with the usual selector and template, and `spec` laid over it.
pub(super) fn workload(kind: &str, spec: Value) -> Value {
    let mut whole = json!({
        "selector": { "matchLabels": { "app": "web" } },
        "template": template("web:1"),
    });
    for (key, value) in spec.as_object().expect("fields") {
        whole[key] = value.clone();
    }
    json!({ "kind": kind, "metadata": { "name": "web", "uid": "u1" }, "spec": whole })
}

pub(super) fn template(image: &str) -> Value {
    json!({
        "metadata": { "labels": { "app": "web" } },
        "spec": {
            "containers": [{
                "name": "main",
                "image": image,
                "resources": { "requests": { "cpu": "1" } },
            }],
        },
    })
}

/// A pod `name` of the workload, bound to `node` unless that is empty.
pub(super) fn pod(name: &str, owner: (&str, &str), node: &str) -> Value {
    let mut pod = orphan(name, node);
    pod["metadata"]["ownerReferences"] =
        json!([{ "kind": owner.0, "name": owner.1, "controller": true }]);
    pod
}

/// A pod `name` without a controller.
pub(super) fn orphan(name: &str, node: &str) -> Value {
    json!({
        "kind": "Pod",
        "metadata": { "name": name, "labels": { "app": "web" } },
        "spec": { "nodeName": node },
    })
}

/// Pods that were created, so not those of the input.
pub(super) fn created<'a>(expansion: &'a Expansion, written: &[Value]) -> Vec<&'a Pod> {
    let given: Vec<_> =
        written.iter().filter_map(|object| object["metadata"]["name"].as_str()).collect();
    let pods = expansion.pods.iter().map(|expanded| &expanded.pod);
    pods.filter(|pod| !given.contains(&pod.meta.name.as_str())).collect()
}

fn has_note(expansion: &Expansion, text: &str) -> bool {
    expansion.notes.iter().any(|note| note.contains(text))
}

#[test]
fn pending_pods_of_the_input_are_kept_and_bound_or_ended_ones_are_left_out() {
    let mut ended = orphan("ended", "");
    ended["status"] = json!({ "phase": "Succeeded" });
    let mut leaving = orphan("leaving", "");
    leaving["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    let expansion = expanded(&[orphan("waits", ""), orphan("runs", "n"), ended, leaving]);
    let names: Vec<_> = expansion.pods.iter().map(|pod| pod.pod.meta.name.as_str()).collect();
    assert_eq!(names, ["waits"]);
    assert_eq!(expansion.pods[0].owner, None);
}

#[test]
fn two_expansions_of_one_input_are_equal() {
    let written = [workload("Deployment", json!({ "replicas": 50 }))];
    assert_eq!(expanded(&written), expanded(&written));
}

#[test]
fn what_the_api_server_refuses_is_a_fault_with_object_and_field() {
    let never = || {
        let mut template = template("web:1");
        template["spec"]["restartPolicy"] = json!("Never");
        template
    };
    #[rustfmt::skip]
    let table = [
        (workload("Deployment", json!({ "selector": null })),
         "Deployment/default/web: spec.selector: Required value"),
        (workload("StatefulSet", json!({ "selector": null })),
         "StatefulSet/default/web: spec.selector: Required value"),
        (workload("ReplicaSet", json!({ "selector": { "matchLabels": { "app": "api" } } })),
         "ReplicaSet/default/web: spec.template.metadata.labels: selector does not match template labels"),
        (workload("DaemonSet", json!({ "selector": {} })),
         "DaemonSet/default/web: spec.selector: Invalid value: empty selector is invalid"),
        (workload("Deployment", json!({ "replicas": -1 })),
         "Deployment/default/web: spec.replicas: Invalid value: -1: must not be negative"),
        (workload("Deployment", json!({ "replicas": 2_000_000_000 })),
         "Deployment/default/web: spec.replicas: Invalid value: 2000000000: more than 5000000"),
        (workload("Deployment", json!({ "template": never() })),
         "Deployment/default/web: spec.template.spec.restartPolicy: Unsupported value: must be Always"),
        (workload("Job", json!({ "selector": null })),
         "Job/default/web: spec.template.spec.restartPolicy: Unsupported value: must be Never or OnFailure"),
        (workload("Job", json!({ "template": never(), "completionMode": "Indexed" })),
         "Job/default/web: spec.completions: Required value: when completion mode is Indexed"),
        (workload("CronJob", json!({ "schedule": "0 0 * * 7" })),
         "CronJob/default/web: spec.schedule: Invalid value: \"7\" is not within 0 to 6"),
        (workload("CronJob", json!({ "schedule": "@daily" })),
         "CronJob/default/web: spec.jobTemplate.spec.template.spec.restartPolicy: \
          Unsupported value: must be Never or OnFailure"),
    ];
    for (written, expected) in table {
        let faults = expand(&objects(&[written]), &ExpandOptions::default());
        let texts: Vec<_> = faults.expect_err(expected).iter().map(ToString::to_string).collect();
        assert_eq!(texts, [expected]);
    }
}

#[test]
fn every_fault_of_the_input_is_reported() {
    let written = [
        workload("Deployment", json!({ "selector": null })),
        workload("StatefulSet", json!({ "selector": null })),
    ];
    let faults = expand(&objects(&written), &ExpandOptions::default());
    assert_eq!(faults.map_err(|faults| faults.len()), Err(2));
}

#[test]
fn arrangements_that_are_rarely_meant_are_noted() {
    let with_volume = |volume: Value| {
        let mut template = template("web:1");
        template["spec"]["volumes"] = json!([volume]);
        workload("Deployment", json!({ "replicas": 2, "template": template }))
    };
    let claim = json!({
        "kind": "PersistentVolumeClaim",
        "metadata": { "name": "shared" },
        "spec": { "accessModes": ["ReadWriteOnce"] },
    });
    let claims = with_volume(json!({
        "name": "data", "persistentVolumeClaim": { "claimName": "shared" },
    }));
    let expansion = expanded(&[claims, claim]);
    assert!(has_note(&expansion, "2 replicas share claim shared"), "{:?}", expansion.notes);
    let expansion = expanded(&[with_volume(json!({ "name": "data", "emptyDir": {} }))]);
    assert!(has_note(&expansion, "emptyDir data is lost with its pod"));
    let expansion = expanded(&[orphan("idle", "")]);
    assert!(has_note(&expansion, "Pod/default/idle: requests nothing (BestEffort)"));
    let budget = json!({
        "kind": "PodDisruptionBudget",
        "metadata": { "name": "strict" },
        "spec": { "minAvailable": 2, "selector": { "matchLabels": { "app": "web" } } },
    });
    let deployment = |replicas: i32| workload("Deployment", json!({ "replicas": replicas }));
    assert!(has_note(&expanded(&[deployment(2), budget.clone()]), "a drain can never finish"));
    assert!(!has_note(&expanded(&[deployment(3), budget]), "a drain can never finish"));
}

#[test]
fn created_pods_are_admitted_or_refused_with_a_note() {
    let limits = json!({
        "kind": "LimitRange",
        "metadata": { "name": "limits" },
        "spec": { "limits": [{ "type": "Container", "max": { "cpu": "500m" } }] },
    });
    for kind in ["Deployment", "StatefulSet", "ReplicaSet"] {
        let expansion = expanded(&[workload(kind, json!({ "replicas": 3 })), limits.clone()]);
        assert_eq!(expansion.pods.len(), 0, "{kind}");
        let refusals = expansion.notes.iter().filter(|note| note.contains("not created: "));
        assert_eq!(refusals.count(), 1, "{:?}", expansion.notes);
    }
    let mut urgent = orphan("urgent", "");
    urgent["spec"]["priorityClassName"] = json!("urgent");
    let expansion = expanded(&[urgent.clone()]);
    assert!(has_note(&expansion, "not created: no PriorityClass with name urgent was found"));
    let class = json!({ "kind": "PriorityClass", "metadata": { "name": "urgent" }, "value": 7 });
    assert_eq!(expanded(&[urgent, class]).pods[0].pod.priority(), 7);
}

#[test]
fn label_keys_see_the_labels_that_controllers_add() {
    let mut template = template("web:1");
    template["spec"]["affinity"]["podAntiAffinity"] = json!({
        "requiredDuringSchedulingIgnoredDuringExecution": [{
            "topologyKey": "zone",
            "labelSelector": {},
            "matchLabelKeys": ["pod-template-hash", "statefulset.kubernetes.io/pod-name"],
        }],
    });
    for (kind, key) in
        [("Deployment", "pod-template-hash"), ("StatefulSet", "statefulset.kubernetes.io/pod-name")]
    {
        let written = workload(kind, json!({ "replicas": 2, "template": template }));
        for expanded in &expanded(&[written]).pods {
            let affinity = expanded.pod.spec.affinity.as_ref().expect("affinity");
            let terms = &affinity.pod_anti_affinity.as_ref().expect("anti-affinity").required;
            let selector = terms[0].label_selector.as_ref().expect("a selector");
            let [requirement] = &selector.match_expressions[..] else { panic!("one requirement") };
            assert_eq!(requirement.key, key);
            assert_eq!(requirement.values, [expanded.pod.meta.labels[key].clone()]);
        }
    }
}

#[test]
fn a_pod_with_an_ephemeral_volume_brings_a_claim_that_is_its_own() {
    let mut pod = orphan("p", "");
    pod["spec"]["volumes"] = json!([
        { "name": "scratch", "ephemeral": { "volumeClaimTemplate": { "spec": {
            "storageClassName": "fast",
            "resources": { "requests": { "storage": "1Gi" } },
        } } } },
        { "name": "there", "ephemeral": { "volumeClaimTemplate": { "spec": {} } } },
    ]);
    let there = json!({ "kind": "PersistentVolumeClaim", "metadata": { "name": "p-there" } });
    let expansion = expanded(&[pod, there]);
    let [expanded] = &expansion.pods[..] else { panic!("one pod") };
    let [claim] = &expanded.claims[..] else { panic!("one claim") };
    assert_eq!((claim.meta.key().as_str(), claim.class()), ("default/p-scratch", "fast"));
    assert!(claim.is_made_for(&expanded.pod));
}
