//! TaintToleration: taints `NoSchedule` and `NoExecute` keep pods away that do not tolerate them;
//! the fewer `PreferNoSchedule` taints are not tolerated, the better the node.
//!
//! Reason: `node(s) had untolerated taint(s)`, whichever taint it was. No arguments.
//!
//! Source: `pkg/scheduler/framework/plugins/tainttoleration` (v1.35).

pub mod fast;
pub mod plain;
