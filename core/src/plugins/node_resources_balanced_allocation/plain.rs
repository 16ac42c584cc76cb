//! The rule over objects.

use super::deviation;
use crate::objects::requests::{RequestsOf, Resources, is_scalar, pod_requests};
use crate::objects::{NodeInfo, Pod};
use crate::plugins::contract::{Context, Plain, PreScore};

/// Scores how evenly resources are used.
#[derive(Clone, Debug, Default)]
pub struct NodeResourcesBalancedAllocation;

impl NodeResourcesBalancedAllocation {
    /// The plugin, for one attempt.
    pub fn new() -> Self {
        Self
    }
}

impl<'a> Plain<'a> for NodeResourcesBalancedAllocation {
    fn pre_score(&mut self, context: &Context<'a>, _: &[&NodeInfo<'a>]) -> PreScore {
        let request = request_of(context.pod);
        let names = &context.profile.arguments.balanced_resources;
        if names.iter().all(|name| amount(&request, name).unwrap_or(0) == 0) {
            PreScore::Skip
        } else {
            PreScore::Run
        }
    }

    fn score(&self, context: &Context<'a>, node: &NodeInfo<'a>) -> Result<i64, String> {
        let request = request_of(context.pod);
        let names = &context.profile.arguments.balanced_resources;
        let fractions: Vec<f64> =
            names.iter().filter_map(|name| fraction(name, &request, node)).collect();
        Ok(((1.0 - deviation(&fractions)) * 100.0) as i64)
    }

    fn boxed_clone(&self) -> Box<dyn Plain<'a> + 'a> {
        Box::new(self.clone())
    }
}

/// Upstream looks at resources in force here even though a pod to be placed has none yet.
fn request_of(pod: &Pod) -> Resources {
    pod_requests(pod, RequestsOf::Bound)
}

/// The utilisation of a resource as if the pod were on the node, at most 1; `None` where the
/// resource does not count for this pod or this node.
fn fraction(name: &str, request: &Resources, node: &NodeInfo<'_>) -> Option<f64> {
    let asked = amount(request, name)?;
    let offered = amount(&node.allocatable, name)?;
    if offered == 0 || (is_scalar(name) && asked == 0) {
        return None;
    }
    let used = amount(&node.requested, name)?.saturating_add(asked);
    Some((used as f64 / offered as f64).min(1.0))
}

/// `None` for a name that is no scored resource, such as `pods`.
fn amount(resources: &Resources, name: &str) -> Option<i64> {
    let scored = matches!(name, "cpu" | "memory" | "ephemeral-storage") || is_scalar(name);
    scored.then(|| resources.get(name))
}
