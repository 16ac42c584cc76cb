//! What became of one attempt to place a pod: plain data, for a program to match on.

use crate::plugins::reason::Rejection;

/// The outcome of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The pod goes to this node.
    Bound {
        /// Name of the node.
        node: String,
        /// Its total score; 0 where the nominated node was taken without scoring.
        score: i64,
    },
    /// Nothing fits now, but something does once these pods are gone. The pod waits for that.
    Nominated {
        /// Name of the node that is to be made free.
        node: String,
        /// `namespace/name` of the pods to evict, the most important first.
        victims: Vec<String>,
        /// kube-scheduler's text about the attempt that failed.
        message: String,
    },
    /// Nothing fits: kube-scheduler's text.
    Unschedulable(String),
    /// A gate holds the pod back; it was not tried.
    Gated(Rejection),
    /// The pod is being deleted; it was not tried. kube-scheduler's text.
    Skipped(String),
    /// A plugin failed: its text.
    Failed(String),
}
