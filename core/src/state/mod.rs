//! The cluster as columns: every table of the engine, one documented field each.
//!
//! Changes come in by [`Cluster::apply`] alone; each is checked before anything is changed, notes
//! what it touched in the [`log`], and can be undone to a [`Savepoint`]. Interned values are added,
//! never changed and never removed.

pub mod asks;
mod chains;
pub mod change;
pub mod classes;
pub mod counters;
pub mod dump;
mod edit;
pub mod hash;
pub mod ix;
pub mod labels;
pub mod log;
mod names;
mod node_labels;
pub mod node_sets;
pub mod nodes;
pub mod pods;
mod register;
pub mod topology;
pub mod trial;
mod unbind;

use crate::objects::{Node, Object, Pod, Snapshot, Store};
use asks::Asked;
use change::{Change, ChangeError};
use classes::{Class, Classes};
use counters::Counters;
use edit::Undo;
use ix::{NodeIx, PodIx};
use labels::LabelSets;
use log::Log;
use node_sets::NodeSets;
use nodes::Nodes;
use pods::Pods;
use std::collections::{BTreeMap, BTreeSet};
use topology::Topology;

/// A cluster: nodes, pods and what else decides placements.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// Objects besides nodes and pods, as they were given.
    store: Store,
    /// Nodes and the sums of their pods.
    nodes: Nodes,
    /// Pods, pending and bound.
    pods: Pods,
    /// Pods that are nominated to a node and not bound.
    nominated: BTreeSet<PodIx>,
    /// Pods that are the same to the scheduler.
    classes: Classes,
    /// What classes ask for, part by part.
    asked: Asked,
    /// Label sets of pods and the matchers that choose among them.
    labels: LabelSets,
    /// Domains of every topology key in use.
    topology: Topology,
    /// Node sets that requirements, tolerations and constraints describe.
    node_sets: NodeSets,
    /// Matched pods and carried terms per domain.
    counters: Counters,
    /// How many counted pods there are of every priority.
    priorities: BTreeMap<i32, usize>,
    /// How many counted pods are being deleted.
    terminating: usize,
    /// What was touched.
    log: Log,
    /// How to undo, the latest change last; empty while there is no savepoint.
    undo: Vec<Undo>,
    /// How many savepoints there are.
    savepoints: usize,
}

/// A state to come back to. Savepoints are given back in the reverse order of their making.
#[derive(Debug)]
#[must_use = "a savepoint is rolled back or committed"]
pub struct Savepoint {
    depth: usize,
    undo: usize,
}

impl Cluster {
    /// A cluster without anything.
    pub fn new() -> Self {
        Self::default()
    }

    /// A cluster of these objects, in this order. Workloads are left out: see
    /// [`crate::controllers`] for the pods that they make.
    ///
    /// # Errors
    /// The first object that cannot be put in, and why.
    pub fn from_objects(objects: impl IntoIterator<Item = Object>) -> Result<Self, ChangeError> {
        let mut cluster = Self::new();
        cluster.load(objects)?;
        Ok(cluster)
    }

    /// Puts many objects in at once: all nodes first, so that the columns are made once.
    ///
    /// # Errors
    /// The first object that cannot be put in, and why; those before it stay in.
    pub fn load(&mut self, objects: impl IntoIterator<Item = Object>) -> Result<(), ChangeError> {
        let mut pods = Vec::new();
        let mut nodes = Vec::new();
        for object in objects {
            match object {
                Object::Node(node) => nodes.push(*node),
                Object::Pod(pod) => pods.push(pod),
                object if object.is_workload() => {}
                object => self.apply(Change::Put(object))?,
            }
        }
        if !nodes.is_empty() {
            self.put_nodes(nodes)?;
        }
        self.pods.reserve(pods.len());
        pods.into_iter().try_for_each(|pod| self.put_pod(pod))
    }

    /// Objects besides nodes and pods.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Node columns.
    pub fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// The pod table.
    pub fn pods(&self) -> &Pods {
        &self.pods
    }

    /// The pod of a name.
    pub fn pod(&self, namespace: &str, name: &str) -> Option<&Pod> {
        let pod = self.pods.find(namespace, name)?;
        Some(&self.pods.get(pod)?.pod)
    }

    /// The node of a name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        Some(&self.nodes.objects[self.nodes.find(name)?])
    }

    /// Classes of pods.
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// Matched pods and carried terms.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Domains of the topology keys.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// Label sets and matchers.
    pub fn labels(&self) -> &LabelSets {
        &self.labels
    }

    /// The change log.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Pods that are nominated to a node and not bound, in order of their places.
    pub fn nominated(&self) -> impl Iterator<Item = PodIx> {
        self.nominated.iter().copied()
    }

    /// Whether there are some.
    pub fn has_nominations(&self) -> bool {
        !self.nominated.is_empty()
    }

    /// Whether a pod is one of these.
    pub fn is_nominated(&self, pod: PodIx) -> bool {
        self.nominated.contains(&pod)
    }

    /// What the scheduler sees of a pod that is there.
    pub fn class(&self, pod: PodIx) -> Option<&Class> {
        Some(self.classes.get(self.pods.get(pod)?.class))
    }

    /// Whether some pod on a node has a lower priority.
    pub fn has_pods_below(&self, priority: i32) -> bool {
        self.priorities.keys().next().is_some_and(|lowest| *lowest < priority)
    }

    /// Whether some pod on a node is being deleted.
    pub fn has_terminating_pods(&self) -> bool {
        self.terminating > 0
    }

    /// Pods bound to a node.
    pub fn pods_on(&self, node: NodeIx) -> impl Iterator<Item = &Pod> {
        let pods = self.nodes.pods.of(node).into_iter();
        pods.filter_map(|pod| self.pods.get(pod)).map(|row| &*row.pod)
    }

    /// The objects as plain rules see them. Costs a walk over all pods.
    pub fn snapshot(&self) -> Snapshot<'_> {
        let nodes = self.nodes.objects.iter().map(|node| &**node);
        let pods = self.pods.iter().map(|(_, row)| &*row.pod);
        let mut snapshot = Snapshot::new(&self.store, nodes, pods);
        // Which host ports are in use has a history that the pods do not tell.
        for (info, node) in snapshot.nodes.iter_mut().zip(&self.nodes.by_rank) {
            info.used_ports = self.nodes.used_ports(*node).cloned().collect();
        }
        snapshot
    }

    /// A copy that goes its own way. Savepoints stay with the original.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self { undo: Vec::new(), savepoints: 0, ..self.clone() }
    }

    /// Remembers the state of now.
    pub fn savepoint(&mut self) -> Savepoint {
        self.savepoints += 1;
        Savepoint { depth: self.savepoints, undo: self.undo.len() }
    }

    /// Keeps what was changed since the savepoint.
    ///
    /// # Panics
    /// When a savepoint that was made later is still there.
    pub fn commit(&mut self, savepoint: Savepoint) {
        assert_eq!(savepoint.depth, self.savepoints, "savepoints are given back in reverse order");
        self.savepoints -= 1;
        if self.savepoints == 0 {
            self.undo.clear();
        }
    }

    /// Undoes what was changed since the savepoint, to the bit.
    ///
    /// # Panics
    /// When a savepoint that was made later is still there.
    pub fn rollback(&mut self, savepoint: Savepoint) {
        assert_eq!(savepoint.depth, self.savepoints, "savepoints are given back in reverse order");
        while self.undo.len() > savepoint.undo {
            if let Some(undo) = self.undo.pop() {
                self.revert(undo);
            }
        }
        self.savepoints -= 1;
    }
}
