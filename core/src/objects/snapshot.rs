//! The cluster as plain rules see it: nodes with their pods, made anew for every decision.

use super::node::Node;
use super::pod::Pod;
use super::requests::{RequestsOf, Resources, pod_requests};
use super::store::Store;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// All nodes and what else a rule may look up, at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot<'a> {
    /// Objects besides nodes and pods.
    pub store: &'a Store,
    /// Nodes in byte order of their names.
    pub nodes: Vec<NodeInfo<'a>>,
    /// Pending pods that are nominated to a node, in no particular order.
    pub nominated: Vec<&'a Pod>,
}

impl<'a> Snapshot<'a> {
    /// The cluster of these objects. Pods that have ended and pods bound to nodes that are not
    /// there count nowhere.
    pub fn new(
        store: &'a Store,
        nodes: impl IntoIterator<Item = &'a Node>,
        pods: impl IntoIterator<Item = &'a Pod>,
    ) -> Self {
        let mut nodes: Vec<_> = nodes.into_iter().map(NodeInfo::new).collect();
        nodes.sort_by(|a, b| a.node.name().cmp(b.node.name()));
        let mut snapshot = Self { store, nodes, nominated: Vec::new() };
        let by_name: BTreeMap<&str, usize> =
            snapshot.nodes.iter().enumerate().map(|(ix, info)| (info.node.name(), ix)).collect();
        for pod in pods.into_iter().filter(|pod| !pod.is_terminal()) {
            match &pod.node_name {
                Some(name) => {
                    if let Some(ix) = by_name.get(&**name) {
                        snapshot.nodes[*ix].add_pod(pod);
                    }
                }
                None if !pod.status.nominated_node_name.is_empty() => snapshot.nominated.push(pod),
                None => {}
            }
        }
        snapshot
    }

    /// The node of that name.
    pub fn node(&self, name: &str) -> Option<&NodeInfo<'a>> {
        let found = self.nodes.binary_search_by(|info| info.node.name().cmp(name));
        found.ok().map(|ix| &self.nodes[ix])
    }
}

/// A node with the pods bound to it and their sums.
#[derive(Clone, Debug)]
pub struct NodeInfo<'a> {
    /// The node.
    pub node: &'a Node,
    /// Pods bound to it that have not ended.
    pub pods: Vec<&'a Pod>,
    /// What the node offers.
    pub allocatable: Resources,
    /// Sum of the requests of its pods.
    pub requested: Resources,
    /// The same for scoring: CPU in thousandths, with the default where a container requests none.
    pub non_zero_milli_cpu: i64,
    /// The same for scoring: memory in bytes, with the default where a container requests none.
    pub non_zero_memory: i64,
    /// Host ports in use. A set, not a count: as upstream, taking a pod away frees its ports even
    /// where another pod has the same.
    pub used_ports: BTreeSet<HostPort>,
}

/// A port on a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub struct HostPort {
    /// Address; `0.0.0.0` stands for all.
    pub ip: String,
    /// Protocol: `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
    /// Port, never 0.
    pub port: i32,
}

impl<'a> NodeInfo<'a> {
    /// The node without any pod.
    pub fn new(node: &'a Node) -> Self {
        let allocatable = node.status.allocatable.as_ref().unwrap_or(&node.status.capacity);
        Self {
            node,
            pods: Vec::new(),
            allocatable: Resources::from_list(allocatable),
            requested: Resources::default(),
            non_zero_milli_cpu: 0,
            non_zero_memory: 0,
            used_ports: BTreeSet::new(),
        }
    }

    /// Adds a pod and what it takes.
    pub fn add_pod(&mut self, pod: &'a Pod) {
        self.pods.push(pod);
        self.requested.add(&pod_requests(pod, RequestsOf::Bound));
        let scored = pod_requests(pod, RequestsOf::BoundForScore);
        self.non_zero_milli_cpu = self.non_zero_milli_cpu.saturating_add(scored.milli_cpu);
        self.non_zero_memory = self.non_zero_memory.saturating_add(scored.memory);
        self.used_ports.extend(host_ports(pod));
    }

    /// Takes a pod of the node away, and what it took.
    pub fn remove_pod(&mut self, pod: &Pod) {
        let Some(at) = self.pods.iter().position(|p| std::ptr::eq(*p, pod)) else { return };
        self.pods.remove(at);
        self.requested.subtract(&pod_requests(pod, RequestsOf::Bound));
        let scored = pod_requests(pod, RequestsOf::BoundForScore);
        self.non_zero_milli_cpu = self.non_zero_milli_cpu.saturating_sub(scored.milli_cpu);
        self.non_zero_memory = self.non_zero_memory.saturating_sub(scored.memory);
        for port in host_ports(pod) {
            self.used_ports.remove(&port);
        }
    }
}

/// Host ports that the pod takes on its node, in the order of its containers.
pub fn host_ports(pod: &Pod) -> impl Iterator<Item = HostPort> {
    let ports = pod.long_running_containers().flat_map(|container| &container.ports);
    ports.filter(|port| port.host_port > 0).map(|port| HostPort {
        ip: or_default(&port.host_ip, "0.0.0.0"),
        protocol: or_default(&port.protocol, "TCP"),
        port: port.host_port,
    })
}

fn or_default(text: &str, default: &str) -> String {
    if text.is_empty() { default } else { text }.to_owned()
}

impl HostPort {
    /// Whether both cannot be taken on one node. `::` is an address like any other.
    pub fn conflicts_with(&self, other: &Self) -> bool {
        const ALL: &str = "0.0.0.0";
        self.port == other.port
            && self.protocol == other.protocol
            && (self.ip == other.ip || self.ip == ALL || other.ip == ALL)
    }
}
