//! The state against itself: taken back, counted anew, loaded anew.

use bayplan::objects::{Kind, Object};
use bayplan::scheduler::Scheduler;
use bayplan::state::Cluster;
use bayplan::state::change::Change;
use bayplan_datasets::make::node;
use bayplan_tests::random::{Generator, Step};
use proptest::prelude::*;
use serde_json::json;

/// Applies a change, or schedules a pod, which interns what its questions need.
fn disturb(generator: &mut Generator, scheduler: &mut Scheduler, cluster: &mut Cluster) {
    let _refused = cluster.apply(generator.change(cluster));
    if let Some(pod) = generator.pending_pod(cluster).filter(|_| generator.chance(30)) {
        let _decided = scheduler.schedule(cluster, &pod.meta.namespace, &pod.meta.name);
    }
}

/// The objects of a cluster in the order of its tables.
fn objects(cluster: &Cluster) -> Vec<Object> {
    let store = cluster.store();
    let nodes = cluster.nodes().objects.iter().map(|node| Object::from((**node).clone()));
    let mut objects: Vec<Object> = nodes.collect();
    macro_rules! all {
        ($($table:expr),*) => { $(objects.extend($table.cloned().map(Object::from));)* };
    }
    all!(
        store.namespaces.values(),
        store.services.iter(),
        store.replication_controllers.iter(),
        store.replica_sets.iter(),
        store.stateful_sets.iter(),
        store.budgets.iter(),
        store.volumes.values(),
        store.claims.iter(),
        store.storage_classes.values(),
        store.csi_nodes.values(),
        store.csi_drivers.values(),
        store.storage_capacities.iter(),
        store.volume_attachments.values(),
        store.resource_slices.values(),
        store.resource_claims.iter(),
        store.resource_claim_templates.iter(),
        store.device_classes.values(),
        cluster.pods().iter().map(|(_, row)| &*row.pod)
    );
    objects
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn rolling_back_restores_every_bit(seed: u64, before in 0usize..20, changes in 1usize..30) {
        let mut generator = Generator::new(seed);
        let mut scheduler = Scheduler::with_profiles(generator.profiles());
        let mut cluster = generator.cluster();
        for _ in 0..before {
            disturb(&mut generator, &mut scheduler, &mut cluster);
        }
        let savepoint = cluster.savepoint();
        let (hash, snapshot) = (cluster.state_hash(), format!("{:?}", cluster.snapshot()));
        for _ in 0..changes {
            disturb(&mut generator, &mut scheduler, &mut cluster);
        }
        cluster.rollback(savepoint);
        prop_assert_eq!(cluster.state_hash(), hash);
        prop_assert_eq!(format!("{:?}", cluster.snapshot()), snapshot);
        prop_assert!(cluster.is_counted_right());
    }

    #[test]
    fn nested_savepoints_are_taken_back_one_by_one(seed: u64, steps in 1usize..60) {
        let mut generator = Generator::new(seed);
        let mut scheduler = Scheduler::with_profiles(generator.profiles());
        let mut cluster = generator.cluster();
        let mut remembered = Vec::new();
        for _ in 0..steps {
            match generator.step(&cluster, remembered.len()) {
                Step::Change(change) => {
                    let _refused = cluster.apply(*change);
                }
                Step::Load(objects) => {
                    let _refused = cluster.load(objects);
                }
                Step::SchedulePending => {
                    let _refused = scheduler.schedule_pending(&mut cluster);
                }
                Step::Savepoint => {
                    let hash = cluster.state_hash();
                    remembered.push((cluster.savepoint(), hash));
                }
                Step::Rollback => {
                    if let Some((savepoint, hash)) = remembered.pop() {
                        cluster.rollback(savepoint);
                        prop_assert_eq!(cluster.state_hash(), hash);
                    }
                }
                Step::Commit => {
                    if let Some((savepoint, _)) = remembered.pop() {
                        cluster.commit(savepoint);
                    }
                }
            }
        }
        while let Some((savepoint, hash)) = remembered.pop() {
            cluster.rollback(savepoint);
            prop_assert_eq!(cluster.state_hash(), hash);
        }
    }

    #[test]
    fn sums_and_counts_are_those_of_counting_anew(seed: u64, changes in 1usize..60) {
        let mut generator = Generator::new(seed);
        let mut scheduler = Scheduler::with_profiles(generator.profiles());
        let mut cluster = generator.cluster();
        for _ in 0..changes {
            disturb(&mut generator, &mut scheduler, &mut cluster);
            prop_assert!(cluster.is_counted_right());
        }
    }

    #[test]
    fn a_changed_cluster_is_one_loaded_with_its_objects_but_for_history(
        seed: u64,
        changes in 1usize..60,
    ) {
        let mut generator = Generator::new(seed);
        let mut scheduler = Scheduler::with_profiles(generator.profiles());
        let mut cluster = generator.cluster();
        for _ in 0..changes {
            disturb(&mut generator, &mut scheduler, &mut cluster);
        }
        let loaded = Cluster::from_objects(objects(&cluster)).expect("the sums are small");
        prop_assert_eq!(loaded.state_hash().objects, cluster.state_hash().objects);
        prop_assert_eq!(loaded.state_hash().sums, cluster.state_hash().sums);
    }
}

#[test]
fn a_change_that_is_refused_changes_nothing() {
    for seed in 0..200 {
        let mut generator = Generator::new(seed);
        let mut cluster = generator.cluster();
        for _ in 0..40 {
            let before = cluster.state_hash();
            if cluster.apply(generator.change(&cluster)).is_err() {
                assert_eq!(cluster.state_hash(), before, "seed {seed}");
            }
        }
    }
}

#[test]
fn of_several_nodes_of_one_name_that_come_at_once_the_last_one_counts() {
    let sized = |cpu: &str| {
        let status = json!({"allocatable": {"cpu": cpu, "memory": "4Gi", "pods": "9"}});
        Object::from(node("a").with(json!({"status": status})).make())
    };
    let mut cluster = Cluster::from_objects([sized("1"), sized("2")]).expect("small sums");
    assert_eq!(cluster.nodes().len(), 1);
    let once = Cluster::from_objects([sized("2")]).expect("small sums");
    assert_eq!(cluster.state_hash(), once.state_hash());
    cluster.load([sized("3"), sized("4"), sized("2")]).expect("small sums");
    assert_eq!(cluster.state_hash(), once.state_hash());
}

#[test]
fn an_update_of_the_last_node_with_an_image_corrects_its_size() {
    let with_image = |name: &str, size: i64| {
        let image = json!({"names": ["app"], "sizeBytes": size});
        Object::from(node(name).with(json!({"status": {"images": [image]}})).make())
    };
    let (a, b) = (with_image("a", 100), with_image("b", 200));
    let mut cluster = Cluster::from_objects([a, b.clone()]).expect("nodes are never refused");
    let size = |cluster: &Cluster| cluster.store().images.get("app").map(|it| it.size_bytes);
    assert_eq!(size(&cluster), Some(100));
    let gone = Change::Delete { kind: Kind::Node, namespace: String::new(), name: "a".to_owned() };
    assert_eq!(cluster.apply(gone), Ok(()));
    assert_eq!(size(&cluster), Some(100));
    assert_eq!(cluster.apply(Change::Put(b)), Ok(()));
    assert_eq!(size(&cluster), Some(200));
}
