//! A class as one profile sees it: which facets it is made of.

use super::Weights;
use super::facets::FacetIx;
use crate::base::bits::Bits;
use crate::column::Column;
use crate::plugins::Plugin;
use crate::plugins::reason::{Code, Reason, Rejection};

/// The facets of a class.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClassView {
    /// NodeAffinity's PreFilter rejects every pod of the class.
    pub(super) rejected: bool,
    /// Cordons, taints, labels and names.
    pub(super) fixed: FacetIx,
    /// Resources.
    pub(super) shape: FacetIx,
    /// Host ports, if any are wanted.
    pub(super) ports: Option<FacetIx>,
    /// Images, if any node has one.
    pub(super) images: Option<FacetIx>,
    /// `PreferNoSchedule` taints, if any node has one.
    pub(super) disliked: Option<FacetIx>,
    /// Preferred node affinity, if there is any.
    pub(super) preferred: Option<FacetIx>,
    /// Topology spread constraints.
    pub(super) spread: FacetIx,
    /// Affinity to pods; `None` where the plugin is off.
    pub(super) inter_pod: Option<FacetIx>,
    /// What both of these say about single nodes.
    pub(super) nearby: FacetIx,
    /// One of these may say something: otherwise nobody asks them.
    pub(super) related: bool,
}

impl ClassView {
    /// Why PreFilter rejects every pod of the class, if it does.
    pub(super) fn rejection(&self) -> Option<Rejection> {
        let code = Code::UnschedulableAndUnresolvable;
        self.rejected
            .then(|| Rejection::new(Plugin::NodeAffinity, code, Reason::NodeAffinityConflict))
    }

    /// What every feasible node has, whatever the columns say.
    pub(super) fn base(&self, weights: Weights) -> i64 {
        if weights.taints > 0 && self.disliked.is_none() { 100 * weights.taints } else { 0 }
    }

    /// No score depends on which nodes are feasible, relations to pods nearby apart.
    pub(super) fn has_nothing_to_normalize(&self) -> bool {
        self.disliked.is_none() && self.preferred.is_none()
    }
}

/// What cordons, taints, labels and names allow.
#[derive(Clone, Debug)]
pub(super) struct Fixed<S> {
    /// Zero or refused, all of the below in one.
    pub(super) column: Column<S>,
    /// Not all of the column is zero.
    pub(super) refuses_some: bool,
    /// Not cordoned, or tolerated; `None` means all nodes.
    pub(super) schedulable: Option<Bits>,
    /// Taints are tolerated; `None` means all nodes.
    pub(super) tolerated: Option<Bits>,
    /// The profile's own affinity holds; `None` means all nodes.
    pub(super) enforced: Option<Bits>,
    /// The pod's selector and affinity hold; `None` means all nodes.
    pub(super) meeting: Option<Bits>,
    /// PreFilter leaves these nodes only; `None` means all.
    pub(super) narrowed: Option<Bits>,
    /// No node name satisfies all terms.
    pub(super) conflict: bool,
}
