//! InterPodAffinity.

use super::{Case, check, place};
use bayplan::plugins::Plugin::InterPodAffinity;
use bayplan_datasets::make::{MakeNode, MakePod, node, pod};
use serde_json::{Value, json};

const ALONE: &str = "UU node(s) didn't match pod affinity rules";
const CROWDED: &str = "U node(s) didn't match pod anti-affinity rules";
const UNWELCOME: &str = "U node(s) didn't satisfy existing pods anti-affinity rules";

fn zoned(name: &str, zone: &str) -> MakeNode {
    node(name).label("zone", zone)
}

/// A term over zones for pods with the label `app`.
fn term(app: &str) -> Value {
    json!({"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": app}}})
}

fn term_with(app: &str, name: &str, value: Value) -> Value {
    let mut term = term(app);
    term[name] = value;
    term
}

fn requires(pod: MakePod, side: &str, terms: Value) -> MakePod {
    pod.spec(json!({"affinity": {side: {
        "requiredDuringSchedulingIgnoredDuringExecution": terms,
    }}}))
}

fn near(pod: MakePod, terms: Value) -> MakePod {
    requires(pod, "podAffinity", terms)
}

fn away(pod: MakePod, terms: Value) -> MakePod {
    requires(pod, "podAntiAffinity", terms)
}

fn prefers(pod: MakePod, side: &str, weight: i64, term: Value) -> MakePod {
    pod.spec(json!({"affinity": {side: {
        "preferredDuringSchedulingIgnoredDuringExecution":
            [{"weight": weight, "podAffinityTerm": term}],
    }}}))
}

fn app(name: &str, app: &str) -> MakePod {
    pod(name).label("app", app)
}

/// Zones a and b of one node each, and a node without a zone; a database runs in a.
fn database_in_a(pod: MakePod) -> Case {
    place(pod)
        .among([zoned("a", "a"), zoned("b", "b"), node("none")])
        .with_pods([app("there", "db").on("a")])
}

#[test]
fn affinity_needs_a_matching_pod_in_the_domain() {
    let case = database_in_a(near(pod("p"), json!([term("db")])));
    check(case.verdicts([("a", "fits"), ("b", ALONE), ("none", ALONE)]));
}

#[test]
fn one_pod_must_match_all_terms() {
    let terms = json!([term("db"), term("cache")]);
    let case = database_in_a(near(pod("p"), terms.clone()));
    check(case.with_pods([app("too", "cache").on("a")]).verdicts([("a", ALONE), ("b", ALONE)]));
    let both =
        json!([term("db"), {"topologyKey": "zone", "labelSelector": {"matchLabels": {"x": "y"}}}]);
    let case = database_in_a(near(pod("p"), both));
    let matching = app("too", "db").label("x", "y").on("b");
    check(case.with_pods([matching]).verdicts([("a", ALONE), ("b", "fits")]));
}

#[test]
fn the_first_pod_of_a_group_may_start_anywhere_with_the_key() {
    let first = near(app("p", "web"), json!([term("web")]));
    check(database_in_a(first).verdicts([("a", "fits"), ("b", "fits"), ("none", ALONE)]));
    // It does not match itself.
    let stranger = near(app("p", "web"), json!([term("cache")]));
    check(database_in_a(stranger).verdicts([("a", ALONE), ("b", ALONE)]));
    // Another one is there, if only in one zone.
    let second = near(app("p", "db"), json!([term("db")]));
    check(database_in_a(second).verdicts([("a", "fits"), ("b", ALONE)]));
}

#[test]
fn anti_affinity_refuses_domains_with_a_matching_pod() {
    let case = database_in_a(away(pod("p"), json!([term("db"), term("cache")])));
    check(case.verdicts([("a", CROWDED), ("b", "fits"), ("none", "fits")]));
}

#[test]
fn anti_affinity_of_running_pods_holds_too() {
    let there = away(app("there", "db"), json!([term("web")])).on("a");
    let case =
        |pod| place(pod).among([zoned("a", "a"), zoned("b", "b")]).with_pods([there.clone()]);
    check(case(app("p", "web")).verdicts([("a", UNWELCOME), ("b", "fits")]));
    check(case(app("p", "db")).verdicts([("a", "fits"), ("b", "fits")]));
    check(case(app("p", "web").namespace("other")).verdicts([("a", "fits"), ("b", "fits")]));
    // Own rules are reported first.
    let own = away(app("p", "web"), json!([term("db")]));
    check(case(own).verdicts([("a", CROWDED), ("b", "fits")]));
}

#[test]
fn terminating_pods_count() {
    let case = place(away(pod("p"), json!([term("db")]))).among([zoned("a", "a")]);
    let there = app("there", "db").terminating().on("a");
    check(case.with_pods([there]).verdicts([("a", CROWDED)]));
}

#[test]
fn namespaces_are_listed_or_selected() {
    let rows = [
        (json!({}), "fits"),
        (json!({"namespaces": ["data"]}), CROWDED),
        (json!({"namespaces": ["other"]}), "fits"),
        (json!({"namespaceSelector": {}}), CROWDED),
        (json!({"namespaceSelector": {"matchLabels": {"team": "x"}}}), CROWDED),
        (json!({"namespaceSelector": {"matchLabels": {"team": "y"}}}), "fits"),
        (
            json!({"namespaceSelector": {"matchLabels": {"team": "y"}}, "namespaces": ["data"]}),
            CROWDED,
        ),
    ];
    for (namespaces, verdict) in rows {
        let mut term = term("db");
        for (name, value) in namespaces.as_object().into_iter().flatten() {
            term[name] = value.clone();
        }
        check(
            place(away(pod("p"), json!([term])))
                .among([zoned("a", "a")])
                .with_namespace(json!({"metadata": {"name": "data", "labels": {"team": "x"}}}))
                .with_pods([app("there", "db").namespace("data").on("a")])
                .verdicts([("a", verdict)]),
        );
    }
}

#[test]
fn a_namespace_selector_that_holds_without_labels_matches_everywhere() {
    let selector = json!({"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]});
    let term = term_with("db", "namespaceSelector", selector);
    let namespace = || json!({"metadata": {"name": "data", "labels": {"team": "x"}}});
    // For the pod's own terms, although the namespace has the label.
    check(
        place(away(pod("p"), json!([term])))
            .among([zoned("a", "a")])
            .with_namespace(namespace())
            .with_pods([app("there", "db").namespace("data").on("a")])
            .verdicts([("a", CROWDED)]),
    );
    // Terms of running pods are matched with the labels that there are.
    check(
        place(app("p", "db").namespace("data"))
            .among([zoned("a", "a")])
            .with_namespace(namespace())
            .with_pods([away(pod("there"), json!([term])).on("a")])
            .verdicts([("a", "fits")]),
    );
}

#[test]
fn an_absent_selector_matches_nothing_and_an_empty_one_everything() {
    let absent = json!([{"topologyKey": "zone"}]);
    check(database_in_a(away(pod("p"), absent)).verdicts([("a", "fits")]));
    let empty = json!([{"topologyKey": "zone", "labelSelector": {}}]);
    check(database_in_a(away(pod("p"), empty)).verdicts([("a", CROWDED)]));
}

#[test]
fn a_selector_that_does_not_compile_rejects_the_pod_and_is_nothing_on_running_pods() {
    let broken = json!([{"topologyKey": "zone", "labelSelector": {
        "matchExpressions": [{"key": "k", "operator": "In"}],
    }}]);
    check(database_in_a(away(pod("p"), broken.clone())).rejected(
        "UU parsing pod: requiredAntiAffinityTerms: k: for 'in', 'notin' operators, values set \
         can't be empty",
    ));
    let mut terms = broken;
    terms.as_array_mut().expect("a list").push(term("web"));
    let there = away(app("too", "db"), terms).on("a");
    check(database_in_a(app("p", "web")).with_pods([there]).verdicts([("a", "fits")]));
}

#[test]
fn preferences_of_both_sides_are_added() {
    let rows = [
        (prefers(pod("p"), "podAffinity", 5, term("db")), [100, 0]),
        (prefers(pod("p"), "podAntiAffinity", 5, term("db")), [0, 100]),
    ];
    for (pod, [a, b]) in rows {
        let case = database_in_a(pod).scores(InterPodAffinity, [("a", a), ("b", b), ("none", b)]);
        check(case);
    }
    let rows = [
        (prefers(pod("too"), "podAffinity", 5, term("web")), [0, 100]),
        (prefers(pod("too"), "podAntiAffinity", 5, term("web")), [100, 0]),
        (near(pod("too"), json!([term("web")])), [0, 100]),
    ];
    for (there, [a, b]) in rows {
        let case = place(app("p", "web")).among([zoned("a", "a"), zoned("b", "b")]);
        let case = case.with_pods([there.on("b")]);
        check(case.scores(InterPodAffinity, [("a", a), ("b", b)]));
    }
}

#[test]
fn scores_are_spread_between_the_least_and_the_most_and_truncated() {
    let weighted = |name: &str, zone: &str, side: &str, weight| {
        prefers(pod(name), side, weight, term("web")).on(zone)
    };
    check(
        place(app("p", "web"))
            .among([zoned("a", "a"), zoned("b", "b"), zoned("c", "c"), zoned("d", "d")])
            .with_pods([
                weighted("1", "a", "podAffinity", 15),
                weighted("2", "b", "podAntiAffinity", 5),
                weighted("3", "d", "podAffinity", 40),
            ])
            .scores(InterPodAffinity, [("a", 44), ("b", 0), ("c", 11), ("d", 100)]),
    );
    check(
        place(app("p", "web"))
            .among([zoned("a", "a"), zoned("b", "b"), zoned("c", "c")])
            .with_pods([
                weighted("1", "b", "podAffinity", 29),
                weighted("2", "c", "podAffinity", 100),
            ])
            .scores(InterPodAffinity, [("a", 0), ("b", 28), ("c", 100)]),
    );
}

#[test]
fn without_any_contribution_nothing_is_scored() {
    check(database_in_a(pod("p")).skipped(InterPodAffinity));
    let nobody = prefers(pod("p"), "podAffinity", 5, term("cache"));
    check(database_in_a(nobody).skipped(InterPodAffinity));
}

#[test]
fn arguments_weigh_required_affinity_and_ignore_preferences_of_others() {
    let there = || near(app("too", "db"), json!([term("web")])).on("b");
    let case = || {
        let case = place(app("p", "web")).among([zoned("a", "a"), zoned("b", "b")]);
        case.with_pods([there()])
    };
    let weightless =
        |case: Case| case.under(|profile| profile.arguments.inter_pod.hard_pod_affinity_weight = 0);
    check(weightless(case()).skipped(InterPodAffinity));
    let ignoring = case().under(|profile| {
        profile.arguments.inter_pod.ignore_preferred_terms_of_existing_pods = true;
    });
    check(ignoring.skipped(InterPodAffinity));
}
