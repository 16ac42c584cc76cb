//! What `place` found, as data. Serialised, it is the document `bayplan.io/v1 Placement`, whose
//! fields keep their names and meaning within a major version.

use crate::objects::{Object, Pod};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// Where every pod went, and what is left of the nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Placement {
    /// Always `bayplan.io/v1`.
    pub api_version: &'static str,
    /// Always `Placement`.
    pub kind: &'static str,
    /// Every pod that waited for a node and every pod that had to make room, in the order of the
    /// queue.
    pub pods: Vec<PodPlacement>,
    /// Every node, in byte order of the names, with all pods counted.
    pub nodes: Vec<NodeUse>,
    /// Every claim that was bound with a pod that uses it; claims that bind at once are bound
    /// before.
    pub volumes: Vec<VolumePlacement>,
    /// What a reader should know: assumptions and hints, a sentence each.
    pub notes: Vec<String>,
    /// Totals.
    pub summary: Summary,
}

impl Placement {
    /// The placement of these pods on these nodes.
    pub(super) fn new(
        pods: Vec<PodPlacement>,
        nodes: Vec<NodeUse>,
        volumes: Vec<VolumePlacement>,
        notes: Vec<String>,
    ) -> Self {
        let summary = Summary::new(&pods, &nodes);
        Self {
            api_version: "bayplan.io/v1",
            kind: "Placement",
            pods,
            nodes,
            volumes,
            notes,
            summary,
        }
    }

    /// Whether no pod is left without a node.
    pub fn is_complete(&self) -> bool {
        self.summary.placed == self.summary.pods
    }
}

/// Identity of a pod.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodName {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl PodName {
    /// The identity of a pod.
    pub fn of(pod: &Pod) -> Self {
        Self { namespace: pod.meta.namespace.clone(), name: pod.meta.name.clone() }
    }

    /// The identity of an object that is a pod.
    pub(super) fn of_pod(object: &Object) -> Option<Self> {
        if let Object::Pod(pod) = object { Some(Self::of(pod)) } else { None }
    }
}

impl fmt::Display for PodName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// What became of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodPlacement {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// The workload it belongs to, e.g. `Deployment/shop/web`; `None` for a bare pod.
    pub owner: Option<String>,
    /// What became of it.
    pub state: PodState,
    /// The node it runs on.
    pub node: Option<String>,
    /// Total score of the node; `None` without a node, and where no other node was looked at.
    pub score: Option<i64>,
    /// Why it has no node, in kube-scheduler's words; `None` where it has one.
    pub message: Option<String>,
}

/// What became of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum PodState {
    /// It has a node.
    Placed,
    /// No node will do.
    Pending,
    /// Scheduling gates hold it back.
    Gated,
    /// Its controller has not created it, as an earlier pod is not ready.
    NotCreated,
    /// It ran, and made room for a pod of higher priority.
    Preempted,
}

/// A node and what is taken of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeUse {
    /// Name.
    pub name: String,
    /// What pods may use.
    pub allocatable: Amounts,
    /// What its pods request.
    pub requested: Amounts,
    /// Its pods, as `namespace/name`, in byte order.
    pub pods: Vec<String>,
}

/// Amounts of resources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Amounts {
    /// CPU in thousandths of a core.
    pub cpu_milli: i64,
    /// Memory in bytes.
    pub memory_bytes: i64,
    /// Ephemeral storage in bytes.
    pub ephemeral_storage_bytes: i64,
    /// Number of pods.
    pub pods: i64,
    /// Every other resource by name.
    pub extended: BTreeMap<String, i64>,
}

impl Amounts {
    fn add(&mut self, other: &Self) {
        self.cpu_milli = self.cpu_milli.saturating_add(other.cpu_milli);
        self.memory_bytes = self.memory_bytes.saturating_add(other.memory_bytes);
        self.ephemeral_storage_bytes =
            self.ephemeral_storage_bytes.saturating_add(other.ephemeral_storage_bytes);
        self.pods = self.pods.saturating_add(other.pods);
        for (name, amount) in &other.extended {
            let mine = self.extended.entry(name.clone()).or_default();
            *mine = mine.saturating_add(*amount);
        }
    }
}

/// A claim and its volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumePlacement {
    /// Namespace of the claim.
    pub namespace: String,
    /// Name of the claim.
    pub claim: String,
    /// The volume it is bound to; `None` where one would be provisioned on the node.
    pub volume: Option<String>,
    /// The node of the pod that it was bound for.
    pub node: String,
}

/// Totals of a placement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Nodes.
    pub nodes: usize,
    /// Entries of `pods`.
    pub pods: usize,
    /// How many of them have a node.
    pub placed: usize,
    /// How many wait for a node, gated and not created ones included.
    pub pending: usize,
    /// How many made room for others.
    pub preempted: usize,
    /// What all nodes offer.
    pub allocatable: Amounts,
    /// What all pods on nodes request.
    pub requested: Amounts,
}

impl Summary {
    fn new(pods: &[PodPlacement], nodes: &[NodeUse]) -> Self {
        let count = |state| pods.iter().filter(|pod| pod.state == state).count();
        let placed = count(PodState::Placed);
        let preempted = count(PodState::Preempted);
        let mut summary = Self {
            nodes: nodes.len(),
            pods: pods.len(),
            placed,
            pending: pods.len() - placed - preempted,
            preempted,
            ..Self::default()
        };
        for node in nodes {
            summary.allocatable.add(&node.allocatable);
            summary.requested.add(&node.requested);
        }
        summary
    }
}
