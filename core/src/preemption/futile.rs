//! PostFilter where there is nobody to remove: what is said then needs no trial.

use super::plain::{NO_VICTIMS, NOT_HELPFUL, code_of};
use crate::cycle::evaluation::Evaluation;
use crate::cycle::fit_error::FitError;
use crate::objects::Pod;
use crate::objects::pod::PreemptionPolicy;
use crate::plugins::Plugin;
use crate::plugins::dynamic_resources;
use crate::plugins::reason::Code;
use crate::profile::Profile;

/// What PostFilter says about a pod without resource claims that `nodes` nodes refused one by one,
/// when no running pod has a lower priority.
pub fn text(profile: &Profile, pod: &Pod, nodes: usize, evaluation: &Evaluation) -> String {
    let said = profile.post_filter.iter().filter_map(|plugin| match plugin {
        Plugin::DynamicResources => Some(dynamic_resources::NO_NEW_CLAIMS.to_owned()),
        Plugin::DefaultPreemption => Some(preemption(pod, nodes, evaluation)),
        _ => None,
    });
    said.collect::<Vec<_>>().join(", ")
}

fn preemption(pod: &Pod, nodes: usize, evaluation: &Evaluation) -> String {
    if pod.spec.preemption_policy == Some(PreemptionPolicy::Never) {
        return "preemption: not eligible due to preemptionPolicy=Never.".to_owned();
    }
    let mut fit_error = FitError { nodes, ..FitError::default() };
    let might_help =
        (0..nodes).filter(|node| code_of(evaluation, *node) == Some(Code::Unschedulable)).count();
    for (text, count) in [(NO_VICTIMS, might_help), (NOT_HELPFUL, nodes - might_help)] {
        if count > 0 {
            fit_error.reasons.insert(text.to_owned(), count);
        }
    }
    format!("preemption: {fit_error}")
}
