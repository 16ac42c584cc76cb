//! Pods and pod templates.

use super::super::labels::{NodeOperator, NodeRequirement, NodeSelectorTerm, invalid_label_key};
use super::super::node::TaintEffect;
use super::super::pod::{
    Affinity, Container, Pod, PodAffinity, PodAffinityTerm, PodSpec, ResourceRequirements,
    RestartPolicy, Toleration, TolerationOperator, TopologySpreadConstraint,
};
use super::super::quantity::Quantity;
use super::super::requests::{is_extended, is_pod_level, of_all_containers};
use super::{Findings, check_amounts, check_labels, check_selector};
use std::collections::BTreeSet;

pub(super) fn check_pod(found: &mut Findings, pod: &Pod) {
    check_spec(found, "spec", &pod.spec);
}

/// The spec of a pod or, under another path, of a template.
pub(super) fn check_spec(found: &mut Findings, path: &str, spec: &PodSpec) {
    if spec.containers.is_empty() {
        found.add(format!("{path}.containers"), "Required value: a pod needs a container");
    }
    for (list, containers) in
        [("initContainers", &spec.init_containers), ("containers", &spec.containers)]
    {
        for (ix, container) in containers.iter().enumerate() {
            let field = format!("{path}.{list}[{ix}]");
            check_container(found, &field, container);
            if containers[..ix].iter().any(|other| other.name == container.name) {
                found
                    .add(format!("{field}.name"), format!("\"{}\" is there twice", container.name));
            }
        }
    }
    if let Some(resources) = &spec.resources {
        let field = format!("{path}.resources");
        check_resources(found, &field, resources);
        let named: BTreeSet<_> = resources.requests.keys().chain(resources.limits.keys()).collect();
        for name in named.into_iter().filter(|name| !is_pod_level(name)) {
            found.add(&field, format!("{name} cannot be requested for the pod as a whole"));
        }
    }
    check_amounts(found, &format!("{path}.overhead"), &spec.overhead);
    check_totals(found, path, spec);
    check_labels(found, &format!("{path}.nodeSelector"), &spec.node_selector);
    if let Some(affinity) = &spec.affinity {
        check_affinity(found, &format!("{path}.affinity"), affinity);
    }
    for (ix, toleration) in spec.tolerations.iter().enumerate() {
        check_toleration(found, &format!("{path}.tolerations[{ix}]"), toleration);
    }
    let constraints = &spec.topology_spread_constraints;
    for (ix, constraint) in constraints.iter().enumerate() {
        let field = format!("{path}.topologySpreadConstraints[{ix}]");
        check_spread(found, &field, constraint);
        let identity =
            |c: &TopologySpreadConstraint| (c.topology_key.clone(), c.when_unsatisfiable);
        if constraints[..ix].iter().any(|other| identity(other) == identity(constraint)) {
            found.add(field, "constraints must differ in topologyKey or whenUnsatisfiable");
        }
    }
    for (ix, claim) in spec.resource_claims.iter().enumerate() {
        let one =
            claim.resource_claim_name.is_some() != claim.resource_claim_template_name.is_some();
        let message = "exactly one of resourceClaimName and resourceClaimTemplateName must be set";
        found.require(one, &format!("{path}.resourceClaims[{ix}]"), message);
    }
}

fn check_container(found: &mut Findings, field: &str, container: &Container) {
    found.require(!container.name.is_empty(), &format!("{field}.name"), "Required value");
    check_resources(found, &format!("{field}.resources"), &container.resources);
    for (ix, port) in container.ports.iter().enumerate() {
        let field = format!("{field}.ports[{ix}]");
        let in_range = |port: i32| (1..=65535).contains(&port);
        let message = "must be between 1 and 65535";
        found.require(in_range(port.container_port), &format!("{field}.containerPort"), message);
        let host_port = port.host_port == 0 || in_range(port.host_port);
        found.require(host_port, &format!("{field}.hostPort"), message);
        let known = matches!(port.protocol.as_str(), "TCP" | "UDP" | "SCTP");
        found.require(known, &format!("{field}.protocol"), "must be TCP, UDP or SCTP");
    }
    let sidecar = matches!(container.restart_policy, None | Some(RestartPolicy::Always));
    let init = field.contains("initContainers");
    if init && !sidecar {
        found.add(format!("{field}.restartPolicy"), "must be Always for an init container");
    }
}

fn check_resources(found: &mut Findings, field: &str, resources: &ResourceRequirements) {
    check_amounts(found, &format!("{field}.limits"), &resources.limits);
    check_amounts(found, &format!("{field}.requests"), &resources.requests);
    for (name, request) in &resources.requests {
        let field = format!("{field}.requests.{name}");
        let overcommits = !is_extended(name) && !name.starts_with("hugepages-");
        match resources.limits.get(name) {
            Some(limit) if request > limit => {
                let message = format!("{request} is more than the {name} limit of {limit}");
                found.add(&field, message);
            }
            Some(limit) if request != limit && !overcommits => {
                found.add(&field, format!("{request} is not the {name} limit of {limit}"));
            }
            None if !overcommits => {
                found.add(&field, format!("a limit must be set for {name}; set it to {request}"));
            }
            _ => {}
        }
        if is_extended(name) && *request != Quantity::from_integer(request.value()) {
            found.add(field, format!("{request} is not a whole number"));
        }
    }
}

/// What a pod needs in all must fit 64 bits, or sums would lie.
fn check_totals(found: &mut Findings, path: &str, spec: &PodSpec) {
    let mut total = of_all_containers(spec, |container| &container.resources.requests);
    for (name, quantity) in &spec.overhead {
        let mine = total.entry(name.clone()).or_default();
        *mine = mine.saturating_add(*quantity);
    }
    for (name, quantity) in total {
        let fits = quantity < Quantity::from_integer(i64::MAX)
            && (name != "cpu" || quantity.milli_value().is_some());
        if !fits {
            found.add(
                format!("{path}.containers"),
                format!("the sum of {name} does not fit 64 bits"),
            );
        }
    }
}

fn check_affinity(found: &mut Findings, field: &str, affinity: &Affinity) {
    const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
    const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
    if let Some(node) = &affinity.node_affinity {
        let field = format!("{field}.nodeAffinity");
        if let Some(required) = &node.required {
            let field = format!("{field}.{REQUIRED}.nodeSelectorTerms");
            if required.node_selector_terms.is_empty() {
                found.add(&field, "Required value: at least one term is needed");
            }
            for (ix, term) in required.node_selector_terms.iter().enumerate() {
                check_node_term(found, &format!("{field}[{ix}]"), term);
            }
        }
        for (ix, weighted) in node.preferred.iter().flatten().enumerate() {
            let field = format!("{field}.{PREFERRED}[{ix}]");
            check_weight(found, &field, weighted.weight);
            check_node_term(found, &format!("{field}.preference"), &weighted.preference);
        }
    }
    for (name, pods) in
        [("podAffinity", &affinity.pod_affinity), ("podAntiAffinity", &affinity.pod_anti_affinity)]
    {
        let Some(PodAffinity { required, preferred }) = pods else { continue };
        for (ix, term) in required.iter().enumerate() {
            check_pod_term(found, &format!("{field}.{name}.{REQUIRED}[{ix}]"), term);
        }
        for (ix, weighted) in preferred.iter().enumerate() {
            let field = format!("{field}.{name}.{PREFERRED}[{ix}]");
            check_weight(found, &field, weighted.weight);
            check_pod_term(found, &format!("{field}.podAffinityTerm"), &weighted.pod_affinity_term);
        }
    }
}

fn check_weight(found: &mut Findings, field: &str, weight: i32) {
    let field = format!("{field}.weight");
    found.require((1..=100).contains(&weight), &field, "must be in the range 1-100");
}

pub(super) fn check_node_term(found: &mut Findings, field: &str, term: &NodeSelectorTerm) {
    let unknown = |requirement: &&NodeRequirement| requirement.operator == NodeOperator::Unknown;
    for (list, requirements) in
        [("matchExpressions", &term.match_expressions), ("matchFields", &term.match_fields)]
    {
        if let Some((ix, _)) = requirements.iter().enumerate().find(|(_, r)| unknown(r)) {
            let message = "unknown operator; use In, NotIn, Exists, DoesNotExist, Gt or Lt";
            return found.add(format!("{field}.{list}[{ix}].operator"), message);
        }
    }
    if let Some(message) = term.invalid() {
        found.add(field, message);
    }
}

fn check_pod_term(found: &mut Findings, field: &str, term: &PodAffinityTerm) {
    check_topology_key(found, field, &term.topology_key);
    check_selector(found, &format!("{field}.labelSelector"), term.label_selector.as_ref());
    let namespaces = term.namespace_selector.as_ref();
    check_selector(found, &format!("{field}.namespaceSelector"), namespaces);
}

fn check_topology_key(found: &mut Findings, field: &str, key: &str) {
    let field = format!("{field}.topologyKey");
    if key.is_empty() {
        found.add(field, "Required value: can not be empty");
    } else if let Some(message) = invalid_label_key(key) {
        found.add(field, message);
    }
}

fn check_toleration(found: &mut Findings, field: &str, toleration: &Toleration) {
    let Toleration { key, operator, value, effect, toleration_seconds } = toleration;
    if let Some(message) =
        Some(key).filter(|key| !key.is_empty()).and_then(|k| invalid_label_key(k))
    {
        found.add(format!("{field}.key"), message);
    }
    match operator {
        TolerationOperator::Equal | TolerationOperator::Exists => {}
        TolerationOperator::Gt | TolerationOperator::Lt => {
            let message = "Gt and Lt are behind a gate that is off; use Equal or Exists";
            found.add(format!("{field}.operator"), message);
        }
        TolerationOperator::Unknown => {
            found.add(format!("{field}.operator"), "unknown operator; use Equal or Exists");
        }
    }
    let exists = *operator == TolerationOperator::Exists;
    let message = "must be Exists when key is empty, which means all values and all keys";
    found.require(exists || !key.is_empty(), &format!("{field}.operator"), message);
    let message = "must be empty when operator is Exists";
    found.require(!exists || value.is_empty(), &format!("{field}.value"), message);
    let evicts = *effect == Some(TaintEffect::NoExecute);
    let message = "must be NoExecute when tolerationSeconds is set";
    found.require(evicts || toleration_seconds.is_none(), &format!("{field}.effect"), message);
}

fn check_spread(found: &mut Findings, field: &str, constraint: &TopologySpreadConstraint) {
    use super::super::pod::WhenUnsatisfiable::DoNotSchedule;
    let message = "must be greater than zero";
    found.require(constraint.max_skew > 0, &format!("{field}.maxSkew"), message);
    check_topology_key(found, field, &constraint.topology_key);
    if let Some(domains) = constraint.min_domains {
        found.require(domains > 0, &format!("{field}.minDomains"), message);
        let message = "can only be used with whenUnsatisfiable: DoNotSchedule";
        let strict = constraint.when_unsatisfiable == DoNotSchedule;
        found.require(strict, &format!("{field}.minDomains"), message);
    }
    check_selector(found, &format!("{field}.labelSelector"), constraint.label_selector.as_ref());
}
