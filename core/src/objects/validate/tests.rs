//! One row per rule: what is changed in a valid object, and what is said then.

use super::super::defaults::default_object;
use super::super::object::{Kind, Object};
use super::validate;
use serde_json::{Value, json};

/// Violations of an object as `field: message`.
fn violations(kind: Kind, value: &Value) -> Vec<String> {
    let mut object = Object::deserialize_as(kind, value).expect("an object");
    default_object(&mut object);
    validate(&object).iter().map(|v| format!("{}: {}", v.field, v.message)).collect()
}

/// The object with another value at a path such as `spec/replicas`; missing parts are made.
fn with(object: &Value, path: &str, value: &Value) -> Value {
    let mut object = object.clone();
    let mut at = &mut object;
    for key in path.split('/') {
        at = match key.parse::<usize>() {
            Ok(ix) => &mut at[ix],
            Err(_) => &mut at[key],
        };
    }
    *at = value.clone();
    object
}

/// Every row breaks one rule of an object that is valid; an empty text breaks none.
fn check(kind: Kind, valid: &Value, rows: &[(&str, Value, &str)]) {
    assert_eq!(violations(kind, valid), [""; 0], "the object itself");
    for (path, value, expected) in rows {
        let expected: Vec<_> =
            Some(*expected).filter(|text| !text.is_empty()).into_iter().collect();
        assert_eq!(violations(kind, &with(valid, path, value)), expected, "{path} = {value}");
    }
}

fn spec() -> Value {
    json!({"containers": [{"name": "c"}]})
}

fn pod() -> Value {
    json!({"metadata": {"name": "p"}, "spec": spec()})
}

fn workload(spec_of_it: Value, policy: &str) -> Value {
    let mut value = json!({"metadata": {"name": "w"}, "spec": spec_of_it});
    value["spec"]["template"] = json!({"metadata": {"labels": {"app": "w"}}, "spec": spec()});
    value["spec"]["template"]["spec"]["restartPolicy"] = json!(policy);
    value
}

fn selecting() -> Value {
    json!({"selector": {"matchLabels": {"app": "w"}}})
}

#[test]
fn names_are_there_and_can_be_names() {
    let rows = [
        (
            "metadata/name",
            json!(""),
            "metadata.name: Required value: name or generateName is required",
        ),
        ("metadata/name", json!("a/b"), "metadata.name: \"a/b\" is not a valid name"),
        ("metadata/name", json!(".."), "metadata.name: \"..\" is not a valid name"),
        ("metadata/name", json!("system:node"), ""),
        (
            "metadata/namespace",
            json!("Shop"),
            "metadata.namespace: \"Shop\" is not a valid namespace",
        ),
    ];
    check(Kind::Pod, &pod(), &rows);
}

#[test]
fn containers_are_there_with_names_and_ports() {
    let c = "spec/containers/0";
    let at = |rest: &str| format!("{c}/{rest}");
    let port = |port: Value| json!([port]);
    check(
        Kind::Pod,
        &pod(),
        &[
            (
                "spec/containers",
                json!([]),
                "spec.containers: Required value: a pod needs a container",
            ),
            (&at("name"), json!(""), "spec.containers[0].name: Required value"),
            (
                "spec/containers",
                json!([{"name": "c"}, {"name": "c"}]),
                "spec.containers[1].name: \"c\" is there twice",
            ),
            (
                &at("ports"),
                port(json!({"containerPort": 0})),
                "spec.containers[0].ports[0].containerPort: must be between 1 and 65535",
            ),
            (
                &at("ports"),
                port(json!({"containerPort": 80, "hostPort": 65536})),
                "spec.containers[0].ports[0].hostPort: must be between 1 and 65535",
            ),
            (
                &at("ports"),
                port(json!({"containerPort": 80, "protocol": "ICMP"})),
                "spec.containers[0].ports[0].protocol: must be TCP, UDP or SCTP",
            ),
            (
                "spec/initContainers",
                json!([{"name": "i", "restartPolicy": "Never"}]),
                "spec.initContainers[0].restartPolicy: must be Always for an init container",
            ),
        ],
    );
}

#[test]
fn amounts_are_positive_whole_where_they_must_be_and_within_their_limits() {
    let r = "spec/containers/0/resources";
    let of = "spec.containers[0].resources";
    let cases = [
        (
            json!({"requests": {"cpu": -1}}),
            format!("{of}.requests.cpu: -1 is negative; must be greater than or equal to 0"),
        ),
        (
            json!({"requests": {"cpu": 2}, "limits": {"cpu": 1}}),
            format!("{of}.requests.cpu: 2 is more than the cpu limit of 1"),
        ),
        (
            json!({"requests": {"nvidia.com/gpu": 1}}),
            format!(
                "{of}.requests.nvidia.com/gpu: a limit must be set for nvidia.com/gpu; set it to 1"
            ),
        ),
        (
            json!({"requests": {"nvidia.com/gpu": 1}, "limits": {"nvidia.com/gpu": 2}}),
            format!("{of}.requests.nvidia.com/gpu: 1 is not the nvidia.com/gpu limit of 2"),
        ),
        (
            json!({"limits": {"nvidia.com/gpu": "500m"}}),
            format!("{of}.requests.nvidia.com/gpu: 500m is not a whole number"),
        ),
        (json!({"requests": {"cpu": "1m"}, "limits": {"cpu": 1}}), String::new()),
    ];
    let rows: Vec<_> =
        cases.iter().map(|(value, text)| (r, value.clone(), text.as_str())).collect();
    check(Kind::Pod, &pod(), &rows);
    check(
        Kind::Pod,
        &pod(),
        &[
            (
                "spec/resources",
                json!({"limits": {"nvidia.com/gpu": 1}, "requests": {"nvidia.com/gpu": 1}}),
                "spec.resources: nvidia.com/gpu cannot be requested for the pod as a whole",
            ),
            (
                "spec/overhead",
                json!({"cpu": -1}),
                "spec.overhead.cpu: -1 is negative; must be greater than or equal to 0",
            ),
        ],
    );
}

#[test]
fn a_sum_that_does_not_fit_is_refused() {
    let half = json!({"requests": {"memory": "5000P"}});
    let spec =
        json!({"containers": [{"name": "a", "resources": half}, {"name": "b", "resources": half}]});
    let found = violations(Kind::Pod, &json!({"metadata": {"name": "p"}, "spec": spec}));
    assert_eq!(found, ["spec.containers: the sum of memory does not fit 64 bits"]);
}

#[test]
fn unknown_operators_are_refused_with_those_that_there_are() {
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let selector = json!({"matchExpressions": [{"key": "a", "operator": "Near"}]});
    let of_labels = "unknown operator; use In, NotIn, Exists or DoesNotExist";
    let of_nodes = "unknown operator; use In, NotIn, Exists, DoesNotExist, Gt or Lt";
    let expression = "matchExpressions[0].operator";
    check(
        Kind::Pod,
        &pod(),
        &[
            (
                "spec/affinity/nodeAffinity",
                json!({required: {"nodeSelectorTerms": [selector]}}),
                &format!(
                    "spec.affinity.nodeAffinity.{required}.nodeSelectorTerms[0].{expression}: \
                     {of_nodes}"
                ),
            ),
            (
                "spec/affinity/podAffinity",
                json!({required: [{"topologyKey": "zone", "labelSelector": selector}]}),
                &format!(
                    "spec.affinity.podAffinity.{required}[0].labelSelector.{expression}: \
                     {of_labels}"
                ),
            ),
            (
                "spec/affinity/podAntiAffinity",
                json!({required: [{"topologyKey": "zone", "namespaceSelector": selector}]}),
                &format!(
                    "spec.affinity.podAntiAffinity.{required}[0].namespaceSelector.{expression}: \
                     {of_labels}"
                ),
            ),
            (
                "spec/tolerations",
                json!([{"key": "a", "operator": "Near"}]),
                "spec.tolerations[0].operator: unknown operator; use Equal or Exists",
            ),
            (
                "spec/tolerations",
                json!([{"key": "a", "operator": "Gt", "value": "1"}]),
                "spec.tolerations[0].operator: Gt and Lt are behind a gate that is off; \
                 use Equal or Exists",
            ),
        ],
    );
    let deployment = workload(selecting(), "Always");
    let expected = format!("spec.selector.{expression}: {of_labels}");
    check(Kind::Deployment, &deployment, &[("spec/selector", selector.clone(), &expected)]);
    check(
        Kind::PodDisruptionBudget,
        &json!({"metadata": {"name": "b"}, "spec": {"minAvailable": 1}}),
        &[("spec/selector", selector.clone(), &expected)],
    );
    check(
        Kind::PersistentVolumeClaim,
        &json!({"metadata": {"name": "c"}, "spec": {}}),
        &[("spec/selector", selector.clone(), &expected)],
    );
    check(
        Kind::PersistentVolume,
        &json!({"metadata": {"name": "v"}, "spec": {}}),
        &[(
            "spec/nodeAffinity",
            json!({"required": {"nodeSelectorTerms": [selector]}}),
            &format!("spec.nodeAffinity.required.nodeSelectorTerms[0].{expression}: {of_nodes}"),
        )],
    );
}

#[test]
fn tolerations_and_constraints_are_consistent() {
    let spread = |constraint: Value| {
        let mut whole = json!({"maxSkew": 1, "topologyKey": "zone",
                               "whenUnsatisfiable": "ScheduleAnyway"});
        whole
            .as_object_mut()
            .expect("fields")
            .extend(constraint.as_object().expect("fields").clone());
        json!([whole])
    };
    let first = "spec.topologySpreadConstraints[0]";
    check(
        Kind::Pod,
        &pod(),
        &[
            (
                "spec/tolerations",
                json!([{"operator": "Equal"}]),
                "spec.tolerations[0].operator: must be Exists when key is empty, which means all \
                 values and all keys",
            ),
            (
                "spec/tolerations",
                json!([{"key": "a", "operator": "Exists", "value": "b"}]),
                "spec.tolerations[0].value: must be empty when operator is Exists",
            ),
            (
                "spec/tolerations",
                json!([{"key": "a", "effect": "NoSchedule", "tolerationSeconds": 1}]),
                "spec.tolerations[0].effect: must be NoExecute when tolerationSeconds is set",
            ),
            (
                "spec/topologySpreadConstraints",
                spread(json!({"maxSkew": 0})),
                &format!("{first}.maxSkew: must be greater than zero"),
            ),
            (
                "spec/topologySpreadConstraints",
                spread(json!({"topologyKey": ""})),
                &format!("{first}.topologyKey: Required value: can not be empty"),
            ),
            (
                "spec/topologySpreadConstraints",
                spread(json!({"minDomains": 2})),
                &format!(
                    "{first}.minDomains: can only be used with whenUnsatisfiable: DoNotSchedule"
                ),
            ),
            (
                "spec/topologySpreadConstraints",
                json!([spread(json!({}))[0], spread(json!({}))[0]]),
                "spec.topologySpreadConstraints[1]: constraints must differ in topologyKey or \
                 whenUnsatisfiable",
            ),
            (
                "spec/resourceClaims",
                json!([{"name": "a"}]),
                "spec.resourceClaims[0]: exactly one of resourceClaimName and \
                 resourceClaimTemplateName must be set",
            ),
        ],
    );
}

#[test]
fn selectors_of_workloads_are_there_and_match_their_templates() {
    let required = "spec.selector: Required value; add selector: {matchLabels: {app: w}}";
    let mismatch = "spec.template.metadata.labels: `selector` does not match template `labels`";
    for kind in [Kind::Deployment, Kind::ReplicaSet, Kind::StatefulSet, Kind::DaemonSet] {
        let always = "spec.template.spec.restartPolicy: must be Always";
        check(
            kind,
            &workload(selecting(), "Always"),
            &[
                ("spec/selector", Value::Null, required),
                ("spec/selector", json!({}), "spec.selector: empty selector is invalid"),
                ("spec/selector", json!({"matchLabels": {"app": "x"}}), mismatch),
                ("spec/template/spec/restartPolicy", json!("Never"), always),
            ],
        );
    }
    check(
        Kind::ReplicationController,
        &workload(json!({}), "Always"),
        &[("spec/selector", json!({"app": "x"}), mismatch)],
    );
}

#[test]
fn rollouts_can_make_progress() {
    let strategy = |strategy: Value| json!({"type": "RollingUpdate", "rollingUpdate": strategy});
    let unavailable = "spec.strategy.rollingUpdate.maxUnavailable";
    check(
        Kind::Deployment,
        &workload(selecting(), "Always"),
        &[
            ("spec/replicas", json!(-1), "spec.replicas: must be greater than or equal to 0"),
            (
                "spec/strategy",
                strategy(json!({"maxSurge": 0, "maxUnavailable": "0%"})),
                &format!("{unavailable}: may not be 0 when `maxSurge` is 0"),
            ),
            (
                "spec/strategy",
                strategy(json!({"maxUnavailable": "101%"})),
                &format!("{unavailable}: must not be greater than 100%"),
            ),
            (
                "spec/strategy",
                strategy(json!({"maxUnavailable": -1})),
                &format!("{unavailable}: must be greater than or equal to 0"),
            ),
            ("spec/strategy", strategy(json!({"maxSurge": "200%"})), ""),
            (
                "spec/strategy",
                json!({"type": "Recreate", "rollingUpdate": {}}),
                "spec.strategy.rollingUpdate: may not be specified when strategy `type` is \
                 'Recreate'",
            ),
            (
                "spec/strategy/type",
                json!("BlueGreen"),
                "spec.strategy.type: must be RollingUpdate or Recreate",
            ),
            (
                "spec/minReadySeconds",
                json!(600),
                "spec.progressDeadlineSeconds: must be greater than minReadySeconds",
            ),
        ],
    );
    let update = |bounds: Value| json!({"type": "RollingUpdate", "rollingUpdate": bounds});
    let one = "spec.updateStrategy.rollingUpdate: exactly one of maxUnavailable and maxSurge must \
               be more than 0";
    check(
        Kind::DaemonSet,
        &workload(selecting(), "Always"),
        &[
            ("spec/updateStrategy", update(json!({"maxUnavailable": 0, "maxSurge": 0})), one),
            ("spec/updateStrategy", update(json!({"maxUnavailable": 1, "maxSurge": 1})), one),
            ("spec/updateStrategy", update(json!({"maxUnavailable": 0, "maxSurge": 1})), ""),
            (
                "spec/updateStrategy/type",
                json!("Now"),
                "spec.updateStrategy.type: must be RollingUpdate or OnDelete",
            ),
        ],
    );
    check(
        Kind::StatefulSet,
        &workload(selecting(), "Always"),
        &[
            (
                "spec/podManagementPolicy",
                json!("Random"),
                "spec.podManagementPolicy: must be OrderedReady or Parallel",
            ),
            (
                "spec/updateStrategy",
                update(json!({"partition": -1})),
                "spec.updateStrategy.rollingUpdate.partition: must be greater than or equal to 0",
            ),
            (
                "spec/updateStrategy",
                update(json!({"maxUnavailable": 0})),
                "spec.updateStrategy.rollingUpdate.maxUnavailable: cannot be 0",
            ),
            (
                "spec/ordinals",
                json!({"start": -1}),
                "spec.ordinals.start: must be greater than or equal to 0",
            ),
            ("spec/serviceName", json!(""), ""),
        ],
    );
}

#[test]
fn jobs_end() {
    check(
        Kind::Job,
        &workload(json!({}), "Never"),
        &[
            (
                "spec/template/spec/restartPolicy",
                json!("Always"),
                "spec.template.spec.restartPolicy: must be OnFailure or Never; a Job's pods have \
                 to end",
            ),
            ("spec/parallelism", json!(-1), "spec.parallelism: must be greater than or equal to 0"),
            (
                "spec/completionMode",
                json!("Sorted"),
                "spec.completionMode: must be NonIndexed or Indexed",
            ),
        ],
    );
    let indexed = json!({"completionMode": "Indexed", "completions": 2});
    check(
        Kind::Job,
        &workload(indexed, "Never"),
        &[(
            "spec/parallelism",
            json!(100_001),
            "spec.parallelism: must be at most 100000 when completion mode is Indexed",
        )],
    );
    let unbounded = json!({"completionMode": "Indexed", "parallelism": 2});
    assert_eq!(
        violations(Kind::Job, &workload(unbounded, "Never")),
        ["spec.completions: Required value: when completion mode is Indexed"]
    );
}

#[test]
fn cron_jobs_have_a_schedule_without_a_zone() {
    let job = workload(json!({}), "Never")["spec"].clone();
    let cron_job = json!({"metadata": {"name": "c"},
                          "spec": {"schedule": "* * * * *", "jobTemplate": {"spec": job}}});
    check(
        Kind::CronJob,
        &cron_job,
        &[
            ("spec/schedule", json!(""), "spec.schedule: Required value"),
            (
                "spec/schedule",
                json!("TZ=UTC * * * * *"),
                "spec.schedule: cannot use TZ or CRON_TZ in schedule; use timeZone instead",
            ),
            (
                "spec/concurrencyPolicy",
                json!("Maybe"),
                "spec.concurrencyPolicy: must be Allow, Forbid or Replace",
            ),
            (
                "metadata/name",
                json!("c".repeat(53)),
                "metadata.name: must be no more than 52 characters",
            ),
            ("metadata/name", json!("c".repeat(52)), ""),
        ],
    );
}

#[test]
fn objects_of_the_cluster_are_checked() {
    check(
        Kind::Node,
        &json!({"metadata": {"name": "n"}, "status": {"allocatable": {}}}),
        &[
            (
                "status/capacity",
                json!({"cpu": -1}),
                "status.capacity.cpu: -1 is negative; must be greater than or equal to 0",
            ),
            (
                "spec/taints",
                json!([{"key": "a", "effect": "NoSchedule", "value": "1"},
                       {"key": "a", "effect": "NoSchedule", "value": "2"}]),
                "spec.taints[1]: taints must differ in key or effect",
            ),
            (
                "spec/taints",
                json!([{"key": "a b", "effect": "NoSchedule"}]),
                "spec.taints[0]: \"a b\" is not a valid label key",
            ),
        ],
    );
    check(
        Kind::PriorityClass,
        &json!({"metadata": {"name": "p"}, "value": 1_000_000_000}),
        &[(
            "value",
            json!(1_000_000_001),
            "value: 1000000001 is more than 1000000000, the largest",
        )],
    );
    check(
        Kind::PodDisruptionBudget,
        &json!({"metadata": {"name": "b"}, "spec": {"minAvailable": "50%"}}),
        &[
            (
                "spec/maxUnavailable",
                json!(1),
                "spec: minAvailable and maxUnavailable cannot be both set",
            ),
            (
                "spec/minAvailable",
                json!(-1),
                "spec.minAvailable: must be greater than or equal to 0",
            ),
        ],
    );
}
