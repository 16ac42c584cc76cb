//! What the API server would refuse, as far as it can decide a placement.
//!
//! Source: `pkg/apis/{core,apps,batch,policy,scheduling}/validation` (v1.35). Objects are complete
//! ([`super::defaults`]) when they come here. Operators, effects, policies and other words from a
//! list are checked when an object is read.

mod pod;
#[cfg(test)]
mod tests;
mod workload;

use super::admission::HIGHEST_USER_PRIORITY;
use super::labels::{
    LabelOperator, LabelSelector, invalid_label_key, invalid_label_value, is_dns_subdomain,
};
use super::meta::{Labels, ObjectMeta};
use super::node::Node;
use super::object::Object;
use super::policy::{PodDisruptionBudget, PriorityClass};
use super::quantity::ResourceList;

/// One thing that is wrong with an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field; empty for the object as a whole.
    pub field: String,
    /// What is wrong and, behind a semicolon, how to mend it.
    pub message: String,
}

/// Everything that is wrong with an object.
pub fn validate(object: &Object) -> Vec<Violation> {
    let mut found = Findings::default();
    check_meta(&mut found, object.meta());
    match object {
        Object::Node(node) => check_node(&mut found, node),
        Object::Pod(pod) => pod::check_pod(&mut found, pod),
        Object::PriorityClass(class) => check_priority_class(&mut found, class),
        Object::PodDisruptionBudget(budget) => check_budget(&mut found, budget),
        Object::ReplicationController(controller) => {
            workload::check_replication_controller(&mut found, &controller.spec);
        }
        Object::ReplicaSet(set) => workload::check_replica_set(&mut found, &set.spec),
        Object::Deployment(deployment) => {
            workload::check_deployment(&mut found, &deployment.spec);
        }
        Object::StatefulSet(set) => workload::check_stateful_set(&mut found, &set.spec),
        Object::DaemonSet(set) => workload::check_daemon_set(&mut found, &set.spec),
        Object::Job(job) => workload::check_job(&mut found, "spec", &job.spec),
        Object::CronJob(cron_job) => workload::check_cron_job(&mut found, cron_job),
        Object::PersistentVolume(volume) => {
            check_amounts(&mut found, "spec.capacity", &volume.spec.capacity);
            let required = volume.spec.node_affinity.iter().flat_map(|a| &a.required);
            let terms = required.flat_map(|selector| &selector.node_selector_terms);
            for (ix, term) in terms.enumerate() {
                let field = format!("spec.nodeAffinity.required.nodeSelectorTerms[{ix}]");
                pod::check_node_term(&mut found, &field, term);
            }
        }
        Object::PersistentVolumeClaim(claim) => {
            let requests = &claim.spec.resources.requests;
            check_amounts(&mut found, "spec.resources.requests", requests);
            check_selector(&mut found, "spec.selector", claim.spec.selector.as_ref());
        }
        _ => {}
    }
    found.violations
}

/// Everything that is wrong with an object's metadata.
pub fn validate_meta(meta: &ObjectMeta) -> Vec<Violation> {
    let mut found = Findings::default();
    check_meta(&mut found, meta);
    found.violations
}

/// What was found so far.
#[derive(Default)]
struct Findings {
    violations: Vec<Violation>,
}

impl Findings {
    fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.violations.push(Violation { field: field.into(), message: message.into() });
    }

    fn require(&mut self, holds: bool, field: &str, message: &str) {
        if !holds {
            self.add(field, message);
        }
    }
}

fn check_meta(found: &mut Findings, meta: &ObjectMeta) {
    if meta.name.is_empty() {
        found.add("metadata.name", "Required value: name or generateName is required");
    } else if !is_path_segment(&meta.name) {
        found.add("metadata.name", format!("\"{}\" is not a valid name", meta.name));
    }
    if !meta.namespace.is_empty() && !is_dns_subdomain(&meta.namespace) {
        let message = format!("\"{}\" is not a valid namespace", meta.namespace);
        found.add("metadata.namespace", message);
    }
    // Labels of objects that exist are believed: no rule fails on a strange value.
}

/// The rule that holds for the names of all kinds.
fn is_path_segment(name: &str) -> bool {
    let plain = |c: char| !matches!(c, '/' | '%') && !c.is_whitespace() && !c.is_control();
    name.len() <= 253 && name != "." && name != ".." && name.chars().all(plain)
}

fn check_labels(found: &mut Findings, field: &str, labels: &Labels) {
    for (key, value) in labels {
        let wrong = invalid_label_key(key).or_else(|| invalid_label_value(value));
        if let Some(message) = wrong {
            found.add(format!("{field}.{key}"), message);
        }
    }
}

fn check_selector(found: &mut Findings, field: &str, selector: Option<&LabelSelector>) {
    let Some(selector) = selector else { return };
    let mut operators = selector.match_expressions.iter().map(|requirement| requirement.operator);
    if let Some(ix) = operators.position(|operator| operator == LabelOperator::Unknown) {
        let message = "unknown operator; use In, NotIn, Exists or DoesNotExist";
        found.add(format!("{field}.matchExpressions[{ix}].operator"), message);
    } else if let Some(message) = selector.invalid() {
        found.add(field, message);
    }
}

/// Amounts of resources: never negative, CPU countable in thousandths.
fn check_amounts(found: &mut Findings, field: &str, list: &ResourceList) {
    for (name, quantity) in list {
        let field = format!("{field}.{name}");
        if quantity.is_negative() {
            let message = format!("{quantity} is negative; must be greater than or equal to 0");
            found.add(field, message);
        } else if name == "cpu" && quantity.milli_value().is_none() {
            found.add(field, format!("{quantity} does not fit 64 bits in thousandths"));
        }
    }
}

fn check_node(found: &mut Findings, node: &Node) {
    check_amounts(found, "status.capacity", &node.status.capacity);
    if let Some(allocatable) = &node.status.allocatable {
        check_amounts(found, "status.allocatable", allocatable);
    }
    for (ix, taint) in node.spec.taints.iter().enumerate() {
        let field = format!("spec.taints[{ix}]");
        let wrong = invalid_label_key(&taint.key).or_else(|| invalid_label_value(&taint.value));
        if let Some(message) = wrong {
            found.add(&field, message);
        }
        let same =
            |other: &super::node::Taint| (&other.key, other.effect) == (&taint.key, taint.effect);
        if node.spec.taints[..ix].iter().any(same) {
            found.add(field, "taints must differ in key or effect");
        }
    }
}

fn check_priority_class(found: &mut Findings, class: &PriorityClass) {
    let built_in = class.meta.name.starts_with("system-");
    if class.value > HIGHEST_USER_PRIORITY && !built_in {
        let message = format!("{} is more than {HIGHEST_USER_PRIORITY}, the largest", class.value);
        found.add("value", message);
    }
}

fn check_budget(found: &mut Findings, budget: &PodDisruptionBudget) {
    let spec = &budget.spec;
    let both = spec.min_available.is_some() && spec.max_unavailable.is_some();
    found.require(!both, "spec", "minAvailable and maxUnavailable cannot be both set");
    for (name, bound) in
        [("minAvailable", spec.min_available), ("maxUnavailable", spec.max_unavailable)]
    {
        workload::check_bound(found, &format!("spec.{name}"), bound);
    }
    check_selector(found, "spec.selector", spec.selector.as_ref());
}
