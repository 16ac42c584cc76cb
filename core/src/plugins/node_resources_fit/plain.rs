//! The rule over objects.

use super::shape::score_at;
use crate::objects::requests::{RequestsOf, Resources, is_extended, is_scalar, pod_requests};
use crate::objects::{NodeInfo, Pod};
use crate::plugins::Plugin;
use crate::plugins::contract::{Context, Plain};
use crate::plugins::reason::{Code, Reason, Rejection};
use crate::profile::{FitArguments, FitStrategy};
use smallvec::SmallVec;

/// Resources fit; scores how much is left.
#[derive(Clone, Debug, Default)]
pub struct NodeResourcesFit;

impl NodeResourcesFit {
    /// The plugin, for one attempt.
    pub fn new() -> Self {
        Self
    }
}

impl<'a> Plain<'a> for NodeResourcesFit {
    fn filter(&self, context: &Context<'a>, node: &NodeInfo<'a>) -> Option<Rejection> {
        let arguments = &context.profile.arguments.fit;
        let mut code = Code::Unschedulable;
        let mut reasons = SmallVec::new();
        if node.pods.len() as i64 >= node.allocatable.pods {
            reasons.push(Reason::TooManyPods);
        }
        for (name, request) in asked_for(context.pod, arguments) {
            let offered = node.allocatable.get(&name);
            // The difference of two quantities may be wider than either.
            let left = i128::from(offered) - i128::from(node.requested.get(&name));
            if i128::from(request) > left {
                reasons.push(Reason::InsufficientResource(name.into()));
                if request > offered {
                    code = Code::UnschedulableAndUnresolvable;
                }
            }
        }
        let plugin = Plugin::NodeResourcesFit;
        (!reasons.is_empty()).then_some(Rejection { plugin, code, reasons })
    }

    fn score(&self, context: &Context<'a>, node: &NodeInfo<'a>) -> Result<i64, String> {
        let arguments = &context.profile.arguments.fit;
        let request = pod_requests(context.pod, RequestsOf::IncomingForScore);
        let uses: Vec<_> = arguments
            .resources
            .iter()
            .filter_map(|(name, weight)| Some((usage(name, &request, node)?, i128::from(*weight))))
            .collect();
        let score = match &arguments.strategy {
            FitStrategy::LeastAllocated => average(&uses, Usage::free_percent),
            FitStrategy::MostAllocated => average(&uses, Usage::used_percent),
            FitStrategy::RequestedToCapacityRatio(shape) => ratio_score(&uses, shape),
        };
        Ok(score as i64)
    }

    fn boxed_clone(&self) -> Box<dyn Plain<'a> + 'a> {
        Box::new(self.clone())
    }
}

/// The amounts that a node must have left, by resource, in the order of the reasons.
fn asked_for(pod: &Pod, arguments: &FitArguments) -> Vec<(String, i64)> {
    let request = pod_requests(pod, RequestsOf::Incoming);
    let first = ["cpu", "memory", "ephemeral-storage"];
    let amounts = first.iter().map(|name| ((*name).to_owned(), request.get(name)));
    let mut asked: Vec<_> = amounts.filter(|(_, amount)| *amount > 0).collect();
    let scalars = request.scalars.into_iter();
    asked.extend(scalars.filter(|(name, amount)| *amount != 0 && !is_ignored(name, arguments)));
    asked
}

fn is_ignored(name: &str, arguments: &FitArguments) -> bool {
    let listed = |list: &[String], name: &str| list.iter().any(|entry| entry == name);
    let group = name.split_once('/').map_or("", |(group, _)| group);
    is_extended(name)
        && (listed(&arguments.ignored_resources, name)
            || listed(&arguments.ignored_resource_groups, group))
}

/// One resource of a node as if the pod were there.
#[derive(Clone, Copy)]
struct Usage {
    used: i128,
    offered: i128,
}

impl Usage {
    fn free_percent(self) -> i128 {
        if self.used > self.offered { 0 } else { (self.offered - self.used) * 100 / self.offered }
    }

    fn used_percent(self) -> i128 {
        self.used.min(self.offered) * 100 / self.offered
    }
}

/// `None` where the resource does not count for this pod or this node.
fn usage(name: &str, request: &Resources, node: &NodeInfo<'_>) -> Option<Usage> {
    let used = match name {
        "cpu" => node.non_zero_milli_cpu,
        "memory" => node.non_zero_memory,
        "ephemeral-storage" => node.requested.ephemeral_storage,
        name if is_scalar(name) && request.get(name) != 0 => node.requested.get(name),
        _ => return None,
    };
    let used = i128::from(used) + i128::from(request.get(name));
    let offered = i128::from(node.allocatable.get(name));
    (offered != 0).then_some(Usage { used, offered })
}

fn average(uses: &[(Usage, i128)], score: fn(Usage) -> i128) -> i128 {
    let sum: i128 = uses.iter().map(|(usage, weight)| score(*usage) * weight).sum();
    let weights: i128 = uses.iter().map(|(_, weight)| weight).sum();
    if weights == 0 { 0 } else { sum / weights }
}

/// Resources that score 0 count neither above nor below the line.
fn ratio_score(uses: &[(Usage, i128)], shape: &[(i64, i64)]) -> i128 {
    let mut sum = 0_i128;
    let mut weights = 0_i128;
    for (usage, weight) in uses {
        let score = score_at(shape, usage.used_percent());
        if score > 0 {
            sum += score * weight;
            weights += weight;
        }
    }
    if weights == 0 { 0 } else { (sum as f64 / weights as f64).round() as i128 }
}
