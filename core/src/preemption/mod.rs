//! PostFilter: what is done for a pod that no node takes. Room is made on one node by removing pods
//! of lower priority, where that helps.
//!
//! Every node that might help is looked at (`minCandidateNodesPercentage: 100`) and ties are broken
//! by name, where kube-scheduler looks at a random part and takes any. Nothing is removed here: the
//! answer is data.
//!
//! Source: `pkg/scheduler/framework/preemption/preemption.go`,
//! `pkg/scheduler/framework/plugins/defaultpreemption` (v1.35).

pub mod choose;
pub mod fast;
pub mod ledger;
pub mod plain;
mod victims;

use crate::objects::Pod;
use crate::objects::devices::ResourceClaim;

/// What PostFilter came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preemption<'a> {
    /// Every node on which removing pods helps, in byte order of the names.
    pub candidates: Vec<Candidate<'a>>,
    /// Indices into `candidates` of those that no criterion tells apart; the first is chosen.
    pub ties: Vec<usize>,
    /// What becomes of the pod's nomination.
    pub nomination: Nomination,
    /// What is added to the text of the attempt; empty where a node was found.
    pub text: String,
    /// The claim that gives its devices back, whatever else is found.
    pub deallocated: Option<&'a ResourceClaim>,
}

/// A node on which removing pods helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// Index of the node in byte order of the names.
    pub node: usize,
    /// The pods to remove, the most important first; never empty.
    pub victims: Vec<&'a Pod>,
    /// How many of them a disruption budget protects.
    pub num_pdb_violations: usize,
}

/// What becomes of `status.nominatedNodeName`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nomination {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is cleared.
    Clear,
    /// It becomes the chosen node.
    Set,
}

impl<'a> Preemption<'a> {
    /// The chosen candidate.
    pub fn chosen(&self) -> Option<&Candidate<'a>> {
        self.ties.first().and_then(|ix| self.candidates.get(*ix))
    }
}
