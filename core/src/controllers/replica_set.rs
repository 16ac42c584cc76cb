//! ReplicaSets and ReplicationControllers: as many pods as wanted, all alike.

use super::Round;
use super::input::is_active;
use super::pods::{Owner, pod_of};
use crate::objects::workloads::{PodTemplate, ReplicaSet, ReplicationController};
use crate::objects::{Kind, LabelSelector, Object, ObjectMeta, Pod};
use std::sync::Arc;

/// A ReplicaSet. One that belongs to a Deployment of the input is left to the Deployment.
pub(super) fn replica_set<'a>(round: &mut Round<'a>, set: &'a ReplicaSet) {
    if let Some(Object::Deployment(_)) = round.input.controller_of(&set.meta) {
        return;
    }
    let workload = round.workload(Kind::ReplicaSet, &set.meta);
    let selector = set.spec.selector.clone().unwrap_or_default();
    let mut pods = round.input.controlled(Kind::ReplicaSet, &set.meta);
    pods.extend(adopt(round, &workload, &set.meta, &selector));
    let owner = round.owner(Kind::ReplicaSet, &set.meta, &workload);
    fill(round, &owner, &set.spec.template, &pods, set.spec.replicas.unwrap_or(1).into());
}

/// A ReplicationController.
pub(super) fn controller<'a>(round: &mut Round<'a>, controller: &'a ReplicationController) {
    let (meta, spec) = (&controller.meta, &controller.spec);
    let workload = round.workload(Kind::ReplicationController, meta);
    let own = spec.selector.as_ref().filter(|labels| !labels.is_empty());
    let match_labels = own.unwrap_or(&spec.template.meta.labels).clone();
    let selector = LabelSelector { match_labels, ..LabelSelector::default() };
    let mut pods = round.input.controlled(Kind::ReplicationController, meta);
    pods.extend(adopt(round, &workload, meta, &selector));
    let owner = round.owner(Kind::ReplicationController, meta, &workload);
    fill(round, &owner, &spec.template, &pods, spec.replicas.unwrap_or(1).into());
}

/// Pods without a controller that the selector chooses become the workload's own.
pub(super) fn adopt<'a>(
    round: &mut Round<'a>,
    workload: &Arc<str>,
    meta: &ObjectMeta,
    selector: &LabelSelector,
) -> Vec<&'a Pod> {
    let chooses = |pod: &Pod| !selector.is_empty() && selector.matches(&pod.meta.labels);
    round.input.adopt(workload, &meta.namespace, chooses)
}

/// Creates what is missing to `wanted` pods.
pub(super) fn fill(
    round: &mut Round<'_>,
    owner: &Owner,
    template: &PodTemplate,
    pods: &[&Pod],
    wanted: i64,
) {
    let wanted = usize::try_from(wanted).unwrap_or(0);
    let active = pods.iter().filter(|pod| is_active(pod)).count();
    if active > wanted {
        let excess = format_args!("{active} pods are there, {wanted} are wanted; none is removed");
        round.note(&owner.path, excess);
    } else if active < wanted {
        let prefix = format!("{}-", owner.reference.name);
        round.replicas(pod_of(template, owner, []), &prefix, wanted - active, owner);
    }
}
