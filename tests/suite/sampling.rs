//! Attempts that look at a part of the nodes: the place where they begin moves on, whatever engine.

use bayplan::objects::Object;
use bayplan::profile::config::parse;
use bayplan::scheduler::{Engine, Scheduler};
use bayplan::state::Cluster;
use bayplan::{Decision, Profile};
use bayplan_datasets::make::{node, pod};
use serde_json::{Value, json};

/// So many nodes of one size in two zones, and so many pods that wait.
fn cluster(nodes: usize, pods: usize) -> Cluster {
    let node = |at: usize| {
        let zone = ["a", "b"][at % 2];
        let labels = json!({"topology.kubernetes.io/zone": zone});
        Object::from(
            node(&format!("n{at:03}")).with(json!({"metadata": {"labels": labels}})).make(),
        )
    };
    let pod = |at: usize| Object::from(pod(&format!("p{at}")).make());
    Cluster::from_objects((0..nodes).map(node).chain((0..pods).map(pod))).expect("small sums")
}

fn configured(globally: Value, profile: Value) -> Vec<Profile> {
    let value = json!({
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "percentageOfNodesToScore": globally,
        "profiles": [{"percentageOfNodesToScore": profile}],
    });
    parse(value).expect("a configuration").profiles
}

#[test]
fn a_profile_says_how_many_nodes_are_looked_at_before_the_configuration_does() {
    let null = Value::Null;
    for (globally, profile, expected) in [
        (null.clone(), null.clone(), None),
        (json!(0), null.clone(), Some(0)),
        (json!(30), null.clone(), Some(30)),
        (json!(30), json!(0), Some(0)),
        (json!(0), json!(100), Some(100)),
        (null, json!(7), Some(7)),
    ] {
        let read = configured(globally.clone(), profile.clone());
        let found = read[0].percentage_of_nodes_to_score;
        assert_eq!(found, expected, "{globally} {profile}");
    }
}

#[test]
fn every_attempt_goes_on_where_the_one_before_it_stopped() {
    for engine in [Engine::Fast, Engine::Plain] {
        let mut cluster = cluster(250, 6);
        let profiles = configured(json!(0), Value::Null);
        let mut scheduler = Scheduler::with_profiles(profiles).with_engine(engine);
        let mut starts = Vec::new();
        for at in 0..6 {
            let name = format!("p{at}");
            let evaluation = scheduler.evaluate(&mut cluster, "default", &name);
            let found = evaluation.map(|evaluation| evaluation.feasible().len());
            // 250 nodes: 48 percent.
            assert_eq!(found, Ok(120));
            let decision = scheduler.schedule(&mut cluster, "default", &name);
            assert!(matches!(decision, Ok(Decision::Bound { .. })), "{decision:?}");
            starts.push(scheduler.next_start_node_index());
        }
        assert_eq!(starts, [120, 240, 110, 230, 100, 220]);
    }
}

#[test]
fn both_zones_are_looked_at_by_turns() {
    let mut cluster = cluster(250, 1);
    let profile = Profile { percentage_of_nodes_to_score: Some(40), ..Profile::default() };
    let mut scheduler = Scheduler::new(profile).with_next_start_node_index(240);
    let evaluation = scheduler.evaluate(&mut cluster, "default", "p0").expect("a pod");
    // Names alternate between the zones, so the order of the tree is that of the names.
    let expected: Vec<usize> = (0..90).chain(240..250).collect();
    assert_eq!(evaluation.feasible(), expected);
}

#[test]
fn all_nodes_are_looked_at_unless_somebody_says_otherwise() {
    for percentage in [None, Some(100)] {
        let mut cluster = cluster(250, 1);
        let profile = Profile { percentage_of_nodes_to_score: percentage, ..Profile::default() };
        let mut scheduler = Scheduler::new(profile);
        let found = scheduler.evaluate(&mut cluster, "default", "p0").map(|it| it.feasible().len());
        assert_eq!(found, Ok(250), "{percentage:?}");
        let decision = scheduler.schedule(&mut cluster, "default", "p0");
        assert!(matches!(decision, Ok(Decision::Bound { .. })), "{decision:?}");
        assert_eq!(scheduler.next_start_node_index(), 0);
    }
}
