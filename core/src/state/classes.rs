//! Classes: pods that are the same to the scheduler.
//!
//! Replicas of one template are one class, however many there are. Whatever depends on the pod alone
//! is computed once per class.

use super::asks::Asks;
use super::ix::{CarrierIx, ClassIx, LabelSetIx};
use super::nodes::Take;
use crate::base::index::IndexVec;
use crate::base::map::Map;
use crate::objects::pod::{ContainerStatus, PodSpec};
use crate::objects::{Labels, Pod};
use smallvec::SmallVec;
use std::sync::Arc;

/// Everything about a pod that can affect placement.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClassKey {
    /// Namespace.
    pub namespace: Arc<str>,
    /// Labels.
    pub labels: Arc<Labels>,
    /// Spec.
    pub spec: Arc<PodSpec>,
    /// The controlling owner (API version, kind, name): default spread constraints select by it.
    pub controller: Option<(Box<str>, Box<str>, Box<str>)>,
    /// Deletion was asked for.
    pub terminating: bool,
    /// Resources in force after an in-place resize; absent for almost every pod.
    pub resized: Option<Box<Resized>>,
    /// Name and unique identifier, where claims made for the pod itself depend on them.
    pub own_claims: Option<(Box<str>, Box<str>)>,
}

/// Resources in force, by container.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Resized {
    containers: Vec<ContainerStatus>,
    init_containers: Vec<ContainerStatus>,
    infeasible: bool,
}

impl ClassKey {
    /// The key of a pod.
    pub fn of(pod: &Pod) -> Self {
        let spec = &pod.spec;
        let own_claims = !spec.resource_claims.is_empty()
            || spec.volumes.iter().any(|volume| volume.ephemeral.is_some());
        Self {
            namespace: pod.meta.namespace.as_str().into(),
            labels: pod.meta.labels.clone(),
            spec: spec.clone(),
            controller: pod.meta.controller().map(|owner| {
                (
                    owner.api_version.as_str().into(),
                    owner.kind.as_str().into(),
                    owner.name.as_str().into(),
                )
            }),
            terminating: pod.is_terminating(),
            resized: Resized::of(pod).map(Box::new),
            own_claims: own_claims
                .then(|| (pod.meta.name.as_str().into(), pod.meta.uid.as_str().into())),
        }
    }
}

impl Resized {
    fn of(pod: &Pod) -> Option<Self> {
        let status = &pod.status;
        let mut all = status.container_statuses.iter().chain(&status.init_container_statuses);
        let infeasible = status.conditions.iter().any(|condition| {
            condition.kind == "PodResizePending" && condition.reason == "Infeasible"
        });
        all.any(|container| container.resources.is_some()).then(|| Self {
            containers: status.container_statuses.clone(),
            init_containers: status.init_container_statuses.clone(),
            infeasible,
        })
    }
}

/// What is known of a class.
#[derive(Clone, Debug)]
pub struct Class {
    /// A pod of the class, not bound.
    pub pod: Arc<Pod>,
    /// Its label set.
    pub labels: LabelSetIx,
    /// What it asks for.
    pub asks: Asks,
    /// Priority.
    pub priority: i32,
    /// Deletion was asked for.
    pub terminating: bool,
    /// The scheduler it names.
    pub scheduler_name: Option<Box<str>>,
    /// What it takes from its node.
    pub take: Take,
    /// Terms it carries when bound, with their weights (1 for required ones).
    pub carried: SmallVec<[(CarrierIx, i64); 2]>,
}

/// Every class.
#[derive(Clone, Debug, Default)]
pub struct Classes {
    known: Map<ClassKey, ClassIx>,
    /// The class last found for a spec that stands behind this address, with what else it needs
    /// to be the same. Saves hashing the spec of every replica.
    by_address: Map<(usize, usize), ClassIx>,
    classes: IndexVec<ClassIx, Class>,
}

impl Classes {
    /// The class of a pod that is known.
    pub fn find(&mut self, key: &ClassKey) -> Option<ClassIx> {
        let address = (Arc::as_ptr(&key.spec) as usize, Arc::as_ptr(&key.labels) as usize);
        // Classes keep their spec and labels alive, so an address is never used twice.
        if let Some(class) = self.by_address.get(&address)
            && key.resized.is_none()
            && key.own_claims.is_none()
            && self.is_replica(*class, key)
        {
            return Some(*class);
        }
        self.known.get(key).copied()
    }

    fn is_replica(&self, class: ClassIx, key: &ClassKey) -> bool {
        let pod = &self.classes[class].pod;
        let controller = pod.meta.controller();
        *pod.meta.namespace == *key.namespace
            && pod.is_terminating() == key.terminating
            && controller.is_some() == key.controller.is_some()
            && controller.zip(key.controller.as_ref()).is_none_or(|(owner, key)| {
                *owner.api_version == *key.0 && *owner.kind == *key.1 && *owner.name == *key.2
            })
    }

    /// Adds a class.
    pub(super) fn push(&mut self, key: ClassKey, class: Class) -> ClassIx {
        let address = (Arc::as_ptr(&key.spec) as usize, Arc::as_ptr(&key.labels) as usize);
        let replicable = key.resized.is_none() && key.own_claims.is_none();
        let index = self.classes.push(class);
        if replicable {
            self.by_address.insert(address, index);
        }
        self.known.insert(key, index);
        index
    }

    /// A class.
    pub fn get(&self, class: ClassIx) -> &Class {
        &self.classes[class]
    }

    /// How many classes there are.
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }
}
