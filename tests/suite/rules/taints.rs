//! TaintToleration and NodeUnschedulable.

use super::{check, place};
use bayplan::objects::node::TaintEffect::{self, NoExecute, NoSchedule, PreferNoSchedule};
use bayplan::plugins::Plugin::TaintToleration;
use bayplan_datasets::make::{node, pod};
use serde_json::{Value, json};

const TAINTED: &str = "UU node(s) had untolerated taint(s)";
const CORDONED: &str = "UU node(s) were unschedulable";

#[test]
fn a_toleration_matches_by_effect_key_and_operator() {
    let rows: &[(Value, (&str, &str, TaintEffect), bool)] = &[
        (json!({"key": "k", "value": "v"}), ("k", "v", NoSchedule), true),
        (json!({"key": "k", "operator": "Equal", "value": "v"}), ("k", "v", NoExecute), true),
        (json!({"key": "k", "operator": "", "value": "v"}), ("k", "v", NoSchedule), true),
        (json!({"key": "k", "value": "w"}), ("k", "v", NoSchedule), false),
        (json!({"key": "k"}), ("k", "", NoSchedule), true),
        (json!({"key": "k"}), ("k", "v", NoSchedule), false),
        (json!({"key": "other", "value": "v"}), ("k", "v", NoSchedule), false),
        (json!({"key": "k", "operator": "Exists"}), ("k", "v", NoSchedule), true),
        (json!({"operator": "Exists"}), ("k", "v", NoExecute), true),
        (json!({"value": "v"}), ("any", "v", NoSchedule), true),
        (json!({"key": "k", "operator": "Exists", "effect": ""}), ("k", "v", NoExecute), true),
        (
            json!({"key": "k", "operator": "Exists", "effect": "NoExecute"}),
            ("k", "", NoSchedule),
            false,
        ),
        (
            json!({"key": "k", "operator": "Exists", "effect": "NoExecute"}),
            ("k", "", NoExecute),
            true,
        ),
        (json!({"key": "k", "operator": "Gt", "value": "1"}), ("k", "2", NoSchedule), false),
        (json!({"key": "k", "operator": "Lt", "value": "3"}), ("k", "2", NoSchedule), false),
        (json!({"key": "k", "operator": "Like", "value": "2"}), ("k", "2", NoSchedule), false),
    ];
    for (toleration, (key, value, effect), tolerated) in rows {
        let verdict = if *tolerated { "fits" } else { TAINTED };
        let tainted = node("n").taint(key, value, *effect);
        check(
            place(pod("p").tolerates(toleration.clone()))
                .among([tainted])
                .verdicts([("n", verdict)]),
        );
    }
}

#[test]
fn every_hard_taint_needs_a_toleration_and_soft_ones_need_none() {
    let both = node("both").taint("a", "", NoSchedule).taint("b", "", NoExecute);
    let soft = node("soft").taint("c", "", PreferNoSchedule);
    check(
        place(pod("p").tolerates(json!({"key": "a"})))
            .among([both, soft])
            .verdicts([("both", TAINTED), ("soft", "fits")]),
    );
}

#[test]
fn the_fewer_soft_taints_are_untolerated_the_better() {
    let three = node("three").taint("a", "", PreferNoSchedule).taint("b", "", PreferNoSchedule);
    let three = three.taint("c", "", PreferNoSchedule).taint("d", "", PreferNoSchedule);
    let one = node("one").taint("a", "", PreferNoSchedule).taint("d", "", PreferNoSchedule);
    // A toleration of another effect does not count.
    let pod = pod("p")
        .tolerates(json!({"key": "d", "effect": "PreferNoSchedule"}))
        .tolerates(json!({"key": "a", "effect": "NoSchedule"}));
    check(
        place(pod)
            .among([node("none"), one, three])
            .scores(TaintToleration, [("none", 100), ("one", 67), ("three", 0)]),
    );
}

#[test]
fn without_soft_taints_every_node_scores_100() {
    check(
        place(pod("p"))
            .among([node("a"), node("b")])
            .scores(TaintToleration, [("a", 100), ("b", 100)]),
    );
}

#[test]
fn a_cordoned_node_takes_only_pods_that_tolerate_its_taint() {
    let rows = [
        (json!({"operator": "Exists"}), "fits"),
        (json!({"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}), "fits"),
        (json!({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}), "fits"),
        (json!({"key": "node.kubernetes.io/unschedulable", "effect": "NoExecute"}), CORDONED),
        (json!({"key": "node.kubernetes.io/unschedulable", "value": "true"}), CORDONED),
    ];
    for (toleration, verdict) in rows {
        let pod = pod("p").tolerates(toleration);
        check(place(pod).among([node("n").cordoned()]).verdicts([("n", verdict)]));
    }
    check(place(pod("p")).among([node("n").cordoned()]).verdicts([("n", CORDONED)]));
}
