//! NodeUnschedulable: a cordoned node takes only pods that tolerate the taint of cordoned nodes.
//!
//! Reason: `node(s) were unschedulable`. No arguments.
//!
//! Source: `pkg/scheduler/framework/plugins/nodeunschedulable` (v1.35).

pub mod fast;
pub mod plain;

use crate::objects::node::{Taint, TaintEffect};

/// The taint that a cordoned node counts as having, whether it is on the node or not.
fn cordoned() -> Taint {
    Taint {
        key: "node.kubernetes.io/unschedulable".to_owned(),
        value: String::new(),
        effect: TaintEffect::NoSchedule,
    }
}
