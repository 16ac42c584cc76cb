//! Claims that keep a pod from every node give their devices back.

use bayplan::objects::{Kind, Object};
use bayplan::plan::{PlaceOptions, place};
use bayplan::scheduler::{Engine, Scheduler};
use bayplan::state::Cluster;
use bayplan::state::change::Change;
use bayplan::{Decision, Profile};
use serde_json::{Value, json};

fn object(kind: Kind, value: Value) -> Object {
    Object::deserialize_as(kind, value).expect("an object of its kind")
}

/// A claim whose device is on the node `old`, as these pods use it.
fn claim(users: &[&str]) -> Object {
    let request = json!({"name": "r", "exactly": {"deviceClassName": "gpu"}});
    let device = json!({"request": "r", "driver": "d", "pool": "old", "device": "device-0"});
    let on_old = json!({"nodeSelectorTerms": [{"matchFields": [
        {"key": "metadata.name", "operator": "In", "values": ["old"]}]}]});
    let users: Vec<Value> =
        users.iter().map(|name| json!({"resource": "pods", "name": name, "uid": name})).collect();
    let value = json!({
        "metadata": {"name": "devices", "namespace": "default", "uid": "devices"},
        "spec": {"devices": {"requests": [request]}},
        "status": {
            "allocation": {"devices": {"results": [device]}, "nodeSelector": on_old},
            "reservedFor": users,
        },
    });
    object(Kind::ResourceClaim, value)
}

/// The cluster of [`objects`].
fn cluster(devices_on_new: usize, claim: Object) -> Cluster {
    Cluster::from_objects(objects(devices_on_new, false, claim)).expect("nothing is refused")
}

/// The node `old`, cordoned or not, with the claim's device, the node `new` with so many, and a pod
/// that uses the claim.
fn objects(devices_on_new: usize, cordoned: bool, claim: Object) -> Vec<Object> {
    let node = |name: &str, cordoned: bool| {
        let allocatable = json!({"cpu": "4", "memory": "4Gi", "pods": "9"});
        let value = json!({
            "metadata": {"name": name},
            "spec": {"unschedulable": cordoned},
            "status": {"allocatable": allocatable},
        });
        object(Kind::Node, value)
    };
    let slice = |node: &str, count: usize| {
        let devices: Vec<Value> =
            (0..count).map(|at| json!({"name": format!("device-{at}")})).collect();
        let pool = json!({"name": node, "generation": 0, "resourceSliceCount": 1});
        let spec = json!({"driver": "d", "nodeName": node, "pool": pool, "devices": devices});
        object(Kind::ResourceSlice, json!({"metadata": {"name": node}, "spec": spec}))
    };
    let pod = json!({
        "metadata": {"name": "pod", "namespace": "default", "uid": "pod"},
        "spec": {
            "containers": [{"name": "c"}],
            "resourceClaims": [{"name": "gpu", "resourceClaimName": "devices"}],
        },
    });
    vec![
        node("old", cordoned),
        node("new", false),
        slice("old", 1),
        slice("new", devices_on_new),
        object(Kind::DeviceClass, json!({"metadata": {"name": "gpu"}})),
        claim,
        object(Kind::Pod, pod),
    ]
}

fn cordon(cluster: &mut Cluster, name: &str) {
    let mut node = cluster.node(name).expect("the node is there").clone();
    node.spec.unschedulable = true;
    cluster.apply(Change::Put(node.into())).expect("nodes are never refused");
}

fn holds_devices(cluster: &Cluster) -> bool {
    let claim = cluster.store().resource_claims.get("default", "devices");
    claim.is_some_and(|claim| claim.status.allocation.is_some())
}

/// What is said of the pod first, whether the claim keeps its devices, and the pod's node after a
/// second attempt.
fn check(users: &[&str], devices_on_new: usize, text: &str, keeps: bool, node: Option<&str>) {
    for engine in [Engine::Fast, Engine::Plain] {
        let mut cluster = cluster(devices_on_new, claim(users));
        cordon(&mut cluster, "old");
        let mut scheduler = Scheduler::new(Profile::default()).with_engine(engine);
        let mut attempt = |cluster: &mut Cluster| {
            scheduler.schedule(cluster, "default", "pod").expect("the attempt ends")
        };
        let before = cluster.state_hash();
        let savepoint = cluster.savepoint();
        match attempt(&mut cluster) {
            Decision::Unschedulable(message) => {
                let said = message.split_once("not available on the node. ").map(|(_, said)| said);
                let said =
                    said.and_then(|said| said.split_once(", preemption")).map(|(text, _)| text);
                assert_eq!(said, Some(text), "{message}");
            }
            other => panic!("{users:?}: {other:?}"),
        }
        assert_eq!(holds_devices(&cluster), keeps, "{users:?}");
        cluster.rollback(savepoint);
        assert_eq!(cluster.state_hash(), before, "{users:?}: a rollback leaves traces");
        assert!(holds_devices(&cluster), "{users:?}: rolled back");

        attempt(&mut cluster);
        let found = match attempt(&mut cluster) {
            Decision::Bound { node, .. } => Some(node),
            _ => None,
        };
        assert_eq!(found.as_deref(), node, "{users:?}");
    }
}

#[test]
fn a_claim_that_no_node_can_use_gives_its_devices_back_for_the_next_attempt() {
    let done = "deallocation of ResourceClaim completed";
    check(&[], 1, done, false, Some("new"));
    check(&["pod"], 1, done, false, Some("new"));
    check(&[], 0, done, false, None);
}

#[test]
fn a_claim_that_another_pod_uses_keeps_its_devices() {
    let not = "still not schedulable";
    check(&["other"], 1, not, true, None);
    check(&["pod", "other"], 1, not, true, None);
}

#[test]
fn pods_that_wait_are_asked_again_once_devices_were_given_back() {
    let mut cluster = cluster(1, claim(&[]));
    cordon(&mut cluster, "old");
    let mut scheduler = Scheduler::default();
    let first = scheduler.schedule_pending(&mut cluster).expect("the attempt ends");
    assert!(matches!(first[0].1, Decision::Unschedulable(_)), "{first:?}");
    let second = scheduler.schedule_pending(&mut cluster).expect("the attempt ends");
    assert!(matches!(second[0].1, Decision::Bound { .. }), "{second:?}");
}

#[test]
fn a_placement_asks_again_once_devices_were_given_back() {
    for (devices_on_new, expected) in [(1, Some("new")), (0, None)] {
        let objects = objects(devices_on_new, true, claim(&[]));
        let placement = place(objects, &PlaceOptions::default(), &mut |_, _| {});
        let placement = placement.expect("a placement");
        assert_eq!(placement.pods[0].node.as_deref(), expected, "{:?}", placement.pods);
    }
}
