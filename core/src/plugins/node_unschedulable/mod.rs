//! NodeUnschedulable: a cordoned node takes only pods that tolerate the taint of cordoned nodes.
//!
//! Reason: `node(s) were unschedulable`. No arguments.
//!
//! Source: `pkg/scheduler/framework/plugins/nodeunschedulable` (v1.35).

pub mod plain;
