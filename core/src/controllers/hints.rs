//! Hints: arrangements that Kubernetes accepts and that are rarely meant.

use super::Expansion;
use super::pods::path;
use crate::objects::policy::{IntOrPercent, PodDisruptionBudget};
use crate::objects::qos::{QosClass, qos_class};
use crate::objects::storage::AccessMode;
use crate::objects::workloads::Deployment;
use crate::objects::{Object, ObjectMeta, PodSpec};

/// Adds the hints that the objects give rise to.
pub(super) fn add(objects: &[Object], expansion: &mut Expansion) {
    for object in objects {
        let at = path(object.kind(), object.meta());
        let mut hint = |text: String| expansion.notes.push(format!("{at}: {text}"));
        if spec_of(object).is_some_and(|spec| qos_class(spec) == QosClass::BestEffort) {
            hint("requests nothing (BestEffort): no room is kept for its pods".to_owned());
        }
        match object {
            Object::Deployment(deployment) => of_volumes(deployment, objects, &mut hint),
            Object::PodDisruptionBudget(budget) => of_budget(budget, expansion, &at),
            _ => {}
        }
    }
}

/// The spec of the pods that the object stands for, where it is the one to change it in.
fn spec_of(object: &Object) -> Option<&PodSpec> {
    Some(match object {
        Object::Pod(pod) if pod.node_name.is_none() && pod.meta.controller().is_none() => &pod.spec,
        Object::Deployment(deployment) => &deployment.spec.template.spec,
        Object::StatefulSet(set) => &set.spec.template.spec,
        Object::DaemonSet(set) => &set.spec.template.spec,
        Object::Job(job) => &job.spec.template.spec,
        Object::CronJob(cron_job) => &cron_job.spec.job_template.spec.template.spec,
        _ => return None,
    })
}

fn of_volumes(deployment: &Deployment, objects: &[Object], hint: &mut impl FnMut(String)) {
    let replicas = deployment.spec.replicas.unwrap_or(1);
    for volume in &deployment.spec.template.spec.volumes {
        if volume.empty_dir.is_some() {
            hint(format!("what is in emptyDir {} is lost with its pod", volume.name));
        }
        let Some(source) = &volume.persistent_volume_claim else { continue };
        let claim = objects.iter().find_map(|object| match object {
            Object::PersistentVolumeClaim(claim)
                if claim.meta.namespace == deployment.meta.namespace
                    && claim.meta.name == source.claim_name =>
            {
                Some(claim)
            }
            _ => None,
        });
        let single = |mode: &AccessMode| {
            matches!(mode, AccessMode::ReadWriteOnce | AccessMode::ReadWriteOncePod)
        };
        if replicas > 1
            && let Some(claim) = claim
            && !claim.spec.access_modes.is_empty()
            && claim.spec.access_modes.iter().all(single)
        {
            let name = &source.claim_name;
            hint(format!("{replicas} replicas share claim {name}, which one node can use"));
        }
    }
}

/// A budget that needs all the pods it covers keeps every drain from ending.
fn of_budget(budget: &PodDisruptionBudget, expansion: &mut Expansion, at: &str) {
    let Some(selector) = &budget.spec.selector else { return };
    let chosen = |meta: &ObjectMeta| {
        meta.namespace == budget.meta.namespace && selector.matches(&meta.labels)
    };
    let pods = expansion.pods.iter().filter(|expanded| chosen(&expanded.pod.meta)).count();
    let Ok(pods @ 1..) = i64::try_from(pods) else { return };
    let needed = match (budget.spec.min_available, budget.spec.max_unavailable) {
        (Some(min), _) => min.of_rounded_up(pods),
        (None, Some(max)) => pods - max.of_rounded_up(pods),
        (None, None) => return,
    };
    if needed >= pods {
        let kept = match budget.spec.min_available {
            Some(IntOrPercent::Percent(percent)) => format!("{percent}%"),
            _ => needed.to_string(),
        };
        let text = format!("keeps {kept} of {pods} pods: a drain can never finish");
        expansion.notes.push(format!("{at}: {text}"));
    }
}
