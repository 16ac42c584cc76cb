//! What the fast engine places is valid by rules that share nothing with it.

use bayplan::audit::audit;
use bayplan::cycle::decision::Decision;
use bayplan::scheduler::Scheduler;
use bayplan_tests::random::Generator;
use proptest::prelude::*;
use std::collections::BTreeSet;

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn scheduled_pods_break_no_rule(seed: u64) {
        let mut generator = Generator::new(seed);
        let mut cluster = generator.cluster();
        let mut scheduler = Scheduler::default();
        let mut placed = BTreeSet::new();
        let template = generator.pod();
        for at in 0..24 {
            let mut pod = generator.pod();
            // Replicas of one template meet each other's constraints.
            if at % 2 == 0 {
                pod = generator.replica(&template);
            }
            std::sync::Arc::make_mut(&mut pod.spec).scheduler_name = None;
            let (key, namespace, name) =
                (pod.meta.key(), pod.meta.namespace.clone(), pod.meta.name.clone());
            let put = bayplan::state::change::Change::Put(pod.into());
            prop_assert_eq!(cluster.apply(put), Ok(()));
            let decision = scheduler.schedule(&mut cluster, &namespace, &name);
            if let Ok(Decision::Bound { .. }) = decision {
                placed.insert(key);
            }
        }
        let nodes = cluster.nodes().objects.iter().map(|node| &**node);
        let pods = cluster.pods().iter().map(|(_, row)| &*row.pod);
        let found = audit(cluster.store(), nodes, pods);
        let ours: Vec<_> =
            found.iter().filter(|violation| !violation.pods.is_disjoint(&placed)).collect();
        prop_assert!(ours.is_empty(), "{ours:#?}");
    }
}
