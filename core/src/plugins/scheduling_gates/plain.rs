//! The rule over objects.

use crate::plugins::Plugin;
use crate::plugins::contract::{Context, Plain};
use crate::plugins::reason::{Code, Reason, Rejection};

/// Keeps gated pods out of the queue.
#[derive(Clone, Debug, Default)]
pub struct SchedulingGates;

impl SchedulingGates {
    /// The plugin, for one attempt.
    pub fn new() -> Self {
        Self
    }
}

impl<'a> Plain<'a> for SchedulingGates {
    fn pre_enqueue(&self, context: &Context<'a>) -> Option<Rejection> {
        let gates: Box<[String]> =
            context.pod.spec.scheduling_gates.iter().map(|gate| gate.name.clone()).collect();
        (!gates.is_empty()).then(|| {
            let code = Code::UnschedulableAndUnresolvable;
            Rejection::new(Plugin::SchedulingGates, code, Reason::SchedulingGates(gates))
        })
    }

    fn boxed_clone(&self) -> Box<dyn Plain<'a> + 'a> {
        Box::new(self.clone())
    }
}
