//! The plain rules as the oracle of the fast engine.

use bayplan::scheduler::{Engine, Scheduler};
use bayplan_tests::differential::{Coverage, run};
use bayplan_tests::random::Generator;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn both_engines_give_the_same_answers(seed: u64, steps in 1usize..40) {
        if let Err(difference) = run(seed, steps) {
            return Err(TestCaseError::fail(difference.to_string()));
        }
    }

    #[test]
    fn both_engines_change_a_cluster_alike(seed: u64) {
        let mut generator = Generator::new(seed);
        let mut fast = Scheduler::with_profiles(generator.profiles());
        let mut plain = fast.clone().with_engine(Engine::Plain);
        let mut cluster = generator.cluster();
        let mut other = cluster.clone();
        for _ in 0..20 {
            let change = generator.change(&cluster);
            prop_assert_eq!(cluster.apply(change.clone()), other.apply(change));
            let Some(pod) = generator.pending_pod(&cluster) else { continue };
            let (namespace, name) = (&pod.meta.namespace, &pod.meta.name);
            let decided = fast.schedule(&mut cluster, namespace, name);
            prop_assert_eq!(decided, plain.schedule(&mut other, namespace, name));
            prop_assert_eq!(cluster.state_hash(), other.state_hash());
        }
    }
}

#[test]
fn a_scheduler_asked_about_another_cluster_remembers_nothing_of_the_first() {
    let mut scheduler = Scheduler::default();
    for seed in 0..50 {
        let mut generator = Generator::new(seed);
        let mut cluster = generator.cluster();
        let Some(pod) = generator.pending_pod(&cluster) else { continue };
        let mut clone = cluster.clone();
        let _refused = clone.apply(generator.change(&cluster));
        for cluster in [&mut cluster, &mut clone] {
            let (namespace, name) = (&pod.meta.namespace, &pod.meta.name);
            let known = scheduler.evaluate(cluster, namespace, name);
            assert_eq!(known, Scheduler::default().evaluate(cluster, namespace, name), "{seed}");
        }
    }
}

#[test]
fn random_sequences_meet_everything_that_decides_placements() {
    let run = |seed| run(seed, 40).unwrap_or_else(|difference| panic!("{difference}"));
    let met = (0..150).map(run).fold(Coverage::default(), Coverage::and);
    for what in [
        "CSIDriver",
        "CSINode",
        "CSIStorageCapacity",
        "DeviceClass",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PersistentVolumeClaim",
        "Pod",
        "PodDisruptionBudget",
        "ReplicaSet",
        "ReplicationController",
        "ResourceClaim",
        "ResourceSlice",
        "Service",
        "StatefulSet",
        "StorageClass",
        "binding by hand",
        "bound",
        "bound with devices",
        "bound with volumes",
        "bulk load",
        "commit",
        "deletion",
        "full evaluation",
        "gated",
        "nominated",
        "nomination by hand",
        "pod of another scheduler",
        "pod that never preempts",
        "pod with a nomination",
        "pod with device claims",
        "pod with gates",
        "pod with host ports",
        "pod with init containers",
        "pod with label keys in affinity",
        "pod with node affinity",
        "pod with overhead",
        "pod with pod affinity",
        "pod with pod anti-affinity",
        "pod with pod-level resources",
        "pod with spread constraints",
        "pod with tolerations",
        "pod with volumes",
        "rollback",
        "schedule_pending",
        "skipped",
        "unschedulable",
    ] {
        assert!(met.of(what) > 0, "{what} was never met:\n{met}");
    }
}
