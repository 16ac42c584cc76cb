use super::{Rule, audit};
use crate::objects::{Node, Pod, Store};
use serde_json::{Value, json};

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("a manifest of the test")
}

/// A node in a zone, with room for two CPUs and three pods.
fn node(name: &str, zone: &str, spec: Value) -> Node {
    read(json!({
        "metadata": {"name": name, "labels": {"zone": zone}},
        "spec": spec,
        "status": {"allocatable": {"cpu": "2", "memory": "4Gi", "pods": "3"}},
    }))
}

/// A pod labelled with `app`, on a node.
fn pod(name: &str, app: &str, node: &str, mut spec: Value) -> Pod {
    spec["nodeName"] = json!(node);
    if spec.get("containers").is_none() {
        spec["containers"] = json!([{"name": "main"}]);
    }
    read(json!({
        "metadata": {"name": name, "namespace": "default", "labels": {"app": app}},
        "spec": spec,
    }))
}

fn requesting(cpu: &str) -> Value {
    json!({"containers": [{"name": "main", "resources": {"requests": {"cpu": cpu}}}]})
}

fn listening(ip: &str) -> Value {
    let port = json!({"containerPort": 80, "hostPort": 80, "hostIP": ip});
    json!({"containers": [{"name": "main", "ports": [port]}]})
}

fn term(app: &str) -> Value {
    json!([{"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": app}}}])
}

fn requires(side: &str, app: &str) -> Value {
    json!({"affinity": {side: {"requiredDuringSchedulingIgnoredDuringExecution": term(app)}}})
}

fn spreading(key: &str) -> Value {
    json!({"topologySpreadConstraints": [{
        "maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "web"}},
    }]})
}

/// The rules that pods break on nodes a and c of zone 1, b of zone 2 and d, which is cordoned and
/// tainted.
fn broken(pods: impl IntoIterator<Item = Pod>) -> Vec<Rule> {
    let nodes = [
        node("a", "1", json!({})),
        node("b", "2", json!({})),
        node("c", "1", json!({})),
        node(
            "d",
            "3",
            json!({"unschedulable": true, "taints": [
                {"key": "k", "effect": "NoExecute"}, {"key": "soft", "effect": "PreferNoSchedule"},
            ]}),
        ),
    ];
    let pods: Vec<Pod> = pods.into_iter().collect();
    let found = audit(&Store::default(), &nodes, &pods);
    found.into_iter().map(|violation| violation.rule).collect()
}

#[test]
fn a_node_must_be_there_and_welcome_the_pod() {
    assert_eq!(broken([pod("p", "web", "gone", json!({}))]), [Rule::NodeExists]);
    assert_eq!(broken([pod("p", "web", "d", json!({}))]), [Rule::Cordon, Rule::Taints]);
    let tolerant = json!({"tolerations": [{"operator": "Exists"}]});
    assert_eq!(broken([pod("p", "web", "d", tolerant)]), []);
    let elsewhere = json!({"nodeSelector": {"zone": "2"}});
    assert_eq!(broken([pod("p", "web", "a", elsewhere.clone())]), [Rule::NodeSelection]);
    assert_eq!(broken([pod("p", "web", "b", elsewhere)]), []);
}

#[test]
fn a_node_gives_no_more_than_it_has() {
    let two = |cpu| [pod("p", "web", "a", requesting("1")), pod("q", "web", "a", requesting(cpu))];
    assert_eq!(broken(two("1")), []);
    assert_eq!(broken(two("1001m")), [Rule::Resource("cpu".to_owned())]);
    let four = ["p", "q", "r", "s"].map(|name| pod(name, "web", "a", json!({})));
    assert_eq!(broken(four), [Rule::PodCount]);
}

#[test]
fn host_ports_collide_on_one_node_only() {
    let two =
        |node, ip| [pod("p", "web", "a", listening("")), pod("q", "web", node, listening(ip))];
    assert_eq!(broken(two("a", "127.0.0.1")), [Rule::HostPorts]);
    assert_eq!(broken(two("b", "127.0.0.1")), []);
}

#[test]
fn affinity_holds_with_the_pod_itself_counted() {
    let near = |app, node| pod("p", app, node, requires("podAffinity", "web"));
    assert_eq!(broken([near("web", "a")]), []);
    assert_eq!(broken([near("db", "a")]), [Rule::Affinity]);
    assert_eq!(broken([near("db", "a"), pod("q", "web", "c", json!({}))]), []);
    assert_eq!(broken([near("db", "a"), pod("q", "web", "b", json!({}))]), [Rule::Affinity]);
}

#[test]
fn anti_affinity_holds_between_two_pods() {
    let away = pod("p", "web", "a", requires("podAntiAffinity", "web"));
    assert_eq!(broken([away.clone()]), []);
    assert_eq!(broken([away.clone(), pod("q", "web", "c", json!({}))]), [Rule::AntiAffinity]);
    assert_eq!(broken([away, pod("q", "web", "b", json!({}))]), []);
}

#[test]
fn skew_is_judged_among_pods_that_spread_alike() {
    let web = |name, node| pod(name, "web", node, spreading("zone"));
    let skewed = || vec![web("p", "a"), web("q", "a"), web("r", "b")];
    let rule = Rule::SpreadSkew("zone".to_owned());
    // Zone 3 is empty.
    assert_eq!(broken(skewed()), [rule]);
    let mut mixed = skewed();
    mixed.push(pod("later", "web", "c", json!({})));
    assert_eq!(broken(mixed), []);
    assert_eq!(broken([pod("p", "web", "a", spreading("rack"))]), [Rule::SpreadKey]);
}
