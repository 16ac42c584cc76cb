//! Kubernetes objects as values: what a user wrote, with what the API server adds.
//!
//! Nothing here is derived from two objects, and nothing knows about scheduling. Fields that no
//! rule of the engine reads are not modelled; they are skipped when an object is read.

pub mod admission;
pub mod canonical;
pub mod claims;
pub mod defaults;
pub mod devices;
pub mod eligibility;
pub mod labels;
pub mod manifest;
pub mod meta;
pub mod migration;
pub mod node;
pub mod object;
pub mod pod;
pub mod policy;
pub mod qos;
pub mod quantity;
pub mod requests;
pub mod snapshot;
pub mod storage;
pub mod store;
pub mod validate;
pub mod workloads;

pub use labels::{LabelSelector, NodeSelector, NodeSelectorTerm};
pub use meta::{Labels, ObjectMeta, OwnerReference};
pub use node::Node;
pub use object::{Kind, Object};
pub use pod::{Pod, PodSpec};
pub use quantity::{Quantity, ResourceList};
pub use snapshot::{NodeInfo, Snapshot};
pub use store::Store;
