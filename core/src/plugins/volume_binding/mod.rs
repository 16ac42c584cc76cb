//! VolumeBinding: the pod's claims are bound to volumes that the node can use, or can be.
//!
//! Source: `pkg/scheduler/framework/plugins/volumebinding`,
//! `k8s.io/component-helpers/storage/volume` (v1.35, gate StorageCapacityScoring off: no score).
//!
//! Upstream leaves the order of volumes open where several are reserved for one claim or have the
//! same smallest size; here it is the order of their names.

mod choice;
pub mod matching;
pub mod plain;
mod reserve;

pub(crate) use choice::{NO_PROVISIONER, is_candidate, is_suitable, offers_modes};
pub use reserve::{VolumeDecision, reserve};
pub(crate) use reserve::{bound_claim, bound_volume, provisioned_volume};

#[cfg(test)]
mod tests;
