//! The rule over objects.

use super::constraint::{Constraint, constraints};
use crate::objects::node::HOSTNAME;
use crate::objects::pod::WhenUnsatisfiable;
use crate::objects::{Node, NodeInfo, Pod};
use crate::plugins::Plugin;
use crate::plugins::contract::{Context, Plain, PreFilter, PreScore};
use crate::plugins::reason::{Code, Reason, Rejection};
use crate::profile::SpreadArguments;
use std::collections::{BTreeMap, BTreeSet};

/// Topology spread constraints.
#[derive(Clone, Debug, Default)]
pub struct PodTopologySpread {
    hard: Vec<Domains>,
    soft: Vec<Domains>,
    /// Names of feasible nodes that lack a label of a soft constraint and score 0 for that.
    ignored: BTreeSet<String>,
}

/// A constraint with what it counted.
#[derive(Clone, Debug)]
struct Domains {
    constraint: Constraint,
    /// Matching pods by value of the topology key.
    counts: BTreeMap<String, i64>,
    /// What a matching pod counts in the score; soft constraints only.
    weight: f64,
}

impl PodTopologySpread {
    /// The plugin, for one attempt.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<'a> Plain<'a> for PodTopologySpread {
    fn pre_filter(&mut self, context: &Context<'a>) -> PreFilter {
        match of_kind(context, WhenUnsatisfiable::DoNotSchedule) {
            Ok(constraints) => self.hard = constraints.into_iter().map(Domains::new).collect(),
            Err(text) => {
                let reason = Reason::Other(text.into());
                let rejection = Rejection::new(Plugin::PodTopologySpread, Code::Error, reason);
                return PreFilter::Reject(rejection);
            }
        }
        if self.hard.is_empty() {
            return PreFilter::Skip;
        }
        for node in &context.snapshot.nodes {
            if !has_all_keys(node.node, &self.hard) {
                continue;
            }
            for domains in &mut self.hard {
                if domains.constraint.counts_node(context.pod, node.node)
                    && let Some(value) = domains.value_of(node.node)
                {
                    let count = domains.constraint.count(context.pod, node);
                    *domains.counts.entry(value).or_default() += count;
                }
            }
        }
        PreFilter::Run
    }

    fn filter(&self, context: &Context<'a>, node: &NodeInfo<'a>) -> Option<Rejection> {
        let violated = self.hard.iter().find_map(|domains| domains.violation(context.pod, node));
        violated.map(|(code, reason)| Rejection::new(Plugin::PodTopologySpread, code, reason))
    }

    fn add_pod(&mut self, context: &Context<'a>, pod: &'a Pod, node: &NodeInfo<'a>) {
        self.update(context, pod, node, 1);
    }

    fn remove_pod(&mut self, context: &Context<'a>, pod: &'a Pod, node: &NodeInfo<'a>) {
        self.update(context, pod, node, -1);
    }

    fn pre_score(&mut self, context: &Context<'a>, feasible: &[&NodeInfo<'a>]) -> PreScore {
        match of_kind(context, WhenUnsatisfiable::ScheduleAnyway) {
            Ok(constraints) => self.soft = constraints.into_iter().map(Domains::new).collect(),
            Err(text) => return PreScore::Error(format!("calculating preScoreState: {text}")),
        }
        if self.soft.is_empty() {
            return PreScore::Skip;
        }
        // The system's defaults include zones; clusters without them still spread over hosts.
        let own = !context.pod.spec.topology_spread_constraints.is_empty();
        let all_keys = own || context.profile.arguments.spread != SpreadArguments::System;
        self.find_domains(feasible, all_keys);
        self.count_domains(context, all_keys);
        PreScore::Run
    }

    fn score(&self, context: &Context<'a>, node: &NodeInfo<'a>) -> Result<i64, String> {
        if self.ignored.contains(node.node.name()) {
            return Ok(0);
        }
        let mut score = 0.0;
        for domains in &self.soft {
            let constraint = &domains.constraint;
            let Some(value) = node.node.meta.labels.get(&constraint.topology_key) else { continue };
            let count = match domains.counts.get(value) {
                _ if constraint.topology_key == HOSTNAME => constraint.count(context.pod, node),
                count => count.copied().unwrap_or(0),
            };
            score += count as f64 * domains.weight + (constraint.max_skew - 1) as f64;
        }
        Ok(score.round() as i64)
    }

    fn normalize(&self, _: &Context<'a>, feasible: &[&NodeInfo<'a>], scores: &mut [i64]) {
        let is_ignored = |node: &NodeInfo<'a>| self.ignored.contains(node.node.name());
        let counted = || feasible.iter().zip(scores.iter()).filter(|(node, _)| !is_ignored(node));
        let max = counted().map(|(_, score)| *score).max().unwrap_or(0);
        let min = counted().map(|(_, score)| *score).min().unwrap_or(0);
        for (node, score) in feasible.iter().zip(scores) {
            *score = match max {
                _ if is_ignored(node) => 0,
                0 => 100,
                _ => 100 * (max + min - *score) / max,
            };
        }
    }

    fn boxed_clone(&self) -> Box<dyn Plain<'a> + 'a> {
        Box::new(self.clone())
    }
}

fn of_kind(context: &Context<'_>, kind: WhenUnsatisfiable) -> Result<Vec<Constraint>, String> {
    let defaults = &context.profile.arguments.spread;
    constraints(context.pod, context.snapshot.store, defaults, kind)
}

impl PodTopologySpread {
    /// Terminating pods are not told apart here, though they are never counted at first: taking one
    /// away can leave a count below zero.
    fn update(&mut self, context: &Context<'_>, pod: &Pod, node: &NodeInfo<'_>, change: i64) {
        if pod.meta.namespace != context.pod.meta.namespace || !has_all_keys(node.node, &self.hard)
        {
            return;
        }
        for domains in &mut self.hard {
            if domains.constraint.selects(pod)
                && domains.constraint.counts_node(context.pod, node.node)
                && let Some(value) = domains.value_of(node.node)
            {
                *domains.counts.entry(value).or_default() += change;
            }
        }
    }

    /// Finds the domains of the feasible nodes, and from their number the weights.
    fn find_domains(&mut self, feasible: &[&NodeInfo<'_>], all_keys: bool) {
        let lacks_key = |node: &&&NodeInfo<'_>| all_keys && !has_all_keys(node.node, &self.soft);
        let ignored = feasible.iter().filter(lacks_key);
        self.ignored = ignored.map(|node| node.node.name().to_owned()).collect();
        let counted = || feasible.iter().filter(|node| !self.ignored.contains(node.node.name()));
        for domains in &mut self.soft {
            let mut size = counted().count();
            // Hosts are counted one by one when they are scored.
            if domains.constraint.topology_key != HOSTNAME {
                // Without the label a node is in the domain of the empty value.
                let value = |node: &&NodeInfo<'_>| domains.value_of(node.node).unwrap_or_default();
                domains.counts = counted().map(|node| (value(node), 0)).collect();
                size = domains.counts.len();
            }
            domains.weight = (size as f64 + 2.0).ln();
        }
    }

    /// Counts the pods of all nodes, feasible or not, in the domains that were found.
    fn count_domains(&mut self, context: &Context<'_>, all_keys: bool) {
        for node in &context.snapshot.nodes {
            if all_keys && !has_all_keys(node.node, &self.soft) {
                continue;
            }
            for domains in &mut self.soft {
                let value = domains.value_of(node.node).unwrap_or_default();
                if domains.constraint.counts_node(context.pod, node.node)
                    && let Some(sum) = domains.counts.get_mut(&value)
                {
                    *sum += domains.constraint.count(context.pod, node);
                }
            }
        }
    }
}

impl Domains {
    fn new(constraint: Constraint) -> Self {
        Self { constraint, counts: BTreeMap::new(), weight: 0.0 }
    }

    fn value_of(&self, node: &Node) -> Option<String> {
        node.meta.labels.get(&self.constraint.topology_key).cloned()
    }

    /// Why the pod must not run on the node, if so.
    fn violation(&self, pod: &Pod, node: &NodeInfo<'_>) -> Option<(Code, Reason)> {
        let Some(value) = self.value_of(node.node) else {
            return Some((Code::UnschedulableAndUnresolvable, Reason::TopologySpreadLabel));
        };
        let emptiest = match self.counts.values().min() {
            Some(min) if self.counts.len() as i64 >= self.constraint.min_domains => *min,
            _ => 0,
        };
        let itself = i64::from(self.constraint.selects(pod));
        let there = self.counts.get(&value).copied().unwrap_or(0);
        (there + itself - emptiest > self.constraint.max_skew)
            .then_some((Code::Unschedulable, Reason::TopologySpread))
    }
}

fn has_all_keys(node: &Node, all: &[Domains]) -> bool {
    all.iter().all(|domains| node.meta.labels.contains_key(&domains.constraint.topology_key))
}
