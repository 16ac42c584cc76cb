//! Hard spread constraints, as far as they can be judged when all is placed.

use super::{Rule, Violation};
use crate::objects::labels::{LabelOperator, LabelRequirement};
use crate::objects::pod::{NodeInclusionPolicy, TopologySpreadConstraint, WhenUnsatisfiable};
use crate::objects::{LabelSelector, Node, NodeInfo, Pod, Snapshot};
use std::collections::{BTreeMap, BTreeSet};

/// Pods that count, by domain.
type Domains<'a> = BTreeMap<&'a str, Vec<&'a Pod>>;

pub(super) fn audit(
    pod: &Pod,
    node: &NodeInfo<'_>,
    snapshot: &Snapshot<'_>,
    found: &mut BTreeSet<Violation>,
) {
    let constraints = || hard(pod);
    let here = &node.node.meta.labels;
    if constraints().any(|constraint| !here.contains_key(&constraint.topology_key)) {
        found.insert(Violation::new(Rule::SpreadKey, node.node.name(), [pod]));
        return;
    }
    for constraint in constraints() {
        let Some(selector) = selector(constraint, pod).filter(|selector| !selector.is_empty())
        else {
            continue;
        };
        let domains = domains(constraint, &selector, pod, snapshot);
        let Some(together) = here.get(&constraint.topology_key).and_then(|it| domains.get(&**it))
        else {
            continue;
        };
        let counted = together.iter().any(|other| std::ptr::eq(*other, pod));
        let enough = domains.len() as i64 >= i64::from(constraint.min_domains.unwrap_or(1));
        let least = domains.values().map(Vec::len).min().filter(|_| enough).unwrap_or(0);
        let skew = together.len() as i64 - least as i64;
        if counted
            && skew > i64::from(constraint.max_skew)
            && together.iter().all(|other| spreads_alike(pod, other))
        {
            let rule = Rule::SpreadSkew(constraint.topology_key.clone());
            found.insert(Violation::new(rule, node.node.name(), together.iter().copied()));
        }
    }
}

fn hard(pod: &Pod) -> impl Iterator<Item = &TopologySpreadConstraint> {
    let all = pod.spec.topology_spread_constraints.iter();
    all.filter(|it| it.when_unsatisfiable == WhenUnsatisfiable::DoNotSchedule)
}

/// The selector with the values of `matchLabelKeys`; `None` where it selects nothing.
fn selector(constraint: &TopologySpreadConstraint, pod: &Pod) -> Option<LabelSelector> {
    let mut selector = constraint.label_selector.clone()?;
    for key in &constraint.match_label_keys {
        if let Some(value) = pod.meta.labels.get(key) {
            selector.match_expressions.push(LabelRequirement {
                key: key.clone(),
                operator: LabelOperator::In,
                values: vec![value.clone()],
            });
        }
    }
    Some(selector)
}

/// The pods that count for the constraint, in every domain that does.
fn domains<'a>(
    constraint: &TopologySpreadConstraint,
    selector: &LabelSelector,
    pod: &Pod,
    snapshot: &'a Snapshot<'_>,
) -> Domains<'a> {
    let mut domains = Domains::new();
    for node in snapshot.nodes.iter().filter(|node| counts(constraint, pod, node.node)) {
        let Some(value) = node.node.meta.labels.get(&constraint.topology_key) else { continue };
        let same = |other: &&Pod| {
            other.meta.namespace == pod.meta.namespace
                && !other.is_terminating()
                && selector.matches(&other.meta.labels)
        };
        domains.entry(value).or_default().extend(node.pods.iter().copied().filter(same));
    }
    domains
}

fn counts(constraint: &TopologySpreadConstraint, pod: &Pod, node: &Node) -> bool {
    let affinity = constraint.node_affinity_policy != Some(NodeInclusionPolicy::Ignore);
    let taints = constraint.node_taints_policy == Some(NodeInclusionPolicy::Honor);
    hard(pod).all(|it| node.meta.labels.contains_key(&it.topology_key))
        && (!affinity || pod.spec.selects(node))
        && (!taints || pod.spec.tolerates_taints_of(node))
}

/// Whether both have the same constraints and look at the same nodes for them.
fn spreads_alike(pod: &Pod, other: &Pod) -> bool {
    let nodes = |pod: &Pod| pod.spec.affinity.as_ref().and_then(|it| it.node_affinity.clone());
    pod.spec.topology_spread_constraints == other.spec.topology_spread_constraints
        && pod.spec.node_selector == other.spec.node_selector
        && pod.spec.tolerations == other.spec.tolerations
        && pod.meta.labels == other.meta.labels
        && nodes(pod) == nodes(other)
}
