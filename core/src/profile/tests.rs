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
