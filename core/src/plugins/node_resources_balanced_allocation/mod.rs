//! NodeResourcesBalancedAllocation: the more alike the utilisations of a node's resources would be,
//! the better the node. Pods without requests are not scored.
//!
//! Argument: the resources looked at; their weights have no effect.
//!
//! Source: `pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go` (v1.35).

pub mod plain;
