//! What the API server would refuse of a workload and what would make no sense to expand.
//!
//! Source: `pkg/apis/apps/validation`, `pkg/apis/batch/validation` (v1.35).

use super::ExpansionFault;
use super::pods::path;
use super::schedule::Schedule;
use crate::objects::pod::RestartPolicy;
use crate::objects::workloads::{CronJob, JobSpec, PodTemplate};
use crate::objects::{LabelSelector, Object};

/// Most pods that one workload is expanded to.
const MOST_PODS: i32 = 5_000_000;
/// Longest name of a CronJob: its Jobs add eleven characters, and their pods more.
const LONGEST_CRON_JOB_NAME: usize = 52;

const SELECTOR: &str = "spec.selector";
const LABELS: &str = "spec.template.metadata.labels";
const REPLICAS: &str = "spec.replicas";
const RESTART_POLICY: &str = "spec.template.spec.restartPolicy";

/// A field and what is wrong with it.
type Fault = (&'static str, String);

/// The first fault of an object, if it has any.
pub(super) fn fault(object: &Object) -> Option<ExpansionFault> {
    let found = match object {
        Object::Deployment(deployment) => {
            let spec = &deployment.spec;
            replicated(spec.selector.as_ref(), &spec.template, spec.replicas)
        }
        Object::ReplicaSet(set) => {
            let spec = &set.spec;
            replicated(spec.selector.as_ref(), &spec.template, spec.replicas)
        }
        Object::StatefulSet(set) => {
            let spec = &set.spec;
            let start = spec.ordinals.as_ref().map(|ordinals| ordinals.start);
            replicated(spec.selector.as_ref(), &spec.template, spec.replicas)
                .or_else(|| count("spec.ordinals.start", start, i32::MAX))
        }
        Object::DaemonSet(set) => replicated(set.spec.selector.as_ref(), &set.spec.template, None),
        Object::ReplicationController(controller) => {
            count(REPLICAS, controller.spec.replicas, MOST_PODS)
        }
        Object::Job(job) => of_job(&job.spec),
        Object::CronJob(cron_job) => of_cron_job(cron_job),
        _ => None,
    };
    found.map(|(field, message)| ExpansionFault {
        object: path(object.kind(), object.meta()),
        field,
        message,
    })
}

fn replicated(
    selector: Option<&LabelSelector>,
    template: &PodTemplate,
    replicas: Option<i32>,
) -> Option<Fault> {
    let restart = template.spec.restart_policy;
    of_selector(selector, template).or_else(|| count(REPLICAS, replicas, MOST_PODS)).or_else(|| {
        let always = matches!(restart, None | Some(RestartPolicy::Always));
        (!always).then(|| (RESTART_POLICY, "Unsupported value: must be Always".to_owned()))
    })
}

fn of_selector(selector: Option<&LabelSelector>, template: &PodTemplate) -> Option<Fault> {
    let Some(selector) = selector else {
        return Some((SELECTOR, "Required value".to_owned()));
    };
    if let Some(reason) = selector.invalid() {
        return Some((SELECTOR, format!("Invalid value: {reason}")));
    }
    if selector.is_empty() {
        return Some((SELECTOR, "Invalid value: empty selector is invalid".to_owned()));
    }
    let matches = selector.matches(&template.meta.labels);
    (!matches).then(|| (LABELS, "selector does not match template labels".to_owned()))
}

fn count(field: &'static str, count: Option<i32>, most: i32) -> Option<Fault> {
    let count = count?;
    if count < 0 {
        return Some((field, format!("Invalid value: {count}: must not be negative")));
    }
    (count > most).then(|| (field, format!("Invalid value: {count}: more than {most}")))
}

fn of_job(spec: &JobSpec) -> Option<Fault> {
    let restart = spec.template.spec.restart_policy;
    let ends = matches!(restart, Some(RestartPolicy::Never | RestartPolicy::OnFailure));
    let indexed = spec.completion_mode.as_deref() == Some("Indexed");
    let most = if indexed { 100_000 } else { MOST_PODS };
    if !ends {
        let message = "Unsupported value: must be Never or OnFailure";
        return Some((RESTART_POLICY, message.to_owned()));
    }
    if indexed && spec.completions.is_none() {
        let message = "Required value: when completion mode is Indexed";
        return Some(("spec.completions", message.to_owned()));
    }
    count("spec.parallelism", spec.parallelism, most)
        .or_else(|| count("spec.completions", spec.completions, i32::MAX))
}

fn of_cron_job(cron_job: &CronJob) -> Option<Fault> {
    if cron_job.meta.name.len() > LONGEST_CRON_JOB_NAME {
        let message =
            format!("Invalid value: must be no more than {LONGEST_CRON_JOB_NAME} characters");
        return Some(("metadata.name", message));
    }
    match Schedule::parse(&cron_job.spec.schedule) {
        Err(reason) => Some(("spec.schedule", format!("Invalid value: {reason}"))),
        Ok(_) => of_job(&cron_job.spec.job_template.spec).map(|(field, message)| {
            let field = match field {
                RESTART_POLICY => "spec.jobTemplate.spec.template.spec.restartPolicy",
                "spec.completions" => "spec.jobTemplate.spec.completions",
                _ => "spec.jobTemplate.spec.parallelism",
            };
            (field, message)
        }),
    }
}
