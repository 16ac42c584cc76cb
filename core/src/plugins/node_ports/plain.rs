//! The rule over objects.

use crate::objects::NodeInfo;
use crate::objects::snapshot::host_ports;
use crate::plugins::Plugin;
use crate::plugins::contract::{Context, Plain, PreFilter};
use crate::plugins::reason::{Code, Reason, Rejection};

/// Host ports.
#[derive(Clone, Debug, Default)]
pub struct NodePorts;

impl NodePorts {
    /// The plugin, for one attempt.
    pub fn new() -> Self {
        Self
    }
}

impl<'a> Plain<'a> for NodePorts {
    fn pre_filter(&mut self, context: &Context<'a>) -> PreFilter {
        match host_ports(context.pod).next() {
            None => PreFilter::Skip,
            Some(_) => PreFilter::Run,
        }
    }

    fn filter(&self, context: &Context<'a>, node: &NodeInfo<'a>) -> Option<Rejection> {
        // Two ports of the pod itself are not compared.
        let taken = host_ports(context.pod)
            .any(|wanted| node.used_ports.iter().any(|used| wanted.conflicts_with(used)));
        taken.then(|| Rejection::new(Plugin::NodePorts, Code::Unschedulable, Reason::HostPort))
    }

    fn boxed_clone(&self) -> Box<dyn Plain<'a> + 'a> {
        Box::new(self.clone())
    }
}
