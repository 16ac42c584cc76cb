//! NodePorts, NodeName and SchedulingGates.

use super::{check, place};
use bayplan::objects::NodeInfo;
use bayplan_datasets::make::{node, pod};
use serde_json::{Value, json};

const TAKEN: &str = "U node(s) didn't have free ports for the requested pod ports";

#[test]
fn host_ports_conflict_by_protocol_port_and_address() {
    let rows: &[(Value, Value, &str)] = &[
        (json!({"hostPort": 80}), json!({"hostPort": 80}), TAKEN),
        (json!({"hostPort": 80}), json!({"hostPort": 81}), "fits"),
        (json!({"hostPort": 80}), json!({"hostPort": 80, "protocol": "TCP"}), TAKEN),
        (json!({"hostPort": 80}), json!({"hostPort": 80, "protocol": "UDP"}), "fits"),
        (json!({"hostPort": 80}), json!({"hostPort": 80, "hostIP": "10.0.0.1"}), TAKEN),
        (
            json!({"hostPort": 80, "hostIP": "10.0.0.1"}),
            json!({"hostPort": 80, "hostIP": "0.0.0.0"}),
            TAKEN,
        ),
        (
            json!({"hostPort": 80, "hostIP": "10.0.0.1"}),
            json!({"hostPort": 80, "hostIP": "10.0.0.1"}),
            TAKEN,
        ),
        (
            json!({"hostPort": 80, "hostIP": "10.0.0.1"}),
            json!({"hostPort": 80, "hostIP": "10.0.0.2"}),
            "fits",
        ),
        (
            json!({"hostPort": 80, "hostIP": "::"}),
            json!({"hostPort": 80, "hostIP": "10.0.0.1"}),
            "fits",
        ),
        (json!({"hostPort": 80, "hostIP": "::"}), json!({"hostPort": 80, "hostIP": "::"}), TAKEN),
        (json!({"containerPort": 80}), json!({"hostPort": 80}), "fits"),
    ];
    for (wanted, used, verdict) in rows {
        check(
            place(pod("p").port(wanted.clone()))
                .among([node("n")])
                .with_pods([pod("there").port(used.clone()).on("n")])
                .verdicts([("n", verdict)]),
        );
    }
}

#[test]
fn sidecars_hold_ports_and_other_init_containers_do_not() {
    let init = |policy: Value| {
        let container = json!({"ports": [{"hostPort": 80}], "restartPolicy": policy});
        pod("there").spec(json!({"initContainers": [container]})).on("n")
    };
    let wanted = || place(pod("p").port(json!({"hostPort": 80}))).among([node("n")]);
    check(wanted().with_pods([init(json!("Always"))]).verdicts([("n", TAKEN)]));
    check(wanted().with_pods([init(Value::Null)]).verdicts([("n", "fits")]));
}

#[test]
fn a_pod_may_want_the_same_port_twice() {
    let wanted = pod("p").port(json!({"hostPort": 80})).port(json!({"hostPort": 80}));
    check(place(wanted).among([node("n")]).verdicts([("n", "fits")]));
}

#[test]
fn a_terminating_pod_still_holds_its_port_and_an_ended_one_does_not() {
    let there = || pod("there").port(json!({"hostPort": 80})).on("n");
    let wanted = || place(pod("p").port(json!({"hostPort": 80}))).among([node("n")]);
    check(wanted().with_pods([there().terminating()]).verdicts([("n", TAKEN)]));
    let ended = there().with(json!({"status": {"phase": "Succeeded"}}));
    check(wanted().with_pods([ended]).verdicts([("n", "fits")]));
}

#[test]
fn taking_one_of_two_pods_with_a_port_away_frees_it() {
    let (there, made) = (node("n").make(), |name| pod(name).port(json!({"hostPort": 80})).make());
    let (first, second) = (made("first"), made("second"));
    let mut info = NodeInfo::new(&there);
    info.add_pod(&first);
    info.add_pod(&second);
    info.remove_pod(&first);
    assert!(info.used_ports.is_empty());
    info.add_pod(&first);
    assert_eq!(info.used_ports.len(), 1);
}

#[test]
fn a_pod_that_names_its_node_fits_nowhere_else() {
    check(
        place(pod("p").on("a"))
            .among([node("a"), node("b")])
            .verdicts([("a", "fits"), ("b", "UU node(s) didn't match the requested node name")]),
    );
}

#[test]
fn a_gated_pod_is_not_attempted() {
    let gates = json!({"schedulingGates": [{"name": "g1"}, {"name": "g2"}]});
    check(
        place(pod("p").spec(gates))
            .among([node("n")])
            .rejected("UU waiting for scheduling gates: [g1 g2]"),
    );
}
