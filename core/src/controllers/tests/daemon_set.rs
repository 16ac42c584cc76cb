//! DaemonSets.

use super::*;

fn node(name: &str, rest: Value) -> Value {
    let mut node =
        json!({ "kind": "Node", "metadata": { "name": name, "labels": { "role": name } } });
    node["spec"] = rest;
    node
}

fn taint(key: &str, effect: &str) -> Value {
    json!({ "taints": [{ "key": key, "effect": effect }] })
}

/// Names of the nodes that get a pod.
fn nodes(expansion: &Expansion) -> Vec<String> {
    let pods = expansion.pods.iter();
    pods.map(|expanded| {
        let affinity = expanded.pod.spec.affinity.as_ref().expect("affinity");
        let required = affinity.node_affinity.as_ref().and_then(|own| own.required.as_ref());
        let [term] = &required.expect("required").node_selector_terms[..] else {
            panic!("one term")
        };
        assert_eq!(term.match_expressions, []);
        let [field] = &term.match_fields[..] else { panic!("one field") };
        assert_eq!(field.key, "metadata.name");
        field.values.join(",")
    })
    .collect()
}

#[test]
fn every_eligible_node_gets_a_pod_that_is_tied_to_it() {
    let own = |spec: Value| {
        let mut template = template("web:1");
        for (key, value) in spec.as_object().expect("fields") {
            template["spec"][key] = value.clone();
        }
        workload("DaemonSet", json!({ "template": template }))
    };
    let affinity = json!({ "affinity": { "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": { "nodeSelectorTerms": [
            { "matchExpressions": [{ "key": "role", "operator": "In", "values": ["a", "d"] }] },
        ] },
    } } });
    #[rustfmt::skip]
    let table: [(Value, &[&str]); 6] = [
        (json!({}),                                                           &["a", "d", "e"]),
        (json!({ "nodeSelector": { "role": "a" } }),                          &["a"]),
        (json!({ "nodeSelector": { "role": "b" } }),                          &[]),
        (json!({ "nodeName": "d" }),                                          &["d"]),
        (affinity,                                                            &["a", "d"]),
        (json!({ "tolerations": [{ "key": "gpu", "operator": "Exists" }] }),  &["a", "b", "d", "e"]),
    ];
    for (spec, expected) in table {
        let expansion = expanded(&[
            node("e", taint("node.kubernetes.io/unreachable", "NoExecute")),
            node("d", taint("soft", "PreferNoSchedule")),
            node("b", taint("gpu", "NoSchedule")),
            node("c", taint("broken", "NoExecute")),
            node("a", taint("node.kubernetes.io/unschedulable", "NoSchedule")),
            own(spec.clone()),
        ]);
        assert_eq!(nodes(&expansion), expected, "{spec}");
    }
}

#[test]
fn tolerations_are_added_once_and_without_an_end() {
    let tolerations = |spec: Value| {
        let mut template = template("web:1");
        for (key, value) in spec.as_object().expect("fields") {
            template["spec"][key] = value.clone();
        }
        let set = workload("DaemonSet", json!({ "template": template }));
        expanded(&[node("a", json!({})), set]).pods[0].pod.spec.tolerations.clone()
    };
    assert_eq!(tolerations(json!({})).len(), 6);
    assert_eq!(tolerations(json!({ "hostNetwork": true })).len(), 7);
    let own = tolerations(json!({ "tolerations": [
        { "key": "mine", "operator": "Exists" },
        { "key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute",
          "tolerationSeconds": 5 },
    ] }));
    assert_eq!(own.len(), 7);
    assert_eq!(own[1].toleration_seconds, None);
}

#[test]
fn a_node_with_a_pod_gets_no_second_one() {
    let owner = ("DaemonSet", "web");
    let mut pending = pod("pending", owner, "");
    pending["spec"]["affinity"] = json!({ "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": { "nodeSelectorTerms": [
            { "matchFields": [{ "key": "metadata.name", "operator": "In", "values": ["b"] }] },
        ] },
    } });
    let mut leaving = pod("leaving", owner, "c");
    leaving["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    let mut failed = pod("failed", owner, "d");
    failed["status"] = json!({ "phase": "Failed" });
    let expansion = expanded(&[
        node("a", json!({})),
        node("b", json!({})),
        node("c", json!({})),
        node("d", json!({})),
        workload("DaemonSet", json!({})),
        pod("running", owner, "a"),
        pending,
        leaving,
        failed,
    ]);
    assert_eq!(nodes(&expansion), ["b", "d"]);
}

#[test]
fn a_pod_where_none_should_run_is_noted() {
    let expansion = expanded(&[
        node("a", taint("gpu", "NoSchedule")),
        workload("DaemonSet", json!({})),
        pod("stray", ("DaemonSet", "web"), "a"),
    ]);
    assert!(has_note(&expansion, "has a pod on a, where none should run"));
}

#[test]
fn preferences_and_pod_affinity_stay() {
    let mut template = template("web:1");
    template["spec"]["affinity"] = json!({
        "nodeAffinity": { "preferredDuringSchedulingIgnoredDuringExecution": [
            { "weight": 1, "preference": { "matchExpressions": [{ "key": "x", "operator": "Exists" }] } },
        ] },
        "podAntiAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": [
            { "topologyKey": "zone" },
        ] },
    });
    let set = workload("DaemonSet", json!({ "template": template }));
    let expansion = expanded(&[node("a", json!({})), set]);
    let affinity = expansion.pods[0].pod.spec.affinity.as_ref().expect("affinity");
    assert_eq!(affinity.node_affinity.as_ref().map(|own| own.preferred.len()), Some(1));
    assert_eq!(affinity.pod_anti_affinity.as_ref().map(|own| own.required.len()), Some(1));
}

#[test]
fn labels_name_the_revision_and_the_generation_where_there_is_one() {
    let mut set = workload("DaemonSet", json!({}));
    set["metadata"]["annotations"] = json!({ "deprecated.daemonset.template.generation": "4" });
    let expansion = expanded(&[node("a", json!({})), set]);
    let labels = &expansion.pods[0].pod.meta.labels;
    assert_eq!(labels["pod-template-generation"], "4");
    assert!(!labels["controller-revision-hash"].contains('-'));
}
