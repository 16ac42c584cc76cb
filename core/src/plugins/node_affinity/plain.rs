//! The rule over objects.

use super::{counted, named_nodes};
use crate::objects::pod::{NodeAffinity as Affinity, Pod, PreferredSchedulingTerm};
use crate::objects::{NodeInfo, NodeSelector};
use crate::plugins::Plugin;
use crate::plugins::contract::{Context, Plain, PreFilter, PreScore, normalize_by_maximum};
use crate::plugins::reason::{Code, Reason, Rejection};

/// `nodeSelector` and node affinity.
#[derive(Clone, Debug, Default)]
pub struct NodeAffinity;

impl NodeAffinity {
    /// The plugin, for one attempt.
    pub fn new() -> Self {
        Self
    }
}

fn rejection(reason: Reason) -> Rejection {
    Rejection::new(Plugin::NodeAffinity, Code::UnschedulableAndUnresolvable, reason)
}

fn affinity_of(pod: &Pod) -> Option<&Affinity> {
    pod.spec.affinity.as_ref()?.node_affinity.as_ref()
}

fn required_of(affinity: Option<&Affinity>) -> Option<&NodeSelector> {
    affinity?.required.as_ref()
}

fn preferred_of(affinity: Option<&Affinity>) -> Option<&[PreferredSchedulingTerm]> {
    affinity?.preferred.as_deref()
}

impl<'a> Plain<'a> for NodeAffinity {
    fn pre_filter(&mut self, context: &Context<'a>) -> PreFilter {
        let pod = context.pod;
        let required = required_of(affinity_of(pod));
        let enforced = required_of(context.profile.arguments.added_affinity.as_ref());
        if required.is_none() && enforced.is_none() && pod.spec.node_selector.is_empty() {
            return PreFilter::Skip;
        }
        match required.and_then(named_nodes) {
            None => PreFilter::Run,
            Some(names) if names.is_empty() => {
                PreFilter::Reject(rejection(Reason::NodeAffinityConflict))
            }
            Some(names) => PreFilter::Narrow(names),
        }
    }

    fn filter(&self, context: &Context<'a>, node: &NodeInfo<'a>) -> Option<Rejection> {
        let node = node.node;
        let enforced = required_of(context.profile.arguments.added_affinity.as_ref());
        if enforced.is_some_and(|selector| !selector.matches(node.name(), &node.meta.labels)) {
            return Some(rejection(Reason::EnforcedNodeAffinity));
        }
        (!context.pod.spec.selects(node)).then(|| rejection(Reason::NodeAffinity))
    }

    fn pre_score(&mut self, context: &Context<'a>, _: &[&NodeInfo<'a>]) -> PreScore {
        let own = preferred_of(affinity_of(context.pod));
        let added = preferred_of(context.profile.arguments.added_affinity.as_ref());
        if own.is_none() && added.is_none_or(<[_]>::is_empty) {
            return PreScore::Skip;
        }
        let invalid = counted(own).find_map(|term| term.preference.invalid());
        invalid.map_or(PreScore::Run, PreScore::Error)
    }

    fn score(&self, context: &Context<'a>, node: &NodeInfo<'a>) -> Result<i64, String> {
        let node = node.node;
        let own = preferred_of(affinity_of(context.pod));
        let added = preferred_of(context.profile.arguments.added_affinity.as_ref());
        let terms = counted(own).chain(counted(added));
        let held = terms.filter(|term| term.preference.matches(node.name(), &node.meta.labels));
        Ok(held.map(|term| i64::from(term.weight)).sum())
    }

    fn normalize(&self, _: &Context<'a>, _: &[&NodeInfo<'a>], scores: &mut [i64]) {
        normalize_by_maximum(scores, false);
    }

    fn boxed_clone(&self) -> Box<dyn Plain<'a> + 'a> {
        Box::new(self.clone())
    }
}
