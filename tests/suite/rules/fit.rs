//! NodeResourcesFit, NodeResourcesBalancedAllocation and effective requests.

use super::{Case, check, place};
use bayplan::objects::requests::{RequestsOf, pod_requests};
use bayplan::plugins::Plugin::{NodeResourcesBalancedAllocation, NodeResourcesFit};
use bayplan::profile::FitStrategy;
use bayplan_datasets::make::{node, pod};
use serde_json::json;

#[test]
fn a_request_is_containers_sidecars_and_what_init_containers_need_more() {
    let pod = pod("p")
        .cpu("200m")
        .container(json!({"cpu": "100m"}))
        .sidecar(json!({"cpu": "50m"}))
        .init(json!({"cpu": "500m"}))
        .spec(json!({"overhead": {"cpu": "10m"}}))
        .make();
    assert_eq!(pod_requests(&pod, RequestsOf::Incoming).milli_cpu, 560);
    // By default another 100m nowhere: every container states its CPU.
    assert_eq!(pod_requests(&pod, RequestsOf::IncomingForScore).milli_cpu, 560);
}

#[test]
fn a_sidecar_after_an_init_container_does_not_add_to_it() {
    let pod = pod("p").init(json!({"cpu": "500m"})).sidecar(json!({"cpu": "50m"})).make();
    assert_eq!(pod_requests(&pod, RequestsOf::Incoming).milli_cpu, 500);
}

#[test]
fn pod_level_requests_replace_and_overhead_comes_on_top() {
    let pod = pod("p")
        .cpu("1")
        .memory("1Gi")
        .requests("example.com/gpu", "2")
        .spec(json!({"resources": {"requests": {"cpu": "3"}}, "overhead": {"cpu": "250m"}}))
        .make();
    let request = pod_requests(&pod, RequestsOf::Incoming);
    assert_eq!((request.milli_cpu, request.memory), (3250, 1 << 30));
    assert_eq!(request.get("example.com/gpu"), 2);
    // The score of a pod to be placed does not look at them.
    assert_eq!(pod_requests(&pod, RequestsOf::IncomingForScore).milli_cpu, 1250);
    assert_eq!(pod_requests(&pod, RequestsOf::BoundForScore).milli_cpu, 3250);
}

#[test]
fn with_pod_level_requests_defaults_fill_only_what_the_pod_does_not_request() {
    let of = RequestsOf::BoundForScore;
    let two = || pod("p").container(json!({}));
    let memory_only = two().spec(json!({"resources": {"requests": {"memory": "1Gi"}}})).make();
    assert_eq!(pod_requests(&memory_only, of).milli_cpu, 200, "each container counts 100m");
    let one_states = two().cpu("1").spec(json!({"resources": {"requests": {"memory": "1Gi"}}}));
    assert_eq!(pod_requests(&one_states.make(), of).milli_cpu, 1000, "the sum is stated");
    assert_eq!(pod_requests(&two().cpu("1").make(), of).milli_cpu, 1100, "no pod-level requests");
    assert_eq!(pod_requests(&two().cpu("0").make(), of).milli_cpu, 100, "zero is a request");
}

#[test]
fn resources_in_force_count_for_pods_on_nodes() {
    let resized = |condition: serde_json::Value| {
        pod("p").cpu("1").with(json!({"status": {
            "conditions": [condition],
            "containerStatuses": [{
                "name": "main",
                "resources": {"requests": {"cpu": "500m"}},
                "allocatedResources": {"cpu": "700m"},
            }],
        }}))
    };
    let deferred = resized(json!({"type": "PodResizePending", "reason": "Deferred"})).make();
    assert_eq!(pod_requests(&deferred, RequestsOf::Bound).milli_cpu, 1000);
    let infeasible = resized(json!({"type": "PodResizePending", "reason": "Infeasible"})).make();
    assert_eq!(pod_requests(&infeasible, RequestsOf::Bound).milli_cpu, 700);
    assert_eq!(pod_requests(&infeasible, RequestsOf::Incoming).milli_cpu, 1000);
}

#[test]
fn all_lacking_resources_are_named_and_preemption_cannot_enlarge_a_node() {
    let small = node("small").cpu("1").memory("1Gi");
    let full = node("full").cpu("4").memory("8Gi");
    let taken = pod("there").cpu("3").memory("7Gi").on("full");
    check(
        place(pod("p").cpu("2").memory("2Gi"))
            .among([small, full, node("free")])
            .with_pods([taken])
            .verdicts([
                ("small", "UU Insufficient cpu, Insufficient memory"),
                ("full", "U Insufficient cpu, Insufficient memory"),
                ("free", "fits"),
            ]),
    );
    check(
        place(pod("p").cpu("2").memory("2Gi"))
            .among([node("mixed").cpu("4").memory("1Gi")])
            .with_pods([pod("there").cpu("3").on("mixed")])
            .verdicts([("mixed", "UU Insufficient cpu, Insufficient memory")]),
    );
}

#[test]
fn a_node_takes_as_many_pods_as_it_says_and_none_where_it_says_nothing() {
    let there = |name| pod(name).on("two");
    check(
        place(pod("p"))
            .among([node("two").pods(2), node("zero").pods(0)])
            .with_pods([there("x"), there("y")])
            .verdicts([("two", "U Too many pods"), ("zero", "U Too many pods")]),
    );
    check(
        place(pod("p").cpu("2"))
            .among([node("n").pods(0).cpu("1")])
            .verdicts([("n", "UU Too many pods, Insufficient cpu")]),
    );
    let unsaid = json!({"status": {"allocatable": {"pods": "0", "cpu": "1"}}});
    check(place(pod("p")).among([node("n").with(unsaid)]).verdicts([("n", "U Too many pods")]));
}

#[test]
fn extended_resources_fit_unless_they_are_ignored() {
    let gpu = || place(pod("p").requests("example.com/gpu", "2"));
    let has = |amount| node("n").offers("example.com/gpu", amount);
    check(gpu().among([has("2")]).verdicts([("n", "fits")]));
    check(gpu().among([has("1")]).verdicts([("n", "UU Insufficient example.com/gpu")]));
    check(gpu().among([node("n")]).verdicts([("n", "UU Insufficient example.com/gpu")]));
    let there = pod("there").requests("example.com/gpu", "1").on("n");
    let shared = gpu().among([has("2")]).with_pods([there]);
    check(shared.verdicts([("n", "U Insufficient example.com/gpu")]));
    let by_name = gpu().among([node("n")]).under(|profile| {
        profile.arguments.fit.ignored_resources = vec!["example.com/gpu".to_owned()];
    });
    check(by_name.verdicts([("n", "fits")]));
    let by_group = gpu().among([node("n")]).under(|profile| {
        profile.arguments.fit.ignored_resource_groups = vec!["example.com".to_owned()];
    });
    check(by_group.verdicts([("n", "fits")]));
}

#[test]
fn only_extended_resources_can_be_ignored() {
    let ignored = vec!["hugepages-2Mi".to_owned(), "cpu".to_owned()];
    check(
        place(pod("p").requests("hugepages-2Mi", "4Mi").cpu("64"))
            .among([node("n")])
            .under(|profile| profile.arguments.fit.ignored_resources = ignored)
            .verdicts([("n", "UU Insufficient cpu, Insufficient hugepages-2Mi")]),
    );
}

/// The worked example: 4 CPUs and 8Gi, of which 1300m and 3Gi are used; 500m and 512Mi come.
fn example() -> Case {
    place(pod("p").cpu("500m").memory("512Mi"))
        .among([node("n").cpu("4").memory("8Gi")])
        .with_pods([pod("there").cpu("1300m").memory("3Gi").on("n")])
}

#[test]
fn each_strategy_scores_the_worked_example() {
    let strategies = [
        (FitStrategy::LeastAllocated, 1, 55),
        (FitStrategy::LeastAllocated, 2, 55),
        (FitStrategy::MostAllocated, 1, 44),
        (FitStrategy::RequestedToCapacityRatio(vec![(0, 0), (100, 100)]), 1, 44),
    ];
    for (strategy, cpu_weight, score) in strategies {
        let case = example().under(|profile| {
            profile.arguments.fit.strategy = strategy;
            profile.arguments.fit.resources[0].1 = cpu_weight;
        });
        check(case.scores(NodeResourcesFit, [("n", score)]));
    }
}

#[test]
fn a_falling_ratio_function_truncates_toward_zero() {
    let shape = vec![(0, 100), (40, 80), (100, 0)];
    let case = example().under(|profile| {
        profile.arguments.fit.strategy = FitStrategy::RequestedToCapacityRatio(shape);
        profile.arguments.fit.resources = vec![("cpu".to_owned(), 1)];
    });
    check(case.scores(NodeResourcesFit, [("n", 74)]));
}

#[test]
fn the_ratio_strategy_drops_resources_that_score_0_and_rounds() {
    // CPU: 45 percent. Memory: 43 percent, which this shape maps to 0.
    let shape = vec![(43, 0), (45, 30)];
    let case = example().under(|profile| {
        profile.arguments.fit.strategy = FitStrategy::RequestedToCapacityRatio(shape);
    });
    check(case.scores(NodeResourcesFit, [("n", 30)]));
    // 45 and 43 with weights 3 and 1: 44.5, rounded up.
    let shape = vec![(0, 0), (100, 100)];
    let case = example().under(|profile| {
        profile.arguments.fit.strategy = FitStrategy::RequestedToCapacityRatio(shape);
        profile.arguments.fit.resources[0].1 = 3;
    });
    check(case.scores(NodeResourcesFit, [("n", 45)]));
}

#[test]
fn containers_without_requests_count_with_defaults_in_the_score() {
    // 100m of 1000m and 200Mi of 1000Mi, twice: 80 and 60.
    check(
        place(pod("p"))
            .among([node("n").cpu("1").memory("1000Mi")])
            .with_pods([pod("there").on("n")])
            .scores(NodeResourcesFit, [("n", 70)]),
    );
}

#[test]
fn a_scored_resource_that_is_not_requested_or_not_offered_does_not_count() {
    let scored = |name: &str| vec![("cpu".to_owned(), 1), (name.to_owned(), 1)];
    let case = || place(pod("p").cpu("500m")).among([node("n").cpu("1").offers("x.y/z", "4")]);
    let not_requested = case().under(|p| p.arguments.fit.resources = scored("x.y/z"));
    check(not_requested.scores(NodeResourcesFit, [("n", 50)]));
    let not_offered = case().under(|p| p.arguments.fit.resources = scored("ephemeral-storage"));
    check(not_offered.scores(NodeResourcesFit, [("n", 50)]));
    let pods = case().under(|p| p.arguments.fit.resources = scored("pods"));
    check(pods.scores(NodeResourcesFit, [("n", 50)]));
}

#[test]
fn huge_quantities_do_not_overflow() {
    let case = place(pod("p").memory("4Ei")).among([node("n").memory("7Ei")]);
    check(
        case.under(|profile| profile.arguments.fit.resources.remove(0).1 = 1)
            .verdicts([("n", "fits")])
            .scores(NodeResourcesFit, [("n", 42)]),
    );
}

#[test]
fn balance_is_one_less_the_deviation() {
    // CPU 45 percent, memory 43.75 percent.
    check(example().scores(NodeResourcesBalancedAllocation, [("n", 99)]));
    let names = ["cpu", "memory", "ephemeral-storage"].map(str::to_owned).to_vec();
    check(
        place(pod("p").cpu("500m").memory("250Mi").requests("ephemeral-storage", "900Mi"))
            .among([node("n").cpu("1").memory("1000Mi").offers("ephemeral-storage", "1000Mi")])
            .under(|profile| profile.arguments.balanced_resources = names)
            .scores(NodeResourcesBalancedAllocation, [("n", 73)]),
    );
    let names = vec!["cpu".to_owned()];
    check(
        example()
            .under(|profile| profile.arguments.balanced_resources = names)
            .scores(NodeResourcesBalancedAllocation, [("n", 100)]),
    );
}

#[test]
fn balance_looks_at_real_requests_and_not_at_pods_without_any() {
    check(
        place(pod("p").cpu("500m"))
            .among([node("n").cpu("1").memory("1Gi")])
            .with_pods([pod("there").on("n")])
            .scores(NodeResourcesBalancedAllocation, [("n", 75)]),
    );
    check(place(pod("p")).among([node("n")]).skipped(NodeResourcesBalancedAllocation));
}
