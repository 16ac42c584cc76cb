//! A class as one profile sees it: which facets it is made of.

use super::facets::FacetIx;
use crate::base::bits::Bits;
use crate::plugins::inter_pod_affinity::fast::InterPod;
use crate::plugins::pod_topology_spread::fast::Spread;
use crate::plugins::reason::Rejection;

/// The facets of a class.
#[derive(Clone, Debug)]
pub(super) struct ClassView {
    /// PreFilter rejects every pod of the class.
    pub(super) rejected: Option<Rejection>,
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
    pub(super) spread: Spread,
    /// Affinity to pods; `None` where the plugin is off.
    pub(super) inter_pod: Option<InterPod>,
}

/// What cordons, taints, labels and names allow.
#[derive(Clone, Debug)]
pub(super) struct Fixed<S> {
    /// Zero or refused, all of the below in one.
    pub(super) column: Vec<S>,
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
