//! The rule over objects.

use super::term::{Term, Terms};
use crate::objects::{Labels, Node, NodeInfo, Pod};
use crate::plugins::Plugin;
use crate::plugins::contract::{Context, Plain, PreFilter, PreScore};
use crate::plugins::reason::{Code, Reason, Rejection};
use std::collections::BTreeMap;

/// Affinity and anti-affinity to pods.
#[derive(Clone, Debug, Default)]
pub struct InterPodAffinity<'a> {
    /// The terms of the pod to be placed.
    terms: Terms<'a>,
    /// Per topology domain, pods whose required anti-affinity the pod would violate, once per term.
    existing_anti: Counts,
    /// Per topology domain, pods that satisfy all required affinity of the pod, once per term.
    affinity: Counts,
    /// Per topology domain, pods that the pod must not be with, once per term.
    anti: Counts,
    /// Per topology domain, what terms of either side add to the score.
    preferences: BTreeMap<Domain, i64>,
}

/// A topology key and a value.
type Domain = (String, String);

/// Matches per topology domain. Domains without any are left out: whether the map is empty matters.
#[derive(Clone, Debug, Default)]
struct Counts(BTreeMap<Domain, i64>);

impl Counts {
    fn add(&mut self, node: &Node, topology_key: &str, change: i64) {
        let Some(domain) = domain(node, topology_key) else { return };
        let count = self.0.get(&domain).copied().unwrap_or(0) + change;
        if count == 0 {
            self.0.remove(&domain);
        } else {
            self.0.insert(domain, count);
        }
    }

    fn is_positive(&self, node: &Node, topology_key: &str) -> bool {
        let count = domain(node, topology_key).and_then(|domain| self.0.get(&domain));
        count.is_some_and(|count| *count > 0)
    }
}

fn domain(node: &Node, topology_key: &str) -> Option<Domain> {
    let value = node.meta.labels.get(topology_key)?;
    Some((topology_key.to_owned(), value.clone()))
}

impl<'a> InterPodAffinity<'a> {
    /// The plugin, for one attempt.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<'a> Plain<'a> for InterPodAffinity<'a> {
    fn pre_filter(&mut self, context: &Context<'a>) -> PreFilter {
        match Terms::of_incoming(context.pod, context.snapshot.store) {
            Ok(terms) => self.terms = terms,
            Err(text) => {
                let code = Code::UnschedulableAndUnresolvable;
                let reason = Reason::Other(format!("parsing pod: {text}").into());
                return PreFilter::Reject(Rejection::new(Plugin::InterPodAffinity, code, reason));
            }
        }
        for node in &context.snapshot.nodes {
            for pod in &node.pods {
                self.update(context, pod, node.node, 1);
            }
        }
        let indifferent = self.terms.required_affinity.is_empty()
            && self.terms.required_anti_affinity.is_empty()
            && self.existing_anti.0.is_empty();
        if indifferent { PreFilter::Skip } else { PreFilter::Run }
    }

    fn filter(&self, context: &Context<'a>, node: &NodeInfo<'a>) -> Option<Rejection> {
        let reject = |code, reason| Some(Rejection::new(Plugin::InterPodAffinity, code, reason));
        if !self.affinity_holds(context.pod, node.node) {
            reject(Code::UnschedulableAndUnresolvable, Reason::PodAffinity)
        } else if self.violates_own_anti_affinity(node.node) {
            reject(Code::Unschedulable, Reason::PodAntiAffinity)
        } else if self.violates_existing_anti_affinity(node.node) {
            reject(Code::Unschedulable, Reason::ExistingPodAntiAffinity)
        } else {
            None
        }
    }

    fn add_pod(&mut self, context: &Context<'a>, pod: &'a Pod, node: &NodeInfo<'a>) {
        self.update(context, pod, node.node, 1);
    }

    fn remove_pod(&mut self, context: &Context<'a>, pod: &'a Pod, node: &NodeInfo<'a>) {
        self.update(context, pod, node.node, -1);
    }

    fn pre_score(&mut self, context: &Context<'a>, _: &[&NodeInfo<'a>]) -> PreScore {
        let arguments = &context.profile.arguments.inter_pod;
        match Terms::of_incoming(context.pod, context.snapshot.store) {
            _ if arguments.ignore_preferred_terms_of_existing_pods && !prefers(context.pod) => {
                return PreScore::Skip;
            }
            Ok(terms) => self.terms = terms,
            Err(text) => return PreScore::Error(format!("failed to parse pod: {text}")),
        }
        self.preferences.clear();
        for node in &context.snapshot.nodes {
            for pod in &node.pods {
                self.prefer(context, pod, node.node);
            }
        }
        if self.preferences.is_empty() { PreScore::Skip } else { PreScore::Run }
    }

    fn score(&self, _: &Context<'a>, node: &NodeInfo<'a>) -> Result<i64, String> {
        let labels = &node.node.meta.labels;
        let here = |(key, value): &Domain| labels.get(key) == Some(value);
        Ok(self.preferences.iter().filter(|(domain, _)| here(domain)).map(|(_, sum)| sum).sum())
    }

    fn normalize(&self, _: &Context<'a>, _: &[&NodeInfo<'a>], scores: &mut [i64]) {
        let min = scores.iter().copied().min().unwrap_or(0);
        let max = scores.iter().copied().max().unwrap_or(0);
        for score in scores {
            *score = if max == min {
                0
            } else {
                (100.0 * ((*score - min) as f64 / (max - min) as f64)) as i64
            };
        }
    }

    fn boxed_clone(&self) -> Box<dyn Plain<'a> + 'a> {
        Box::new(self.clone())
    }
}

impl InterPodAffinity<'_> {
    fn affinity_holds(&self, pod: &Pod, node: &Node) -> bool {
        let terms = &self.terms.required_affinity;
        let has_key = |term: &Term<'_>| node.meta.labels.contains_key(term.topology_key);
        // The first pod of a group that wants to be together finds nobody, and may start anywhere.
        let may_start = || self.affinity.0.is_empty() && all_match(terms, pod);
        terms.iter().all(has_key)
            && (terms.iter().all(|term| self.affinity.is_positive(node, term.topology_key))
                || may_start())
    }

    fn violates_own_anti_affinity(&self, node: &Node) -> bool {
        let terms = &self.terms.required_anti_affinity;
        terms.iter().any(|term| self.anti.is_positive(node, term.topology_key))
    }

    fn violates_existing_anti_affinity(&self, node: &Node) -> bool {
        node.meta.labels.keys().any(|key| self.existing_anti.is_positive(node, key))
    }

    /// Counts a pod of the node in or out.
    fn update(&mut self, context: &Context<'_>, pod: &Pod, node: &Node, change: i64) {
        let incoming = context.pod;
        let namespace_labels = context.snapshot.store.namespace_labels(&incoming.meta.namespace);
        for term in Terms::of_existing(pod).required_anti_affinity {
            if term.matches(incoming, namespace_labels) {
                self.existing_anti.add(node, term.topology_key, change);
            }
        }
        if all_match(&self.terms.required_affinity, pod) {
            for term in &self.terms.required_affinity {
                self.affinity.add(node, term.topology_key, change);
            }
        }
        for term in &self.terms.required_anti_affinity {
            if term.matches(pod, &NO_LABELS) {
                self.anti.add(node, term.topology_key, change);
            }
        }
    }

    /// Adds what the terms of both pods say about the domains of the node.
    fn prefer(&mut self, context: &Context<'_>, existing: &Pod, node: &Node) {
        let incoming = context.pod;
        let namespace_labels = context.snapshot.store.namespace_labels(&incoming.meta.namespace);
        let hard_weight = context.profile.arguments.inter_pod.hard_pod_affinity_weight;
        let theirs = Terms::of_existing(existing);
        let mut add = |term: &Term<'_>, weight: i64| {
            if let Some(domain) = domain(node, term.topology_key) {
                *self.preferences.entry(domain).or_default() += weight;
            }
        };
        for (weight, term) in &self.terms.preferences {
            if term.matches(existing, &NO_LABELS) {
                add(term, *weight);
            }
        }
        for term in theirs.required_affinity.iter().filter(|_| hard_weight > 0) {
            if term.matches(incoming, namespace_labels) {
                add(term, hard_weight);
            }
        }
        for (weight, term) in &theirs.preferences {
            if term.matches(incoming, namespace_labels) {
                add(term, *weight);
            }
        }
    }
}

/// The pod's own terms name the namespaces that their selectors stand for, so that no labels of
/// namespaces are looked at when they are matched. Upstream keeps the selector all the same: one
/// that the empty set satisfies matches in every namespace.
static NO_LABELS: Labels = Labels::new();

fn all_match(terms: &[Term<'_>], pod: &Pod) -> bool {
    !terms.is_empty() && terms.iter().all(|term| term.matches(pod, &NO_LABELS))
}

fn prefers(pod: &Pod) -> bool {
    pod.spec.affinity.as_ref().is_some_and(|affinity| {
        let both = [&affinity.pod_affinity, &affinity.pod_anti_affinity];
        both.into_iter().flatten().any(|affinity| !affinity.preferred.is_empty())
    })
}
