//! The cluster's objects besides nodes and pods, as ordered maps: what plain rules look things up
//! in. Nothing is derived, except which image sizes were seen first, which is history.

use super::devices::{DeviceClass, ResourceClaim, ResourceClaimTemplate, ResourceSlice};
use super::meta::Labels;
use super::node::Node;
use super::object::{Kind, Object};
use super::policy::{Namespace, PodDisruptionBudget, Service};
use super::storage::{
    CsiDriver, CsiNode, CsiStorageCapacity, PersistentVolume, PersistentVolumeClaim, StorageClass,
    VolumeAttachment,
};
use super::workloads::{ReplicaSet, ReplicationController, StatefulSet};
use std::collections::BTreeMap;

/// Objects of one kind that live in namespaces: namespace, then name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespaced<T> {
    by_namespace: BTreeMap<String, BTreeMap<String, T>>,
}

impl<T> Default for Namespaced<T> {
    fn default() -> Self {
        Self { by_namespace: BTreeMap::new() }
    }
}

impl<T> Namespaced<T> {
    /// The object of that name.
    pub fn get(&self, namespace: &str, name: &str) -> Option<&T> {
        self.by_namespace.get(namespace)?.get(name)
    }

    /// Adds or replaces an object; gives back the one it replaces.
    pub fn insert(&mut self, namespace: &str, name: &str, object: T) -> Option<T> {
        self.by_namespace.entry(namespace.to_owned()).or_default().insert(name.to_owned(), object)
    }

    /// Takes an object out.
    pub fn remove(&mut self, namespace: &str, name: &str) -> Option<T> {
        let of_namespace = self.by_namespace.get_mut(namespace)?;
        let removed = of_namespace.remove(name);
        if of_namespace.is_empty() {
            self.by_namespace.remove(namespace);
        }
        removed
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_namespace.is_empty()
    }

    /// The objects of a namespace, by name.
    pub fn in_namespace(&self, namespace: &str) -> impl Iterator<Item = &T> {
        self.by_namespace.get(namespace).into_iter().flat_map(BTreeMap::values)
    }

    /// All objects, by namespace and name.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.by_namespace.values().flat_map(BTreeMap::values)
    }
}

/// Everything but nodes and pods that a rule may look up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Store {
    /// Namespaces by name.
    pub namespaces: BTreeMap<String, Namespace>,
    /// Services.
    pub services: Namespaced<Service>,
    /// Replication controllers, for default spread constraints.
    pub replication_controllers: Namespaced<ReplicationController>,
    /// Replica sets, for default spread constraints.
    pub replica_sets: Namespaced<ReplicaSet>,
    /// Stateful sets, for default spread constraints.
    pub stateful_sets: Namespaced<StatefulSet>,
    /// Disruption budgets.
    pub budgets: Namespaced<PodDisruptionBudget>,
    /// Volumes by name.
    pub volumes: BTreeMap<String, PersistentVolume>,
    /// Claims.
    pub claims: Namespaced<PersistentVolumeClaim>,
    /// Storage classes by name.
    pub storage_classes: BTreeMap<String, StorageClass>,
    /// CSINodes by node name.
    pub csi_nodes: BTreeMap<String, CsiNode>,
    /// CSI drivers by name.
    pub csi_drivers: BTreeMap<String, CsiDriver>,
    /// Storage capacities.
    pub storage_capacities: Namespaced<CsiStorageCapacity>,
    /// Volume attachments by name.
    pub volume_attachments: BTreeMap<String, VolumeAttachment>,
    /// Resource slices by name.
    pub resource_slices: BTreeMap<String, ResourceSlice>,
    /// Resource claims.
    pub resource_claims: Namespaced<ResourceClaim>,
    /// Resource claim templates.
    pub resource_claim_templates: Namespaced<ResourceClaimTemplate>,
    /// Device classes by name.
    pub device_classes: BTreeMap<String, DeviceClass>,
    /// Images on the cluster's nodes; kept by whoever adds and removes nodes.
    pub images: Images,
}

impl Store {
    /// Adds or replaces an object; gives back the one it replaces. Kinds that have no place here
    /// are dropped.
    pub fn put(&mut self, object: Object) -> Option<Object> {
        macro_rules! cluster_scoped {
            ($table:ident, $object:expr) => {
                self.$table.insert($object.meta.name.clone(), *$object).map(Object::from)
            };
        }
        macro_rules! namespaced {
            ($table:ident, $object:expr) => {{
                let (namespace, name) = ($object.meta.namespace.clone(), $object.meta.name.clone());
                self.$table.insert(&namespace, &name, *$object).map(Object::from)
            }};
        }
        match object {
            Object::Namespace(o) => cluster_scoped!(namespaces, o),
            Object::PersistentVolume(o) => cluster_scoped!(volumes, o),
            Object::StorageClass(o) => cluster_scoped!(storage_classes, o),
            Object::CsiNode(o) => cluster_scoped!(csi_nodes, o),
            Object::CsiDriver(o) => cluster_scoped!(csi_drivers, o),
            Object::VolumeAttachment(o) => cluster_scoped!(volume_attachments, o),
            Object::ResourceSlice(o) => cluster_scoped!(resource_slices, o),
            Object::DeviceClass(o) => cluster_scoped!(device_classes, o),
            Object::Service(o) => namespaced!(services, o),
            Object::ReplicationController(o) => namespaced!(replication_controllers, o),
            Object::ReplicaSet(o) => namespaced!(replica_sets, o),
            Object::StatefulSet(o) => namespaced!(stateful_sets, o),
            Object::PodDisruptionBudget(o) => namespaced!(budgets, o),
            Object::PersistentVolumeClaim(o) => namespaced!(claims, o),
            Object::CsiStorageCapacity(o) => namespaced!(storage_capacities, o),
            Object::ResourceClaim(o) => namespaced!(resource_claims, o),
            Object::ResourceClaimTemplate(o) => namespaced!(resource_claim_templates, o),
            Object::Node(_)
            | Object::Pod(_)
            | Object::PriorityClass(_)
            | Object::Deployment(_)
            | Object::DaemonSet(_)
            | Object::Job(_)
            | Object::CronJob(_)
            | Object::HorizontalPodAutoscaler(_)
            | Object::LimitRange(_) => None,
        }
    }

    /// Takes an object out.
    pub fn remove(&mut self, kind: Kind, namespace: &str, name: &str) -> Option<Object> {
        match kind {
            Kind::Namespace => self.namespaces.remove(name).map(Object::from),
            Kind::PersistentVolume => self.volumes.remove(name).map(Object::from),
            Kind::StorageClass => self.storage_classes.remove(name).map(Object::from),
            Kind::CsiNode => self.csi_nodes.remove(name).map(Object::from),
            Kind::CsiDriver => self.csi_drivers.remove(name).map(Object::from),
            Kind::VolumeAttachment => self.volume_attachments.remove(name).map(Object::from),
            Kind::ResourceSlice => self.resource_slices.remove(name).map(Object::from),
            Kind::DeviceClass => self.device_classes.remove(name).map(Object::from),
            Kind::Service => self.services.remove(namespace, name).map(Object::from),
            Kind::ReplicationController => {
                self.replication_controllers.remove(namespace, name).map(Object::from)
            }
            Kind::ReplicaSet => self.replica_sets.remove(namespace, name).map(Object::from),
            Kind::StatefulSet => self.stateful_sets.remove(namespace, name).map(Object::from),
            Kind::PodDisruptionBudget => self.budgets.remove(namespace, name).map(Object::from),
            Kind::PersistentVolumeClaim => self.claims.remove(namespace, name).map(Object::from),
            Kind::CsiStorageCapacity => {
                self.storage_capacities.remove(namespace, name).map(Object::from)
            }
            Kind::ResourceClaim => self.resource_claims.remove(namespace, name).map(Object::from),
            Kind::ResourceClaimTemplate => {
                self.resource_claim_templates.remove(namespace, name).map(Object::from)
            }
            Kind::Node
            | Kind::Pod
            | Kind::PriorityClass
            | Kind::Deployment
            | Kind::DaemonSet
            | Kind::Job
            | Kind::CronJob
            | Kind::HorizontalPodAutoscaler
            | Kind::LimitRange => None,
        }
    }

    /// Copies of all objects, by kind, namespace and name.
    pub fn objects(&self) -> impl Iterator<Item = Object> {
        fn all<'a, T: Clone + 'a>(objects: impl Iterator<Item = &'a T> + 'a) -> Objects<'a>
        where
            Object: From<T>,
        {
            Box::new(objects.cloned().map(Object::from))
        }
        type Objects<'a> = Box<dyn Iterator<Item = Object> + 'a>;
        let kinds: [Objects<'_>; 17] = [
            all(self.namespaces.values()),
            all(self.services.iter()),
            all(self.replication_controllers.iter()),
            all(self.replica_sets.iter()),
            all(self.stateful_sets.iter()),
            all(self.budgets.iter()),
            all(self.volumes.values()),
            all(self.claims.iter()),
            all(self.storage_classes.values()),
            all(self.csi_nodes.values()),
            all(self.csi_drivers.values()),
            all(self.storage_capacities.iter()),
            all(self.volume_attachments.values()),
            all(self.resource_slices.values()),
            all(self.resource_claims.iter()),
            all(self.resource_claim_templates.iter()),
            all(self.device_classes.values()),
        ];
        kinds.into_iter().flatten()
    }

    /// Labels of a namespace; none where it is not known.
    pub fn namespace_labels(&self, name: &str) -> &Labels {
        static NONE: Labels = Labels::new();
        self.namespaces.get(name).map_or(&NONE, |namespace| &namespace.meta.labels)
    }
}

/// Images by name, over all nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Images {
    by_name: BTreeMap<String, ImageState>,
}

/// One image name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageState {
    /// Bytes, as the node said that listed the name first; kept until no node lists it.
    pub size_bytes: i64,
    /// How many nodes list it.
    pub nodes: usize,
}

impl Images {
    /// What is known of an image name.
    pub fn get(&self, name: &str) -> Option<ImageState> {
        self.by_name.get(name).copied()
    }

    /// Every image name, in byte order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, ImageState)> {
        self.by_name.iter().map(|(name, state)| (name.as_str(), *state))
    }

    /// Counts the images of a node that joins.
    pub fn add_node(&mut self, node: &Node) {
        for (name, size_bytes) in names_once(node) {
            let state = ImageState { size_bytes, nodes: 0 };
            self.by_name.entry(name.to_owned()).or_insert(state).nodes += 1;
        }
    }

    /// Forgets the images of a node that was counted before.
    pub fn remove_node(&mut self, node: &Node) {
        for (name, _) in names_once(node) {
            if let Some(state) = self.by_name.get_mut(name) {
                state.nodes -= 1;
                if state.nodes == 0 {
                    self.by_name.remove(name);
                }
            }
        }
    }

    /// Whether taking the node out and counting it again, as an update does, changes nothing: a size
    /// that only this node still vouches for becomes the one that it says.
    pub fn outlive_update_of(&self, node: &Node) -> bool {
        let lasts = |(name, size_bytes)| {
            self.get(name).is_none_or(|state| state.nodes > 1 || state.size_bytes == size_bytes)
        };
        names_once(node).into_iter().all(lasts)
    }

    /// Puts back what is known of one name, `None` for a name that is not known; the undo of the
    /// two above.
    pub fn restore(&mut self, name: &str, state: Option<ImageState>) {
        match state {
            Some(state) => self.by_name.insert(name.to_owned(), state),
            None => self.by_name.remove(name),
        };
    }
}

/// Each image name of a node with its size, the first entry where one is listed twice.
fn names_once(node: &Node) -> BTreeMap<&str, i64> {
    let mut names = BTreeMap::new();
    for image in &node.status.images {
        for name in &image.names {
            names.entry(name.as_str()).or_insert(image.size_bytes);
        }
    }
    names
}
