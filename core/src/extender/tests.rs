//! Tables of requests and what is answered.

use super::*;
use serde_json::{Value, json};

fn node(name: &str, cpu: &str) -> Value {
    json!({"metadata": {"name": name},
        "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "10"}}})
}

/// A pod as Go writes one: with `null` for what is not there.
fn pod(cpu: &str, priority: i32) -> Value {
    json!({"metadata": {"name": "web", "namespace": "shop", "uid": "uid-web", "creationTimestamp": null},
        "spec": {"priority": priority, "schedulerName": "another", "nodeSelector": null, "containers":
            [{"name": "web", "ports": null, "resources": {"requests": {"cpu": cpu}}}]},
        "status": {}})
}

/// Nodes a (small and full), b (middling) and c (cordoned).
fn cluster() -> Cluster {
    let object = |value| serde_json::from_value::<crate::Node>(value).expect("a node").into();
    let mut cordoned = node("c", "64");
    cordoned["spec"] = json!({"unschedulable": true});
    let low = json!({"metadata": {"name": "low", "namespace": "shop", "uid": "uid-low"},
        "spec": {"nodeName": "a", "containers":
            [{"name": "low", "resources": {"requests": {"cpu": "1"}}}]}});
    let low: Pod = serde_json::from_value(low).expect("a pod");
    let nodes = [object(node("a", "1")), object(node("b", "4")), object(cordoned), low.into()];
    Cluster::from_objects(nodes).expect("they fit together")
}

type Call = fn(&mut Scheduler, &mut Cluster, &str) -> Result<String, ExtenderError>;

/// Makes a call and compares the response. The cluster stays as it is.
#[track_caller]
fn check(call: Call, request: Value, response: Value) {
    let mut cluster = cluster();
    let before = cluster.state_hash();
    let answer = call(&mut Scheduler::default(), &mut cluster, &request.to_string());
    let answer: Value = serde_json::from_str(&answer.expect("a response")).expect("JSON");
    assert_eq!(answer, response, "{request}");
    assert_eq!(cluster.state_hash(), before);
}

#[test]
fn filter_answers_in_the_form_and_order_of_the_request() {
    let cordoned = "node(s) were unschedulable";
    check(
        filter,
        json!({"Pod": pod("1", 0), "Nodes": null, "NodeNames": ["c", "b", "a", "x"]}),
        json!({"Nodes": null, "NodeNames": ["b"], "FailedNodes": {"a": "Insufficient cpu"},
            "FailedAndUnresolvableNodes":
                {"c": cordoned, "x": "node(s) were not known to the extender"},
            "Error": ""}),
    );
    // More than the node has: no removal helps. Any case of the letters will do.
    check(
        filter,
        json!({"pod": pod("2", 0), "nodenames": ["a", "b"]}),
        json!({"Nodes": null, "NodeNames": ["b"], "FailedNodes": {},
            "FailedAndUnresolvableNodes": {"a": "Insufficient cpu"}, "Error": ""}),
    );
}

#[test]
fn filter_believes_the_nodes_that_come_as_objects() {
    let (larger, new) = (node("a", "8"), node("new", "16"));
    check(
        filter,
        json!({"Pod": pod("6", 0), "NodeNames": null,
            "Nodes": {"metadata": {}, "items": [larger, new, node("b", "4")]}}),
        json!({"Nodes": {"metadata": {}, "items": [larger, new]}, "NodeNames": null,
            "FailedNodes": {}, "FailedAndUnresolvableNodes": {"b": "Insufficient cpu"}, "Error": ""}),
    );
}

#[test]
fn prioritize_spreads_the_scores_from_0_to_10() {
    let nodes = [("small", "2"), ("middling", "3"), ("large", "64"), ("none", "0")];
    let nodes = nodes.map(|(name, cpu)| node(name, cpu));
    check(
        prioritize,
        json!({"Pod": pod("1", 0), "Nodes": {"items": nodes}}),
        json!([{"Host": "small", "Score": 0}, {"Host": "middling", "Score": 3},
            {"Host": "large", "Score": 10}, {"Host": "none", "Score": 0}]),
    );
    check(
        prioritize,
        json!({"Pod": pod("1", 0), "NodeNames": ["b", "c"]}),
        json!([{"Host": "b", "Score": 10}, {"Host": "c", "Score": 0}]),
    );
    check(prioritize, json!({"Pod": pod("1", 0), "NodeNames": []}), json!([]));
}

#[test]
fn scores_are_tenths_of_what_lies_between_lowest_and_highest() {
    for (total, lowest, highest, score) in [
        (5, 0, 10, 5),
        (7, 7, 7, 10),
        (i64::MAX, i64::MIN, i64::MAX, 10),
        (0, i64::MIN, i64::MAX, 5),
        (99, 0, 100, 9),
    ] {
        assert_eq!(in_ten(total, lowest, highest), score, "{total} {lowest} {highest}");
    }
}

#[test]
fn preempt_names_the_victims_of_the_nodes_that_were_asked_about() {
    let victims = json!({"a": {"Pods": [{"UID": "uid-low"}], "NumPDBViolations": 0}});
    // Node b takes the pod: nobody has to go.
    check(
        preempt,
        json!({"Pod": pod("1", 9), "NodeNameToMetaVictims": victims}),
        json!({"NodeNameToMetaVictims": {}}),
    );
    let mut full = cluster();
    full.apply(Change::Delete {
        kind: crate::Kind::Node,
        namespace: String::new(),
        name: "b".into(),
    })
    .expect("there");
    for (asked, answer) in [(&victims, victims.clone()), (&json!({"b": {}}), json!({}))] {
        let request = json!({"Pod": pod("1", 9), "NodeNameToVictims": asked}).to_string();
        let response = preempt(&mut Scheduler::default(), &mut full, &request).expect("a response");
        let response: Value = serde_json::from_str(&response).expect("JSON");
        assert_eq!(response, json!({"NodeNameToMetaVictims": answer}), "{request}");
    }
}

#[test]
fn bind_binds_or_says_why_not() {
    let mut cluster = cluster();
    let mut said = |name: &str, uid: &str, node: &str| {
        let request = json!({"PodName": name, "PodNamespace": "shop", "PodUID": uid, "Node": node})
            .to_string();
        let response = bind(&mut cluster, &request).expect("a response");
        serde_json::from_str::<Value>(&response).expect("JSON")["Error"].clone()
    };
    assert_eq!(said("low", "uid-low", "b"), "Pod shop/low: the pod is bound already");
    assert_eq!(said("low", "uid-x", "b"), "pod shop/low has UID uid-low, not uid-x");
    assert_eq!(said("web", "uid-web", "b"), "Pod shop/web: there is no such object");
    let web: Pod =
        serde_json::from_value(json!({"metadata": {"name": "web", "namespace": "shop"}}))
            .expect("a pod");
    cluster.apply(Change::Put(web.into())).expect("a pod");
    let mut answer = |node: &str| {
        let request = json!({"podName": "web", "podNamespace": "shop", "node": node}).to_string();
        bind(&mut cluster, &request).expect("a response")
    };
    assert_eq!(answer("x"), r#"{"Error":"Pod shop/web: the node to bind to is not there"}"#);
    assert_eq!(answer("b"), r#"{"Error":""}"#);
    assert!(cluster.pod("shop", "web").is_some_and(|pod| pod.node_name.as_deref() == Some("b")));
}

#[test]
fn bodies_that_are_no_request_have_no_response() {
    let calls: [Call; 3] = [filter, prioritize, preempt];
    for body in ["", "[]", "{", "{}", "null", r#"{"Pod": {"spec": 7}, "NodeNames": []}"#] {
        for call in calls {
            let answer = call(&mut Scheduler::default(), &mut cluster(), body);
            assert!(matches!(answer, Err(ExtenderError::Request(_))), "{body}: {answer:?}");
        }
        assert!(bind(&mut cluster(), body).is_err(), "{body}");
    }
    // What comes after the first value is left aside.
    let body = json!({"Pod": pod("1", 0), "NodeNames": []}).to_string() + "}}}";
    assert_eq!(prioritize(&mut Scheduler::default(), &mut cluster(), &body).as_deref(), Ok("[]"));
}
