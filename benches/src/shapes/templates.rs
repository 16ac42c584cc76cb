//! Nodes and pods that shapes are put together from: the templates of the `scheduler_perf` suite of
//! Kubernetes, written anew from what they contain.

use bayplan::objects::node::TaintEffect;
use bayplan_datasets::make::{self, MakeNode, MakePod};
use serde_json::{Value, json};

pub(super) const HOST: &str = "kubernetes.io/hostname";
pub(super) const ZONE: &str = "topology.kubernetes.io/zone";

/// The label that all namespaces of a shape have.
pub(super) const TEAM: [&str; 2] = ["team", "devops"];

/// 4 CPUs, 32Gi of memory, 110 pods.
pub fn node() -> MakeNode {
    make::node("").cpu("4").memory("32Gi").pods(110)
}

/// One that takes any number of pods.
pub fn roomy_node() -> MakeNode {
    node().pods(90_000)
}

/// One with a taint that nobody tolerates.
pub fn tainted_node() -> MakeNode {
    node().taint("foo", "", TaintEffect::NoSchedule)
}

/// One with a device of a vendor.
pub fn device_node() -> MakeNode {
    node().offers("example.com/device", "1")
}

/// Asks for nothing.
pub fn light() -> MakePod {
    make::pod("")
}

/// A tenth of a CPU and 500Mi.
pub fn pod() -> MakePod {
    light().cpu("100m").memory("500Mi").port(json!({"containerPort": 80}))
}

/// Four of them fill a node.
pub fn low() -> MakePod {
    light().cpu("900m").memory("500Mi").spec(json!({"priority": 0}))
}

/// Has to remove three low pods where a node has four.
pub fn high() -> MakePod {
    light().cpu("3").memory("500Mi").spec(json!({"priority": 10}))
}

/// Fits nowhere, whoever is removed.
pub fn too_large() -> MakePod {
    light().cpu("9").memory("500Mi").spec(json!({"priority": 10}))
}

/// One for a node.
pub fn saturating() -> MakePod {
    light().cpu("3").memory("1Gi")
}

/// Port 80 of its host.
pub fn host_port() -> MakePod {
    light().port(json!({"containerPort": 80, "hostPort": 80}))
}

/// A device of a vendor.
pub fn with_device() -> MakePod {
    pod().requests("example.com/device", "1")
}

/// A volume that does not bear on the node.
pub fn with_secret() -> MakePod {
    pod().spec(json!({"volumes": [{"name": "key", "secret": {"secretName": "key"}}]}))
}

/// Only on the node of this name, as the DaemonSet controller says it.
pub fn on_named_node(name: &str) -> MakePod {
    let field = json!({"key": "metadata.name", "operator": "In", "values": [name]});
    let required = json!({"nodeSelectorTerms": [{"matchFields": [field]}]});
    light().spec(json!({"affinity": {"nodeAffinity": {REQUIRED: required}}}))
}

/// Only in two zones.
pub fn in_zones() -> MakePod {
    let zones = json!({"key": ZONE, "operator": "In", "values": ["zone1", "zone2"]});
    let required = json!({"nodeSelectorTerms": [{"matchExpressions": [zones]}]});
    pod().spec(json!({"affinity": {"nodeAffinity": {REQUIRED: required}}}))
}

/// Has a color, and asks for nothing nearby.
pub fn colored(color: &str) -> MakePod {
    pod().label("color", color)
}

/// Pods of which namespaces a term is about.
#[derive(Clone, Copy)]
pub enum Reach {
    /// Those that are listed.
    Listed,
    /// Those that a selector takes.
    Selected,
}

/// No two green pods on a host.
pub fn apart(reach: Reach) -> MakePod {
    related("green", "podAntiAffinity", json!({REQUIRED: [term("green", HOST, reach)]}))
}

/// Blue pods in one zone.
pub fn together(reach: Reach) -> MakePod {
    related("blue", "podAffinity", json!({REQUIRED: [term("blue", ZONE, reach)]}))
}

/// Red pods rather on one host.
pub fn rather_together(reach: Reach) -> MakePod {
    related("red", "podAffinity", json!({PREFERRED: [weighted(term("red", HOST, reach))]}))
}

/// Yellow pods rather on different hosts.
pub fn rather_apart(reach: Reach) -> MakePod {
    related(
        "yellow",
        "podAntiAffinity",
        json!({PREFERRED: [weighted(term("yellow", HOST, reach))]}),
    )
}

fn related(color: &str, kind: &str, terms: Value) -> MakePod {
    colored(color).spec(json!({"affinity": {kind: terms}}))
}

fn term(color: &str, topology_key: &str, reach: Reach) -> Value {
    let selector = json!({"matchLabels": {"color": color}});
    match reach {
        Reach::Listed => json!({"topologyKey": topology_key, "labelSelector": selector,
            "namespaces": ["before-0", "measured"]}),
        Reach::Selected => json!({"topologyKey": topology_key, "labelSelector": selector,
            "namespaceSelector": {"matchLabels": {TEAM[0]: TEAM[1]}}}),
    }
}

fn weighted(term: Value) -> Value {
    json!({"weight": 1, "podAffinityTerm": term})
}

/// Evenly over zones; `when` says whether that is a must.
pub fn spread_over_zones(when: &str) -> MakePod {
    colored("blue").spread(json!({"maxSkew": 5, "topologyKey": ZONE, "whenUnsatisfiable": when,
        "labelSelector": {"matchLabels": {"color": "blue"}}}))
}

/// Evenly over the hosts that take it.
pub fn spread_over_untainted_hosts() -> MakePod {
    pod().label("foo", "bar").spread(json!({"maxSkew": 1, "topologyKey": HOST,
        "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"foo": "bar"}},
        "nodeAffinityPolicy": "Honor", "nodeTaintsPolicy": "Honor"}))
}

/// Held back by a gate, and waiting for pods of an app.
pub fn gated() -> MakePod {
    let near = json!([{"topologyKey": HOST, "labelSelector": {"matchLabels": {"app": "perf"}}}]);
    light().spec(json!({"schedulingGates": [{"name": "example.com/gate"}],
        "affinity": {"podAffinity": {REQUIRED: near}}}))
}

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
