//! Deployments: one ReplicaSet per template, of which the newest takes over from the others.
//!
//! One step of a roll-out is taken: the new ReplicaSet grows as far as the surge allows beside the
//! old ones, which keep their size. Proportional scaling of several active ReplicaSets is left to
//! simulation over time.

use super::Round;
use super::names::template_hash;
use super::pods::{TEMPLATE_HASH, path, with_labels};
use super::replica_set::{adopt, fill};
use crate::objects::policy::IntOrPercent;
use crate::objects::workloads::{Deployment, PodTemplate, ReplicaSet, ReplicaSetSpec};
use crate::objects::{Kind, LabelSelector, ObjectMeta};
use std::borrow::Cow;
use std::sync::Arc;

/// Pods of a Deployment.
pub(super) fn expand<'a>(round: &mut Round<'a>, deployment: &'a Deployment) {
    let workload: Arc<str> = Arc::from(path(Kind::Deployment, &deployment.meta));
    let selector = deployment.spec.selector.clone().unwrap_or_default();
    let sets = round.input.replica_sets_of(&deployment.meta);
    let (new, old) = new_and_old(deployment, sets);
    let mut size_of_old = 0;
    let mut old_pods = 0;
    for set in &old {
        let wanted = i64::from(set.spec.replicas.unwrap_or(1).max(0));
        let pods = round.input.controlled(Kind::ReplicaSet, &set.meta);
        old_pods += pods.iter().filter(|pod| !pod.is_terminal()).count();
        size_of_old += wanted;
        let owner = round.owner(Kind::ReplicaSet, &set.meta, &workload);
        fill(round, &owner, &set.spec.template, &pods, wanted);
    }
    // Orphans count for the new ReplicaSet: a hash in their labels says nothing about templates.
    let orphans = adopt(round, &workload, &deployment.meta, &selector);
    let current = new.map_or(0, |set| i64::from(set.spec.replicas.unwrap_or(1).max(0)));
    let wanted = match () {
        () if is_recreate(deployment) && size_of_old as usize + old_pods > 0 => current,
        () if deployment.spec.paused && size_of_old > 0 => current,
        () => size_of_new(deployment, current, size_of_old),
    };
    tell(round, deployment, &workload, wanted, old_pods);
    let (set, created) = match new {
        Some(set) => (Cow::Borrowed(set), false),
        None if deployment.spec.paused => return,
        None => (Cow::Owned(new_replica_set(round, deployment, &selector, wanted)), true),
    };
    let mut pods = round.input.controlled(Kind::ReplicaSet, &set.meta);
    pods.extend(orphans);
    let owner = round.owner(Kind::ReplicaSet, &set.meta, &workload);
    fill(round, &owner, &set.spec.template, &pods, wanted);
    if created {
        round.create(set.into_owned());
    }
}

/// The ReplicaSet with the Deployment's template, the oldest where there are several, and the
/// others.
fn new_and_old<'a>(
    deployment: &Deployment,
    mut sets: Vec<&'a ReplicaSet>,
) -> (Option<&'a ReplicaSet>, Vec<&'a ReplicaSet>) {
    sets.sort_by_key(|set| (set.meta.creation_timestamp, &set.meta.name));
    let new = sets.iter().position(|set| same(&set.spec.template, &deployment.spec.template));
    let new = new.map(|at| sets.remove(at));
    (new, sets)
}

/// Whether two templates are equal, but for the label that a Deployment adds.
fn same(a: &PodTemplate, b: &PodTemplate) -> bool {
    let labels = |template: &PodTemplate| {
        let mut labels = template.meta.labels.clone();
        if labels.contains_key(TEMPLATE_HASH) {
            Arc::make_mut(&mut labels).remove(TEMPLATE_HASH);
        }
        labels
    };
    a.spec == b.spec && a.meta.annotations == b.meta.annotations && labels(a) == labels(b)
}

fn is_recreate(deployment: &Deployment) -> bool {
    deployment.spec.strategy.kind.as_deref() == Some("Recreate")
}

/// How far the new ReplicaSet may grow beside the old ones.
fn size_of_new(deployment: &Deployment, current: i64, old: i64) -> i64 {
    let replicas = i64::from(deployment.spec.replicas.unwrap_or(1).max(0));
    let surge = if is_recreate(deployment) { 0 } else { max_surge(deployment, replicas) };
    let room = replicas.saturating_add(surge).saturating_sub(current.saturating_add(old)).max(0);
    if current >= replicas { replicas } else { current + room.min(replicas - current) }
}

/// `maxSurge` as a number of pods.
fn max_surge(deployment: &Deployment, replicas: i64) -> i64 {
    let bounds = deployment.spec.strategy.rolling_update.as_ref();
    let surge = bounds.and_then(|bounds| bounds.max_surge);
    surge.unwrap_or(IntOrPercent::Percent(25)).of_rounded_up(replicas).max(0)
}

/// Says what keeps the new template from having all its pods.
fn tell(
    round: &mut Round<'_>,
    deployment: &Deployment,
    workload: &str,
    wanted: i64,
    old_pods: usize,
) {
    let replicas = i64::from(deployment.spec.replicas.unwrap_or(1));
    if wanted >= replicas {
        return;
    }
    if deployment.spec.paused {
        round.note(workload, "paused: its new template is not rolled out");
    } else if is_recreate(deployment) {
        let text = "pods of the old template must be gone before the new ones are created";
        round.note(workload, format_args!("Recreate: {old_pods} {text}"));
    } else {
        let text = "pods of the new template are created beside the old ones";
        round.note(workload, format_args!("roll-out: {wanted} of {replicas} {text}"));
    }
}

/// The ReplicaSet of the Deployment's template, named after its hash.
fn new_replica_set(
    round: &Round<'_>,
    deployment: &Deployment,
    selector: &LabelSelector,
    size: i64,
) -> ReplicaSet {
    let meta = &deployment.meta;
    let template = &deployment.spec.template;
    let named = |collisions| {
        let hash = template_hash(template, collisions);
        (format!("{}-{hash}", meta.name), hash)
    };
    let free = |name: &str| round.input.get(Kind::ReplicaSet, &meta.namespace, name).is_none();
    let (name, hash) = (0..).map(named).find(|(name, _)| free(name)).unwrap_or_else(|| named(0));
    let with_hash = |labels| with_labels(labels, [(TEMPLATE_HASH, hash.clone())]);
    let labels = with_hash(&template.meta.labels);
    let mut selector = selector.clone();
    selector.match_labels.insert(TEMPLATE_HASH.to_owned(), hash.clone());
    let mut set = ReplicaSet {
        meta: ObjectMeta {
            name,
            namespace: meta.namespace.clone(),
            labels: labels.clone(),
            owner_references: vec![round.reference(Kind::Deployment, meta)],
            ..ObjectMeta::default()
        },
        spec: ReplicaSetSpec {
            replicas: Some(i32::try_from(size).unwrap_or(i32::MAX)),
            selector: Some(selector),
            template: PodTemplate {
                meta: ObjectMeta { labels, ..template.meta.clone() },
                spec: template.spec.clone(),
            },
        },
    };
    set.meta.uid = round.uid(Kind::ReplicaSet, &set.meta);
    set
}
