//! Workloads: selectors, templates, roll-out bounds.

use super::super::labels::LabelSelector;
use super::super::meta::Labels;
use super::super::pod::RestartPolicy;
use super::super::policy::IntOrPercent;
use super::super::workloads::{
    CronJob, DaemonSetSpec, DeploymentSpec, JobSpec, PodTemplate, ReplicaSetSpec,
    ReplicationControllerSpec, RollingUpdate, StatefulSetSpec, UpdateStrategy,
};
use super::pod::check_spec;
use super::{Findings, check_labels, check_selector};

const MISMATCH: &str = "`selector` does not match template `labels`";

pub(super) fn check_replication_controller(found: &mut Findings, spec: &ReplicationControllerSpec) {
    check_count(found, "spec.replicas", spec.replicas);
    let labels = &spec.template.meta.labels;
    match &spec.selector {
        Some(selector) if !selector.is_empty() => {
            let matches = selector.iter().all(|(key, value)| labels.get(key) == Some(value));
            found.require(matches, "spec.template.metadata.labels", MISMATCH);
        }
        _ => found.add("spec.selector", "Required value"),
    }
    check_serving_template(found, &spec.template);
}

pub(super) fn check_replica_set(found: &mut Findings, spec: &ReplicaSetSpec) {
    check_count(found, "spec.replicas", spec.replicas);
    check_own_selector(found, spec.selector.as_ref(), &spec.template.meta.labels);
    check_serving_template(found, &spec.template);
}

pub(super) fn check_deployment(found: &mut Findings, spec: &DeploymentSpec) {
    check_count(found, "spec.replicas", spec.replicas);
    check_count(found, "spec.minReadySeconds", Some(spec.min_ready_seconds));
    check_own_selector(found, spec.selector.as_ref(), &spec.template.meta.labels);
    check_serving_template(found, &spec.template);
    let strategy = &spec.strategy;
    match strategy.kind.as_deref() {
        Some("Recreate") => {
            let message = "may not be specified when strategy `type` is 'Recreate'";
            found.require(
                strategy.rolling_update.is_none(),
                "spec.strategy.rollingUpdate",
                message,
            );
        }
        Some("RollingUpdate") => {
            if let Some(bounds) = &strategy.rolling_update {
                check_bounds(found, "spec.strategy.rollingUpdate", bounds);
                let still = is_zero(bounds.max_surge) && is_zero(bounds.max_unavailable);
                let message = "may not be 0 when `maxSurge` is 0";
                found.require(!still, "spec.strategy.rollingUpdate.maxUnavailable", message);
            }
        }
        _ => found.add("spec.strategy.type", "must be RollingUpdate or Recreate"),
    }
    let enough = spec.progress_deadline_seconds.is_none_or(|end| end > spec.min_ready_seconds);
    let message = "must be greater than minReadySeconds";
    found.require(enough, "spec.progressDeadlineSeconds", message);
}

pub(super) fn check_stateful_set(found: &mut Findings, spec: &StatefulSetSpec) {
    check_count(found, "spec.replicas", spec.replicas);
    check_count(found, "spec.minReadySeconds", Some(spec.min_ready_seconds));
    check_count(found, "spec.ordinals.start", spec.ordinals.as_ref().map(|o| o.start));
    check_own_selector(found, spec.selector.as_ref(), &spec.template.meta.labels);
    check_serving_template(found, &spec.template);
    let policy = matches!(spec.pod_management_policy.as_deref(), Some("OrderedReady" | "Parallel"));
    found.require(policy, "spec.podManagementPolicy", "must be OrderedReady or Parallel");
    if let Some(bounds) = check_update_strategy(found, &spec.update_strategy) {
        check_count(found, "spec.updateStrategy.rollingUpdate.partition", bounds.partition);
        let field = "spec.updateStrategy.rollingUpdate.maxUnavailable";
        let none = bounds.max_unavailable.is_some() && is_zero(bounds.max_unavailable);
        found.require(!none, field, "cannot be 0");
    }
}

pub(super) fn check_daemon_set(found: &mut Findings, spec: &DaemonSetSpec) {
    check_count(found, "spec.minReadySeconds", Some(spec.min_ready_seconds));
    check_own_selector(found, spec.selector.as_ref(), &spec.template.meta.labels);
    check_serving_template(found, &spec.template);
    if let Some(bounds) = check_update_strategy(found, &spec.update_strategy) {
        let one = is_zero(bounds.max_surge) != is_zero(bounds.max_unavailable);
        let message = "exactly one of maxUnavailable and maxSurge must be more than 0";
        found.require(one, "spec.updateStrategy.rollingUpdate", message);
    }
}

pub(super) fn check_job(found: &mut Findings, path: &str, spec: &JobSpec) {
    check_count(found, &format!("{path}.parallelism"), spec.parallelism);
    check_count(found, &format!("{path}.completions"), spec.completions);
    check_count(found, &format!("{path}.backoffLimit"), spec.backoff_limit);
    match spec.completion_mode.as_deref() {
        Some("Indexed") => {
            let field = format!("{path}.completions");
            let message = "Required value: when completion mode is Indexed";
            found.require(spec.completions.is_some(), &field, message);
            let few = spec.parallelism.is_none_or(|parallelism| parallelism <= 100_000);
            let message = "must be at most 100000 when completion mode is Indexed";
            found.require(few, &format!("{path}.parallelism"), message);
        }
        Some("NonIndexed") => {}
        _ => found.add(format!("{path}.completionMode"), "must be NonIndexed or Indexed"),
    }
    let ends = matches!(
        spec.template.spec.restart_policy,
        Some(RestartPolicy::OnFailure | RestartPolicy::Never)
    );
    let field = format!("{path}.template.spec.restartPolicy");
    found.require(ends, &field, "must be OnFailure or Never; a Job's pods have to end");
    check_template(found, &format!("{path}.template"), &spec.template);
}

pub(super) fn check_cron_job(found: &mut Findings, cron_job: &CronJob) {
    let name_fits = cron_job.meta.name.len() <= 52;
    found.require(name_fits, "metadata.name", "must be no more than 52 characters");
    let spec = &cron_job.spec;
    found.require(!spec.schedule.is_empty(), "spec.schedule", "Required value");
    let zone = spec.schedule.contains("TZ");
    let message = "cannot use TZ or CRON_TZ in schedule; use timeZone instead";
    found.require(!zone, "spec.schedule", message);
    let policy = matches!(spec.concurrency_policy.as_deref(), Some("Allow" | "Forbid" | "Replace"));
    found.require(policy, "spec.concurrencyPolicy", "must be Allow, Forbid or Replace");
    check_job(found, "spec.jobTemplate.spec", &spec.job_template.spec);
}

fn check_own_selector(found: &mut Findings, selector: Option<&LabelSelector>, labels: &Labels) {
    let Some(selector) = selector else {
        let cure = if labels.is_empty() {
            String::new()
        } else {
            let pairs: Vec<_> =
                labels.iter().map(|(key, value)| format!("{key}: {value}")).collect();
            format!("; add selector: {{matchLabels: {{{}}}}}", pairs.join(", "))
        };
        return found.add("spec.selector", format!("Required value{cure}"));
    };
    if selector.is_empty() {
        found.add("spec.selector", "empty selector is invalid");
    } else if selector.invalid().is_some() {
        check_selector(found, "spec.selector", Some(selector));
    } else {
        found.require(selector.matches(labels), "spec.template.metadata.labels", MISMATCH);
    }
}

/// A template whose pods run for ever.
fn check_serving_template(found: &mut Findings, template: &PodTemplate) {
    let always = template.spec.restart_policy == Some(RestartPolicy::Always);
    found.require(always, "spec.template.spec.restartPolicy", "must be Always");
    check_template(found, "spec.template", template);
}

fn check_template(found: &mut Findings, path: &str, template: &PodTemplate) {
    check_labels(found, &format!("{path}.metadata.labels"), &template.meta.labels);
    check_spec(found, &format!("{path}.spec"), &template.spec);
}

/// The bounds of the strategy, where it is a rolling update.
fn check_update_strategy<'a>(
    found: &mut Findings,
    strategy: &'a UpdateStrategy,
) -> Option<&'a RollingUpdate> {
    match strategy.kind.as_deref() {
        Some("RollingUpdate") => {
            let bounds = strategy.rolling_update.as_ref()?;
            check_bounds(found, "spec.updateStrategy.rollingUpdate", bounds);
            Some(bounds)
        }
        Some("OnDelete") => None,
        _ => {
            found.add("spec.updateStrategy.type", "must be RollingUpdate or OnDelete");
            None
        }
    }
}

fn check_bounds(found: &mut Findings, path: &str, bounds: &RollingUpdate) {
    check_bound(found, &format!("{path}.maxUnavailable"), bounds.max_unavailable);
    check_bound(found, &format!("{path}.maxSurge"), bounds.max_surge);
    if let Some(IntOrPercent::Percent(percent)) = bounds.max_unavailable {
        let field = format!("{path}.maxUnavailable");
        found.require(percent <= 100, &field, "must not be greater than 100%");
    }
}

/// A number or percentage that must not be negative.
pub(super) fn check_bound(found: &mut Findings, field: &str, bound: Option<IntOrPercent>) {
    let negative = matches!(bound, Some(IntOrPercent::Int(n) | IntOrPercent::Percent(n)) if n < 0);
    found.require(!negative, field, "must be greater than or equal to 0");
}

fn check_count(found: &mut Findings, field: &str, count: Option<i32>) {
    found.require(count.is_none_or(|n| n >= 0), field, "must be greater than or equal to 0");
}

fn is_zero(bound: Option<IntOrPercent>) -> bool {
    matches!(bound, None | Some(IntOrPercent::Int(0) | IntOrPercent::Percent(0)))
}
