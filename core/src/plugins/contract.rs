//! What a plain plugin answers, point by point of the scheduling framework.
//!
//! A plain plugin is made anew for every attempt of a pod: `pre_filter` and `pre_score` fill it, the
//! other questions read it. Every question has a default, which means that the plugin does not
//! take part there.

use super::reason::Rejection;
use crate::objects::devices::ResourceClaim;
use crate::objects::{NodeInfo, Pod, Snapshot};
use crate::profile::Profile;
use std::collections::BTreeSet;

/// What an attempt is about: one pod, the cluster at that moment, the profile.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The pod to place.
    pub pod: &'a Pod,
    /// The cluster.
    pub snapshot: &'a Snapshot<'a>,
    /// The plugins' arguments.
    pub profile: &'a Profile,
}

/// Answer of a plugin to the pod as a whole, before any node is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreFilter {
    /// Ask me about every node.
    Run,
    /// Ask me about these nodes only; names of nodes that need not exist.
    Narrow(BTreeSet<String>),
    /// This pod does not concern me: do not ask.
    Skip,
    /// The pod cannot be placed at all, or the plugin failed (`Code::Error`).
    Reject(Rejection),
}

/// Answer of a plugin before the feasible nodes are scored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreScore {
    /// Score every node.
    Run,
    /// I have nothing to say about this pod: do not ask, count 0.
    Skip,
    /// The plugin failed: the attempt ends with this text.
    Error(String),
}

/// Answer of a plugin that is asked when no node is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostFilter<'a> {
    /// What it says.
    pub text: String,
    /// The claim whose devices it takes back, so that a later attempt finds others.
    pub deallocated: Option<&'a ResourceClaim>,
}

/// A plugin in its plain form, for one attempt of one pod.
pub trait Plain<'a> {
    /// PreEnqueue: whether the pod may be attempted at all.
    fn pre_enqueue(&self, _context: &Context<'a>) -> Option<Rejection> {
        None
    }

    /// PreFilter: looks at the pod and the whole cluster.
    fn pre_filter(&mut self, _context: &Context<'a>) -> PreFilter {
        PreFilter::Run
    }

    /// Filter: why the pod cannot run on the node. The node's pods may differ from the snapshot's
    /// where removals and additions are tried; `add_pod` and `remove_pod` were called for each.
    fn filter(&self, _context: &Context<'a>, _node: &NodeInfo<'a>) -> Option<Rejection> {
        None
    }

    /// AddPod: what `pre_filter` found changes as if `pod` were on `node` (which has it already).
    fn add_pod(&mut self, _context: &Context<'a>, _pod: &'a Pod, _node: &NodeInfo<'a>) {}

    /// RemovePod: what `pre_filter` found changes as if `pod` were gone from `node` (which has lost
    /// it already).
    fn remove_pod(&mut self, _context: &Context<'a>, _pod: &'a Pod, _node: &NodeInfo<'a>) {}

    /// PostFilter: what the plugin says, and does, when no node is left and it finds none either;
    /// `None` where it takes no part.
    fn post_filter(&self, _context: &Context<'a>) -> Option<PostFilter<'a>> {
        None
    }

    /// PreScore: looks at the feasible nodes together.
    fn pre_score(&mut self, _context: &Context<'a>, _feasible: &[&NodeInfo<'a>]) -> PreScore {
        PreScore::Run
    }

    /// Score: the raw score of a feasible node.
    ///
    /// # Errors
    /// A text that ends the attempt.
    fn score(&self, _context: &Context<'a>, _node: &NodeInfo<'a>) -> Result<i64, String> {
        Ok(0)
    }

    /// NormalizeScore: raw scores of all feasible nodes, in order, become 0 to 100.
    fn normalize(&self, _context: &Context<'a>, _feasible: &[&NodeInfo<'a>], _scores: &mut [i64]) {}

    /// A copy of what was found so far, for trying removals and additions on it.
    fn boxed_clone(&self) -> Box<dyn Plain<'a> + 'a>;
}

/// The framework's default normalisation: the largest score becomes 100, the others in proportion;
/// `reversed` turns the order round. Scores are not negative.
pub fn normalize_by_maximum(scores: &mut [i64], reversed: bool) {
    let max = scores.iter().copied().max().unwrap_or(0).max(0);
    for score in scores {
        *score = match (max, reversed) {
            (0, true) => 100,
            (0, false) => *score,
            (_, false) => 100 * *score / max,
            (_, true) => 100 - 100 * *score / max,
        };
    }
}
