//! Applying changes, and undoing them.

use super::Cluster;
use super::change::{Change, ChangeError, Refusal};
use super::ix::{ClassIx, NodeIx, PodIx};
use super::nodes::{Ports, PortsByNode};
use super::pods::PodRow;
use crate::base::time::Timestamp;
use crate::objects::node::{HOSTNAME, ZONE};
use crate::objects::pod::PodPhase;
use crate::objects::store::Images;
use crate::objects::{Kind, Node, Object, Pod};
use std::collections::BTreeSet;
use std::hint::black_box;
use std::sync::Arc;

/// How to undo one change.
#[derive(Clone, Debug)]
pub(super) enum Undo {
    /// Put the object back, or take it out where there was none.
    Object { kind: Kind, namespace: String, name: String, old: Option<Object> },
    /// The nodes as they were, in order of their numbers, what was known of images, ports in use.
    Nodes { nodes: Vec<Arc<Node>>, images: Images, ports: PortsByNode },
    /// One node as it was; labels and taints are the same.
    Node { node: NodeIx, old: Arc<Node> },
    /// The pod is new.
    InsertedPod { pod: PodIx, grown: bool },
    /// The pod was there.
    RemovedPod { pod: PodIx, row: Box<PodRow> },
    /// The host ports in use on the node before a pod that has some came or went.
    Ports { node: NodeIx, ports: Ports },
    /// The pod was pending, with this phase and start time.
    Bound { pod: PodIx, phase: PodPhase, start_time: Option<Timestamp>, nominated: String },
    /// The pod was nominated to this node (empty: to none).
    Nominated { pod: PodIx, old: String },
}

impl Cluster {
    /// Applies one change.
    ///
    /// # Errors
    /// Why the change was refused; nothing was changed then.
    pub fn apply(&mut self, change: Change) -> Result<(), ChangeError> {
        match change {
            Change::Put(Object::Node(node)) => self.put_nodes(vec![*node]),
            Change::Put(Object::Pod(pod)) => self.put_pod(pod),
            Change::Put(object) => self.put_object(object),
            Change::Delete { kind, namespace, name } => self.delete(kind, &namespace, &name),
            Change::Bind { namespace, name, node, start_time } => {
                let pod = self.find_pod(&namespace, &name)?;
                let refuse = |reason| refuse(Kind::Pod, &namespace, &name, reason);
                let node = self.nodes.find(&node).ok_or_else(|| refuse(Refusal::NoSuchNode))?;
                self.bind(pod, node, start_time)
            }
            Change::Nominate { namespace, name, node } => {
                let pod = self.find_pod(&namespace, &name)?;
                self.nominate(pod, node.unwrap_or_default());
                Ok(())
            }
        }
    }

    fn find_pod(&self, namespace: &str, name: &str) -> Result<PodIx, ChangeError> {
        let found = self.pods.find(namespace, name);
        found.ok_or_else(|| refuse(Kind::Pod, namespace, name, Refusal::NotFound))
    }

    /// Remembers the host ports of a node before a pod that has some comes or goes. To be noted
    /// before the change itself, so that it is put back after that is undone.
    fn note_ports(&mut self, pod: PodIx, node: NodeIx) {
        if self.is_remembered()
            && self.class(pod).is_some_and(|class| !self.classes.take_of(class).ports.is_empty())
        {
            self.note(Undo::Ports { node, ports: self.nodes.ports[node].clone() });
        }
    }

    fn note(&mut self, undo: Undo) {
        if self.is_remembered() {
            self.undo.push(undo);
        }
    }

    /// Whether somebody may want the state of now back.
    fn is_remembered(&self) -> bool {
        self.savepoints > 0
    }

    fn put_object(&mut self, object: Object) -> Result<(), ChangeError> {
        if object.is_workload() {
            let meta = object.meta();
            let reason = Refusal::NotClusterState;
            return Err(refuse(object.kind(), &meta.namespace, &meta.name, reason));
        }
        let kind = object.kind();
        let (namespace, name) = (object.meta().namespace.clone(), object.meta().name.clone());
        let old = self.store.put(object);
        self.after_object(kind);
        self.note(Undo::Object { kind, namespace, name, old });
        Ok(())
    }

    /// What else changes with an object of this kind.
    fn after_object(&mut self, kind: Kind) {
        match kind {
            Kind::Namespace => {
                self.labels.namespaces_changed(&self.store);
                let ports = self.nodes.all_ports();
                self.recount(ports);
            }
            // Default spread constraints select by these.
            Kind::Service
            | Kind::ReplicationController
            | Kind::ReplicaSet
            | Kind::StatefulSet
            // Who has to make room depends on budgets.
            | Kind::PodDisruptionBudget => {
                self.log.restart(self.nodes.len());
            }
            _ => {}
        }
    }

    fn delete(&mut self, kind: Kind, namespace: &str, name: &str) -> Result<(), ChangeError> {
        let not_found = || refuse(kind, namespace, name, Refusal::NotFound);
        match kind {
            Kind::Pod => {
                let pod = self.find_pod(namespace, name)?;
                self.remove_pod(pod);
                Ok(())
            }
            Kind::Node => {
                let node = self.nodes.find(name).ok_or_else(not_found)?;
                let object = self.nodes.objects[node].clone();
                self.change_nodes(
                    |nodes| nodes.retain(|n| n.name() != object.name()),
                    |images| {
                        images.remove_node(&object);
                    },
                );
                Ok(())
            }
            _ => {
                let old = self.store.remove(kind, namespace, name).ok_or_else(not_found)?;
                self.after_object(kind);
                let (namespace, name) = (namespace.to_owned(), name.to_owned());
                self.note(Undo::Object { kind, namespace, name, old: Some(old) });
                Ok(())
            }
        }
    }

    /// Adds or replaces nodes.
    pub(super) fn put_nodes(&mut self, nodes: Vec<Node>) -> Result<(), ChangeError> {
        if let [node] = nodes.as_slice()
            && let Some(known) = self.nodes.find(node.name())
            && places_alike(&self.nodes.objects[known], node)
            && self.store.images.outlive_update_of(node)
        {
            let old = self.nodes.replace(known, Arc::new(node.clone()));
            self.log.touch(known);
            self.note(Undo::Node { node: known, old });
            return Ok(());
        }
        let names: BTreeSet<&str> = nodes.iter().map(Node::name).collect();
        let replaced: Vec<Arc<Node>> = names
            .iter()
            .filter_map(|name| self.nodes.find(name))
            .map(|node| self.nodes.objects[node].clone())
            .collect();
        let added = last_of_each_name(nodes);
        self.change_nodes(
            |all| {
                let names: BTreeSet<&str> = added.iter().map(|node| node.name()).collect();
                all.retain(|node| !names.contains(node.name()));
                all.extend(added.iter().cloned());
            },
            |images| {
                // A node that stays is updated: upstream takes its old images out, then adds.
                replaced.iter().for_each(|node| images.remove_node(node));
                added.iter().for_each(|node| images.add_node(node));
            },
        );
        Ok(())
    }

    fn change_nodes(
        &mut self,
        change: impl FnOnce(&mut Vec<Arc<Node>>),
        images: impl FnOnce(&mut Images),
    ) {
        let mut nodes: Vec<Arc<Node>> = self.nodes.objects.iter().cloned().collect();
        let ports = self.nodes.all_ports();
        let old = Undo::Nodes {
            nodes: nodes.clone(),
            images: self.store.images.clone(),
            ports: ports.clone(),
        };
        images(&mut self.store.images);
        change(&mut nodes);
        self.rebuild(nodes, ports);
        self.note(old);
    }

    /// Adds or replaces a pod.
    pub(super) fn put_pod(&mut self, pod: Box<Pod>) -> Result<(), ChangeError> {
        let Some(old) = self.pods.find(&pod.meta.namespace, &pod.meta.name) else {
            return self.insert_pod(pod).map(|_| ());
        };
        let savepoint = self.savepoint();
        self.remove_pod(old);
        let inserted = self.insert_pod(pod);
        match inserted {
            Ok(_) => self.commit(savepoint),
            Err(_) => self.rollback(savepoint),
        }
        inserted.map(|_| ())
    }

    /// Adds a pod whose name no other pod has.
    pub(crate) fn insert_pod(&mut self, pod: Box<Pod>) -> Result<PodIx, ChangeError> {
        let class = self.class_of(&pod);
        let bound_to = pod.node_name.as_ref().filter(|_| !pod.is_terminal());
        let node = bound_to.and_then(|name| self.nodes.find(name));
        let nominated = pod.is_nominated();
        let (index, grown) = self.pods.insert(PodRow::new(pod, class));
        if let Some(node) = node {
            self.note_ports(index, node);
        }
        if let Some(node) = node
            && self.attach(index, node).is_none()
        {
            let row = self.pods.undo_insert(index, grown);
            let meta = row.map(|row| row.pod.meta).unwrap_or_default();
            return Err(refuse(Kind::Pod, &meta.namespace, &meta.name, Refusal::SumTooLarge));
        }
        if nominated {
            self.nominated.insert(index);
        }
        self.note(Undo::InsertedPod { pod: index, grown });
        Ok(index)
    }

    /// Removes a pod, and what it took.
    pub fn remove_pod(&mut self, pod: PodIx) {
        let node = self.pods.get(pod).and_then(|row| row.node);
        if let Some(node) = node {
            self.note_ports(pod, node);
        }
        self.detach(pod);
        self.nominated.remove(&pod);
        if let Some(row) = self.pods.remove(pod) {
            self.note(Undo::RemovedPod { pod, row: Box::new(PodRow { node, ..row }) });
        }
    }

    /// Binds a pending pod to a node.
    ///
    /// # Errors
    /// The pod is bound already, or the node's sums would not fit 64 bits.
    pub fn bind(
        &mut self,
        pod: PodIx,
        node: NodeIx,
        start_time: Option<Timestamp>,
    ) -> Result<(), ChangeError> {
        let Some(row) = self.pods.get(pod) else {
            return Err(refuse(Kind::Pod, "", "", Refusal::NotFound));
        };
        let refuse = |row: &PodRow, reason| {
            Err(refuse(Kind::Pod, &row.pod.meta.namespace, &row.pod.meta.name, reason))
        };
        if row.named {
            return refuse(row, Refusal::AlreadyBound);
        }
        self.note_ports(pod, node);
        // To share the name is to write beside it: reading it now lets that memory come in time.
        black_box(self.nodes.name(node).as_bytes().first());
        if self.attach(pod, node).is_none() {
            return match self.pods.get(pod) {
                Some(row) => refuse(row, Refusal::SumTooLarge),
                None => Ok(()),
            };
        }
        let name = self.nodes.name(node).clone();
        // Mostly nobody is nominated.
        if !self.nominated.is_empty() {
            self.nominated.remove(&pod);
        }
        let is_remembered = self.is_remembered();
        let Some(row) = self.pods.get_mut(pod) else { return Ok(()) };
        row.named = true;
        row.pod.node_name = Some(name);
        let status = &mut row.pod.status;
        let nominated = std::mem::take(&mut status.nominated_node_name);
        // What the pod was like is read for those alone who may ask for it.
        let undo = is_remembered.then(|| Undo::Bound {
            pod,
            phase: status.phase,
            start_time: status.start_time,
            nominated,
        });
        status.phase = PodPhase::Running;
        if start_time.is_some() {
            status.start_time = start_time;
        }
        self.undo.extend(undo);
        Ok(())
    }

    /// Nominates a pending pod to a node; an empty name takes the nomination back.
    pub fn nominate(&mut self, pod: PodIx, node: String) {
        let Some(row) = self.pods.get_mut(pod) else { return };
        let old = std::mem::replace(&mut row.pod.status.nominated_node_name, node);
        self.mark_nominated(pod);
        self.note(Undo::Nominated { pod, old });
    }

    fn mark_nominated(&mut self, pod: PodIx) {
        if self.pods.get(pod).is_some_and(|row| row.pod.is_nominated()) {
            self.nominated.insert(pod);
        } else {
            self.nominated.remove(&pod);
        }
    }

    /// Counts a pod on a node. `None`, and nothing changed, where a sum would not fit.
    pub(super) fn attach(&mut self, pod: PodIx, node: NodeIx) -> Option<()> {
        let class = self.count(pod, node)?;
        self.log.touch(node);
        let class = self.classes.get(class);
        self.pods.join(pod, class.labels, node);
        *self.priorities.entry(class.priority).or_insert(0) += 1;
        self.terminating += usize::from(class.terminating);
        Some(())
    }

    /// Counts a pod no longer.
    fn detach(&mut self, pod: PodIx) {
        let Some(node) = self.pods.get(pod).and_then(|row| row.node) else { return };
        self.uncount(pod, node);
        self.log.touch(node);
        let Some(row) = self.pods.get(pod) else { return };
        let class = self.classes.get(row.class);
        self.pods.leave(pod, class.labels);
        self.terminating -= usize::from(class.terminating);
        let priority = class.priority;
        if let Some(count) = self.priorities.get_mut(&priority) {
            *count -= 1;
            if *count == 0 {
                self.priorities.remove(&priority);
            }
        }
    }

    /// Adds what a pod takes and matches to the columns of a node, and gives its class. `None`, and
    /// nothing changed, where a sum would not fit.
    #[inline]
    pub(super) fn count(&mut self, pod: PodIx, node: NodeIx) -> Option<ClassIx> {
        let index = self.pods.get(pod)?.class;
        let class = self.classes.get(index);
        self.nodes.take(node, pod, self.classes.take_of(class))?;
        let Self { counters, labels, topology, node_sets, .. } = self;
        counters.move_pod(1, class, node, labels, topology, node_sets);
        Some(index)
    }

    /// Takes what a pod takes and matches from the columns of a node.
    pub(super) fn uncount(&mut self, pod: PodIx, node: NodeIx) {
        let Some(row) = self.pods.get(pod) else { return };
        let class = self.classes.get(row.class);
        self.nodes.give_back(node, pod, self.classes.take_of(class));
        let Self { counters, labels, topology, node_sets, .. } = self;
        counters.move_pod(-1, class, node, labels, topology, node_sets);
    }

    /// Makes the node columns and everything that depends on them anew.
    fn rebuild(&mut self, nodes: Vec<Arc<Node>>, ports: PortsByNode) {
        self.nodes.rebuild(nodes);
        self.topology.rebuild(&self.nodes);
        // Almost every cluster is asked about these sooner or later.
        for key in [HOSTNAME, ZONE] {
            self.topology.key(&self.nodes, key);
        }
        self.node_sets.rebuild(&self.nodes, &mut self.topology);
        self.recount(ports);
    }

    /// Counts every bound pod again; `ports` are the host ports in use before.
    pub(super) fn recount(&mut self, ports: PortsByNode) {
        self.nodes.empty();
        self.pods.empty();
        self.counters.clear(&self.topology, &self.node_sets);
        self.priorities.clear();
        self.terminating = 0;
        self.log.restart(self.nodes.len());
        for pod in self.pods.iter().map(|(pod, _)| pod).collect::<Vec<_>>() {
            let Some(row) = self.pods.get(pod) else { continue };
            if let Some(name) = row.pod.node_name.clone().filter(|_| !row.pod.is_terminal())
                && let Some(node) = self.nodes.find(&name)
            {
                // The sums were checked when the pods came in.
                let _fits = self.attach(pod, node);
            }
        }
        self.nodes.restore_ports(ports);
    }

    pub(super) fn revert(&mut self, undo: Undo) {
        match undo {
            Undo::Object { kind, namespace, name, old } => {
                match old {
                    Some(old) => self.store.put(old),
                    None => self.store.remove(kind, &namespace, &name),
                };
                self.after_object(kind);
            }
            Undo::Nodes { nodes, images, ports } => {
                self.store.images = images;
                self.rebuild(nodes, ports);
            }
            Undo::Ports { node, ports } => self.nodes.ports[node] = ports,
            Undo::Node { node, old } => {
                self.nodes.replace(node, old);
                self.log.touch(node);
            }
            Undo::InsertedPod { pod, grown } => {
                self.detach(pod);
                self.nominated.remove(&pod);
                self.pods.undo_insert(pod, grown);
            }
            Undo::RemovedPod { pod, row } => {
                let node = row.node;
                self.pods.undo_remove(pod, PodRow { node: None, ..*row });
                if let Some(node) = node {
                    let _fits = self.attach(pod, node);
                }
                self.mark_nominated(pod);
            }
            Undo::Bound { pod, phase, start_time, nominated } => {
                self.detach(pod);
                if let Some(row) = self.pods.get_mut(pod) {
                    row.named = false;
                    row.pod.node_name = None;
                    row.pod.status.phase = phase;
                    row.pod.status.start_time = start_time;
                    row.pod.status.nominated_node_name = nominated;
                }
                self.mark_nominated(pod);
            }
            Undo::Nominated { pod, old } => {
                if let Some(row) = self.pods.get_mut(pod) {
                    row.pod.status.nominated_node_name = old;
                }
                self.mark_nominated(pod);
            }
        }
    }
}

/// Of several nodes of one name the last one, as if the others had never been there.
fn last_of_each_name(nodes: Vec<Node>) -> Vec<Arc<Node>> {
    let mut names = BTreeSet::new();
    let latest_first = nodes.into_iter().rev().filter(|node| names.insert(node.meta.name.clone()));
    let mut nodes: Vec<_> = latest_first.map(Arc::new).collect();
    nodes.reverse();
    nodes
}

/// Whether two forms of a node differ in what they offer only.
fn places_alike(old: &Node, new: &Node) -> bool {
    old.meta.labels == new.meta.labels
        && old.spec == new.spec
        && old.status.images == new.status.images
}

fn refuse(kind: Kind, namespace: &str, name: &str, reason: Refusal) -> ChangeError {
    let object = if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") };
    ChangeError { kind, object, reason }
}
