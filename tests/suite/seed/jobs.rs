//! Section 4: Jobs and CronJobs.

use super::harness::*;
use bayplan::objects::Object;

#[test]
fn seed_j01_a_job_has_one_pod_with_its_name_in_labels() {
    let world = World::of(&[SMALL, "50-db-migration"]);
    let expansion = world.expand();
    let [expanded] = &expansion.pods[..] else { panic!("one pod") };
    assert!(expanded.pod.meta.name.starts_with("db-migration-"));
    for key in ["job-name", "batch.kubernetes.io/job-name"] {
        assert_eq!(expanded.pod.meta.labels[key], "db-migration");
    }
    let nodes = world.place().nodes_of("db-migration-");
    assert!(WORKERS.contains(&nodes[0].as_str()), "{nodes:?}");
}

#[test]
fn seed_j04_a_job_that_always_restarts_is_refused() {
    use bayplan::controllers::{ExpandOptions, expand};
    let input =
        read(&text("50-db-migration").replace("restartPolicy: Never", "restartPolicy: Always"));
    let objects: Vec<_> = input.objects.into_iter().map(|located| located.object).collect();
    let faults = expand(&objects, &ExpandOptions::default());
    assert!(!input.faults.is_empty() || faults.is_err());
}

#[test]
fn seed_j06_completed_pods_hold_nothing() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: done}\nspec:\n  nodeName: node-1\n  \
               containers:\n  - {name: c, image: i, resources: {requests: {cpu: 1900m}}}\n\
               status: {phase: Succeeded}\n";
    let placement = World::of(&[SMALL, "51-data-import"]).apply(pod).place();
    assert_eq!(
        placement.node("node-1").requested.cpu_milli % 1000,
        placement.node("node-1").requested.pods * 500
    );
}

#[test]
fn seed_j07_an_indexed_job_starts_as_many_pods_as_may_run() {
    let expansion = World::of(&[SMALL, "56-parallel-job"]).expand();
    let key = "batch.kubernetes.io/job-completion-index";
    for (index, expanded) in expansion.pods.iter().enumerate() {
        let meta = &expanded.pod.meta;
        assert!(meta.name.starts_with(&format!("parallel-{index}-")), "{}", meta.name);
        assert_eq!(meta.labels[key], index.to_string());
        assert_eq!(meta.annotations[key], index.to_string());
    }
    assert_eq!(expansion.pods.len(), 2);
}

#[test]
fn seed_j08_a_run_is_named_after_its_minute() {
    for (name, job) in [
        ("52-daily-backup", "daily-backup-29453880"),
        ("53-redis-cleanup", "redis-cleanup-29453940"),
    ] {
        let expansion = World::of(&[SMALL, name]).expand();
        let [Object::Job(made)] = &expansion.objects[..] else { panic!("one Job") };
        assert_eq!(made.meta.name, job);
        assert_eq!(expansion.pods.len(), 1);
        assert!(expansion.pods[0].pod.meta.name.starts_with(&format!("{job}-")));
    }
}

#[test]
fn seed_j09_schedules_are_due_when_the_table_says() {
    use bayplan::base::time::Timestamp;
    use bayplan::controllers::schedule::Schedule;
    #[rustfmt::skip]
    let table = [
        ("every-5-minutes", ["01-01T00:05", "01-01T00:10", "01-01T00:15", "01-01T00:20", "01-01T00:25"]),
        ("hourly",          ["01-01T01:00", "01-01T02:00", "01-01T03:00", "01-01T04:00", "01-01T05:00"]),
        ("every-2-hours",   ["01-01T02:00", "01-01T04:00", "01-01T06:00", "01-01T08:00", "01-01T10:00"]),
        ("weekday-9",       ["01-01T09:00", "01-02T09:00", "01-05T09:00", "01-06T09:00", "01-07T09:00"]),
        ("sunday",          ["01-04T00:00", "01-11T00:00", "01-18T00:00", "01-25T00:00", "02-01T00:00"]),
        ("monthly",         ["02-01T00:00", "03-01T00:00", "04-01T00:00", "05-01T00:00", "06-01T00:00"]),
        ("daily-macro",     ["01-02T00:00", "01-03T00:00", "01-04T00:00", "01-05T00:00", "01-06T00:00"]),
        ("dom-or-dow",      ["01-02T12:00", "01-09T12:00", "01-13T12:00", "01-16T12:00", "01-23T12:00"]),
    ];
    let objects = read(&text("54-cron-table")).objects;
    for (name, expected) in table {
        let mut found = objects.iter().filter_map(|located| match &located.object {
            Object::CronJob(cron_job) if cron_job.meta.name == name => {
                Some(&cron_job.spec.schedule)
            }
            _ => None,
        });
        let schedule = Schedule::parse(found.next().expect(name)).expect(name);
        let mut instant = Timestamp::parse("2026-01-01T00:00:00Z").expect("an instant");
        for expected in expected {
            instant = schedule.next_after(instant).expect(name);
            assert_eq!(instant.to_string(), format!("2026-{expected}:00Z"), "{name}");
        }
    }
}

#[test]
fn seed_j10_sunday_is_zero_only() {
    use bayplan::controllers::schedule::Schedule;
    assert!(Schedule::parse("0 0 * * 7").is_err());
    assert!(Schedule::parse("60 * * * *").is_err());
}

#[test]
fn seed_j16_jobs_of_all_kinds_fit_together() {
    let names = [
        SMALL,
        "50-db-migration",
        "51-data-import",
        "52-daily-backup",
        "53-redis-cleanup",
        "54-cron-table",
    ];
    let placement = World::of(&names).place();
    assert_eq!((placement.summary.placed, placement.summary.pods), (12, 12));
}

#[test]
fn seed_k03_gpus_are_given_out_once() {
    let world = World::of(&[SMALL, "04-nodes-special", "55-gpu-training"]).remove("edge-arm");
    let placement = world.place();
    assert_eq!(placement.nodes_of("gpu-training-"), ["-", "gpu-1", "gpu-1"]);
    let head = "0/5 nodes are available: 1 Insufficient nvidia.com/gpu, \
                1 node(s) had untolerated taint(s), \
                3 node(s) didn't match Pod's node affinity/selector. ";
    let reasons = "1 No preemption victims found for incoming pod, \
                   4 Preemption is not helpful for scheduling.";
    assert_eq!(placement.pending_text(), format!("{head}{}", tail(5, reasons)));
}
