//! The cluster during a replay: objects as they are at that moment.

use bayplan::base::time::Timestamp;
use bayplan::objects::pod::PodPhase;
use bayplan::objects::{Node, Object, Pod, Snapshot, Store};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Nodes, pods and everything else.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Objects besides nodes and pods.
    pub store: Store,
    nodes: BTreeMap<String, Node>,
    /// In the order in which they came.
    pods: BTreeMap<usize, Pod>,
    positions: BTreeMap<String, usize>,
}

impl World {
    /// Adds an object; kinds that decide nothing are passed over.
    pub fn add(&mut self, object: Object) {
        match object {
            Object::Node(node) => {
                self.store.images.add_node(&node);
                self.nodes.insert(node.meta.name.clone(), *node);
            }
            Object::Pod(pod) => {
                let position = self.positions.len();
                self.positions.insert(pod.meta.key(), position);
                self.pods.insert(position, *pod);
            }
            other => add_to_store(&mut self.store, other),
        }
    }

    /// The cluster as rules see it.
    pub fn snapshot(&self) -> Snapshot<'_> {
        Snapshot::new(&self.store, self.nodes.values(), self.pods.values())
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// Names of the nodes, in byte order.
    pub fn node_names(&self) -> impl Iterator<Item = &str> {
        self.nodes.keys().map(String::as_str)
    }

    /// The pod of that `namespace/name`.
    pub fn pod(&self, key: &str) -> Option<&Pod> {
        self.positions.get(key).and_then(|position| self.pods.get(position))
    }

    fn pod_mut(&mut self, key: &str) -> Option<&mut Pod> {
        self.positions.get(key).and_then(|position| self.pods.get_mut(position))
    }

    /// Binds a pod.
    pub fn bind(&mut self, key: &str, node: &str, start: Timestamp) {
        if let Some(pod) = self.pod_mut(key) {
            pod.node_name = Some(Arc::from(node));
            pod.status.phase = PodPhase::Running;
            pod.status.start_time = Some(start);
        }
    }

    /// Removes a pod.
    pub fn remove_pod(&mut self, key: &str) {
        if let Some(position) = self.positions.get(key) {
            self.pods.remove(position);
        }
    }

    /// Nominates a pod to a node, or to none where the name is empty.
    pub fn nominate(&mut self, key: &str, node: &str) {
        if let Some(pod) = self.pod_mut(key) {
            node.clone_into(&mut pod.status.nominated_node_name);
        }
    }

    /// Takes their nomination to the node from unbound pods of lower priority.
    pub fn clear_nominations(&mut self, node: &str, priority: i32) {
        for pod in self.pods.values_mut() {
            let nominated = pod.status.nominated_node_name == node && pod.node_name.is_none();
            if nominated && pod.priority() < priority {
                pod.status.nominated_node_name.clear();
            }
        }
    }
}

fn add_to_store(store: &mut Store, object: Object) {
    macro_rules! cluster_scoped {
        ($map:ident, $object:ident) => {{
            store.$map.insert($object.meta.name.clone(), *$object);
        }};
    }
    macro_rules! namespaced {
        ($map:ident, $object:ident) => {{
            let meta = $object.meta.clone();
            store.$map.insert(&meta.namespace, &meta.name, *$object);
        }};
    }
    match object {
        Object::Namespace(it) => cluster_scoped!(namespaces, it),
        Object::Service(it) => namespaced!(services, it),
        Object::ReplicationController(it) => namespaced!(replication_controllers, it),
        Object::ReplicaSet(it) => namespaced!(replica_sets, it),
        Object::StatefulSet(it) => namespaced!(stateful_sets, it),
        Object::PodDisruptionBudget(it) => namespaced!(budgets, it),
        Object::PersistentVolume(it) => cluster_scoped!(volumes, it),
        Object::PersistentVolumeClaim(it) => namespaced!(claims, it),
        Object::StorageClass(it) => cluster_scoped!(storage_classes, it),
        Object::CsiNode(it) => cluster_scoped!(csi_nodes, it),
        Object::CsiDriver(it) => cluster_scoped!(csi_drivers, it),
        Object::CsiStorageCapacity(it) => namespaced!(storage_capacities, it),
        Object::VolumeAttachment(it) => cluster_scoped!(volume_attachments, it),
        Object::ResourceSlice(it) => cluster_scoped!(resource_slices, it),
        Object::ResourceClaim(it) => namespaced!(resource_claims, it),
        Object::ResourceClaimTemplate(it) => namespaced!(resource_claim_templates, it),
        Object::DeviceClass(it) => cluster_scoped!(device_classes, it),
        _ => {}
    }
}
