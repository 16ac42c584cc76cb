//! What a decision is made of, one step at a time.

use bayplan::base::index::Ix;
use bayplan::column::{self, Score};
use bayplan::cycle::decision::Decision;
use bayplan::objects::Object;
use bayplan::objects::manifest::Reader;
use bayplan::plugins::inter_pod_affinity::fast::InterPod;
use bayplan::plugins::node_resources_fit::fast::Fit;
use bayplan::plugins::pod_topology_spread::fast::Spread;
use bayplan::profile::Profile;
use bayplan::scheduler::Scheduler;
use bayplan::state::Cluster;
use bayplan::state::change::Change;
use bayplan::state::ix::NodeIx;
use bayplan_benches::input::Input;
use bayplan_benches::size;
use bayplan_datasets::make::{node, pod};
use bayplan_datasets::{Feature, Generator, Mix, Options};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::json;
use std::hint::black_box;

const ZONE: &str = "topology.kubernetes.io/zone";

/// Nodes of the measured clusters.
fn nodes() -> usize {
    size(5000, 20)
}

fn input(feature: Feature) -> Input {
    let pods = size(1000, 10);
    Input::synthetic(Mix::only(feature), nodes(), pods).expect("the numbers are in bounds")
}

/// Resources: whether a pod fits and how well, on every node.
fn fit(criterion: &mut Criterion) {
    let mut cluster = input(Feature::Basic).cluster;
    let arguments = Profile::default().arguments.fit;
    let fit = Fit::new(&pod("p").cpu("500m").memory("1Gi").make(), &arguments, &mut cluster);
    criterion.bench_function("fit column", |bencher| {
        bencher.iter(|| {
            let nodes = cluster.nodes();
            let of_node = |node: NodeIx| {
                let fits = fit.fits(nodes, node);
                if fits { fit.score(&arguments.strategy, nodes, node) } else { -1 }
            };
            (0..nodes.len()).map(|at| of_node(NodeIx::new(at))).collect::<Vec<i64>>()
        });
    });
}

/// Spread over zones and hosts, as a preference.
fn spread(criterion: &mut Criterion) {
    let mut cluster = input(Feature::Spread).cluster;
    let mut spread_over = pod("p").label("app", "app-0");
    for key in [ZONE, "kubernetes.io/hostname"] {
        spread_over = spread_over.spread(json!({
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]},
        }));
    }
    let arguments = Profile::default().arguments.spread;
    let spread = Spread::new(&spread_over.make(), &[], &arguments, &mut cluster)
        .expect("the selectors compile");
    let mut raw = Vec::new();
    criterion.bench_function("spread", |bencher| {
        bencher.iter(|| {
            let mut totals = vec![0_i16; cluster.nodes().len()];
            spread.score(2, &mut totals, &mut raw, &cluster);
            totals
        });
    });
}

/// A preference for the zones of other pods.
fn inter_pod(criterion: &mut Criterion) {
    let mut cluster = input(Feature::PodAffinity).cluster;
    let near = pod("p").label("app", "app-0").spec(json!({"affinity": {"podAffinity": {
        "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": {
            "topologyKey": ZONE,
            "labelSelector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]},
        }}],
    }}}));
    let near = near.make();
    let class = cluster.class_of(&near);
    let labels = cluster.classes().get(class).labels;
    let inter_pod = InterPod::new(&near, labels, &mut cluster).expect("the selectors compile");
    let arguments = Profile::default().arguments.inter_pod;
    let mut raw = Vec::new();
    criterion.bench_function("inter-pod", |bencher| {
        bencher.iter(|| {
            let mut totals = vec![0_i16; cluster.nodes().len()];
            inter_pod.rules(&cluster).for_each(|rule| rule.refuse(&mut totals));
            inter_pod.score(2, &arguments, &mut totals, &mut raw, &cluster);
            totals
        });
    });
}

/// The highest of all totals.
fn argmax(criterion: &mut Criterion) {
    let totals: Vec<i16> = (0..nodes()).map(|at| i16::new((at * 7919 % 1200) as i64)).collect();
    criterion.bench_function("argmax", |bencher| {
        bencher.iter(|| column::max(black_box(&totals)));
    });
}

/// A hundred pods bound and taken back.
fn savepoint(criterion: &mut Criterion) {
    let Input { mut cluster, pending } = input(Feature::Basic);
    let pods: Vec<_> = pending.into_iter().take(100).collect();
    criterion.bench_function("savepoint, 100 binds, rollback", |bencher| {
        bencher.iter(|| {
            let savepoint = cluster.savepoint();
            for (at, pod) in pods.iter().enumerate() {
                let node = NodeIx::new(at % cluster.nodes().len());
                cluster.bind(*pod, node, None).expect("the sums fit");
            }
            cluster.rollback(savepoint);
        });
    });
}

/// A pod of high priority in a full cluster: whom to remove, and where.
fn preemption(criterion: &mut Criterion) {
    let nodes = size(500, 10);
    let mut objects: Vec<Object> = Vec::new();
    for at in 0..nodes {
        let name = format!("node-{at}");
        objects.push(node(&name).cpu("4").make().into());
        for number in 0..4 {
            let running = pod(&format!("{name}-{number}")).cpu("1").on(&name);
            objects.push(running.make().into());
        }
    }
    objects.push(pod("urgent").cpu("2").spec(json!({"priority": 1000})).make().into());
    let mut cluster = Cluster::from_objects(objects).expect("the objects fit together");
    let mut scheduler = Scheduler::default();
    criterion.bench_function("preemption", |bencher| {
        bencher.iter(|| {
            let savepoint = cluster.savepoint();
            let decision = scheduler.schedule(&mut cluster, "default", "urgent");
            cluster.rollback(savepoint);
            assert!(matches!(decision, Ok(Decision::Nominated { .. })), "{decision:?}");
        });
    });
}

/// JSON lines to objects to columns.
fn ingest(criterion: &mut Criterion) {
    let options = Options { nodes: size(1000, 10), pods: size(5000, 50), ..Options::default() };
    let lines: Vec<String> = Generator::new(options).expect("the numbers are in bounds").collect();
    let mut group = criterion.benchmark_group("ingest");
    group.sample_size(10).throughput(Throughput::Elements(lines.len() as u64));
    group.bench_function("read", |bencher| {
        bencher.iter(|| {
            let mut reader = Reader::new();
            lines.iter().for_each(|line| reader.feed(line.as_bytes()));
            reader.finish()
        });
    });
    let mut reader = Reader::new();
    lines.iter().for_each(|line| reader.feed(line.as_bytes()));
    let objects: Vec<Object> =
        reader.finish().objects.into_iter().map(|located| located.object).collect();
    group.bench_function("load", |bencher| {
        bencher.iter(|| Cluster::from_objects(objects.iter().cloned()));
    });
    group.finish();
    one_node(criterion, objects);
}

/// One node that comes to a cluster that is there: the columns are made anew.
fn one_node(criterion: &mut Criterion, objects: Vec<Object>) {
    let mut cluster = Cluster::from_objects(objects).expect("the objects fit together");
    criterion.bench_function("one more node", |bencher| {
        bencher.iter(|| {
            let savepoint = cluster.savepoint();
            let added = cluster.apply(Change::Put(node("one-more").make().into()));
            cluster.rollback(savepoint);
            added
        });
    });
}

criterion_group!(benches, fit, spread, inter_pod, argmax, savepoint, preemption, ingest);
criterion_main!(benches);
