//! CronJobs.

use super::*;

fn cron_job(spec: Value) -> Value {
    let mut template = template("web:1");
    template["spec"]["restartPolicy"] = json!("Never");
    let job_template = json!({ "metadata": { "labels": { "kind": "tick" } }, "spec": {
        "template": template, "parallelism": 2, "completions": 2,
    } });
    let mut whole = json!({ "schedule": "0 2 * * *", "jobTemplate": job_template });
    for (key, value) in spec.as_object().expect("fields") {
        whole[key] = value.clone();
    }
    json!({ "kind": "CronJob", "metadata": { "name": "tick", "uid": "u9" }, "spec": whole })
}

fn run(name: &str, status: Value) -> Value {
    let mut job = job::job(json!({ "suspend": true }), status);
    job["metadata"] = json!({
        "name": name,
        "ownerReferences": [{ "kind": "CronJob", "name": "tick", "controller": true }],
    });
    job
}

#[test]
fn the_first_run_after_the_instant_makes_a_job_named_after_its_minute() {
    let expansion = expanded(&[cron_job(json!({}))]);
    let [Object::Job(job)] = &expansion.objects[..] else { panic!("one Job") };
    assert_eq!(job.meta.name, "tick-29453880");
    assert_eq!(job.meta.labels["kind"], "tick");
    assert_eq!(
        job.meta.annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"],
        "2026-01-01T02:00:00Z"
    );
    assert_eq!(expansion.pods.len(), 2);
    for pod in &expansion.pods {
        assert!(pod.pod.meta.name.starts_with("tick-29453880-"));
        assert_eq!(pod.owner.as_deref(), Some("CronJob/default/tick"));
    }
    assert!(has_note(&expansion, "counted with one run"));
}

#[test]
fn a_run_is_left_out_when_it_would_not_start() {
    let running = || run("tick-1", json!({}));
    let finished =
        || run("tick-1", json!({ "conditions": [{ "type": "Complete", "status": "True" }] }));
    let same = || run("tick-29453880", json!({}));
    let policy = |policy: &str| json!({ "concurrencyPolicy": policy });
    #[rustfmt::skip]
    let table = [
        (json!({ "suspend": true }),            vec![],           0),
        (json!({ "schedule": "0 0 31 2 *" }),   vec![],           0),
        (json!({}),                             vec![running()],  1),
        (policy("Forbid"),                      vec![running()],  0),
        (policy("Forbid"),                      vec![finished()], 1),
        (policy("Replace"),                     vec![running()],  1),
        (json!({}),                             vec![same()],     0),
    ];
    for (spec, jobs, expected) in table {
        let mut written = vec![cron_job(spec.clone())];
        written.extend(jobs);
        assert_eq!(expanded(&written).objects.len(), expected, "{spec}");
    }
}

#[test]
fn a_zone_other_than_utc_is_noted() {
    assert!(has_note(&expanded(&[cron_job(json!({ "timeZone": "Asia/Tokyo" }))]), "read in UTC"));
    assert!(!has_note(&expanded(&[cron_job(json!({ "timeZone": "Etc/UTC" }))]), "read in UTC"));
}
