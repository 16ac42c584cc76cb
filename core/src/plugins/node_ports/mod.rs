//! NodePorts: no two pods of a node share a host port.
//!
//! Reason: `node(s) didn't have free ports for the requested pod ports`. No arguments. The ports of
//! a node are a set: see [`NodeInfo::used_ports`](crate::objects::NodeInfo::used_ports).
//!
//! Source: `pkg/scheduler/framework/plugins/nodeports` (v1.35).

pub mod fast;
pub mod plain;
