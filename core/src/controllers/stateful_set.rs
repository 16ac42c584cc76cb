//! StatefulSets: numbered pods with claims of their own, one after another unless told otherwise.
//!
//! Every pod that is created has the newest template: at one instant the older revision that a
//! partition would keep is not known.

use super::input::is_active;
use super::names::template_hash;
use super::pods::{Owner, REVISION_HASH, path, pod_of};
use super::{ExpandedPod, Round};
use crate::objects::admission::admit_claim;
use crate::objects::pod::{PersistentVolumeClaimVolumeSource, Volume};
use crate::objects::storage::PersistentVolumeClaim;
use crate::objects::workloads::StatefulSet;
use crate::objects::{Kind, ObjectMeta, Pod};
use std::collections::BTreeMap;
use std::sync::Arc;

const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";
const POD_INDEX: &str = "apps.kubernetes.io/pod-index";

/// Pods and claims of a StatefulSet.
pub(super) fn expand<'a>(round: &mut Round<'a>, set: &'a StatefulSet) {
    let workload: Arc<str> = Arc::from(path(Kind::StatefulSet, &set.meta));
    let owner = round.owner(Kind::StatefulSet, &set.meta, &workload);
    let prototype = prototype(set, &owner);
    let existing = existing(round, set, &workload);
    let ordered = set.spec.pod_management_policy.as_deref() != Some("Parallel");
    let start = set.spec.ordinals.as_ref().map_or(0, |ordinals| i64::from(ordinals.start));
    let replicas = i64::from(set.spec.replicas.unwrap_or(1).max(0));
    let mut after = None;
    for ordinal in start..start + replicas {
        let name = format!("{}-{ordinal}", set.meta.name);
        let here = match existing.get(&name) {
            Some(pod) if is_active(pod) => {
                round.pending.get(&(set.meta.namespace.as_str(), pod.meta.name.as_str())).copied()
            }
            Some(pod) if pod.is_terminating() && !pod.is_terminal() => {
                round.note(&workload, format_args!("{name} must be gone before it is made anew"));
                if ordered {
                    break;
                }
                None
            }
            _ => match create(round, set, &owner, &prototype, name, ordinal, after) {
                None => break,
                created => created,
            },
        };
        if ordered {
            after = here.or(after);
        }
    }
}

/// Pods of the set by name: those that it controls, and orphans that have the name of one.
fn existing<'a>(
    round: &mut Round<'a>,
    set: &'a StatefulSet,
    workload: &Arc<str>,
) -> BTreeMap<String, &'a Pod> {
    let selector = set.spec.selector.clone().unwrap_or_default();
    let mut pods = round.input.controlled(Kind::StatefulSet, &set.meta);
    pods.extend(round.input.adopt(workload, &set.meta.namespace, |pod| {
        selector.matches(&pod.meta.labels) && is_member(&set.meta.name, &pod.meta.name)
    }));
    pods.into_iter().map(|pod| (pod.meta.name.clone(), pod)).collect()
}

/// Whether a pod has the name of a pod of the set.
fn is_member(set: &str, pod: &str) -> bool {
    let ordinal = pod.strip_prefix(set).and_then(|rest| rest.strip_prefix('-'));
    ordinal.is_some_and(|ordinal| {
        !ordinal.is_empty() && ordinal.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// What all pods of the set share.
fn prototype(set: &StatefulSet, owner: &Owner) -> Pod {
    let revision = format!("{}-{}", set.meta.name, template_hash(&set.spec.template, 0));
    pod_of(&set.spec.template, owner, [(REVISION_HASH, revision)])
}

/// Creates one pod and those of its claims that are not there yet, unless the API server would
/// refuse them.
fn create(
    round: &mut Round<'_>,
    set: &StatefulSet,
    owner: &Owner,
    prototype: &Pod,
    name: String,
    ordinal: i64,
    after: Option<usize>,
) -> Option<usize> {
    let mut pod = prototype.clone();
    let labels = Arc::make_mut(&mut pod.meta.labels);
    labels.insert(POD_NAME.to_owned(), name.clone());
    labels.insert(POD_INDEX.to_owned(), ordinal.to_string());
    let mut claims = Vec::new();
    for template in &set.spec.volume_claim_templates {
        let mut claim = claim_of(template, set, &name);
        mount(&mut pod, &template.meta.name, &claim.meta.name);
        let kind = Kind::PersistentVolumeClaim;
        if round.input.get(kind, &claim.meta.namespace, &claim.meta.name).is_none() {
            if let Err(reason) = admit_claim(&mut claim, &round.admission) {
                let claim = path(kind, &claim.meta);
                round.note(&owner.path, format_args!("{claim} is not created: {reason}"));
                return None;
            }
            claims.push(claim);
        }
    }
    let pod = round.admitted(pod, &owner.path)?;
    let pod = round.named(pod, name);
    let owner = Some(owner.workload.clone());
    round.expansion.pods.push(ExpandedPod { pod, owner, after, claims });
    Some(round.expansion.pods.len() - 1)
}

/// The claim of one pod.
fn claim_of(
    template: &PersistentVolumeClaim,
    set: &StatefulSet,
    pod: &str,
) -> PersistentVolumeClaim {
    let mut labels = template.meta.labels.clone();
    if let Some(selector) = &set.spec.selector {
        Arc::make_mut(&mut labels).extend(selector.match_labels.clone());
    }
    PersistentVolumeClaim {
        meta: ObjectMeta {
            name: format!("{}-{pod}", template.meta.name),
            namespace: set.meta.namespace.clone(),
            labels,
            annotations: template.meta.annotations.clone(),
            ..ObjectMeta::default()
        },
        spec: template.spec.clone(),
        ..PersistentVolumeClaim::default()
    }
}

/// Gives the pod a volume with the claim, in place of a volume of the same name.
fn mount(pod: &mut Pod, volume: &str, claim: &str) {
    let source =
        PersistentVolumeClaimVolumeSource { claim_name: claim.to_owned(), read_only: false };
    let volume = Volume {
        name: volume.to_owned(),
        persistent_volume_claim: Some(source),
        ..Volume::default()
    };
    let volumes = &mut Arc::make_mut(&mut pod.spec).volumes;
    match volumes.iter_mut().find(|own| own.name == volume.name) {
        Some(own) => *own = volume,
        None => volumes.push(volume),
    }
}
