//! The rule over objects.

use crate::objects::NodeInfo;
use crate::objects::node::TaintEffect;
use crate::plugins::Plugin;
use crate::plugins::contract::{Context, Plain, normalize_by_maximum};
use crate::plugins::reason::{Code, Reason, Rejection};

/// Taints and tolerations.
#[derive(Clone, Debug, Default)]
pub struct TaintToleration;

impl TaintToleration {
    /// The plugin, for one attempt.
    pub fn new() -> Self {
        Self
    }
}

impl<'a> Plain<'a> for TaintToleration {
    fn filter(&self, context: &Context<'a>, node: &NodeInfo<'a>) -> Option<Rejection> {
        (!context.pod.spec.tolerates_taints_of(node.node)).then(|| {
            let code = Code::UnschedulableAndUnresolvable;
            Rejection::new(Plugin::TaintToleration, code, Reason::UntoleratedTaint)
        })
    }

    fn score(&self, context: &Context<'a>, node: &NodeInfo<'a>) -> Result<i64, String> {
        let preferred = |effect| effect == TaintEffect::PreferNoSchedule;
        let taints = node.node.spec.taints.iter().filter(|taint| preferred(taint.effect));
        Ok(taints.filter(|taint| !context.pod.spec.tolerates(taint)).count() as i64)
    }

    fn normalize(&self, _: &Context<'a>, _: &[&NodeInfo<'a>], scores: &mut [i64]) {
        normalize_by_maximum(scores, true);
    }

    fn boxed_clone(&self) -> Box<dyn Plain<'a> + 'a> {
        Box::new(self.clone())
    }
}
