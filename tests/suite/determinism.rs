//! The same question has one answer.

use bayplan::base::random::Random;
use bayplan::objects::manifest::{Input, Reader};
use bayplan::objects::{Kind, Object};
use bayplan::plan::{PlaceOptions, place};
use bayplan::scheduler::{Engine, Scheduler};
use bayplan::state::Cluster;
use bayplan_datasets::{Generator as Synthetic, Options};
use bayplan_tests::random::{Generator, Step};
use proptest::prelude::*;

/// Schedules every pending pod, in order of the names; what became of each, as text.
fn place_all(scheduler: &mut Scheduler, cluster: &mut Cluster) -> Vec<String> {
    let rows = cluster.pods().iter().filter(|(_, row)| row.pod.node_name.is_none());
    let mut keys: Vec<(String, String)> =
        rows.map(|(_, row)| (row.pod.meta.namespace.clone(), row.pod.meta.name.clone())).collect();
    keys.sort();
    let decide = |(namespace, name): &(String, String)| {
        format!("{namespace}/{name}: {:?}", scheduler.schedule(cluster, namespace, name))
    };
    keys.iter().map(decide).collect()
}

/// Nodes, every image of one size (which size counts is history), and pods, mostly pending.
fn objects(generator: &mut Generator) -> Vec<Object> {
    let mut objects = Vec::new();
    for number in 0..2 + generator.below(12) {
        let mut node = generator.node(number);
        node.status.images.iter_mut().for_each(|image| image.size_bytes = 400 << 20);
        objects.push(node.into());
    }
    objects.extend((0..20).map(|_| generator.pod().into()));
    objects
}

/// The nodes in another order. The order of pods is history: among victims that matter the same,
/// the one that came first goes.
fn shuffled(mut objects: Vec<Object>, seed: u64) -> Vec<Object> {
    let mut random = Random::keyed(seed, "order");
    let nodes = objects.iter().filter(|object| object.kind() == Kind::Node).count();
    for at in (1..nodes).rev() {
        objects.swap(at, random.below(at + 1));
    }
    objects
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_the_nodes_makes_no_difference(seed: u64) {
        let mut generator = Generator::new(seed);
        let profiles = generator.profiles();
        let objects = objects(&mut generator);
        let placed = |objects: Vec<Object>, engine| {
            let mut cluster = Cluster::from_objects(objects).expect("the sums are small");
            let mut scheduler = Scheduler::with_profiles(profiles.clone()).with_engine(engine);
            (place_all(&mut scheduler, &mut cluster), cluster.state_hash())
        };
        for engine in [Engine::Fast, Engine::Plain] {
            let given = placed(objects.clone(), engine);
            prop_assert_eq!(&given, &placed(objects.clone(), engine), "twice");
            prop_assert_eq!(&given, &placed(shuffled(objects.clone(), seed), engine), "shuffled");
        }
    }
}

/// A long sequence of changes and decisions, every one written down with the state after it.
fn account(seed: u64, engine: Engine) -> Vec<String> {
    let mut generator = Generator::new(seed);
    let mut scheduler = Scheduler::with_profiles(generator.profiles()).with_engine(engine);
    let mut cluster = generator.cluster();
    let mut savepoints = Vec::new();
    let mut account = vec![format!("{:?}", cluster.state_hash())];
    for _ in 0..40 {
        match generator.step(&cluster, savepoints.len()) {
            Step::Change(change) => account.push(format!("{:?}", cluster.apply(*change))),
            Step::Load(objects) => account.push(format!("{:?}", cluster.load(objects))),
            Step::SchedulePending => {
                account.push(format!("{:?}", scheduler.schedule_pending(&mut cluster)));
            }
            Step::Savepoint => savepoints.push(cluster.savepoint()),
            Step::Rollback => savepoints.pop().into_iter().for_each(|it| cluster.rollback(it)),
            Step::Commit => savepoints.pop().into_iter().for_each(|it| cluster.commit(it)),
        }
        if let Some(pod) = generator.pending_pod(&cluster) {
            let (namespace, name) = (&pod.meta.namespace, &pod.meta.name);
            account.push(format!("{:?}", scheduler.evaluate(&mut cluster, namespace, name)));
            account.push(format!("{:?}", scheduler.schedule(&mut cluster, namespace, name)));
        }
        account.push(format!("{:?}", cluster.state_hash()));
    }
    account
}

/// Runs with pools of 1, 2 and 8 threads, and asserts that it makes no difference.
fn the_same_with_any_number_of_threads<T: PartialEq + std::fmt::Debug + Send>(
    what: &str,
    run: impl Fn() -> T + Sync,
) {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("threads can be started").install(&run)
    };
    let one = with(1);
    assert!(one == with(2), "{what}: two threads make a difference");
    assert!(one == with(8), "{what}: eight threads make a difference");
}

#[test]
fn the_number_of_threads_makes_no_difference_to_decisions_and_state() {
    for seed in 0..24 {
        for engine in [Engine::Fast, Engine::Plain] {
            let what = format!("seed {seed}, {engine:?}");
            the_same_with_any_number_of_threads(&what, || account(seed, engine));
        }
    }
}

#[test]
fn the_number_of_threads_makes_no_difference_to_a_large_placement() {
    let objects: Vec<Object> = {
        let mut generator = Generator::new(7);
        let nodes: Vec<_> = (0..3_000).map(|at| generator.labelled_node(at).into()).collect();
        nodes.into_iter().chain((0..300).map(|_| generator.pod().into())).collect()
    };
    the_same_with_any_number_of_threads("placement", || {
        let mut placed = Vec::new();
        let options = PlaceOptions::default();
        let placement = place(objects.clone(), &options, &mut |done, total| {
            placed.push((done, total));
        });
        (placement.map_err(|error| error.to_string()), placed)
    });
}

#[test]
fn the_number_of_threads_makes_no_difference_to_what_is_read() {
    let options = Options { nodes: 500, pods: 5_000, templates: 50, ..Options::default() };
    let mut lines: Vec<String> = Synthetic::new(options).expect("in bounds").collect();
    lines[4_000].truncate(100);
    lines[5_000] = lines[5_000].replace("\"name\":\"pod-", "\"generateName\":\"pod-");
    let text = lines.join("\n");
    assert!(text.len() > 2 << 20, "{} bytes are read by one thread", text.len());
    the_same_with_any_number_of_threads("reading", || {
        let mut reader = Reader::new();
        reader.read("text", text.as_bytes());
        let Input { objects, faults, .. } = reader.finish();
        let objects: Vec<_> =
            objects.into_iter().map(|it| (it.object, it.document, it.line)).collect();
        assert_eq!((objects.len(), faults.len()), (5_499, 1));
        let cluster = Cluster::from_objects(objects.iter().map(|(object, ..)| object.clone()));
        (objects, faults, cluster.expect("the sums are small").state_hash())
    });
}

#[test]
fn the_same_seed_makes_the_same_sequence() {
    let sequence = |seed| {
        let mut generator = Generator::new(seed);
        let mut cluster = generator.cluster();
        let changes: Vec<String> = (0..50)
            .map(|_| {
                let change = generator.change(&cluster);
                let text = format!("{change:?}");
                let _refused = cluster.apply(change);
                text
            })
            .collect();
        (changes, cluster.state_hash())
    };
    assert_eq!(sequence(7), sequence(7));
    assert_ne!(sequence(7).1, sequence(8).1);
}
