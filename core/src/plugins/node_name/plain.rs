//! The rule over objects.

use crate::objects::NodeInfo;
use crate::plugins::Plugin;
use crate::plugins::contract::{Context, Plain};
use crate::plugins::reason::{Code, Reason, Rejection};

/// Refuses nodes other than the one the pod names.
#[derive(Clone, Debug, Default)]
pub struct NodeName;

impl NodeName {
    /// The plugin, for one attempt.
    pub fn new() -> Self {
        Self
    }
}

impl<'a> Plain<'a> for NodeName {
    fn filter(&self, context: &Context<'a>, node: &NodeInfo<'a>) -> Option<Rejection> {
        let wanted = context.pod.node_name.as_deref();
        wanted.is_some_and(|name| name != node.node.name()).then(|| {
            let code = Code::UnschedulableAndUnresolvable;
            Rejection::new(Plugin::NodeName, code, Reason::NodeName)
        })
    }

    fn boxed_clone(&self) -> Box<dyn Plain<'a> + 'a> {
        Box::new(self.clone())
    }
}
