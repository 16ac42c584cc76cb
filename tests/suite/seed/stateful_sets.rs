//! Section 2: StatefulSets.

use super::harness::*;
use bayplan::plan::placement::PodState;

#[test]
fn seed_s01_pods_have_ordinal_names_and_labels() {
    let expansion = World::of(&[SMALL, "20-redis"]).expand();
    let names: Vec<_> = expansion.pods.iter().map(|pod| pod.pod.meta.name.as_str()).collect();
    assert_eq!(names, ["redis-0", "redis-1", "redis-2"]);
    let labels = &expansion.pods[1].pod.meta.labels;
    assert_eq!(labels["statefulset.kubernetes.io/pod-name"], "redis-1");
    assert_eq!(labels["apps.kubernetes.io/pod-index"], "1");
    assert!(labels["controller-revision-hash"].starts_with("redis-"));
    let placement = World::of(&[SMALL, "20-redis"]).place();
    assert_eq!(placement.nodes_of("redis-"), WORKERS);
}

#[test]
fn seed_s02_each_pod_waits_for_the_one_before() {
    let expansion = World::of(&[SMALL, "20-redis"]).expand();
    let after: Vec<_> = expansion.pods.iter().map(|pod| pod.after).collect();
    assert_eq!(after, [None, Some(0), Some(1)]);
}

#[test]
fn seed_s04_every_pod_has_a_claim_of_its_own() {
    let expansion = World::of(&[SMALL, "20-redis"]).expand();
    let claims: Vec<_> = expansion.pods.iter().flat_map(|pod| &pod.claims).collect();
    let names: Vec<_> = claims.iter().map(|claim| claim.meta.key()).collect();
    let expected = [0, 1, 2].map(|at| format!("production/redis-data-redis-{at}"));
    assert_eq!(names, expected);
    assert!(claims.iter().all(|claim| claim.meta.labels["app"] == "redis"));
    assert!(claims.iter().all(|claim| claim.class() == "standard"));
    let total: i64 = claims.iter().map(|claim| claim.requested().value()).sum();
    assert_eq!(total, 30 << 30);
}

#[test]
fn seed_s14_local_volumes_choose_the_nodes() {
    let placement = World::of(&[KUBESPHERE, "31-local-storage", "32-web"]).place();
    assert_eq!(placement.nodes_of("web-"), ["kubesphere02", "kubesphere03"]);
    for pod in ["web-0", "web-1"] {
        let node = placement.pod(pod).node.as_deref();
        let own = format!("www-{pod}");
        let volume = placement.volumes.iter().find(|volume| volume.claim == own).expect("bound");
        let expected = match node {
            Some("kubesphere02") => "local-pv1",
            _ => "local-pv2",
        };
        assert_eq!(volume.volume.as_deref(), Some(expected));
    }
}

#[test]
fn seed_s15_a_small_claim_takes_a_whole_volume() {
    let placement = World::of(&[KUBESPHERE, "31-local-storage", "32-web"]).place();
    let mut volumes: Vec<_> =
        placement.volumes.iter().filter_map(|v| v.volume.as_deref()).collect();
    volumes.sort_unstable();
    assert_eq!(volumes, ["local-pv1", "local-pv2"]);
}

#[test]
fn seed_s16_a_third_pod_finds_no_volume_and_later_ones_are_not_created() {
    let placement = World::of(&[KUBESPHERE, "31-local-storage", "33-web-five"]).place();
    let head = "0/3 nodes are available: 1 node(s) had untolerated taint(s), \
                2 node(s) didn't find available persistent volumes to bind. ";
    assert_eq!(placement.pending_text(), format!("{head}{}", not_helpful(3)));
    assert_eq!(placement.pod("web-2").state, PodState::Pending);
    assert_eq!(placement.pod("web-3").state, PodState::NotCreated);
    assert_eq!(placement.pod("web-4").state, PodState::NotCreated);
}

#[test]
fn seed_s13_pods_of_a_parallel_set_are_created_at_once() {
    let parallel = text("34-web-parallel").replace("replicas: 2", "replicas: 5");
    let placement = World::of(&[KUBESPHERE, "31-local-storage"]).apply(&parallel).place();
    for pod in ["web-2", "web-3", "web-4"] {
        assert_eq!(placement.pod(pod).state, PodState::Pending, "{pod}");
    }
    let placement = World::of(&[KUBESPHERE, "31-local-storage", "34-web-parallel"]).place();
    assert_eq!(placement.nodes_of("web-"), ["kubesphere02", "kubesphere03"]);
}

#[test]
fn seed_s10_an_absent_update_strategy_is_accepted() {
    let placement = World::of(&[SMALL, "20-redis", "22-redis-single"]).place();
    let pod = placement.pods.iter().find(|pod| pod.namespace == "default").expect("a pod");
    assert_eq!((pod.name.as_str(), pod.state), ("redis-0", PodState::Placed));
}

#[test]
fn seed_s22_an_update_creates_no_pod_in_excess() {
    let settled = World::of(&[SMALL, "20-redis"]).settle();
    assert_eq!(settled.apply(&text("21-redis-partition")).expand().pods, []);
}

#[test]
fn seed_s23_mysql_with_an_init_container_has_one_pod_per_worker() {
    let placement = World::of(&[SMALL, "30-mysql"]).place();
    assert_eq!(placement.nodes_of("mysql-"), WORKERS);
    for node in WORKERS {
        let requested = &placement.node(node).requested;
        assert_eq!((requested.cpu_milli, requested.memory_bytes), (500, 1 << 30), "{node}");
    }
    let claims: Vec<_> = placement.volumes.iter().map(|volume| volume.claim.as_str()).collect();
    assert_eq!(claims, ["data-mysql-0", "data-mysql-1", "data-mysql-2"]);
}

#[test]
fn seed_s26_a_claim_beside_the_set_is_accepted_and_unused() {
    let class = text("20-redis").split("---").nth(1).expect("the class").to_owned();
    let placement = World::of(&[SMALL]).apply(&class).apply(&text("35-my-statefulset")).place();
    assert_eq!(placement.nodes_of("my-statefulset-"), WORKERS);
    assert!(placement.volumes.iter().all(|volume| volume.claim != "my-pvc"));
}

#[test]
fn seed_s26_without_a_class_only_the_first_pod_is_created() {
    let placement = World::of(&[SMALL, "35-my-statefulset"]).place();
    let head = "0/4 nodes are available: pod has unbound immediate PersistentVolumeClaims. ";
    assert_eq!(placement.pending_text(), format!("{head}{NOT_PREPARED}"));
    assert_eq!(placement.pod("my-statefulset-0").state, PodState::Pending);
    assert_eq!(placement.pod("my-statefulset-1").state, PodState::NotCreated);
}

#[test]
fn seed_s27_workloads_without_a_selector_are_refused() {
    use bayplan::controllers::{ExpandOptions, expand};
    let input = read(&text("76-invalid-no-selector"));
    let objects: Vec<_> = input.objects.into_iter().map(|located| located.object).collect();
    let read_faults = input.faults.iter().map(|fault| {
        format!("{}: {}: {}", fault.object.clone().unwrap_or_default(), fault.field, fault.message)
    });
    let expand_faults = expand(&objects, &ExpandOptions::default()).err().into_iter().flatten();
    let faults: Vec<_> = read_faults.chain(expand_faults.map(|fault| fault.to_string())).collect();
    for name in ["my-statefulset", "api-server"] {
        let found = faults.iter().any(|fault| {
            fault.contains(name)
                && fault.contains("spec.selector")
                && fault.contains("Required value")
        });
        assert!(found, "{name}: {faults:?}");
    }
}

#[test]
fn seed_s29_a_claim_for_one_node_is_no_filter_but_a_hint() {
    let class = text("20-redis").split("---").nth(1).expect("the class").to_owned();
    let world = World::of(&[SMALL]).apply(&class);
    let placement = world.clone().apply(&text("24-redis-shared-pvc")).place();
    assert_eq!(placement.summary.placed, 2);
    assert!(placement.has_note("redis-pvc"), "{:?}", placement.notes);
    let single =
        text("24-redis-shared-pvc").replace("[\"ReadWriteOnce\"]", "[\"ReadWriteOncePod\"]");
    let placement = world.apply(&single).place();
    assert_eq!(placement.summary.placed, 1);
    let text = placement.pending_text();
    let expected = "3 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access \
                    mode already in-use by another pod";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn seed_s30_data_in_an_empty_dir_is_noted() {
    let placement = World::of(&[SMALL, "23-redis-emptydir"]).place();
    assert_eq!(placement.summary.placed, 1);
    assert!(placement.has_note("emptyDir data is lost with its pod"));
}

#[test]
fn seed_s33_kafka_and_zookeeper_are_kept_apart() {
    let class = text("20-redis").split("---").nth(1).expect("the class").to_owned();
    let world = World::of(&[SMALL]).apply(&class);
    let placement = world.clone().apply(&text("36-stateful-mix")).place();
    assert_eq!(placement.nodes_of("kafka-"), WORKERS);
    assert_eq!(placement.nodes_of("zookeeper-"), WORKERS);
    let (zookeeper, kafka) = {
        let whole = text("36-stateful-mix");
        let at = whole.rfind("replicas: 3").expect("kafka's replicas");
        (whole[..at].to_owned(), whole[at..].replacen("replicas: 3", "replicas: 4", 1))
    };
    let placement = world.apply(&format!("{zookeeper}{kafka}")).place();
    let head = "0/4 nodes are available: 1 node(s) had untolerated taint(s), \
                3 node(s) didn't match pod anti-affinity rules. ";
    let reasons = "1 Preemption is not helpful for scheduling, \
                   3 No preemption victims found for incoming pod.";
    assert_eq!(placement.pending_text(), format!("{head}{}", tail(4, reasons)));
}
