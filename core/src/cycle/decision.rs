//! What became of one attempt to place a pod: plain data, for a program to match on.

use crate::plugins::reason::Rejection;

/// The outcome of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The pod goes to this node, and what it needs besides is bound with it.
    Bound {
        /// Name of the node.
        node: String,
        /// Its total score; `None` where the nominated node was taken without scoring.
        score: Option<i64>,
        /// Claims that were bound with the pod.
        volumes: Vec<BoundVolume>,
    },
    /// Nothing fits now, but something does once these pods are gone. The pod is nominated to the
    /// node and waits for that.
    Nominated {
        /// Name of the node that is to be made free.
        node: String,
        /// Namespace and name of the pods to evict, the most important first.
        victims: Vec<(String, String)>,
        /// kube-scheduler's text about the attempt that failed.
        message: String,
    },
    /// Nothing fits: kube-scheduler's text.
    Unschedulable(String),
    /// A gate holds the pod back; it was not tried.
    Gated(Rejection),
    /// The pod is being deleted; it was not tried. kube-scheduler's text.
    Skipped(String),
}

impl Decision {
    /// The node that the pod is bound to, if it is.
    pub fn node(&self) -> Option<&str> {
        match self {
            Self::Bound { node, .. } => Some(node),
            _ => None,
        }
    }
}

/// A claim that was bound to a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundVolume {
    /// `namespace/name` of the claim.
    pub claim: String,
    /// Name of the volume.
    pub volume: String,
    /// Whether the volume is made for the claim.
    pub provisioned: bool,
}
