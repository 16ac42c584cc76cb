//! DynamicResources: devices that resource claims ask for (dynamic resource allocation with
//! structured parameters).
//!
//! Source: `pkg/scheduler/framework/plugins/dynamicresources`,
//! `k8s.io/dynamic-resource-allocation` (v1.35), feature gates at their defaults: admin access and
//! prioritised lists are on; device taints, partitionable devices, consumable capacity, binding
//! conditions and extended resources backed by devices are off.
//!
//! Selectors are written in CEL and need the cargo feature `dra`. Without it a selector fails with
//! an error that says so; it is never ignored.

mod allocator;
#[cfg(feature = "dra")]
mod cel;
mod claims;
mod constraint;
pub mod plain;
mod pools;
mod reserve;
mod result;
mod selector;
#[cfg(test)]
mod tests;

pub use plain::DynamicResources;
pub use reserve::{ClaimDecision, deallocate, reserve};

/// What PostFilter says about a pod that has no claim to give up.
pub const NO_NEW_CLAIMS: &str = "no new claims to deallocate";
