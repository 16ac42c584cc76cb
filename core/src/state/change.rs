//! The one way in: every change of the cluster is one of these.

use crate::base::time::Timestamp;
use crate::objects::{Kind, Object};
use std::fmt;

/// A change of the cluster.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Adds an object, or replaces the one of its kind, namespace and name.
    Put(Object),
    /// Removes an object.
    Delete {
        /// Kind.
        kind: Kind,
        /// Namespace; empty for cluster-scoped kinds.
        namespace: String,
        /// Name.
        name: String,
    },
    /// Binds a pending pod to a node: the pod counts there from now on.
    Bind {
        /// Namespace of the pod.
        namespace: String,
        /// Name of the pod.
        name: String,
        /// The node.
        node: String,
        /// When the pod starts, where that is known.
        start_time: Option<Timestamp>,
    },
    /// Nominates a pending pod to a node, or takes the nomination back (`None`).
    Nominate {
        /// Namespace of the pod.
        namespace: String,
        /// Name of the pod.
        name: String,
        /// The node.
        node: Option<String>,
    },
}

/// Why a change was refused. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeError {
    /// Kind of the object.
    pub kind: Kind,
    /// `namespace/name`, or the name of a cluster-scoped object.
    pub object: String,
    /// Why.
    pub reason: Refusal,
}

/// Why a change was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such object.
    NotFound,
    /// The pod is bound already.
    AlreadyBound,
    /// The pod is not bound.
    NotBound,
    /// The node of the binding is not there.
    NoSuchNode,
    /// The sum of what the node's pods request would not fit 64 bits.
    SumTooLarge,
    /// Workloads do not live in the cluster's state; only the pods that they make do.
    NotClusterState,
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.reason {
            Refusal::NotFound => "there is no such object",
            Refusal::AlreadyBound => "the pod is bound already",
            Refusal::NotBound => "the pod is not bound",
            Refusal::NoSuchNode => "the node to bind to is not there",
            Refusal::SumTooLarge => "the sum of the requests on its node would exceed 2^63-1",
            Refusal::NotClusterState => "workloads are expanded to pods before they get here",
        };
        write!(f, "{} {}: {why}", self.kind.name(), self.object)
    }
}

impl std::error::Error for ChangeError {}
