//! What the queue of a placement needs of a cluster, and nothing more.

use super::place::PlaceError;
use super::placement::{NodeUse, PodName, VolumePlacement};
use crate::objects::Pod;
use crate::objects::storage::PersistentVolumeClaim;

/// A cluster with a scheduler that is asked about one pod after the other.
pub(super) trait Driver {
    /// Adds a pod, after the claims that were created for it.
    fn add_pod(&mut self, pod: Pod, claims: Vec<PersistentVolumeClaim>) -> Result<(), PlaceError>;

    /// Looks for a node for a pod that was added and has none. Where it finds one the pod is bound;
    /// where it finds one that others have to leave they are gone afterwards and the pod is
    /// nominated, to be asked about again.
    fn schedule(&mut self, pod: &PodName) -> Result<Attempt, PlaceError>;

    /// Whether anything moved that could help a pod that found no node.
    fn may_fare_better(&self, pod: &PodName) -> bool;

    /// Every node, in byte order of the names.
    fn nodes(&self) -> Vec<NodeUse>;
}

/// What came of an attempt to place a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// It is bound.
    Bound { node: String, score: Option<i64>, volumes: Vec<VolumePlacement> },
    /// No node will do.
    Pending { message: String },
    /// Scheduling gates hold it back.
    Gated { message: String },
    /// These pods left the node for it; at least one.
    Preempted { victims: Vec<Pod> },
}
