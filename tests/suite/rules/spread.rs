//! PodTopologySpread.

use super::{Case, check, place};
use bayplan::plugins::Plugin::PodTopologySpread;
use bayplan::profile::SpreadArguments;
use bayplan_datasets::make::{MakeNode, MakePod, node, pod};
use serde_json::{Value, json};

const SKEWED: &str = "U node(s) didn't match pod topology spread constraints";
const UNLABELLED: &str =
    "UU node(s) didn't match pod topology spread constraints (missing required label)";

fn zoned(name: &str, zone: &str) -> MakeNode {
    node(name).label("zone", zone)
}

fn web(name: &str) -> MakePod {
    pod(name).label("app", "web")
}

fn hard(more: Value) -> Value {
    constraint("DoNotSchedule", more)
}

fn soft(more: Value) -> Value {
    constraint("ScheduleAnyway", more)
}

fn constraint(kind: &str, more: Value) -> Value {
    let mut constraint = json!({
        "maxSkew": 1,
        "topologyKey": "zone",
        "whenUnsatisfiable": kind,
        "labelSelector": {"matchLabels": {"app": "web"}},
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        constraint[name] = value.clone();
    }
    constraint
}

/// Zones a, b and c of one node each, with three, one and no web pods.
fn three_zones(pod: MakePod) -> Case {
    place(pod).among([zoned("a", "a"), zoned("b", "b"), zoned("c", "c")]).with_pods([
        web("1").on("a"),
        web("2").on("a"),
        web("3").on("a"),
        web("4").on("b"),
    ])
}

#[test]
fn the_skew_to_the_emptiest_domain_is_bounded() {
    let rows = [(1, [SKEWED, SKEWED, "fits"]), (2, [SKEWED, "fits", "fits"]), (4, ["fits"; 3])];
    for (max_skew, [a, b, c]) in rows {
        let pod = web("p").spread(hard(json!({"maxSkew": max_skew})));
        check(three_zones(pod).verdicts([("a", a), ("b", b), ("c", c)]));
    }
}

#[test]
fn a_pod_that_its_selector_does_not_select_adds_nothing() {
    let pod = pod("p").spread(hard(json!({})));
    check(three_zones(pod).verdicts([("a", SKEWED), ("b", "fits"), ("c", "fits")]));
}

#[test]
fn pods_of_other_namespaces_and_terminating_pods_do_not_count() {
    check(
        place(web("p").spread(hard(json!({}))))
            .among([zoned("a", "a"), zoned("b", "b")])
            .with_pods([web("1").namespace("other").on("a"), web("2").terminating().on("a")])
            .verdicts([("a", "fits"), ("b", "fits")]),
    );
}

#[test]
fn a_node_without_the_label_is_refused_and_counts_nowhere() {
    check(
        place(web("p").spread(hard(json!({}))))
            .among([zoned("a", "a"), node("plain")])
            .with_pods([web("1").on("a")])
            .verdicts([("a", "fits"), ("plain", UNLABELLED)]),
    );
    // Without one of two keys its pods do not count for the other either.
    check(
        place(web("p").spread(hard(json!({}))).spread(hard(json!({"topologyKey": "rack"}))))
            .among([zoned("a", "a").label("rack", "1"), zoned("b", "b").label("rack", "2")])
            .among([zoned("half", "b")])
            .with_pods([web("1").on("half")])
            .verdicts([("a", "fits"), ("b", "fits"), ("half", UNLABELLED)]),
    );
}

#[test]
fn an_empty_selector_counts_no_pods_and_selects_the_pod_itself() {
    let pod = pod("p").spread(hard(json!({"labelSelector": {}})));
    check(three_zones(pod).verdicts([("a", "fits"), ("b", "fits"), ("c", "fits")]));
    let none = web("p").spread(hard(json!({"labelSelector": null})));
    check(three_zones(none).verdicts([("a", "fits"), ("b", "fits"), ("c", "fits")]));
}

#[test]
fn with_too_few_domains_the_emptiest_counts_as_empty() {
    let case = |min_domains: Value| {
        place(web("p").spread(hard(json!({"minDomains": min_domains}))))
            .among([zoned("a", "a"), zoned("b", "b")])
            .with_pods([web("1").on("a"), web("2").on("b")])
    };
    check(case(Value::Null).verdicts([("a", "fits"), ("b", "fits")]));
    check(case(json!(2)).verdicts([("a", "fits"), ("b", "fits")]));
    check(case(json!(3)).verdicts([("a", SKEWED), ("b", SKEWED)]));
}

#[test]
fn node_policies_decide_which_domains_count() {
    use bayplan::objects::node::TaintEffect::NoSchedule;
    let case = |policy: Value| {
        let pod = web("p").spread(hard(policy)).spec(json!({"nodeSelector": {"pool": "x"}}));
        place(pod)
            .among([zoned("a", "a").label("pool", "x"), zoned("b", "b")])
            .with_pods([web("1").on("a")])
    };
    let other = "UU node(s) didn't match Pod's node affinity/selector";
    check(case(json!({})).verdicts([("a", "fits"), ("b", other)]));
    check(case(json!({"nodeAffinityPolicy": "Ignore"})).verdicts([("a", SKEWED), ("b", other)]));
    let case = |policy: Value| {
        place(web("p").spread(hard(policy)))
            .among([zoned("a", "a"), zoned("b", "b").taint("k", "", NoSchedule)])
            .with_pods([web("1").on("a")])
    };
    let tainted = "UU node(s) had untolerated taint(s)";
    check(case(json!({})).verdicts([("a", SKEWED), ("b", tainted)]));
    check(case(json!({"nodeTaintsPolicy": "Honor"})).verdicts([("a", "fits"), ("b", tainted)]));
}

#[test]
fn match_label_keys_count_only_pods_with_the_same_value() {
    let pod = |name| web(name).label("version", "2");
    let keys = json!({"matchLabelKeys": ["version", "absent"]});
    check(
        place(pod("p").spread(hard(keys)))
            .among([zoned("a", "a"), zoned("b", "b")])
            .with_pods([web("1").label("version", "1").on("a"), pod("2").on("b")])
            .verdicts([("a", "fits"), ("b", SKEWED)]),
    );
}

#[test]
fn a_selector_that_does_not_compile_ends_the_attempt() {
    let broken = json!({"labelSelector": {"matchExpressions": [{"key": "k", "operator": "In"}]}});
    check(three_zones(web("p").spread(hard(broken))).fails(
        "running PreFilter plugin \"PodTopologySpread\": obtaining pod's hard topology spread \
         constraints: k: for 'in', 'notin' operators, values set can't be empty",
    ));
}

#[test]
fn soft_constraints_score_the_worked_example() {
    let scores = [("a", 0), ("b", 60), ("c", 100)];
    let case = three_zones(web("p").spread(soft(json!({}))));
    check(case.verdicts([("a", "fits")]).scores(PodTopologySpread, scores));
}

#[test]
fn a_node_without_a_soft_key_scores_0() {
    check(
        place(web("p").spread(soft(json!({}))))
            .among([zoned("a", "a"), zoned("b", "b"), node("plain")])
            .with_pods([web("1").on("a")])
            .scores(PodTopologySpread, [("a", 0), ("b", 100), ("plain", 0)]),
    );
}

#[test]
fn without_matching_pods_every_node_scores_100() {
    check(
        place(web("p").spread(soft(json!({}))))
            .among([zoned("a", "a"), zoned("b", "b")])
            .scores(PodTopologySpread, [("a", 100), ("b", 100)]),
    );
    check(place(pod("p")).among([node("a"), node("b")]).skipped(PodTopologySpread));
}

/// Six nodes in three zones; `a1` has a web pod, its zone four.
fn six_nodes(pod: MakePod) -> Case {
    let in_zone = |name: &str, zone: &str| node(name).label("topology.kubernetes.io/zone", zone);
    let nodes = [("a1", "a"), ("a2", "a"), ("b1", "b"), ("b2", "b"), ("c1", "c"), ("c2", "c")];
    place(pod).among(nodes.map(|(name, zone)| in_zone(name, zone))).with_pods([
        web("1").on("a1"),
        web("2").on("a2"),
        web("3").on("a2"),
        web("4").on("a2"),
    ])
}

#[test]
fn the_systems_defaults_spread_the_pods_of_a_service() {
    let service = || json!({"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}}});
    // a1: 2.0794 + 2 + 6.4378 + 4 = 15; a2: 18.68 = 19; the others 2 + 4 = 6.
    let scores = [("a1", 52), ("a2", 31), ("b1", 100), ("b2", 100), ("c1", 100), ("c2", 100)];
    check(six_nodes(web("p")).with_service(service()).scores(PodTopologySpread, scores));
    // Nobody selects this one.
    check(six_nodes(pod("p")).with_service(service()).skipped(PodTopologySpread));
}

#[test]
fn the_systems_defaults_spread_the_pods_of_a_replica_set() {
    let selector = json!({"matchLabels": {"app": "web"}});
    let replica_set = json!({"metadata": {"name": "web"}, "spec": {"selector": selector}});
    let owned = |version: &str| {
        let owner = json!({
            "apiVersion": version, "kind": "ReplicaSet", "name": "web", "controller": true,
        });
        web("p").with(json!({"metadata": {"ownerReferences": [owner]}}))
    };
    let scores = [("a1", 52), ("a2", 31), ("b1", 100), ("b2", 100), ("c1", 100), ("c2", 100)];
    let case = six_nodes(owned("apps/v1")).with_replica_set(replica_set.clone());
    check(case.scores(PodTopologySpread, scores));
    let case = six_nodes(owned("example.com/v1")).with_replica_set(replica_set);
    check(case.skipped(PodTopologySpread));
}

#[test]
fn the_systems_defaults_spread_over_hosts_where_there_are_no_zones() {
    let service = json!({"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}}});
    // a: ln 4 + 2 = 3.39 = 3; b: 2.
    check(
        place(web("p"))
            .among([node("a"), node("b")])
            .with_service(service)
            .with_pods([web("1").on("a")])
            .scores(PodTopologySpread, [("a", 66), ("b", 100)]),
    );
}

#[test]
fn listed_defaults_can_be_hard_and_own_constraints_replace_them() {
    let service = || json!({"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}}});
    let list = || {
        let constraint = serde_json::from_value(json!({
            "maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule",
        }));
        SpreadArguments::List(vec![constraint.expect("a constraint")])
    };
    let case = |pod| {
        let case = three_zones(pod).with_service(service());
        case.under(|profile| profile.arguments.spread = list())
    };
    check(case(web("p")).verdicts([("a", SKEWED), ("b", SKEWED), ("c", "fits")]));
    let own = web("p").spread(soft(json!({})));
    check(case(own).verdicts([("a", "fits"), ("b", "fits"), ("c", "fits")]));
}

#[test]
fn a_node_without_a_host_name_gets_nothing_from_default_spreading_over_hosts() {
    let service = json!({"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}}});
    let case = place(web("p")).among([node("a"), node("b").without_labels()]);
    check(case.with_service(service).scores(PodTopologySpread, [("a", 0), ("b", 100)]));
}
