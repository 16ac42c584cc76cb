//! What the API server's admission adds to a pod or claim, and why it would refuse one: priority
//! classes, default tolerations, limit ranges, the default storage class.
//!
//! Pods that are bound were admitted before; these functions are for pods that are about to be
//! created and for pending ones. Source: `plugin/pkg/admission/{priority,defaulttolerationseconds,
//! limitranger,storage/storageclass/setdefault}` (v1.35).
//!
//! One difference: upstream refuses a pod that states a priority which does not follow from its
//! class. Here a stated priority is believed, so that pending pods dumped from a cluster without
//! its priority classes keep theirs.

use super::defaults::{complete, default_pod};
use super::node::TaintEffect;
use super::object::Object;
use super::pod::{Pod, PodSpec, PreemptionPolicy, Toleration, TolerationOperator};
use super::policy::{LimitRange, LimitRangeItem, PriorityClass};
use super::quantity::{Quantity, ResourceList};
use super::requests::of_all_containers;
use super::storage::{CLASS_ANNOTATION, PersistentVolumeClaim, StorageClass};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Largest value that a class made by a user may have.
pub const HIGHEST_USER_PRIORITY: i32 = 1_000_000_000;

/// The classes that every cluster has.
const BUILT_IN_CLASSES: [(&str, i32); 2] = [
    ("system-cluster-critical", 2 * HIGHEST_USER_PRIORITY),
    ("system-node-critical", 2 * HIGHEST_USER_PRIORITY + 1000),
];

/// The objects that admission looks at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AdmissionObjects {
    priority_classes: BTreeMap<String, PriorityClass>,
    /// By namespace and name.
    limit_ranges: BTreeMap<String, BTreeMap<String, LimitRange>>,
    storage_classes: BTreeMap<String, StorageClass>,
}

impl AdmissionObjects {
    /// Those of `objects` that matter to admission.
    pub fn new<'a>(objects: impl IntoIterator<Item = &'a Object>) -> Self {
        let mut admission = Self::default();
        objects.into_iter().for_each(|object| admission.insert(object));
        admission
    }

    /// Adds or replaces an object; others than those that matter are left out.
    pub fn insert(&mut self, object: &Object) {
        let name = || object.meta().name.clone();
        match object {
            Object::PriorityClass(class) => {
                self.priority_classes.insert(name(), (**class).clone());
            }
            Object::LimitRange(range) => {
                let of_namespace = self.limit_ranges.entry(range.meta.namespace.clone());
                of_namespace.or_default().insert(name(), (**range).clone());
            }
            Object::StorageClass(class) => {
                self.storage_classes.insert(name(), (**class).clone());
            }
            _ => {}
        }
    }

    /// The class of pods that name none: of several the one with the lowest value.
    pub fn default_priority_class(&self) -> Option<&PriorityClass> {
        let defaults = self.priority_classes.values().filter(|class| class.global_default);
        defaults.min_by_key(|class| class.value)
    }

    /// The class of claims that name none: of several the youngest, then the first by name.
    pub fn default_storage_class(&self) -> Option<&StorageClass> {
        let is_default = |class: &&StorageClass| {
            [
                "storageclass.kubernetes.io/is-default-class",
                "storageclass.beta.kubernetes.io/is-default-class",
            ]
            .iter()
            .any(|key| class.meta.annotations.get(*key).is_some_and(|value| value == "true"))
        };
        let defaults = self.storage_classes.values().filter(is_default);
        defaults.reduce(|best, class| {
            if class.meta.creation_timestamp > best.meta.creation_timestamp { class } else { best }
        })
    }

    fn limits(&self, namespace: &str) -> impl Iterator<Item = &LimitRangeItem> {
        let ranges = self.limit_ranges.get(namespace).into_iter().flat_map(BTreeMap::values);
        ranges.flat_map(|range| &range.spec.limits)
    }
}

/// Completes a pod that is about to be created, defaults of [`default_pod`] included.
///
/// # Errors
/// Returns the server's reason where it would refuse the pod.
pub fn admit_pod(pod: &mut Pod, objects: &AdmissionObjects) -> Result<(), String> {
    default_pod(pod);
    let spec = Arc::make_mut(&mut pod.spec);
    for item in objects.limits(&pod.meta.namespace).filter(|item| item.kind == "Container") {
        for container in spec.init_containers.iter_mut().chain(&mut spec.containers) {
            complete(&mut container.resources.limits, &item.default);
            complete(&mut container.resources.requests, &item.default_request);
        }
    }
    set_priority(spec, objects)?;
    add_default_tolerations(spec);
    let mut violations = Vec::new();
    for item in objects.limits(&pod.meta.namespace) {
        check_pod(spec, item, &mut violations);
    }
    refuse(violations)
}

/// Completes a claim that is about to be created.
///
/// # Errors
/// Returns the server's reason where it would refuse the claim.
pub fn admit_claim(
    claim: &mut PersistentVolumeClaim,
    objects: &AdmissionObjects,
) -> Result<(), String> {
    let has_class = claim.spec.storage_class_name.is_some()
        || claim.meta.annotations.contains_key(CLASS_ANNOTATION);
    if !has_class {
        let class = objects.default_storage_class();
        claim.spec.storage_class_name = class.map(|class| class.meta.name.clone());
    }
    let mut violations = Vec::new();
    let limits = objects.limits(&claim.meta.namespace);
    for item in limits.filter(|item| item.kind == "PersistentVolumeClaim") {
        let requests = &claim.spec.resources.requests;
        Usage { of: &item.kind, requests, limits: None }.check(item, &mut violations);
    }
    refuse(violations)
}

fn refuse(mut violations: Vec<String>) -> Result<(), String> {
    match violations.len() {
        0 => Ok(()),
        1 => Err(violations.remove(0)),
        _ => Err(format!("[{}]", violations.join(", "))),
    }
}

fn set_priority(spec: &mut PodSpec, objects: &AdmissionObjects) -> Result<(), String> {
    if spec.priority.is_none() {
        let (priority, policy) = if spec.priority_class_name.is_empty() {
            let class = objects.default_priority_class();
            if let Some(class) = class {
                spec.priority_class_name.clone_from(&class.meta.name);
            }
            class.map_or((0, None), |class| (class.value, class.preemption_policy))
        } else {
            class_named(&spec.priority_class_name, objects)?
        };
        spec.priority = Some(priority);
        spec.preemption_policy = spec.preemption_policy.or(policy);
    }
    spec.preemption_policy.get_or_insert(PreemptionPolicy::PreemptLowerPriority);
    Ok(())
}

fn class_named(
    name: &str,
    objects: &AdmissionObjects,
) -> Result<(i32, Option<PreemptionPolicy>), String> {
    if let Some(class) = objects.priority_classes.get(name) {
        return Ok((class.value, class.preemption_policy));
    }
    let built_in = BUILT_IN_CLASSES.iter().find(|(built_in, _)| *built_in == name);
    let (_, value) =
        built_in.ok_or_else(|| format!("no PriorityClass with name {name} was found"))?;
    Ok((*value, None))
}

fn add_default_tolerations(spec: &mut PodSpec) {
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let tolerates = |toleration: &Toleration| {
            (toleration.key.is_empty() || toleration.key == key)
                && toleration.effect.is_none_or(|effect| effect == TaintEffect::NoExecute)
        };
        if !spec.tolerations.iter().any(tolerates) {
            spec.tolerations.push(Toleration {
                key: key.to_owned(),
                operator: TolerationOperator::Exists,
                value: String::new(),
                effect: Some(TaintEffect::NoExecute),
                toleration_seconds: Some(300),
            });
        }
    }
}

fn check_pod(spec: &PodSpec, item: &LimitRangeItem, violations: &mut Vec<String>) {
    match item.kind.as_str() {
        "Container" => {
            for container in spec.containers.iter().chain(&spec.init_containers) {
                let resources = &container.resources;
                let limits = Some(&resources.limits);
                Usage { of: &item.kind, requests: &resources.requests, limits }
                    .check(item, violations);
            }
        }
        "Pod" => {
            let requests = of_all_containers(spec, |container| &container.resources.requests);
            let limits = of_all_containers(spec, |container| &container.resources.limits);
            Usage { of: &item.kind, requests: &requests, limits: Some(&limits) }
                .check(item, violations);
        }
        _ => {}
    }
}

/// What a container, a pod or a claim uses; claims have no limits.
struct Usage<'a> {
    of: &'a str,
    requests: &'a ResourceList,
    limits: Option<&'a ResourceList>,
}

impl Usage<'_> {
    fn check(&self, item: &LimitRangeItem, violations: &mut Vec<String>) {
        let of = self.of;
        let mut check = |constraints: &ResourceList,
                         rule: &dyn Fn(&str, Quantity) -> Option<String>| {
            violations.extend(constraints.iter().filter_map(|(name, bound)| rule(name, *bound)));
        };
        check(&item.min, &|name, bound| {
            let broken = self.below(name, bound)?;
            Some(format!("minimum {name} usage per {of} is {bound}, but {broken}"))
        });
        check(&item.max, &|name, bound| {
            let broken = self.above(name, bound)?;
            Some(format!("maximum {name} usage per {of} is {bound}, but {broken}"))
        });
        check(&item.max_limit_request_ratio, &|name, bound| {
            let broken = self.stretched(name, bound)?;
            Some(format!("{name} max limit to request ratio per {of} is {bound}, but {broken}"))
        });
    }

    fn request(&self, name: &str) -> Option<Quantity> {
        self.requests.get(name).copied()
    }

    fn limit(&self, name: &str) -> Option<Quantity> {
        self.limits?.get(name).copied()
    }

    /// How the use of a resource falls short of a minimum. There must be a request.
    fn below(&self, name: &str, bound: Quantity) -> Option<String> {
        match (self.request(name), self.limit(name)) {
            (None, _) => Some("no request is specified".to_owned()),
            (Some(request), _) if request < bound => Some(format!("request is {request}")),
            (_, Some(limit)) if limit < bound => Some(format!("limit is {limit}")),
            _ => None,
        }
    }

    /// How the use of a resource exceeds a maximum. There must be a limit, for claims a request.
    fn above(&self, name: &str, bound: Quantity) -> Option<String> {
        match (self.request(name), self.limit(name)) {
            (_, None) if self.limits.is_some() => Some("no limit is specified".to_owned()),
            (None, None) => Some("no request is specified".to_owned()),
            (_, Some(limit)) if limit > bound => Some(format!("limit is {limit}")),
            (Some(request), _) if request > bound => Some(format!("request is {request}")),
            _ => None,
        }
    }

    /// How far the limit is above the request, if too far.
    fn stretched(&self, name: &str, bound: Quantity) -> Option<String> {
        let positive = |quantity: Option<Quantity>| quantity.filter(|quantity| !quantity.is_zero());
        let Some(request) = positive(self.request(name)) else {
            return Some("no request is specified or request is 0".to_owned());
        };
        let Some(limit) = positive(self.limit(name)) else {
            return Some("no limit is specified or limit is 0".to_owned());
        };
        let ratio = limit.as_f64() / request.as_f64();
        (ratio > bound.as_f64()).then(|| format!("provided ratio is {ratio:.6}"))
    }
}

#[cfg(test)]
mod tests;
