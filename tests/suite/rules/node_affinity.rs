//! NodeAffinity.

use super::{Case, check, place};
use bayplan::plugins::Plugin::NodeAffinity;
use bayplan_datasets::make::{MakePod, node, pod};
use serde_json::{Value, json};

const NO: &str = "UU node(s) didn't match Pod's node affinity/selector";
const ENFORCED: &str = "UU node(s) didn't match scheduler-enforced node affinity";

fn requiring(terms: Value) -> MakePod {
    let required = json!({"nodeSelectorTerms": terms});
    let affinity = json!({"requiredDuringSchedulingIgnoredDuringExecution": required});
    pod("p").spec(json!({"affinity": {"nodeAffinity": affinity}}))
}

fn preferring(terms: Value) -> MakePod {
    let affinity = json!({"preferredDuringSchedulingIgnoredDuringExecution": terms});
    pod("p").spec(json!({"affinity": {"nodeAffinity": affinity}}))
}

/// Asks about one node with the labels `disk=ssd` and `gen=7`.
fn ask(pod: MakePod, verdict: &'static str) {
    let labelled = node("n").label("disk", "ssd").label("gen", "7");
    check(place(pod).among([labelled]).verdicts([("n", verdict)]));
}

#[test]
fn every_operator_compares_labels_as_it_says() {
    let rows = [
        (json!({"key": "disk", "operator": "In", "values": ["hdd", "ssd"]}), true),
        (json!({"key": "disk", "operator": "In", "values": ["hdd"]}), false),
        (json!({"key": "no", "operator": "In", "values": ["ssd"]}), false),
        (json!({"key": "disk", "operator": "NotIn", "values": ["hdd"]}), true),
        (json!({"key": "disk", "operator": "NotIn", "values": ["ssd"]}), false),
        (json!({"key": "no", "operator": "NotIn", "values": ["ssd"]}), true),
        (json!({"key": "disk", "operator": "Exists"}), true),
        (json!({"key": "no", "operator": "Exists"}), false),
        (json!({"key": "disk", "operator": "DoesNotExist"}), false),
        (json!({"key": "no", "operator": "DoesNotExist"}), true),
        (json!({"key": "gen", "operator": "Gt", "values": ["6"]}), true),
        (json!({"key": "gen", "operator": "Gt", "values": ["7"]}), false),
        (json!({"key": "gen", "operator": "Lt", "values": ["8"]}), true),
        (json!({"key": "gen", "operator": "Lt", "values": ["7"]}), false),
        (json!({"key": "disk", "operator": "Gt", "values": ["0"]}), false),
        (json!({"key": "no", "operator": "Lt", "values": ["9"]}), false),
    ];
    for (requirement, holds) in rows {
        let verdict = if holds { "fits" } else { NO };
        ask(requiring(json!([{"matchExpressions": [requirement]}])), verdict);
    }
}

#[test]
fn a_term_that_does_not_compile_matches_nothing_and_hinders_no_other() {
    let broken = [
        json!({"key": "bad key", "operator": "DoesNotExist"}),
        json!({"key": "a/b/c", "operator": "NotIn", "values": ["x"]}),
        json!({"key": "no", "operator": "NotIn", "values": []}),
        json!({"key": "no", "operator": "DoesNotExist", "values": ["x"]}),
        json!({"key": "no", "operator": "NotIn", "values": ["-a"]}),
        json!({"key": "gen", "operator": "Gt", "values": ["z"]}),
        json!({"key": "gen", "operator": "Gt", "values": ["1", "2"]}),
        json!({"key": "gen", "operator": "Gt", "values": ["-1"]}),
        json!({"key": "disk", "operator": "Like", "values": ["ssd"]}),
    ];
    let good = json!({"matchExpressions": [{"key": "disk", "operator": "Exists"}]});
    for requirement in broken {
        let term = json!({"matchExpressions": [requirement]});
        ask(requiring(json!([term])), NO);
        ask(requiring(json!([term, good])), "fits");
    }
}

#[test]
fn requirements_of_a_term_are_anded_and_terms_are_ored() {
    let disk = json!({"key": "disk", "operator": "Exists"});
    let no = json!({"key": "no", "operator": "Exists"});
    ask(requiring(json!([{"matchExpressions": [disk, no]}])), NO);
    ask(requiring(json!([{"matchExpressions": [no]}, {"matchExpressions": [disk]}])), "fits");
}

#[test]
fn no_term_and_an_empty_term_match_no_node() {
    ask(requiring(json!([])), NO);
    ask(requiring(json!([{}])), NO);
}

#[test]
fn node_selector_and_affinity_must_both_hold() {
    ask(pod("p").spec(json!({"nodeSelector": {"disk": "ssd", "gen": "7"}})), "fits");
    ask(pod("p").spec(json!({"nodeSelector": {"disk": "ssd", "gen": "8"}})), NO);
    let affinity = requiring(json!([{"matchExpressions": [{"key": "gen", "operator": "Exists"}]}]));
    ask(affinity.clone().spec(json!({"nodeSelector": {"disk": "ssd"}})), "fits");
    ask(affinity.spec(json!({"nodeSelector": {"disk": "hdd"}})), NO);
}

#[test]
fn fields_other_than_the_name_read_as_empty() {
    let field = |key: &str, operator: &str, values: Value| {
        requiring(json!([{"matchFields": [{"key": key, "operator": operator, "values": values}]}]))
    };
    ask(field("metadata.name", "NotIn", json!(["m"])), "fits");
    ask(field("metadata.name", "NotIn", json!(["n"])), NO);
    ask(field("metadata.uid", "In", json!(["n"])), NO);
    ask(field("metadata.uid", "NotIn", json!(["n"])), "fits");
    ask(field("metadata.name", "NotIn", json!(["a", "b"])), NO);
    ask(field("metadata.name", "Exists", json!([])), NO);
}

fn names(values: &[&[&str]]) -> Value {
    let field =
        |names: &&[&str]| json!({"key": "metadata.name", "operator": "In", "values": names});
    json!({"matchFields": values.iter().map(field).collect::<Vec<_>>()})
}

fn three_nodes(pod: MakePod) -> Case {
    place(pod).among([node("a"), node("b").label("disk", "ssd"), node("c")])
}

#[test]
fn terms_that_all_name_nodes_narrow_the_search() {
    check(three_nodes(requiring(json!([names(&[&["a"]]), names(&[&["c"]])]))).verdicts([
        ("a", "fits"),
        ("b", "excluded"),
        ("c", "fits"),
    ]));
    // Names of nodes that are not there are ignored.
    check(three_nodes(requiring(json!([names(&[&["a"]]), names(&[&["gone"]])]))).verdicts([
        ("a", "fits"),
        ("b", "excluded"),
        ("c", "excluded"),
    ]));
}

#[test]
fn one_term_without_a_name_keeps_the_search_wide() {
    let any = json!({"matchExpressions": [{"key": "disk", "operator": "Exists"}]});
    check(three_nodes(requiring(json!([names(&[&["a"]]), any]))).verdicts([
        ("a", "fits"),
        ("b", "fits"),
        ("c", NO),
    ]));
}

#[test]
fn names_within_a_term_are_intersected() {
    // Two values do not compile, but they narrow.
    check(three_nodes(requiring(json!([names(&[&["a", "b"], &["b"]])]))).verdicts([
        ("a", "excluded"),
        ("b", NO),
        ("c", "excluded"),
    ]));
    check(
        three_nodes(requiring(json!([names(&[&["a"], &["b"]])])))
            .rejected("UU pod affinity terms conflict"),
    );
}

#[test]
fn preferred_terms_add_their_weights() {
    let exists = |key: &str| json!({"matchExpressions": [{"key": key, "operator": "Exists"}]});
    let terms = json!([
        {"weight": 10, "preference": exists("ten")},
        {"weight": 35, "preference": exists("more")},
        {"weight": 0, "preference": {"matchExpressions": [{"key": "bad key", "operator": "Exists"}]}},
        {"weight": 50, "preference": {}},
    ]);
    let nodes = [node("a").label("ten", ""), node("b"), node("c").label("more", "")];
    check(
        place(preferring(terms))
            .among(nodes)
            .scores(NodeAffinity, [("a", 28), ("b", 0), ("c", 100)]),
    );
}

#[test]
fn without_preferences_nothing_is_scored_but_an_empty_list_is_a_preference() {
    check(place(pod("p")).among([node("a"), node("b")]).skipped(NodeAffinity));
    check(
        place(preferring(json!([])))
            .among([node("a"), node("b")])
            .scores(NodeAffinity, [("a", 0), ("b", 0)]),
    );
}

#[test]
fn added_affinity_holds_for_every_pod() {
    let added = json!({
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": "pool", "operator": "Exists"}]},
        ]},
        "preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": 4, "preference":
                {"matchExpressions": [{"key": "pool", "operator": "In", "values": ["x"]}]}},
        ],
    });
    let added = serde_json::from_value(added).expect("an affinity");
    check(
        place(pod("p").spec(json!({"nodeSelector": {"disk": "ssd"}})))
            .among([
                node("a").label("pool", "x").label("disk", "ssd"),
                node("b").label("pool", "y").label("disk", "ssd"),
                node("c").label("disk", "ssd"),
                node("d").label("pool", "x"),
            ])
            .under(|profile| profile.arguments.added_affinity = Some(added))
            .verdicts([("a", "fits"), ("b", "fits"), ("c", ENFORCED), ("d", NO)])
            .scores(NodeAffinity, [("a", 100), ("b", 0)]),
    );
}
