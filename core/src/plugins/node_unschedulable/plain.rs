//! The rule over objects.

use super::cordoned;
use crate::objects::NodeInfo;
use crate::plugins::Plugin;
use crate::plugins::contract::{Context, Plain};
use crate::plugins::reason::{Code, Reason, Rejection};

/// Refuses cordoned nodes.
#[derive(Clone, Debug, Default)]
pub struct NodeUnschedulable;

impl NodeUnschedulable {
    /// The plugin, for one attempt.
    pub fn new() -> Self {
        Self
    }
}

impl<'a> Plain<'a> for NodeUnschedulable {
    fn filter(&self, context: &Context<'a>, node: &NodeInfo<'a>) -> Option<Rejection> {
        let refused = node.node.spec.unschedulable && !context.pod.spec.tolerates(&cordoned());
        refused.then(|| {
            let code = Code::UnschedulableAndUnresolvable;
            Rejection::new(Plugin::NodeUnschedulable, code, Reason::NodeUnschedulable)
        })
    }

    fn boxed_clone(&self) -> Box<dyn Plain<'a> + 'a> {
        Box::new(self.clone())
    }
}
