//! What the API server fills in when an object is created, as far as it can decide a placement.
//!
//! Works on one object alone; what needs other objects (priority classes, limit ranges) is in
//! [`super::admission`]. Every function is idempotent, so objects dumped from a live cluster, which
//! were completed once, stay as they are.
//!
//! Source: `pkg/apis/{core,apps,batch,storage,...}/v1/defaults.go` and the create strategy of pods
//! (v1.35). The server completes requests on pods only, not on templates; here templates get them
//! too: the pods come out the same, and one completed spec serves all replicas.

use super::devices::{AllocationMode, RequestKind, ResourceClaimSpec};
use super::labels::{LabelOperator, LabelRequirement};
use super::meta::Labels;
use super::node::Node;
use super::object::Object;
use super::pod::{
    Affinity, Container, Pod, PodAffinityTerm, PodSpec, PreemptionPolicy, ResourceRequirements,
    RestartPolicy, Volume,
};
use super::policy::{IntOrPercent, LimitRange, Namespace};
use super::quantity::ResourceList;
use super::requests::{is_pod_level, of_all_containers};
use super::storage::{PersistentVolumeClaimSpec, VolumeBindingMode};
use super::workloads::{
    CronJob, DaemonSet, Deployment, JobSpec, PodTemplate, ReplicationController, RollingUpdate,
    StatefulSet,
};
use std::sync::Arc;

/// The scheduler that is asked where a pod names none.
pub const DEFAULT_SCHEDULER: &str = "default-scheduler";

/// Completes an object as the API server does on creation.
pub fn default_object(object: &mut Object) {
    default_meta(object);
    match object {
        Object::Node(node) => default_node(node),
        Object::Pod(pod) => default_pod(pod),
        Object::Namespace(namespace) => default_namespace(namespace),
        Object::PriorityClass(class) => {
            class.preemption_policy.get_or_insert(PreemptionPolicy::PreemptLowerPriority);
        }
        Object::ReplicationController(controller) => default_replication_controller(controller),
        Object::ReplicaSet(set) => {
            set.spec.replicas.get_or_insert(1);
            default_template(&mut set.spec.template);
        }
        Object::Deployment(deployment) => default_deployment(deployment),
        Object::StatefulSet(set) => default_stateful_set(set),
        Object::DaemonSet(set) => default_daemon_set(set),
        Object::Job(job) => default_job(&mut job.spec),
        Object::CronJob(cron_job) => default_cron_job(cron_job),
        Object::HorizontalPodAutoscaler(autoscaler) => {
            autoscaler.spec.min_replicas.get_or_insert(1);
        }
        Object::LimitRange(range) => default_limit_range(range),
        Object::PersistentVolume(volume) => {
            round_up(&mut volume.spec.capacity);
            fill(&mut volume.spec.persistent_volume_reclaim_policy, "Retain");
            fill(&mut volume.status.phase, "Pending");
            volume.spec.volume_mode.get_or_insert_with(|| "Filesystem".to_owned());
        }
        Object::PersistentVolumeClaim(claim) => {
            default_claim(&mut claim.spec);
            fill(&mut claim.status.phase, "Pending");
        }
        Object::StorageClass(class) => {
            class.volume_binding_mode.get_or_insert(VolumeBindingMode::Immediate);
        }
        Object::Service(_)
        | Object::PodDisruptionBudget(_)
        | Object::CsiNode(_)
        | Object::CsiDriver(_)
        | Object::CsiStorageCapacity(_)
        | Object::VolumeAttachment(_)
        | Object::ResourceSlice(_)
        | Object::DeviceClass(_) => {}
        Object::ResourceClaim(claim) => default_device_claim(&mut claim.spec),
        Object::ResourceClaimTemplate(template) => default_device_claim(&mut template.spec.spec),
    }
}

/// Completes the metadata of an object: whatever lives in a namespace lives in some namespace.
pub fn default_meta(object: &mut Object) {
    if object.kind().is_namespaced() && object.meta().namespace.is_empty() {
        "default".clone_into(&mut object.meta_mut().namespace);
    }
}

/// Completes a pod: its spec, and the selectors that take values from its own labels.
pub fn default_pod(pod: &mut Pod) {
    let spec = Arc::make_mut(&mut pod.spec);
    default_pod_spec(spec);
    merge_label_keys(spec, &pod.meta.labels);
}

/// Completes the spec of a pod or of a template.
pub fn default_pod_spec(spec: &mut PodSpec) {
    let host_network = spec.host_network;
    for container in spec.init_containers.iter_mut().chain(&mut spec.containers) {
        default_container(container, host_network);
    }
    default_pod_level_resources(spec);
    round_up(&mut spec.overhead);
    spec.restart_policy.get_or_insert(RestartPolicy::Always);
    spec.termination_grace_period_seconds.get_or_insert(30);
    fill(spec.scheduler_name.get_or_insert_default(), DEFAULT_SCHEDULER);
    // Each pod of a live cluster has a token volume of its own, by which replicas would differ.
    spec.volumes.retain(Volume::has_source);
    spec.volumes.iter_mut().for_each(default_volume);
}

/// Adds what `matchLabelKeys` and `mismatchLabelKeys` of pod affinity terms ask for to their
/// selectors. The server does this once, when the pod is created; templates are left alone, since
/// controllers may still add labels.
pub fn merge_label_keys(spec: &mut PodSpec, labels: &Labels) {
    let Some(Affinity { pod_affinity, pod_anti_affinity, .. }) = &mut spec.affinity else { return };
    for affinity in [pod_affinity, pod_anti_affinity].into_iter().flatten() {
        let preferred =
            affinity.preferred.iter_mut().map(|weighted| &mut weighted.pod_affinity_term);
        for term in affinity.required.iter_mut().chain(preferred) {
            merge_label_keys_of_term(term, labels);
        }
    }
}

/// Whether [`merge_label_keys`] may change the spec, so that it depends on the pod's labels.
pub fn takes_label_values(spec: &PodSpec) -> bool {
    let Some(Affinity { pod_affinity, pod_anti_affinity, .. }) = &spec.affinity else {
        return false;
    };
    [pod_affinity, pod_anti_affinity].into_iter().flatten().any(|affinity| {
        let preferred = affinity.preferred.iter().map(|weighted| &weighted.pod_affinity_term);
        affinity
            .required
            .iter()
            .chain(preferred)
            .any(|term| !term.match_label_keys.is_empty() || !term.mismatch_label_keys.is_empty())
    })
}

fn merge_label_keys_of_term(term: &mut PodAffinityTerm, labels: &Labels) {
    let Some(selector) = &mut term.label_selector else { return };
    let matching = term.match_label_keys.iter().map(|key| (key, LabelOperator::In));
    let mismatching = term.mismatch_label_keys.iter().map(|key| (key, LabelOperator::NotIn));
    for (key, operator) in matching.chain(mismatching) {
        let Some(value) = labels.get(key) else { continue };
        let requirement =
            LabelRequirement { key: key.clone(), operator, values: vec![value.clone()] };
        if !selector.match_expressions.contains(&requirement) {
            selector.match_expressions.push(requirement);
        }
    }
}

fn default_container(container: &mut Container, host_network: bool) {
    let ResourceRequirements { requests, limits, .. } = &mut container.resources;
    round_up(requests);
    round_up(limits);
    complete(requests, limits);
    for port in &mut container.ports {
        fill(&mut port.protocol, "TCP");
        if host_network && port.host_port == 0 {
            port.host_port = port.container_port;
        }
    }
}

/// A pod with some pod-level resources gets the others from its containers and its limits.
fn default_pod_level_resources(spec: &mut PodSpec) {
    let Some(mut resources) = spec.resources.take() else { return };
    let ResourceRequirements { requests, limits, .. } = &mut resources;
    round_up(requests);
    round_up(limits);
    if !limits.is_empty() || !requests.is_empty() {
        let mut of_containers = of_all_containers(spec, |container| &container.resources.limits);
        of_containers
            .retain(|name, _| name.starts_with("hugepages-") && !requests.contains_key(name));
        complete(limits, &of_containers);
    }
    if !limits.is_empty() {
        let mut of_containers = of_all_containers(spec, |container| &container.resources.requests);
        of_containers.retain(|name, _| matches!(name.as_str(), "cpu" | "memory"));
        complete(requests, &of_containers);
        let mut of_limits = limits.clone();
        of_limits.retain(|name, _| is_pod_level(name));
        complete(requests, &of_limits);
    }
    spec.resources = Some(resources);
}

fn default_volume(volume: &mut Volume) {
    if let Some(rbd) = &mut volume.rbd {
        fill(&mut rbd.pool, "rbd");
    }
    let ephemeral = volume.ephemeral.as_mut();
    if let Some(template) = ephemeral.and_then(|source| source.volume_claim_template.as_mut()) {
        default_claim(&mut template.spec);
    }
}

fn default_claim(spec: &mut PersistentVolumeClaimSpec) {
    round_up(&mut spec.resources.requests);
    spec.volume_mode.get_or_insert_with(|| "Filesystem".to_owned());
}

fn default_node(node: &mut Node) {
    round_up(&mut node.status.capacity);
    match &mut node.status.allocatable {
        Some(allocatable) => round_up(allocatable),
        None => node.status.allocatable = Some(node.status.capacity.clone()),
    }
}

fn default_namespace(namespace: &mut Namespace) {
    const NAME: &str = "kubernetes.io/metadata.name";
    let meta = &mut namespace.meta;
    if meta.labels.get(NAME) != Some(&meta.name) {
        Arc::make_mut(&mut meta.labels).insert(NAME.to_owned(), meta.name.clone());
    }
}

fn default_template(template: &mut PodTemplate) {
    default_pod_spec(&mut template.spec);
}

fn default_replication_controller(controller: &mut ReplicationController) {
    let spec = &mut controller.spec;
    spec.replicas.get_or_insert(1);
    if spec.selector.as_ref().is_none_or(Labels::is_empty) && !spec.template.meta.labels.is_empty()
    {
        spec.selector = Some((*spec.template.meta.labels).clone());
    }
    default_template(&mut spec.template);
}

fn default_deployment(deployment: &mut Deployment) {
    let spec = &mut deployment.spec;
    spec.replicas.get_or_insert(1);
    spec.progress_deadline_seconds.get_or_insert(600);
    fill(spec.strategy.kind.get_or_insert_default(), "RollingUpdate");
    if spec.strategy.kind.as_deref() == Some("RollingUpdate") {
        let bounds = spec.strategy.rolling_update.get_or_insert_default();
        bounds.max_unavailable.get_or_insert(IntOrPercent::Percent(25));
        bounds.max_surge.get_or_insert(IntOrPercent::Percent(25));
    }
    default_template(&mut spec.template);
}

fn default_stateful_set(set: &mut StatefulSet) {
    let spec = &mut set.spec;
    spec.replicas.get_or_insert(1);
    fill(spec.pod_management_policy.get_or_insert_default(), "OrderedReady");
    if let Some(bounds) = rolling_update(&mut spec.update_strategy) {
        bounds.partition.get_or_insert(0);
    }
    for claim in &mut spec.volume_claim_templates {
        default_claim(&mut claim.spec);
    }
    default_template(&mut spec.template);
}

fn default_daemon_set(set: &mut DaemonSet) {
    if let Some(bounds) = rolling_update(&mut set.spec.update_strategy) {
        bounds.max_unavailable.get_or_insert(IntOrPercent::Int(1));
        bounds.max_surge.get_or_insert(IntOrPercent::Int(0));
    }
    default_template(&mut set.spec.template);
}

/// The bounds of a rolling update, made where the strategy needs them.
fn rolling_update(strategy: &mut super::workloads::UpdateStrategy) -> Option<&mut RollingUpdate> {
    fill(strategy.kind.get_or_insert_default(), "RollingUpdate");
    (strategy.kind.as_deref() == Some("RollingUpdate"))
        .then(|| strategy.rolling_update.get_or_insert_default())
}

fn default_job(spec: &mut JobSpec) {
    // Without either number exactly one pod must succeed; `parallelism` alone is a work queue.
    if spec.parallelism.is_none() && spec.completions.is_none() {
        spec.completions = Some(1);
    }
    spec.parallelism.get_or_insert(1);
    let endured = if spec.backoff_limit_per_index.is_some() { i32::MAX } else { 6 };
    spec.backoff_limit.get_or_insert(endured);
    fill(spec.completion_mode.get_or_insert_default(), "NonIndexed");
    default_template(&mut spec.template);
}

fn default_cron_job(cron_job: &mut CronJob) {
    fill(cron_job.spec.concurrency_policy.get_or_insert_default(), "Allow");
    default_job(&mut cron_job.spec.job_template.spec);
}

/// Defaults of containers follow from each other: limit from maximum, request from limit, then
/// from minimum.
fn default_limit_range(range: &mut LimitRange) {
    for item in range.spec.limits.iter_mut().filter(|item| item.kind == "Container") {
        complete(&mut item.default, &item.max);
        complete(&mut item.default_request, &item.default);
        complete(&mut item.default_request, &item.min);
    }
}

/// A request that counts asks for one device where it says nothing else.
fn default_device_claim(spec: &mut ResourceClaimSpec) {
    for request in &mut spec.devices.requests {
        let alternatives = match &mut request.kind {
            RequestKind::Exactly(devices) => std::slice::from_mut(devices).iter_mut().collect(),
            RequestKind::FirstAvailable(requests) => {
                requests.iter_mut().map(|request| &mut request.devices).collect()
            }
            RequestKind::Unknown => Vec::new(),
        };
        for devices in alternatives {
            if devices.allocation_mode == AllocationMode::ExactCount {
                devices.count = devices.count.filter(|count| *count != 0).or(Some(1));
            }
        }
    }
}

/// Adds the entries of `others` whose names are missing.
pub(super) fn complete(list: &mut ResourceList, others: &ResourceList) {
    for (name, quantity) in others {
        if !list.contains_key(name) {
            list.insert(name.clone(), *quantity);
        }
    }
}

/// Resources are kept to a thousandth.
fn round_up(list: &mut ResourceList) {
    for quantity in list.values_mut() {
        *quantity = quantity.rounded_up_to_milli();
    }
}

fn fill(text: &mut String, default: &str) {
    if text.is_empty() {
        default.clone_into(text);
    }
}

#[cfg(test)]
mod tests;
