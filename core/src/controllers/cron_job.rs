//! CronJobs: one run, the first that is due after the instant looked at.

use super::pods::path;
use super::schedule::Schedule;
use super::{Round, job};
use crate::objects::workloads::{CronJob, Job, JobStatus};
use crate::objects::{Kind, ObjectMeta};
use std::sync::Arc;

const SCHEDULED: &str = "batch.kubernetes.io/cronjob-scheduled-timestamp";

/// The Job of the next run, and its pods.
pub(super) fn expand<'a>(round: &mut Round<'a>, cron_job: &'a CronJob) {
    let workload: Arc<str> = Arc::from(path(Kind::CronJob, &cron_job.meta));
    if cron_job.spec.suspend {
        return round.note(&workload, "suspended: no Job is started");
    }
    // Schedules were checked before.
    let Ok(schedule) = Schedule::parse(&cron_job.spec.schedule) else { return };
    let Some(due) = schedule.next_after(round.instant) else {
        return round.note(&workload, "its schedule names no day within five years: it never runs");
    };
    let jobs = round.input.jobs_of(&cron_job.meta);
    let running = jobs.iter().filter(|job| !job::is_finished(job)).count();
    let policy = cron_job.spec.concurrency_policy.as_deref();
    if running > 0 && policy == Some("Forbid") {
        return round.note(&workload, "a Job of it is still running: none is started beside it");
    }
    if running > 0 && policy == Some("Replace") {
        round.note(&workload, "the next run replaces the Job that is still running");
    }
    if let Some(zone) = cron_job.spec.time_zone.as_deref().filter(|zone| !is_utc(zone)) {
        round.note(&workload, format_args!("its schedule is read in UTC, not in {zone}"));
    }
    let minutes = due.0.div_euclid(60_000_000_000);
    let name = format!("{}-{minutes}", cron_job.meta.name);
    if jobs.iter().any(|job| job.meta.name == name) {
        return;
    }
    let from = round.instant;
    round.note(&workload, format_args!("counted with one run, the first after {from}: {due}"));
    let made = job_of(round, cron_job, name, due.to_string());
    job::start(round, &made, &[], &workload);
    round.create(made);
}

fn is_utc(zone: &str) -> bool {
    matches!(zone, "" | "UTC" | "Etc/UTC")
}

fn job_of(round: &Round<'_>, cron_job: &CronJob, name: String, due: String) -> Job {
    let template = &cron_job.spec.job_template;
    let mut annotations = template.meta.annotations.clone();
    Arc::make_mut(&mut annotations).insert(SCHEDULED.to_owned(), due);
    let mut job = Job {
        meta: ObjectMeta {
            name,
            namespace: cron_job.meta.namespace.clone(),
            labels: template.meta.labels.clone(),
            annotations,
            owner_references: vec![round.reference(Kind::CronJob, &cron_job.meta)],
            ..ObjectMeta::default()
        },
        spec: template.spec.clone(),
        status: JobStatus::default(),
    };
    job.meta.uid = round.uid(Kind::Job, &job.meta);
    job
}
