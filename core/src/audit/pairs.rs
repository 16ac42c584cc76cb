//! Rules between pods: ports, claims, affinity and anti-affinity.

use super::{Rule, Violation};
use crate::objects::pod::PodAffinityTerm;
use crate::objects::snapshot::host_ports;
use crate::objects::storage::AccessMode;
use crate::objects::{Labels, NodeInfo, Pod, Snapshot};
use std::collections::{BTreeMap, BTreeSet};

/// Ports of the pods of one node.
pub(super) fn ports(node: &NodeInfo<'_>, found: &mut BTreeSet<Violation>) {
    for (at, pod) in node.pods.iter().enumerate() {
        for other in &node.pods[..at] {
            let collide = host_ports(pod)
                .any(|port| host_ports(other).any(|theirs| port.conflicts_with(&theirs)));
            if collide {
                found.insert(Violation::new(Rule::HostPorts, node.node.name(), [*pod, *other]));
            }
        }
    }
}

/// Claims that one pod only may use.
pub(super) fn claims(snapshot: &Snapshot<'_>, found: &mut BTreeSet<Violation>) {
    let mut users: BTreeMap<(&str, &str), Vec<(&str, &Pod)>> = BTreeMap::new();
    for node in &snapshot.nodes {
        for pod in &node.pods {
            let sources =
                pod.spec.volumes.iter().filter_map(|it| it.persistent_volume_claim.as_ref());
            let names: BTreeSet<&str> = sources.map(|it| it.claim_name.as_str()).collect();
            for name in names {
                let claim = snapshot.store.claims.get(&pod.meta.namespace, name);
                let alone = claim
                    .is_some_and(|it| it.spec.access_modes.contains(&AccessMode::ReadWriteOncePod));
                if alone {
                    let of_claim = users.entry((&pod.meta.namespace, name)).or_default();
                    of_claim.push((node.node.name(), pod));
                }
            }
        }
    }
    for users in users.values().filter(|users| users.len() > 1) {
        let pods = users.iter().map(|(_, pod)| *pod);
        found.insert(Violation::new(Rule::ClaimForOnePod, users[0].0, pods));
    }
}

/// Every required affinity term has a pod in its domain that matches all of them.
pub(super) fn affinity(
    pod: &Pod,
    node: &NodeInfo<'_>,
    snapshot: &Snapshot<'_>,
    found: &mut BTreeSet<Violation>,
) {
    let affinity = pod.spec.affinity.as_ref().and_then(|affinity| affinity.pod_affinity.as_ref());
    let terms = affinity.map_or(&[][..], |affinity| &affinity.required);
    let matches_all = |other: &&Pod| terms.iter().all(|term| speaks_of(term, pod, other, snapshot));
    let holds = |term: &PodAffinityTerm| {
        domain(&term.topology_key, node, snapshot).any(|near| near.pods.iter().any(matches_all))
    };
    if !terms.iter().all(holds) {
        found.insert(Violation::new(Rule::Affinity, node.node.name(), [pod]));
    }
}

/// No required anti-affinity term has another pod in its domain.
pub(super) fn anti_affinity(
    pod: &Pod,
    node: &NodeInfo<'_>,
    snapshot: &Snapshot<'_>,
    found: &mut BTreeSet<Violation>,
) {
    let affinity = pod.spec.affinity.as_ref().and_then(|it| it.pod_anti_affinity.as_ref());
    let terms = affinity.map_or(&[][..], |affinity| &affinity.required);
    // The terms of a pod of which one does not compile keep nobody away.
    if terms.iter().any(|term| term.invalid().is_some()) {
        return;
    }
    for term in terms {
        for near in domain(&term.topology_key, node, snapshot) {
            for other in near.pods.iter().filter(|other| !std::ptr::eq(**other, pod)) {
                if speaks_of(term, pod, other, snapshot) && keeps_away(term, pod, other, snapshot) {
                    let pods = [pod, *other];
                    found.insert(Violation::new(Rule::AntiAffinity, node.node.name(), pods));
                }
            }
        }
    }
}

/// Nodes of the domain of `node`; none where it lacks the key.
fn domain<'s, 'a>(
    key: &'s str,
    node: &'s NodeInfo<'a>,
    snapshot: &'s Snapshot<'a>,
) -> impl Iterator<Item = &'s NodeInfo<'a>> {
    let value = node.node.meta.labels.get(key);
    let nodes = snapshot.nodes.iter();
    nodes.filter(move |near| value.is_some() && near.node.meta.labels.get(key) == value)
}

/// Whether the term of `owner` speaks of `other`, as it is read while `owner` is placed: a
/// namespace selector that accepts no labels at all accepts every namespace.
fn speaks_of(term: &PodAffinityTerm, owner: &Pod, other: &Pod, snapshot: &Snapshot<'_>) -> bool {
    let everywhere =
        term.namespace_selector.as_ref().is_some_and(|by_label| by_label.matches(&Labels::new()));
    let known = snapshot.store.namespaces.contains_key(&other.meta.namespace);
    (everywhere || names(term, owner, other) || (known && by_label(term, other, snapshot)))
        && selects(term, other)
}

/// The same, as it is read while `other` is placed and `owner` runs.
fn keeps_away(term: &PodAffinityTerm, owner: &Pod, other: &Pod, snapshot: &Snapshot<'_>) -> bool {
    (names(term, owner, other) || by_label(term, other, snapshot)) && selects(term, other)
}

fn names(term: &PodAffinityTerm, owner: &Pod, other: &Pod) -> bool {
    let own_only = term.namespaces.is_empty() && term.namespace_selector.is_none();
    term.namespaces.contains(&other.meta.namespace)
        || (own_only && owner.meta.namespace == other.meta.namespace)
}

fn by_label(term: &PodAffinityTerm, other: &Pod, snapshot: &Snapshot<'_>) -> bool {
    let labels = snapshot.store.namespace_labels(&other.meta.namespace);
    term.namespace_selector.as_ref().is_some_and(|by_label| by_label.matches(labels))
}

fn selects(term: &PodAffinityTerm, other: &Pod) -> bool {
    term.label_selector.as_ref().is_some_and(|selector| selector.matches(&other.meta.labels))
}
