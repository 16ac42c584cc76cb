//! Jobs.

use super::*;

pub(super) fn job(spec: Value, status: Value) -> Value {
    let mut template = template("web:1");
    template["spec"]["restartPolicy"] = json!("Never");
    let mut job = workload("Job", json!({ "selector": null, "template": template }));
    for (key, value) in spec.as_object().expect("fields") {
        job["spec"][key] = value.clone();
    }
    job["status"] = status;
    job
}

fn ended(name: &str, phase: &str, index: &str) -> Value {
    let mut pod = pod(name, ("Job", "web"), "n");
    pod["metadata"]["annotations"] = json!({ "batch.kubernetes.io/job-completion-index": index });
    pod["status"] = json!({ "phase": phase });
    pod
}

#[test]
fn as_many_pods_are_started_as_may_run_and_remain_to_succeed() {
    let complete = json!({ "conditions": [{ "type": "Complete", "status": "True" }] });
    let failed = json!({ "conditions": [{ "type": "Failed", "status": "True" }] });
    let not_failed = json!({ "conditions": [{ "type": "Failed", "status": "False" }] });
    let of = |parallelism: i32, completions: i32| json!({ "parallelism": parallelism, "completions": completions });
    #[rustfmt::skip]
    let table = [
        (json!({}),                                   json!({}),                 1),
        (json!({ "completions": 5 }),                 json!({}),                 1),
        (json!({ "parallelism": 5 }),                 json!({}),                 5),
        (json!({ "parallelism": 5 }),                 json!({ "succeeded": 1 }), 0),
        (of(2, 6),                                    json!({}),                 2),
        (of(4, 6),                                    json!({ "succeeded": 3 }), 3),
        (of(2, 6),                                    json!({ "succeeded": 6 }), 0),
        (of(0, 6),                                    json!({}),                 0),
        (of(2, 6),                                    complete,                  0),
        (of(2, 6),                                    failed,                    0),
        (of(2, 6),                                    not_failed,                2),
        (json!({ "suspend": true }),                  json!({}),                 0),
        (json!({ "managedBy": "example.com/other" }), json!({}),                 0),
        (json!({ "managedBy": "kubernetes.io/job-controller" }), json!({}),      1),
    ];
    for (spec, status, expected) in table {
        let expansion = expanded(&[job(spec.clone(), status.clone())]);
        assert_eq!(expansion.pods.len(), expected, "{spec} {status}");
    }
}

#[test]
fn pods_of_the_input_count_as_active_or_succeeded() {
    let written = [
        job(json!({ "parallelism": 3, "completions": 4 }), json!({})),
        pod("active", ("Job", "web"), "n"),
        ended("done", "Succeeded", ""),
        ended("failed", "Failed", ""),
    ];
    assert_eq!(created(&expanded(&written), &written).len(), 2);
}

#[test]
fn pods_carry_the_labels_of_their_job() {
    let expansion = expanded(&[job(json!({}), json!({}))]);
    let labels = &expansion.pods[0].pod.meta.labels;
    for (key, value) in [
        ("job-name", "web"),
        ("batch.kubernetes.io/job-name", "web"),
        ("controller-uid", "u1"),
        ("batch.kubernetes.io/controller-uid", "u1"),
    ] {
        assert_eq!(labels.get(key).map(String::as_str), Some(value), "{key}");
    }
    assert_eq!(expansion.pods[0].owner.as_deref(), Some("Job/default/web"));
}

#[test]
fn an_indexed_job_starts_the_lowest_indexes_that_are_free() {
    let spec = json!({ "completionMode": "Indexed", "parallelism": 4, "completions": 8 });
    let written = [
        job(spec, json!({ "succeeded": 2, "completedIndexes": "0,2", "failedIndexes": "3" })),
        ended("done", "Succeeded", "2"),
        ended("again", "Failed", "1"),
        ended("active", "Running", "4"),
    ];
    let expansion = expanded(&written);
    let created = created(&expansion, &written);
    let key = "batch.kubernetes.io/job-completion-index";
    let indexes: Vec<_> = created.iter().map(|pod| pod.meta.labels[key].as_str()).collect();
    assert_eq!(indexes, ["1", "5", "6"]);
    for pod in created {
        let index = &pod.meta.annotations[key];
        assert!(pod.meta.name.starts_with(&format!("web-{index}-")), "{}", pod.meta.name);
    }
}
