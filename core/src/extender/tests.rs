//! Tables of requests and what is answered.

use super::*;
use serde_json::{Value, json};

fn node(name: &str, cpu: &str) -> Value {
    json!({"metadata": {"name": name, "labels": null, "creationTimestamp": null},
        "spec": {"taints": null},
        "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "10"}}})
}

fn pod(name: &str, cpu: &str, priority: i32) -> Value {
    json!({"metadata": {"name": name, "namespace": "shop", "uid": format!("uid-{name}"),
            "creationTimestamp": null},
        "spec": {"priority": priority, "schedulerName": "another", "nodeSelector": null,
            "containers": [{"name": "web", "ports": null, "resources": {"requests": {"cpu": cpu}}}]},
        "status": {}})
}

/// Nodes a (small and full), b (middling) and c (cordoned).
fn cluster() -> Cluster {
    let object = |value| serde_json::from_value::<crate::Node>(value).expect("a node").into();
    let mut cordoned = node("c", "64");
    cordoned["spec"] = json!({"unschedulable": true});
    let mut low = pod("low", "1", 0);
    low["spec"]["nodeName"] = json!("a");
    let low: Pod = serde_json::from_value(serde_json::from_str(
        &low.to_string().replace("\"ports\":null,", "").replace("\"nodeSelector\":null,", "")
            .replace("\"creationTimestamp\":null,", ""),
    ).expect("JSON")).expect("a pod");
    let bare = |name, cpu| {
        json!({"metadata": {"name": name}, "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "10"}}})
    };
    let mut bare_cordoned = bare("c", "64");
    bare_cordoned["spec"] = cordoned["spec"].clone();
    Cluster::from_objects([object(bare("a", "1")), object(bare("b", "4")), object(bare_cordoned), low.into()])
        .expect("they fit together")
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
    let failed = json!({"a": "Insufficient cpu"});
    let never = json!({"c": "node(s) were unschedulable"});
    check(
        filter,
        json!({"Pod": pod("web", "2", 0), "Nodes": null, "NodeNames": ["c", "b", "a"]}),
        json!({"Nodes": null, "NodeNames": ["b"], "FailedNodes": failed,
            "FailedAndUnresolvableNodes": {"c": never["c"], "a": "Insufficient cpu"}, "Error": ""})
            .pipe(|mut it| {
                // More than the node has: no removal helps.
                it["FailedNodes"] = json!({});
                it
            }),
    );
    check(
        filter,
        json!({"pod": pod("web", "1", 0), "nodenames": ["c", "b", "a", "x"]}),
        json!({"Nodes": null, "NodeNames": ["b"], "FailedNodes": failed,
            "FailedAndUnresolvableNodes": {"c": never["c"],
                "x": "node(s) were not known to the extender"}, "Error": ""}),
    );
}

#[test]
fn filter_believes_the_nodes_that_come_as_objects() {
    let larger = node("a", "8");
    check(
        filter,
        json!({"Pod": pod("web", "6", 0), "NodeNames": null,
            "Nodes": {"metadata": {}, "items": [larger, node("new", "16"), node("b", "4")]}}),
        json!({"Nodes": {"metadata": {}, "items": [bare(&larger), bare(&node("new", "16"))]},
            "NodeNames": null, "FailedNodes": {}, "FailedAndUnresolvableNodes": {"b": "Insufficient cpu"},
            "Error": ""}),
    );
}

/// A node as it comes back: Go reads what is not there as what was null.
fn bare(node: &Value) -> Value {
    let mut node = node.clone();
    node["metadata"] = json!({"name": node["metadata"]["name"]});
    node["spec"] = json!({});
    node
}

trait Pipe: Sized {
    fn pipe(self, with: impl FnOnce(Self) -> Self) -> Self {
        with(self)
    }
}

impl Pipe for Value {}

#[test]
fn prioritize_spreads_the_scores_from_0_to_10() {
    let nodes = [node("small", "2"), node("middling", "3"), node("large", "64"), node("none", "0")];
    check(
        prioritize,
        json!({"Pod": pod("web", "1", 0), "Nodes": {"items": nodes}}),
        json!([{"Host": "small", "Score": 0}, {"Host": "middling", "Score": 3},
            {"Host": "large", "Score": 10}, {"Host": "none", "Score": 0}]),
    );
    check(
        prioritize,
        json!({"Pod": pod("web", "1", 0), "NodeNames": ["b", "c"]}),
        json!([{"Host": "b", "Score": 10}, {"Host": "c", "Score": 0}]),
    );
    check(prioritize, json!({"Pod": pod("web", "1", 0), "NodeNames": []}), json!([]));
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
    let mut large = pod("web", "1", 9);
    large["spec"]["nodeSelector"] = json!({"none": "such"});
    for (request, answer) in [
        (json!({"Pod": pod("web", "1", 9), "NodeNameToMetaVictims": victims}), json!({})),
        (json!({"Pod": large, "NodeNameToVictims": victims}), json!({})),
    ] {
        check(preempt, request, json!({"NodeNameToMetaVictims": answer}));
    }
    let mut full = cluster();
    full.apply(Change::Delete { kind: crate::Kind::Node, namespace: String::new(), name: "b".into() })
        .expect("there");
    for (asked, answer) in [(&victims, victims.clone()), (&json!({"b": {}}), json!({}))] {
        let request = json!({"Pod": pod("web", "1", 9), "NodeNameToVictims": asked}).to_string();
        let response = preempt(&mut Scheduler::default(), &mut full, &request).expect("a response");
        let response: Value = serde_json::from_str(&response).expect("JSON");
        assert_eq!(response, json!({"NodeNameToMetaVictims": answer}), "{request}");
    }
}

#[test]
fn bind_binds_or_says_why_not() {
    let mut cluster = cluster();
    let mut bind = |name: &str, uid: &str, node: &str| {
        let request =
            json!({"PodName": name, "PodNamespace": "shop", "PodUID": uid, "Node": node}).to_string();
        let response = super::bind(&mut cluster, &request).expect("a response");
        serde_json::from_str::<Value>(&response).expect("JSON")["Error"].clone()
    };
    assert_eq!(bind("low", "uid-low", "b"), "Pod shop/low: the pod is bound already");
    assert_eq!(bind("low", "uid-x", "b"), "pod shop/low has UID uid-low, not uid-x");
    assert_eq!(bind("web", "uid-web", "b"), "Pod shop/web: there is no such object");
    let web: Pod = serde_json::from_value(json!({"metadata": {"name": "web", "namespace": "shop"}}))
        .expect("a pod");
    cluster.apply(Change::Put(web.into())).expect("a pod");
    let mut bind = |node: &str| {
        let request = json!({"podName": "web", "podNamespace": "shop", "node": node}).to_string();
        super::bind(&mut cluster, &request).expect("a response")
    };
    assert_eq!(bind("x"), r#"{"Error":"Pod shop/web: the node to bind to is not there"}"#);
    assert_eq!(bind("b"), r#"{"Error":""}"#);
    assert!(cluster.pod("shop", "web").is_some_and(|pod| pod.node_name.as_deref() == Some("b")));
}

#[test]
fn bodies_that_are_no_request_have_no_response() {
    for body in ["", "[]", "{", "{}", "null", r#"{"Pod": {"spec": 7}, "NodeNames": []}"#, r#"{"Pod": {}}"#] {
        for call in [filter as Call, prioritize, preempt] {
            if (body, call as usize) == (r#"{"Pod": {}}"#, preempt as Call as usize) {
                continue;
            }
            let answer = call(&mut Scheduler::default(), &mut cluster(), body);
            assert!(matches!(answer, Err(ExtenderError::Request(_))), "{body}: {answer:?}");
        }
        assert!(super::bind(&mut cluster(), body).is_err(), "{body}");
    }
    // What comes after the first value is left aside.
    let body = json!({"Pod": pod("web", "1", 0), "NodeNames": []}).to_string() + "}}}";
    assert_eq!(prioritize(&mut Scheduler::default(), &mut cluster(), &body).as_deref(), Ok("[]"));
}
