//! Jobs: as many pods at a time as may run now.

use super::Round;
use super::input::is_active;
use super::names::LONGEST_PREFIX;
use super::pods::{Owner, pod_of, with_labels};
use crate::objects::pod::PodPhase;
use crate::objects::workloads::Job;
use crate::objects::{Kind, Pod};
use std::collections::BTreeSet;
use std::sync::Arc;

const COMPLETION_INDEX: &str = "batch.kubernetes.io/job-completion-index";
const BUILT_IN_CONTROLLER: &str = "kubernetes.io/job-controller";

/// Pods of a Job of the input.
pub(super) fn expand<'a>(round: &mut Round<'a>, job: &'a Job) {
    let workload = round.workload(Kind::Job, &job.meta);
    let mut pods = round.input.controlled(Kind::Job, &job.meta);
    if let Some(selector) = job.spec.selector.as_ref().filter(|selector| !selector.is_empty()) {
        pods.extend(
            round
                .input
                .adopt(&workload, &job.meta.namespace, |pod| selector.matches(&pod.meta.labels)),
        );
    }
    start(round, job, &pods, &workload);
}

/// Creates the pods that a Job lacks now, given those that it has.
pub(super) fn start(round: &mut Round<'_>, job: &Job, pods: &[&Pod], workload: &Arc<str>) {
    let owner = round.owner(Kind::Job, &job.meta, workload);
    if is_finished(job) {
        return;
    }
    if let Some(by) = job.spec.managed_by.as_deref().filter(|by| *by != BUILT_IN_CONTROLLER) {
        return round.note(&owner.path, format_args!("managed by {by}: no pods are created"));
    }
    if job.spec.suspend {
        return round.note(&owner.path, "suspended: no pods are created");
    }
    let active = pods.iter().filter(|pod| is_active(pod)).count();
    let missing = wanted(job, pods, active).saturating_sub(active);
    if missing == 0 {
        return;
    }
    let prototype = prototype(job, &owner);
    if is_indexed(job) {
        indexed(round, job, &owner, &prototype, free_indexes(job, pods).take(missing).collect());
    } else {
        round.replicas(prototype, &format!("{}-", job.meta.name), missing, &owner);
    }
}

/// Whether the Job has ended, well or badly.
pub(super) fn is_finished(job: &Job) -> bool {
    job.status.conditions.iter().any(|condition| {
        matches!(condition.kind.as_str(), "Complete" | "Failed") && condition.status == "True"
    })
}

fn is_indexed(job: &Job) -> bool {
    job.spec.completion_mode.as_deref() == Some("Indexed")
}

/// How many pods are to be active.
fn wanted(job: &Job, pods: &[&Pod], active: usize) -> usize {
    let succeeded = pods.iter().filter(|pod| pod.status.phase == PodPhase::Succeeded).count();
    let succeeded = succeeded.max(usize::try_from(job.status.succeeded).unwrap_or(0));
    let parallelism = usize::try_from(job.spec.parallelism.unwrap_or(1)).unwrap_or(0);
    match completions(job) {
        None if succeeded > 0 => active,
        None => parallelism,
        Some(completions) => parallelism.min(completions.saturating_sub(succeeded)),
    }
}

/// How many pods must succeed; nothing for a work queue, whose pods decide that.
fn completions(job: &Job) -> Option<usize> {
    let spec = &job.spec;
    let completions = spec.completions.or(spec.parallelism.is_none().then_some(1));
    completions.map(|count| usize::try_from(count).unwrap_or(0))
}

/// What all pods of the Job share.
fn prototype(job: &Job, owner: &Owner) -> Pod {
    let (name, uid) = (&job.meta.name, &owner.reference.uid);
    let labels = [
        ("batch.kubernetes.io/job-name", name.clone()),
        ("job-name", name.clone()),
        ("batch.kubernetes.io/controller-uid", uid.clone()),
        ("controller-uid", uid.clone()),
    ];
    pod_of(&job.spec.template, owner, labels)
}

/// Indexes without a pod that is active or has succeeded, ascending.
fn free_indexes(job: &Job, pods: &[&Pod]) -> impl Iterator<Item = usize> {
    let counts = |pod: &&&Pod| is_active(pod) || pod.status.phase == PodPhase::Succeeded;
    let indexes = pods.iter().filter(counts).filter_map(|pod| index_of(pod));
    let mut taken: BTreeSet<usize> = indexes.collect();
    taken.extend(intervals(&job.status.completed_indexes));
    taken.extend(intervals(&job.status.failed_indexes));
    (0..completions(job).unwrap_or(0)).filter(move |index| !taken.contains(index))
}

fn index_of(pod: &Pod) -> Option<usize> {
    pod.meta.annotations.get(COMPLETION_INDEX)?.parse().ok()
}

/// Indexes as a Job's status writes them, e.g. `1,3-5`. What is no interval is skipped, and so is
/// what lies beyond the largest index that a Job may have.
fn intervals(text: &str) -> impl Iterator<Item = usize> {
    const LARGEST: usize = 1_000_000_000;
    let bounds = text.split(',').filter_map(|interval| {
        let (first, last) = interval.split_once('-').unwrap_or((interval, interval));
        Some((first.trim().parse::<usize>().ok()?, last.trim().parse::<usize>().ok()?))
    });
    bounds.filter(|(_, last)| *last <= LARGEST).flat_map(|(first, last)| first..=last)
}

fn indexed(round: &mut Round<'_>, job: &Job, owner: &Owner, prototype: &Pod, indexes: Vec<usize>) {
    let mut random = round.names.suffixes(&owner.path);
    for index in indexes {
        let mut pod = prototype.clone();
        let index_pair = || [(COMPLETION_INDEX, index.to_string())];
        pod.meta.labels = with_labels(&pod.meta.labels, index_pair());
        pod.meta.annotations = with_labels(&pod.meta.annotations, index_pair());
        let tail = format!("-{index}-");
        let room = job.meta.name.floor_char_boundary(LONGEST_PREFIX - tail.len());
        let prefix = format!("{}{tail}", &job.meta.name[..room]);
        let Some(pod) = round.admitted(pod, &owner.path) else { return };
        let name = round.names.draw(&mut random, &owner.namespace, &prefix);
        let pod = round.named(pod, name);
        round.push(pod, owner);
    }
}
