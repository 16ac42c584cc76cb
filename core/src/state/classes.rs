//! Classes: pods that are the same to the scheduler.
//!
//! Replicas of one template are one class, however many there are. Whatever depends on the pod alone
//! is computed once per class.

use super::asks::Asks;
use super::ix::{CarrierIx, ClassIx, LabelSetIx, TakeIx};
use super::nodes::Take;
use crate::base::index::IndexVec;
use crate::base::intern::Interner;
use crate::base::map::{Map, hash_of};
use crate::objects::pod::{ContainerStatus, PodSpec};
use crate::objects::{Labels, Pod};
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
    fn is_known_of(pod: &Pod) -> bool {
        let status = &pod.status;
        let mut all = status.container_statuses.iter().chain(&status.init_container_statuses);
        all.any(|container| container.resources.is_some())
    }

    fn of(pod: &Pod) -> Option<Self> {
        let status = &pod.status;
        let infeasible = status.conditions.iter().any(|condition| {
            condition.kind == "PodResizePending" && condition.reason == "Infeasible"
        });
        Self::is_known_of(pod).then(|| Self {
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
    /// The scheduler it names, one text for all classes that name the same.
    pub scheduler_name: Option<Arc<str>>,
    /// What it takes from its node.
    pub take: TakeIx,
    /// Terms it carries when bound, with their weights (1 for required ones).
    pub carried: Box<[(CarrierIx, i64)]>,
}

/// Every class.
#[derive(Clone, Debug, Default)]
pub struct Classes {
    known: Map<ClassKey, ClassIx>,
    /// The class of pods whose spec and labels stand behind these addresses, with a hash of what
    /// else makes a class. Saves hashing the spec of every replica.
    by_address: Map<(usize, usize, u64), ClassIx>,
    classes: IndexVec<ClassIx, Class>,
    takes: Interner<TakeIx, Take>,
}

impl Classes {
    /// The class of a pod that shares its spec and labels with an earlier one of the class.
    pub fn of_replica(&self, pod: &Pod) -> Option<ClassIx> {
        if Resized::is_known_of(pod) {
            return None;
        }
        // Classes keep their spec and labels alive, so an address is never used twice.
        let class = *self.by_address.get(&address(pod))?;
        (Beside::of(&self.classes[class].pod) == Beside::of(pod)).then_some(class)
    }

    /// The class of a key.
    pub fn find(&self, key: &ClassKey) -> Option<ClassIx> {
        self.known.get(key).copied()
    }

    /// Adds a class.
    pub(super) fn push(&mut self, key: ClassKey, class: Class) -> ClassIx {
        let address = address(&class.pod);
        let index = self.classes.push(class);
        if key.resized.is_none() && key.own_claims.is_none() {
            self.by_address.insert(address, index);
        }
        self.known.insert(key, index);
        index
    }

    /// A name of a scheduler, shared with the latest class that has the same.
    pub(super) fn shared(&self, scheduler_name: &str) -> Arc<str> {
        let latest = self.classes.iter().next_back().and_then(|it| it.scheduler_name.as_ref());
        let known = latest.filter(|known| ***known == *scheduler_name);
        known.map_or_else(|| scheduler_name.into(), Arc::clone)
    }

    /// The number of what some classes take from their nodes.
    pub(super) fn intern_take(&mut self, take: Take) -> TakeIx {
        self.takes.intern(take)
    }

    /// What a class takes from its node.
    pub fn take_of(&self, class: &Class) -> &Take {
        self.takes.value(class.take)
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

/// What makes the class of almost every pod besides its spec and labels.
#[derive(PartialEq, Eq, Hash)]
struct Beside<'a> {
    namespace: &'a str,
    controller: Option<[&'a str; 3]>,
    terminating: bool,
}

impl<'a> Beside<'a> {
    fn of(pod: &'a Pod) -> Self {
        let controller = pod.meta.controller();
        Self {
            namespace: &pod.meta.namespace,
            controller: controller.map(|owner| [&*owner.api_version, &owner.kind, &owner.name]),
            terminating: pod.is_terminating(),
        }
    }
}

fn address(pod: &Pod) -> (usize, usize, u64) {
    let (spec, labels) = (Arc::as_ptr(&pod.spec).addr(), Arc::as_ptr(&pod.meta.labels).addr());
    (spec, labels, hash_of(&Beside::of(pod)))
}
