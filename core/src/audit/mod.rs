//! Whether a finished placement is valid, judged by the objects alone: no plugin, no column and no
//! history takes part, so that this finds what they get wrong.
//!
//! What can be judged after the fact, for the default profile:
//!
//! - the node is there, is not cordoned, its hard taints are tolerated, its labels and name are
//!   those that the pod requires;
//! - no resource of a node is requested beyond what the node offers, nor has it too many pods;
//! - host ports do not collide, and a `ReadWriteOncePod` claim has one user;
//! - required affinity holds, the pod itself counted: the first of a group may stand alone;
//! - no two pods that required anti-affinity keeps apart share a domain. Upstream reads namespace
//!   selectors differently for an incoming pod and for a running one; as the order is not known,
//!   only what both readings forbid is reported;
//! - nodes have the keys of the pod's hard spread constraints;
//! - the skew of a hard spread constraint, in a domain whose counted pods all have that constraint
//!   and look at the same nodes. Others may have come later and skewed it rightfully.
//!
//! Pods that went meanwhile can make an affinity or a skew look wrong that was right once. A pod
//! resized in place counts with what it has now. Which pods were bound from the start, rightly or
//! not, only the caller knows: a violation names all pods that are part of it.

mod pairs;
mod spread;

#[cfg(test)]
mod tests;

use crate::objects::node::{Taint, TaintEffect};
use crate::objects::requests::{RequestsOf, Resources, pod_requests};
use crate::objects::{Node, NodeInfo, Pod, Snapshot, Store};
use std::collections::BTreeSet;

/// A rule that a placement breaks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The node is there.
    NodeExists,
    /// The node is not cordoned, or the pod tolerates that.
    Cordon,
    /// The pod tolerates the node's hard taints.
    Taints,
    /// The node is one that the pod requires.
    NodeSelection,
    /// The node has as much of this resource as its pods request.
    Resource(String),
    /// The node has no more pods than it takes.
    PodCount,
    /// Host ports do not collide.
    HostPorts,
    /// Required affinity.
    Affinity,
    /// Required anti-affinity.
    AntiAffinity,
    /// The node has the keys of the hard spread constraints.
    SpreadKey,
    /// The skew of a hard spread constraint over this key.
    SpreadSkew(String),
    /// A claim for one pod only has one user.
    ClaimForOnePod,
}

/// A rule that is broken, where, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// A node on which it is broken.
    pub node: String,
    /// `namespace/name` of every pod that is part of it.
    pub pods: BTreeSet<String>,
}

impl Violation {
    fn new<'a>(rule: Rule, node: &str, pods: impl IntoIterator<Item = &'a Pod>) -> Self {
        let pods = pods.into_iter().map(|pod| pod.meta.key()).collect();
        Self { rule, node: node.to_owned(), pods }
    }
}

/// Every rule that the bound pods break, sorted.
pub fn audit<'a>(
    store: &'a Store,
    nodes: impl IntoIterator<Item = &'a Node>,
    pods: impl IntoIterator<Item = &'a Pod>,
) -> Vec<Violation> {
    let pods: Vec<&Pod> = pods.into_iter().collect();
    let snapshot = Snapshot::new(store, nodes, pods.iter().copied());
    let mut found = BTreeSet::new();
    for pod in pods.iter().filter(|pod| !pod.is_terminal()) {
        let lost = pod.node_name.as_ref().filter(|name| snapshot.node(name).is_none());
        found.extend(lost.map(|node| Violation::new(Rule::NodeExists, node, [*pod])));
    }
    for node in &snapshot.nodes {
        resources(node, &mut found);
        pairs::ports(node, &mut found);
        for pod in &node.pods {
            node_rules(pod, node.node, &mut found);
            pairs::affinity(pod, node, &snapshot, &mut found);
            pairs::anti_affinity(pod, node, &snapshot, &mut found);
            spread::audit(pod, node, &snapshot, &mut found);
        }
    }
    pairs::claims(&snapshot, &mut found);
    found.into_iter().collect()
}

/// What the node alone decides.
fn node_rules(pod: &Pod, node: &Node, found: &mut BTreeSet<Violation>) {
    let cordon = Taint {
        key: "node.kubernetes.io/unschedulable".to_owned(),
        value: String::new(),
        effect: TaintEffect::NoSchedule,
    };
    let tolerates_cordon = pod.spec.tolerations.iter().any(|it| it.tolerates(&cordon));
    let broken = [
        (Rule::Cordon, node.spec.unschedulable && !tolerates_cordon),
        (Rule::Taints, !pod.spec.tolerates_taints_of(node)),
        (Rule::NodeSelection, !pod.spec.selects(node)),
    ];
    let broken = broken.into_iter().filter(|(_, broken)| *broken);
    found.extend(broken.map(|(rule, _)| Violation::new(rule, node.name(), [pod])));
}

/// Requests against what the node offers, over all its pods.
fn resources(node: &NodeInfo<'_>, found: &mut BTreeSet<Violation>) {
    let requests: Vec<(&Pod, Resources)> =
        node.pods.iter().map(|pod| (*pod, pod_requests(pod, RequestsOf::Bound))).collect();
    let scalars = node.requested.scalars.keys().map(String::as_str);
    for name in ["cpu", "memory", "ephemeral-storage"].into_iter().chain(scalars) {
        if node.requested.get(name) > node.allocatable.get(name) {
            let users = requests.iter().filter(|(_, requested)| requested.get(name) > 0);
            let users = users.map(|(pod, _)| *pod);
            let rule = Rule::Resource(name.to_owned());
            found.insert(Violation::new(rule, node.node.name(), users));
        }
    }
    if node.pods.len() as i64 > node.allocatable.pods {
        found.insert(Violation::new(Rule::PodCount, node.node.name(), node.pods.iter().copied()));
    }
}
