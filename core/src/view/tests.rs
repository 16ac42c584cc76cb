//! What is kept between decisions says what would be found out anew.

use super::*;
use crate::objects::{Node, Pod};
use crate::state::Savepoint;
use crate::state::change::Change;
use proptest::prelude::*;
use serde_json::json;

/// Kinds of pods: what each follows is repaired in another way.
const KINDS: usize = 10;

/// A pod of one of the kinds and of one of two apps.
fn pod(kind: usize, app: usize, name: &str) -> Pod {
    let labels = json!({"app": format!("app-{app}")});
    let selector = json!({"matchLabels": labels});
    let [host, zone] = [HOST, ZONE];
    let term = |key: &str| json!({"labelSelector": selector, "topologyKey": key});
    let weighted = |key: &str| json!([{"weight": 10, "podAffinityTerm": term(key)}]);
    let spread = |key: &str, skew: u32, how: &str| json!({"labelSelector": selector, "topologyKey": key, "maxSkew": skew, "whenUnsatisfiable": how});
    let (must, may) = ("DoNotSchedule", "ScheduleAnyway");
    let preferred = json!({"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
        {"weight": 7, "preference": {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}}]}});
    let (affinity, constraints) = match kind {
        0 => (json!({}), json!([])),
        1 => (
            json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term(host)]}}),
            json!([]),
        ),
        2 => (
            json!({"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": weighted(zone)},
                "podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": weighted(host)}}),
            json!([spread(zone, 1, may)]),
        ),
        3 => (json!({}), json!([spread(zone, 1, may), spread(host, 1, may)])),
        4 => (json!({}), json!([spread(zone, 1, must), spread(host, 1, must)])),
        5 => (
            json!({"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term(zone)]}}),
            json!([]),
        ),
        6 => (preferred, json!([])),
        _ => (json!({}), json!([spread(host, 2, must), spread(host, 1, may)])),
    };
    let ports = if kind == 8 { json!([{"containerPort": 80, "hostPort": 80}]) } else { json!([]) };
    let mut requests = json!({"cpu": format!("{}m", 100 + 150 * kind), "memory": "1Gi"});
    if kind == 9 {
        requests["example.com/disk"] = json!(1);
    }
    let pod = json!({"metadata": {"name": name, "namespace": "default", "labels": labels},
        "spec": {"affinity": affinity, "topologySpreadConstraints": constraints, "containers": [
            {"name": "main", "image": "app", "ports": ports, "resources": {"requests": requests}}]}});
    serde_json::from_value(pod).expect("a pod")
}

const HOST: &str = "kubernetes.io/hostname";
const ZONE: &str = "topology.kubernetes.io/zone";

/// Zones of more and of less than a block.
fn node(at: usize, memory: u32, tainted: bool) -> Node {
    let zone = [0, 1, 1, 1, 2][at % 5];
    let disk = if at.is_multiple_of(7) { "ssd" } else { "hdd" };
    let name = format!("node-{at:03}");
    let mut node = json!({"metadata": {"name": name, "labels": {HOST: name, "disk": disk, ZONE: format!("z{zone}")}},
        "status": {"allocatable": {"cpu": "2", "memory": format!("{memory}Gi"), "pods": "4"}}});
    if at.is_multiple_of(6) {
        node["status"]["allocatable"]["example.com/disk"] = json!(2);
    }
    if tainted && at % 11 == 3 {
        node["spec"] = json!({"taints": [{"key": "old", "effect": "PreferNoSchedule"}]});
    }
    serde_json::from_value(node).expect("a node")
}

#[derive(Clone, Debug)]
enum Step {
    /// New pods come and go where the view says.
    Place {
        kind: usize,
        app: usize,
        count: usize,
    },
    /// Of the pods that came one leaves its node.
    Unbind(usize),
    /// A node gets other amounts.
    Resize {
        at: usize,
        memory: u32,
    },
    /// A node takes no pods any more, or some again.
    Cordon {
        at: usize,
        cordoned: bool,
    },
    Savepoint,
    Rollback,
    Commit,
}

fn step(place: impl Strategy<Value = Step>) -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => place,
        3 => (0..200_usize).prop_map(Step::Unbind),
        1 => (0..NODES, 1..9_u32).prop_map(|(at, memory)| Step::Resize { at, memory }),
        1 => (0..NODES, any::<bool>()).prop_map(|(at, cordoned)| Step::Cordon { at, cordoned }),
        1 => Just(Step::Savepoint),
        1 => Just(Step::Rollback),
        1 => Just(Step::Commit),
    ]
}

/// A pod of any kind.
fn any_pod() -> impl Strategy<Value = Step> {
    (0..KINDS, 0..2_usize).prop_map(|(kind, app)| Step::Place { kind, app, count: 1 })
}

/// Twins, mostly of a kind that has rules alone.
fn twins() -> impl Strategy<Value = Step> {
    let kind = prop_oneof![
        6 => prop::sample::select(vec![0_usize, 1, 4, 5, 8, 9]),
        1 => 0..KINDS,
    ];
    (kind, 0..2_usize, 1..40_usize).prop_map(|(kind, app, count)| Step::Place { kind, app, count })
}

/// Sizes of clusters: the larger one has enough blocks for a tournament.
const SIZES: [usize; 2] = [90, 130];

const NODES: usize = SIZES[1];

/// Holds a view that remembers against one that is new, and against all nodes; how many pods found a
/// node, and how many of these as twins do.
fn compare<S: Score>(
    steps: Vec<Step>,
    nodes: usize,
    tainted: bool,
) -> Result<(usize, usize), TestCaseError> {
    let nodes = (0..nodes).map(|at| node(at, 8, tainted).into());
    let mut cluster = Cluster::from_objects(nodes).expect("they fit together");
    let profile = Arc::new(Profile::default());
    let mut view: View<S> = View::new(profile.clone());
    let mut savepoints: Vec<Savepoint> = Vec::new();
    let (mut came, mut placed, mut as_twins) = (0, 0, 0);
    for step in steps {
        match step {
            Step::Place { kind, app, count } => {
                for name in (came..came + count).map(|number| format!("pod-{number}")) {
                    cluster.apply(Change::Put(pod(kind, app, &name).into())).expect("a new pod");
                    let pod = cluster.pods().find("default", &name).expect("it came");
                    let found = view.best(&mut cluster, pod);
                    let anew = View::<S>::new(profile.clone()).best(&mut cluster, pod);
                    prop_assert_eq!(found, anew);
                    let all = View::<S>::new(profile.clone()).all_best(&mut cluster, pod);
                    let first = all.map(|(all, total)| all.first().map(|node| (*node, total)));
                    prop_assert_eq!(found, first);
                    if let Ok(Some((node, _))) = found {
                        placed += 1;
                        as_twins += usize::from(view.memory.twins.are_led());
                        let node = cluster.nodes().name(node).to_string();
                        let (namespace, start_time) = ("default".to_owned(), None);
                        let bind = Change::Bind { namespace, name, node, start_time };
                        cluster.apply(bind).expect("there is room");
                    }
                }
                came += count;
            }
            // Refused where the pod is not there or not bound.
            Step::Unbind(which) => {
                let _refused = cluster.unbind("default", &format!("pod-{which}"));
            }
            Step::Resize { at, memory } => {
                cluster.apply(Change::Put(node(at, memory, tainted).into())).expect("a node");
            }
            Step::Cordon { at, cordoned } => {
                let mut node = node(at, 8, tainted);
                node.spec.unschedulable = cordoned;
                cluster.apply(Change::Put(node.into())).expect("a node");
            }
            Step::Savepoint => savepoints.push(cluster.savepoint()),
            Step::Rollback => {
                if let Some(savepoint) = savepoints.pop() {
                    cluster.rollback(savepoint);
                }
            }
            Step::Commit => {
                if let Some(savepoint) = savepoints.pop() {
                    cluster.commit(savepoint);
                }
            }
        }
    }
    Ok((placed, as_twins))
}

/// Pods of the first app.
fn place(kind: usize, count: usize) -> Step {
    Step::Place { kind, app: 0, count }
}

#[test]
fn twins_are_placed_without_a_race_each() {
    for kind in [0, 1, 4] {
        let placed =
            compare::<i16>(vec![place(kind, 60), Step::Unbind(3), place(kind, 60)], NODES, false);
        let (placed, as_twins) = placed.expect("the same nodes");
        assert!(placed > 60 && as_twins + 3 >= placed, "of kind {kind} {as_twins} of {placed}");
    }
}

#[test]
fn twins_go_where_the_last_that_refused_them_was() {
    let rolled_back = vec![Step::Savepoint, place(1, 5), Step::Rollback, place(1, 6)];
    let gone = vec![place(1, 1), place(0, 5), Step::Unbind(0), place(0, 6)];
    for steps in [rolled_back, gone] {
        compare::<i16>(steps, NODES, false).expect("the same nodes");
    }
}

/// A pod that asks for some CPU and memory.
fn asking(name: &str, app: &str, milli_cpu: u32, affinity: serde_json::Value) -> Pod {
    let requests = json!({"cpu": format!("{milli_cpu}m"), "memory": "1Gi"});
    let pod = json!({"metadata": {"name": name, "namespace": "default", "labels": {"app": app}},
        "spec": {"affinity": affinity, "containers": [{"name": "main", "resources": {"requests": requests}}]}});
    serde_json::from_value(pod).expect("a pod")
}

#[test]
fn what_columns_alone_had_says_nothing_when_pods_nearby_count() {
    // Two zones in turns. The first node is a bit loaded; two are what the pods want.
    let node = |at: usize| -> Node {
        let (name, zone) = (format!("node-{at:03}"), format!("z{}", at % 2));
        let disk = if at == 10 || at == 11 { "nvme" } else { "hdd" };
        serde_json::from_value(
            json!({"metadata": {"name": name, "labels": {HOST: name, ZONE: zone, "disk": disk}},
            "status": {"allocatable": {"cpu": "8", "memory": "16Gi", "pods": "9"}}}),
        )
        .expect("a node")
    };
    let mut cluster =
        Cluster::from_objects((0..40).map(|at| node(at).into())).expect("they fit together");
    let wants = json!({
        "nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": 1, "preference": {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["nvme"]}]}}]},
        "podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": 1, "podAffinityTerm": {"topologyKey": HOST, "labelSelector": {"matchLabels": {"app": "db"}}}}]}});
    let profile = Arc::new(Profile::default());
    let mut view: View<i16> = View::new(profile.clone());
    let mut put = |cluster: &mut Cluster, pod: Pod, node: Option<&str>| {
        let name = pod.meta.name.clone();
        cluster.apply(Change::Put(pod.into())).expect("a new pod");
        let pod = cluster.pods().find("default", &name).expect("it came");
        let node = node.map(|node| cluster.nodes().find(node).expect("it is there"));
        let node = node.or_else(|| {
            let all = View::<i16>::new(profile.clone()).all_best(cluster, pod);
            let first = all.map(|(all, total)| all.first().map(|node| (*node, total)));
            let found = view.best(cluster, pod);
            assert_eq!(found, first, "{name}");
            found.ok().flatten().map(|(node, _)| node)
        });
        cluster.bind(pod, node.expect("some node"), None).expect("there is room");
    };
    put(&mut cluster, asking("first", "other", 1000, json!({})), Some("node-000"));
    put(&mut cluster, asking("web-1", "web", 1000, wants.clone()), None);
    put(&mut cluster, asking("web-2", "web", 1000, wants.clone()), None);
    put(&mut cluster, asking("db-1", "db", 0, json!({})), Some("node-010"));
    put(&mut cluster, asking("db-2", "db", 0, json!({})), Some("node-011"));
    put(&mut cluster, asking("web-3", "web", 1000, wants.clone()), None);
    put(&mut cluster, asking("web-4", "web", 1000, wants), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_view_that_remembers_says_what_a_new_one_says(
        steps in prop::collection::vec(step(any_pod()), 1..300),
        size in prop::sample::select(SIZES.as_slice()),
        wide in any::<bool>(),
    ) {
        if wide { compare::<i64>(steps, size, true)? } else { compare::<i16>(steps, size, true)? };
    }

    #[test]
    fn twins_go_where_each_alone_would_go(
        steps in prop::collection::vec(step(twins()), 1..20),
        size in prop::sample::select(SIZES.as_slice()),
        wide in any::<bool>(),
    ) {
        if wide { compare::<i64>(steps, size, false)? } else { compare::<i16>(steps, size, false)? };
    }
}
