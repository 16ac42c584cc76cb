//! DaemonSets: one pod on each node that is eligible.

use super::Round;
use super::input::is_active;
use super::names::template_hash;
use super::pods::{REVISION_HASH, path, pod_of};
use super::replica_set::adopt;
use crate::objects::labels::{NodeOperator, NodeRequirement};
use crate::objects::node::TaintEffect;
use crate::objects::pod::{NodeAffinity, Toleration, TolerationOperator};
use crate::objects::workloads::DaemonSet;
use crate::objects::{Kind, Node, NodeSelector, NodeSelectorTerm, Pod, PodSpec};
use std::collections::BTreeSet;
use std::sync::Arc;

const GENERATION_ANNOTATION: &str = "deprecated.daemonset.template.generation";
const GENERATION: &str = "pod-template-generation";

/// Pods of a DaemonSet, by node name.
pub(super) fn expand<'a>(round: &mut Round<'a>, set: &'a DaemonSet) {
    let workload: Arc<str> = Arc::from(path(Kind::DaemonSet, &set.meta));
    let owner = round.owner(Kind::DaemonSet, &set.meta, &workload);
    let selector = set.spec.selector.clone().unwrap_or_default();
    let mut pods = round.input.controlled(Kind::DaemonSet, &set.meta);
    pods.extend(adopt(round, &workload, &set.meta, &selector));
    // A pod that is terminating keeps its successor away; one that has ended is replaced.
    let taken: BTreeSet<&str> =
        pods.iter().filter(|pod| !pod.is_terminal()).filter_map(|pod| node_of(pod)).collect();
    let generation = set.meta.annotations.get(GENERATION_ANNOTATION);
    let labels = [(REVISION_HASH, template_hash(&set.spec.template, 0))];
    let labels = labels.into_iter().chain(generation.map(|value| (GENERATION, value.clone())));
    let mut prototype = pod_of(&set.spec.template, &owner, labels);
    add_tolerations(Arc::make_mut(&mut prototype.spec));
    let Some(prototype) = round.admitted(prototype, &workload) else { return };
    let mut random = round.names.suffixes(&owner.path);
    let nodes = round.input.nodes.clone();
    let (eligible, others): (Vec<_>, Vec<_>) =
        nodes.into_iter().partition(|node| should_run(&prototype, node));
    for node in eligible.into_iter().filter(|node| !taken.contains(node.name())) {
        let mut pod = prototype.clone();
        pin(Arc::make_mut(&mut pod.spec), node.name());
        let prefix = format!("{}-", set.meta.name);
        let name = round.names.draw(&mut random, &set.meta.namespace, &prefix);
        let pod = round.named(pod, name);
        round.push(pod, &owner);
    }
    let stray =
        |node: &&Node| pods.iter().any(|pod| is_active(pod) && node_of(pod) == Some(node.name()));
    for node in others.iter().filter(|node| stray(node)) {
        round.note(&workload, format_args!("has a pod on {}, where none should run", node.name()));
    }
}

/// The node that a daemon pod runs on or is meant for.
fn node_of(pod: &Pod) -> Option<&str> {
    if let Some(name) = &pod.node_name {
        return Some(name);
    }
    let affinity = pod.spec.affinity.as_ref()?.node_affinity.as_ref()?;
    let terms = &affinity.required.as_ref()?.node_selector_terms;
    let mut fields = terms.iter().flat_map(|term| &term.match_fields);
    let field = fields.find(|field| {
        field.key == "metadata.name"
            && field.operator == NodeOperator::In
            && field.values.len() == 1
    })?;
    field.values.first().map(String::as_str)
}

/// Whether the node is to have a pod: it has the labels, and its taints are tolerated. What is free
/// on the node is not asked.
fn should_run(prototype: &Pod, node: &Node) -> bool {
    let spec = &prototype.spec;
    let labels = &node.meta.labels;
    let required = spec.affinity.as_ref().and_then(|a| a.node_affinity.as_ref());
    let required = required.and_then(|affinity| affinity.required.as_ref());
    let mut repelling =
        node.spec.taints.iter().filter(|taint| {
            matches!(taint.effect, TaintEffect::NoSchedule | TaintEffect::NoExecute)
        });
    prototype.node_name.as_deref().is_none_or(|name| name == node.name())
        && spec.node_selector.iter().all(|(key, value)| labels.get(key) == Some(value))
        && required.is_none_or(|selector| selector.matches(node.name(), labels))
        && repelling.all(|taint| spec.tolerations.iter().any(|own| own.tolerates(taint)))
}

/// What every daemon pod tolerates; the last only where it uses the node's network.
const TOLERATED: [(&str, TaintEffect); 7] = [
    ("node.kubernetes.io/not-ready", TaintEffect::NoExecute),
    ("node.kubernetes.io/unreachable", TaintEffect::NoExecute),
    ("node.kubernetes.io/disk-pressure", TaintEffect::NoSchedule),
    ("node.kubernetes.io/memory-pressure", TaintEffect::NoSchedule),
    ("node.kubernetes.io/pid-pressure", TaintEffect::NoSchedule),
    ("node.kubernetes.io/unschedulable", TaintEffect::NoSchedule),
    ("node.kubernetes.io/network-unavailable", TaintEffect::NoSchedule),
];

fn add_tolerations(spec: &mut PodSpec) {
    let count = if spec.host_network { TOLERATED.len() } else { TOLERATED.len() - 1 };
    for (key, effect) in &TOLERATED[..count] {
        let toleration = Toleration {
            key: (*key).to_owned(),
            operator: TolerationOperator::Exists,
            effect: Some(*effect),
            ..Toleration::default()
        };
        // One that differs only in how long it lasts is replaced.
        let like = |own: &&mut Toleration| {
            own.key == toleration.key
                && own.effect == toleration.effect
                && own.operator == toleration.operator
                && own.value == toleration.value
        };
        match spec.tolerations.iter_mut().find(like) {
            Some(own) => *own = toleration,
            None => spec.tolerations.push(toleration),
        }
    }
}

/// Ties the pod to a node. Required node affinity has been looked at and is replaced.
fn pin(spec: &mut PodSpec, node: &str) {
    let field = NodeRequirement {
        key: "metadata.name".to_owned(),
        operator: NodeOperator::In,
        values: vec![node.to_owned()],
    };
    let term = NodeSelectorTerm { match_expressions: Vec::new(), match_fields: vec![field] };
    let affinity = spec.affinity.get_or_insert_default();
    let affinity = affinity.node_affinity.get_or_insert_with(NodeAffinity::default);
    affinity.required = Some(NodeSelector { node_selector_terms: vec![term] });
}
