//! NodeName: a pod that names its node runs there or nowhere.
//!
//! Reason: `node(s) didn't match the requested node name`. No arguments. The scheduler itself never
//! attempts such a pod; the rule matters where one is tried out.
//!
//! Source: `pkg/scheduler/framework/plugins/nodename` (v1.35).

pub mod plain;
