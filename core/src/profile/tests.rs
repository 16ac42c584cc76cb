use super::Profile;
use super::config::{UniqueKeys, parse};
use crate::plugins::Plugin;
use serde_json::{Value, json};

fn configuration(profile: Value) -> Value {
    json!({
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "profiles": [profile],
    })
}

fn faults(value: Value) -> Vec<String> {
    parse(value).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[test]
fn an_empty_profile_is_the_default_one() {
    let read = parse(configuration(json!({}))).map(|read| read.profiles);
    assert_eq!(read, Ok(vec![Profile::default()]));
}

#[test]
fn a_plugin_enabled_at_a_point_moves_to_the_front_with_its_weight() {
    let plugins = json!({
        "filter": {"enabled": [{"name": "NodeResourcesFit"}]},
        "score": {"enabled": [{"name": "NodeResourcesFit", "weight": 5}],
                  "disabled": [{"name": "ImageLocality"}]},
    });
    let profile = Profile::from_recorded(json!({"plugins": plugins})).expect("a profile");
    assert_eq!(profile.filter[..2], [Plugin::NodeResourcesFit, Plugin::NodeUnschedulable]);
    assert_eq!(profile.score[0], (Plugin::NodeResourcesFit, 5));
    assert!(profile.score.iter().all(|(plugin, _)| *plugin != Plugin::ImageLocality));
}

#[test]
fn faults_are_named_in_upstreams_words() {
    let with_args = |name: &str, args: Value| {
        configuration(json!({"pluginConfig": [{"name": name, "args": args}]}))
    };
    let enabled = |point: &str, names: &[&str]| {
        let list: Vec<_> = names.iter().map(|name| json!({"name": name})).collect();
        configuration(json!({"plugins": {point: {"enabled": list}}}))
    };
    for (value, expected) in [
        (enabled("filter", &["X"]), "FilterPlugin \"X\" does not exist"),
        (
            enabled("filter", &["ImageLocality"]),
            "plugin \"ImageLocality\" does not extend FilterPlugin plugin",
        ),
        (
            enabled("score", &["ImageLocality", "ImageLocality"]),
            "plugin \"ImageLocality\" already registered as \"ScorePlugin\"",
        ),
        (
            with_args("InterPodAffinity", json!({"hardPodAffinityWeight": 101})),
            "profiles[0].pluginConfig[0].args.hardPodAffinityWeight: Invalid value: 101: not in \
             valid range [0-100]",
        ),
        (with_args("InterPodAffinity", json!({"x": 1})), "unknown field `x`"),
        (with_args("NodeResourcesFit", json!({"scoringStrategy": {}})), "Unsupported value: \"\""),
        (with_args("VolumeBinding", json!({"shape": []})), "StorageCapacityScoring"),
        (configuration(json!({"percentageOfNodesToScore": 101})), "not in valid range [0-100]"),
    ] {
        let found = faults(value.clone());
        assert!(found.iter().any(|fault| fault.contains(expected)), "{value}: {found:?}");
    }
}

#[test]
fn a_member_written_twice_is_a_fault() {
    let read = serde_json::from_str::<UniqueKeys>(r#"{"a": 1, "a": 2}"#);
    assert!(read.is_err_and(|error| error.to_string().contains("duplicate field \"a\"")));
}

#[test]
fn a_profile_is_regular_where_every_plugin_prepares_what_it_does() {
    let without = |change: fn(&mut Profile)| {
        let mut profile = Profile::default();
        change(&mut profile);
        profile.is_regular()
    };
    type Change = fn(&mut Profile);
    let rows: [(Change, bool); 5] = [
        (|_| {}, true),
        (|it| it.pre_score.retain(|plugin| *plugin != Plugin::TaintToleration), false),
        (|it| it.filter.retain(|plugin| *plugin != Plugin::NodePorts), false),
        (|it| it.filter.retain(|plugin| *plugin != Plugin::NodeName), true),
        // It scores by what its PreFilter found.
        (
            |it| {
                it.pre_filter.retain(|plugin| *plugin != Plugin::DynamicResources);
                it.filter.retain(|plugin| *plugin != Plugin::DynamicResources);
            },
            false,
        ),
    ];
    for (at, (change, regular)) in rows.into_iter().enumerate() {
        assert_eq!(without(change), regular, "row {at}");
    }
}

/// The faults of a configuration that has nothing else in it.
fn check_faults(rows: &[(Value, &[&str])]) {
    for (value, expected) in rows {
        assert_eq!(faults(value.clone()), *expected, "{value}");
    }
}

fn with_args(name: &str, args: Value) -> Value {
    configuration(json!({"pluginConfig": [{"name": name, "args": args}]}))
}

const ARGS: &str = "profiles[0].pluginConfig[0].args";

#[test]
fn global_settings_are_checked() {
    let with = |key: &str, value: Value| {
        let mut all = configuration(json!({}));
        all[key] = value;
        all
    };
    let above_zero = "parallelism: Invalid value: 0: should be an integer value greater than zero";
    check_faults(&[
        (with("parallelism", json!(0)), &[above_zero]),
        (with("parallelism", json!(1)), &[]),
        (
            with("percentageOfNodesToScore", json!(-1)),
            &[
                "percentageOfNodesToScore: Invalid value: -1: not in valid range [0-100]",
                "profiles[0].percentageOfNodesToScore: Invalid value: -1: not in valid range \
                 [0-100]",
            ],
        ),
        (with("percentageOfNodesToScore", json!(100)), &[]),
        (
            with("podInitialBackoffSeconds", json!(0)),
            &["podInitialBackoffSeconds: Invalid value: 0: must be greater than 0"],
        ),
        (
            with("podMaxBackoffSeconds", json!(0)),
            &["podMaxBackoffSeconds: Invalid value: 0: must be greater than or equal to \
               PodInitialBackoffSeconds"],
        ),
        (
            with("leaderElection", json!({"resourceLock": "endpoints"})),
            &[
                "leaderElection.resourceLock: Invalid value: \"endpoints\": resourceLock value must \
               be \"leases\"",
            ],
        ),
        (with("leaderElection", json!({"leaderElect": false, "resourceLock": "endpoints"})), &[]),
        (
            with("kind", json!("Configuration")),
            &["no kind \"Configuration\" is registered for version \
               \"kubescheduler.config.k8s.io/v1\""],
        ),
    ]);
}

#[test]
fn profiles_are_told_apart_by_name_and_share_one_queue() {
    let profiles = |profiles: Value| {
        let mut all = configuration(json!({}));
        all["profiles"] = profiles;
        all
    };
    let sort = |names: &[&str]| {
        let enabled: Vec<_> = names.iter().map(|name| json!({"name": name})).collect();
        json!({"queueSort": {"enabled": enabled}})
    };
    let off = |point: &str| json!({point: {"disabled": [{"name": "*"}]}});
    let only = |plugins: Value| configuration(json!({"plugins": plugins}));
    check_faults(&[
        (profiles(json!([])), &[]),
        (
            profiles(json!([{}, {"schedulerName": "b"}])),
            &["profiles[0].schedulerName: Required value"],
        ),
        (
            profiles(json!([{"schedulerName": "a"}, {"schedulerName": "a"}])),
            &["profiles[1].schedulerName: Duplicate value: \"a\""],
        ),
        (
            profiles(json!([
                {"schedulerName": "a"},
                {"schedulerName": "b", "plugins": sort(&["PrioritySort"])},
            ])),
            &["profiles[1].plugins.queueSort: must be the same for all profiles"],
        ),
        (
            only(off("bind")),
            &["profiles[0]: at least one bind plugin is needed for profile with scheduler name \
               \"default-scheduler\""],
        ),
        (
            only(off("queueSort")),
            &["profiles[0]: only one queue sort plugin required for profile with scheduler name \
               \"default-scheduler\", but got 0"],
        ),
        (
            configuration(json!({"pluginConfig": [
                {"name": "InterPodAffinity"}, {"name": "InterPodAffinity"}]})),
            &["profiles[0].pluginConfig[1]: repeated config for plugin InterPodAffinity"],
        ),
        (
            with_args("InterPodAffinity", json!({"kind": "NodeAffinityArgs"})),
            &["profiles[0].pluginConfig[0]: args for plugin InterPodAffinity were not of type \
               InterPodAffinityArgs.kubescheduler.config.k8s.io, got \
               NodeAffinityArgs.kubescheduler.config.k8s.io"],
        ),
    ]);
}

#[test]
fn arguments_are_checked_in_upstreams_words() {
    let at = |field: &str, what: &str| format!("{ARGS}.{field}: {what}");
    let preemption = |percentage: i64, absolute: i64| {
        let args = json!({"minCandidateNodesPercentage": percentage,
                          "minCandidateNodesAbsolute": absolute});
        with_args("DefaultPreemption", args)
    };
    let fit = |args: Value| with_args("NodeResourcesFit", args);
    let strategy = |strategy: Value| fit(json!({"scoringStrategy": strategy}));
    let shape = |points: Value| {
        let ratio = json!({"shape": points});
        strategy(json!({"type": "RequestedToCapacityRatio", "requestedToCapacityRatio": ratio}))
    };
    let balanced = |resources: Value| {
        with_args("NodeResourcesBalancedAllocation", json!({"resources": resources}))
    };
    let point = |utilization: i64, score: i64| json!({"utilization": utilization, "score": score});
    let (u, s) = (
        |ix: usize| format!("scoringStrategy.requestedToCapacityRatio.shape[{ix}].utilization"),
        |ix: usize| format!("scoringStrategy.requestedToCapacityRatio.shape[{ix}].score"),
    );
    for (value, expected) in [
        (preemption(100, 0), vec![]),
        (
            preemption(101, 0),
            vec![at(
                "minCandidateNodesPercentage",
                "Invalid value: 101: not in valid range [0, 100]",
            )],
        ),
        (
            preemption(0, -1),
            vec![at("minCandidateNodesAbsolute", "Invalid value: -1: not in valid range [0, inf)")],
        ),
        (
            with_args("InterPodAffinity", json!({"hardPodAffinityWeight": -1})),
            vec![at("hardPodAffinityWeight", "Invalid value: -1: not in valid range [0-100]")],
        ),
        (
            fit(json!({"ignoredResourceGroups": ["a/b"]})),
            vec![at(
                "ignoredResourceGroups[0]",
                "Invalid value: \"a/b\": resource group name can't contain '/'",
            )],
        ),
        (
            strategy(json!({"type": "Other"})),
            vec![at(
                "scoringStrategy.type",
                "Unsupported value: \"Other\": supported values: \"LeastAllocated\", \
                 \"MostAllocated\", \"RequestedToCapacityRatio\"",
            )],
        ),
        (
            strategy(
                json!({"type": "LeastAllocated", "resources": [{"name": "cpu", "weight": 101}]}),
            ),
            vec![at(
                "scoringStrategy.resources[0].weight",
                "Invalid value: 101: resource weight of 101 not in valid range (0, 100]",
            )],
        ),
        (strategy(json!({"type": "MostAllocated", "resources": [{"name": "cpu"}]})), vec![]),
        (
            shape(json!([])),
            vec![at(
                "scoringStrategy.requestedToCapacityRatio.shape",
                "Required value: at least one point must be specified",
            )],
        ),
        (
            shape(json!([point(10, 0), point(10, 11)])),
            vec![
                at(
                    &u(1),
                    "Invalid value: 10: utilization values must be sorted in increasing order",
                ),
                at(&s(1), "Invalid value: 11: not in valid range [0-10]"),
            ],
        ),
        (
            shape(json!([point(101, -1)])),
            vec![
                at(&u(0), "Invalid value: 101: not in valid range [0-100]"),
                at(&s(0), "Invalid value: -1: not in valid range [0-10]"),
            ],
        ),
        (
            balanced(json!([{"name": "cpu", "weight": 2}, {"name": "cpu"}])),
            vec![
                at(
                    "resources[0].weight",
                    "Invalid value: 2: resource weight not in valid range [1, 1]",
                ),
                at("resources[1].name", "Duplicate value: \"cpu\""),
            ],
        ),
        (
            with_args("VolumeBinding", json!({"bindTimeoutSeconds": -1})),
            vec![at(
                "bindTimeoutSeconds",
                "Invalid value: -1: invalid BindTimeoutSeconds, should not be a negative value",
            )],
        ),
        (with_args("VolumeBinding", json!({"bindTimeoutSeconds": 0})), vec![]),
        (
            with_args("DynamicResources", json!({"filterTimeout": "-1s"})),
            vec![at("filterTimeout", "Invalid value: -1s: must be a non-negative duration")],
        ),
        (
            with_args("DynamicResources", json!({"bindingTimeout": "1s"})),
            vec![at(
                "bindingTimeout",
                "Forbidden: requires the feature gates DRADeviceBindingConditions and \
                 DRAResourceClaimDeviceStatus",
            )],
        ),
        (with_args("DynamicResources", json!({"filterTimeout": "1m30s"})), vec![]),
    ] {
        assert_eq!(faults(value.clone()), expected, "{value}");
    }
}

#[test]
fn default_spread_constraints_are_checked() {
    let at = |field: &str, what: &str| format!("{ARGS}.{field}: {what}");
    let list = |constraints: Value| {
        with_args(
            "PodTopologySpread",
            json!({"defaultingType": "List", "defaultConstraints": constraints}),
        )
    };
    let constraint = |skew: i64, key: &str, when: &str| json!({"maxSkew": skew, "topologyKey": key, "whenUnsatisfiable": when});
    let mut selecting = constraint(1, "zone", "DoNotSchedule");
    selecting["labelSelector"] = json!({});
    for (value, expected) in [
        (list(json!([constraint(1, "zone", "ScheduleAnyway")])), vec![]),
        (
            with_args(
                "PodTopologySpread",
                json!({"defaultConstraints": [constraint(1, "zone", "ScheduleAnyway")]}),
            ),
            vec![at(
                "defaultingType",
                "Invalid value: \"System\": when .defaultConstraints are not empty",
            )],
        ),
        (
            with_args("PodTopologySpread", json!({"defaultingType": "None"})),
            vec![at(
                "defaultingType",
                "Unsupported value: \"None\": supported values: \"System\", \"List\"",
            )],
        ),
        (
            list(json!([constraint(0, "", "")])),
            vec![
                at("defaultConstraints[0].maxSkew", "Invalid value: 0: not in valid range (0-inf)"),
                at("defaultConstraints[0].topologyKey", "Required value: can not be empty"),
                at("defaultConstraints[0].whenUnsatisfiable", "Required value: can not be empty"),
            ],
        ),
        (
            list(json!([constraint(1, "zone", "Never")])),
            vec![at(
                "defaultConstraints[0].whenUnsatisfiable",
                "Unsupported value: \"Never\": supported values: \"DoNotSchedule\", \
                 \"ScheduleAnyway\"",
            )],
        ),
        (
            list(json!([selecting])),
            vec![at(
                "defaultConstraints[0].labelSelector",
                "Forbidden: constraint must not define a selector, as they deduced for each pod",
            )],
        ),
        (
            list(json!([
                constraint(1, "zone", "DoNotSchedule"),
                constraint(2, "zone", "DoNotSchedule")
            ])),
            vec![at("defaultConstraints[1]", "Duplicate value: {zone, DoNotSchedule}")],
        ),
    ] {
        assert_eq!(faults(value.clone()), expected, "{value}");
    }
}
