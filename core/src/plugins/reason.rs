//! Why a node or a pod is rejected: typed reasons, from which every text is rendered.
//!
//! Source of the texts: `pkg/scheduler/framework/plugins/*` (v1.35).

use super::Plugin;
use smallvec::SmallVec;
use std::fmt;

/// How a rejection is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// Removing pods from the node might help.
    Unschedulable,
    /// Removing pods from the node cannot help.
    UnschedulableAndUnresolvable,
    /// The plugin failed; the whole attempt ends.
    Error,
}

impl Code {
    /// The name that recordings and machine-readable output use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unschedulable => "Unschedulable",
            Self::UnschedulableAndUnresolvable => "UnschedulableAndUnresolvable",
            Self::Error => "Error",
        }
    }
}

/// A plugin's no to a node, or to a pod as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rejection {
    /// Who says no.
    pub plugin: Plugin,
    /// Whether preemption might help.
    pub code: Code,
    /// Why, in the order in which the plugin found out. Never empty.
    pub reasons: SmallVec<[Reason; 1]>,
}

impl Rejection {
    /// A rejection for one reason.
    pub fn new(plugin: Plugin, code: Code, reason: Reason) -> Self {
        Self { plugin, code, reasons: SmallVec::from_iter([reason]) }
    }

    /// All reasons as one text.
    pub fn text(&self) -> String {
        let reasons: Vec<_> = self.reasons.iter().map(Reason::to_string).collect();
        reasons.join(", ")
    }
}

/// One reason. [`fmt::Display`] is kube-scheduler's text, word for word.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The pod is gated; names of the gates.
    SchedulingGates(Box<[String]>),
    /// The node is cordoned.
    NodeUnschedulable,
    /// The pod names another node.
    NodeName,
    /// A taint is not tolerated.
    UntoleratedTaint,
    /// The pod's node selector or node affinity does not match.
    NodeAffinity,
    /// The profile's own node affinity does not match.
    EnforcedNodeAffinity,
    /// No node name satisfies all terms.
    NodeAffinityConflict,
    /// A host port is taken.
    HostPort,
    /// The node has as many pods as it takes.
    TooManyPods,
    /// Too little of a resource is left; its name.
    InsufficientResource(Box<str>),
    /// A spread constraint would be violated.
    TopologySpread,
    /// The node lacks the label of a spread constraint.
    TopologySpreadLabel,
    /// Required pod affinity does not hold.
    PodAffinity,
    /// Required pod anti-affinity does not hold.
    PodAntiAffinity,
    /// Required anti-affinity of a running pod does not hold.
    ExistingPodAntiAffinity,
    /// A text that stems from a name or an error and stands for itself.
    Other(Box<str>),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SchedulingGates(gates) => {
                return write!(f, "waiting for scheduling gates: [{}]", gates.join(" "));
            }
            Self::InsufficientResource(name) => return write!(f, "Insufficient {name}"),
            Self::Other(text) => text,
            Self::NodeUnschedulable => "node(s) were unschedulable",
            Self::NodeName => "node(s) didn't match the requested node name",
            Self::UntoleratedTaint => "node(s) had untolerated taint(s)",
            Self::NodeAffinity => "node(s) didn't match Pod's node affinity/selector",
            Self::EnforcedNodeAffinity => "node(s) didn't match scheduler-enforced node affinity",
            Self::NodeAffinityConflict => "pod affinity terms conflict",
            Self::HostPort => "node(s) didn't have free ports for the requested pod ports",
            Self::TooManyPods => "Too many pods",
            Self::TopologySpread => "node(s) didn't match pod topology spread constraints",
            Self::TopologySpreadLabel => {
                "node(s) didn't match pod topology spread constraints (missing required label)"
            }
            Self::PodAffinity => "node(s) didn't match pod affinity rules",
            Self::PodAntiAffinity => "node(s) didn't match pod anti-affinity rules",
            Self::ExistingPodAntiAffinity => {
                "node(s) didn't satisfy existing pods anti-affinity rules"
            }
        })
    }
}
