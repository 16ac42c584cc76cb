//! The best node by blocks and kept totals, on clusters of many blocks, against the account of every
//! node; now and then also against the plain rules.

use bayplan::base::random::Random;
use bayplan::cycle::evaluation::Evaluation;
use bayplan::objects::Pod;
use bayplan::objects::node::TaintEffect;
use bayplan::scheduler::{Engine, Scheduler};
use bayplan::state::Cluster;
use bayplan::state::change::Change;
use bayplan::state::ix::{NodeIx, PodIx};
use bayplan_datasets::make::{node, pod};
use serde_json::{Value, json};

const HOST: &str = "kubernetes.io/hostname";
const ZONE: &str = "topology.kubernetes.io/zone";

/// Two large zones, one of a single node, and nodes without a zone if `some_lack_it`.
fn cluster(random: &mut Random, some_lack_it: bool) -> Cluster {
    let nodes = (0..700).map(|at| {
        let name = format!("node-{at:03}");
        let mut made = node(&name).label(HOST, &name).pods(4 + random.below(8) as u32);
        made = made.cpu(["8", "16", "32"][random.below(3)]).memory("64Gi");
        made = match at {
            0 => made.label(ZONE, "single"),
            at if some_lack_it && at % 50 == 0 => made,
            at => made.label(ZONE, ["a", "b"][at % 2]),
        };
        made = made.label("disk", ["ssd", "hdd"][random.below(2)]);
        if random.below(4) == 0 {
            made = made.taint("old", "", TaintEffect::PreferNoSchedule);
        }
        made.make().into()
    });
    Cluster::from_objects(nodes).expect("nodes fit together")
}

/// What pods may be like: one of each kind of rule that blocks and zones have to do with.
fn specs(random: &mut Random) -> Value {
    let selector = json!({"matchLabels": {"app": "web"}});
    let spread = |key, skew| {
        json!({"maxSkew": skew, "topologyKey": key, "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": selector})
    };
    let near = json!({"topologyKey": ZONE, "labelSelector": selector});
    let hosts = json!({"topologyKey": HOST, "labelSelector": selector});
    let prefer = |term: &Value, weight| {
        json!({"preferredDuringSchedulingIgnoredDuringExecution":
            [{"weight": weight, "podAffinityTerm": term}]})
    };
    let softly = |key, skew| {
        let mut constraint = spread(key, skew);
        constraint["whenUnsatisfiable"] = json!("ScheduleAnyway");
        constraint
    };
    match random.below(13) {
        0 => {
            json!({"topologySpreadConstraints": [spread(ZONE, 1 + random.below(3)), spread(HOST, 1)]})
        }
        1 => json!({"topologySpreadConstraints": [spread(HOST, 2)]}),
        2 => json!({"affinity": {"podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [hosts]}}}),
        3 => json!({"affinity": {"podAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [near]}}}),
        4 => json!({"affinity": {"podAffinity": prefer(&near, 1 + random.below(100))}}),
        5 => json!({"affinity": {"nodeAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 20, "preference": {
                "matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}}]}}}),
        7 => json!({"topologySpreadConstraints":
            [softly(ZONE, 1 + random.below(3)), softly(HOST, 1 + random.below(3))]}),
        8 => json!({"topologySpreadConstraints": [softly(ZONE, 1)]}),
        9 => json!({"topologySpreadConstraints": [softly(HOST, 1), spread(ZONE, 2)],
            "affinity": {"podAntiAffinity": prefer(&near, 1 + random.below(100))}}),
        10 => json!({"nodeSelector": {"disk": (["ssd", "hdd"][random.below(2)])},
            "affinity": {"podAntiAffinity": prefer(&hosts, 1 + random.below(100))}}),
        11 => json!({"affinity": {
            "podAffinity": prefer(&hosts, 1 + random.below(100)),
            "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
                {"topologyKey": HOST, "labelSelector": {"matchLabels": {"app": "store"}}}]}}}),
        6 => json!({"nodeSelector": {"disk": "hdd"}}),
        _ => json!({}),
    }
}

/// A pod of one of the workloads.
fn next_pod(random: &mut Random, step: usize, spec: &Value) -> Pod {
    let app = ["web", "web", "store"][random.below(3)];
    let cpu = ["100m", "500m", "2"][random.below(3)];
    pod(&format!("pod-{step}")).label("app", app).spec(spec.clone()).cpu(cpu).make()
}

/// The node that the account of every node says is the best.
fn best(cluster: &Cluster, evaluation: &Evaluation) -> Option<NodeIx> {
    evaluation.best().first().map(|rank| cluster.nodes().by_rank[*rank])
}

/// Places pods of all kinds and takes some away again, each held against every node; how many found
/// one. The seed is for messages.
fn compare(cluster: &mut Cluster, random: &mut Random, seed: u64, steps: usize) -> usize {
    let (mut fast, mut all) = (Scheduler::default(), Scheduler::default());
    let mut plain = Scheduler::default().with_engine(Engine::Plain);
    let mut spec = specs(random);
    let mut bound: Vec<PodIx> = Vec::new();
    let mut found = 0;
    for step in 0..steps {
        // Mostly the same again, so that totals are kept; then something else.
        if random.below(6) == 0 {
            spec = specs(random);
        }
        let made = next_pod(random, step, &spec);
        let (namespace, name) = (made.meta.namespace.clone(), made.meta.name.clone());
        cluster.apply(Change::Put(made.into())).expect("a new pod");
        let evaluation = all.evaluate(cluster, &namespace, &name).expect("a profile");
        let expected = best(cluster, &evaluation);
        if step % 40 == 0 {
            let plainly = plain.evaluate(cluster, &namespace, &name).expect("a profile");
            assert_eq!(best(cluster, &plainly), expected, "seed {seed}, step {step}");
        }
        let index = cluster.pods().find(&namespace, &name).expect("the pod");
        let node = fast.schedule_pod(cluster, index).expect("a decision");
        assert_eq!(node, expected, "seed {seed}, step {step}: {spec}");
        bound.extend(node.map(|_| index));
        found += usize::from(node.is_some());
        if random.below(8) == 0 && !bound.is_empty() {
            cluster.remove_pod(bound.swap_remove(random.below(bound.len())));
        }
    }
    assert!(cluster.is_counted_right());
    found
}

#[test]
fn the_best_by_blocks_is_the_best_of_all_nodes() {
    let mut found = 0;
    for seed in 0..6 {
        let mut random = Random::keyed(seed, "blocks");
        let mut cluster = cluster(&mut random, seed % 2 == 0);
        found += compare(&mut cluster, &mut random, seed, 220);
    }
    assert!(found > 900, "too few pods found a node: {found}");
}

#[test]
fn so_it_is_where_blocks_are_more_than_a_word_has_bits() {
    let mut found = 0;
    for seed in 0..4 {
        let mut random = Random::keyed(seed, "zones");
        // Names take turns between the zones, each of them a block, and some zones hold few pods.
        let nodes = (0..450).map(|at| {
            let (name, zone) = (format!("node-{at:03}"), format!("z{:03}", at % 150));
            let made = node(&name).label(HOST, &name).label(ZONE, &zone);
            let made = made.label("disk", ["ssd", "hdd"][random.below(2)]);
            made.pods(random.below(4) as u32).cpu("8").memory("16Gi").make().into()
        });
        let mut cluster = Cluster::from_objects(nodes).expect("nodes fit together");
        found += compare(&mut cluster, &mut random, seed, 250);
    }
    assert!(found > 600, "too few pods found a node: {found}");
}

#[test]
fn a_batch_is_decided_as_one_by_one() {
    let mut random = Random::keyed(7, "batch");
    let mut together = cluster(&mut random, false);
    for step in 0..400 {
        let spec = specs(&mut random);
        let made = next_pod(&mut random, step, &spec);
        together.apply(Change::Put(made.into())).expect("a new pod");
    }
    let mut one_by_one = together.clone();
    let pods: Vec<PodIx> = together.pods().iter().map(|(pod, _)| pod).collect();
    let mut nodes = vec![None; pods.len()];
    let bound = Scheduler::default()
        .schedule_batch(&mut together, &pods, &mut nodes)
        .expect("every pod is decided");
    let mut scheduler = Scheduler::default();
    for (pod, node) in pods.iter().zip(&nodes) {
        let meta = one_by_one.pods().get(*pod).expect("the pod").pod.meta.clone();
        let decision = scheduler.schedule(&mut one_by_one, &meta.namespace, &meta.name);
        let name = node.map(|node| together.nodes().name(node).to_string());
        assert_eq!(decision.expect("a decision").node(), name.as_deref(), "{}", meta.key());
    }
    assert_eq!(bound, nodes.iter().flatten().count());
    assert!(bound > 300, "too few pods found a node: {bound}");
    assert_eq!(together.state_hash(), one_by_one.state_hash());
}
