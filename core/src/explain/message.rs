//! The text of a failed attempt: what kube-scheduler puts into the pod's `PodScheduled` condition
//! and, cut, into its `FailedScheduling` event.
//!
//! Source: `pkg/scheduler/schedule_one.go`, `pkg/scheduler/framework/types.go` (v1.35).

use crate::cycle::evaluation::{Evaluation, Verdict};
use crate::cycle::fit_error::FitError;
use crate::objects::Pod;
use crate::plugins::Plugin;
use crate::plugins::reason::Reason;
use std::collections::BTreeMap;

/// The text about a pod that got no node at once, out of `nodes` nodes; `post_filter` is what
/// PostFilter said and empty where it found a node.
pub fn unschedulable(evaluation: &Evaluation, nodes: usize, post_filter: &str) -> String {
    if let Some(error) = &evaluation.error {
        return error.clone();
    }
    let mut fit_error =
        FitError { nodes, post_filter: post_filter.to_owned(), ..FitError::default() };
    fit_error.pre_filter = evaluation.pre_filter.as_ref().map(|rejection| rejection.text());
    let mut counts: BTreeMap<&Reason, usize> = BTreeMap::new();
    let mut excluded = 0;
    for verdict in &evaluation.verdicts {
        match verdict {
            Verdict::Feasible | Verdict::NotExamined => {}
            Verdict::Rejected(rejection) => {
                rejection.reasons.iter().for_each(|reason| *counts.entry(reason).or_default() += 1);
            }
            Verdict::Excluded => excluded += 1,
        }
    }
    for (reason, count) in counts {
        *fit_error.reasons.entry(reason.to_string()).or_default() += count;
    }
    if excluded > 0 {
        *fit_error.reasons.entry(excluded_by(evaluation)).or_default() += excluded;
    }
    fit_error.to_string()
}

/// What is said of a node that PreFilter left out.
pub fn excluded_by(evaluation: &Evaluation) -> String {
    excluded(&evaluation.narrowed_by)
}

/// What is said of a node that PreFilter left out because of these plugins.
pub fn excluded(narrowed_by: &[Plugin]) -> String {
    let names: Vec<_> = narrowed_by.iter().map(|plugin| plugin.name()).collect();
    format!("node(s) didn't satisfy plugin(s) [{}]", names.join(" "))
}

/// The text about a pod that is not tried because it is being deleted.
pub fn deleting(pod: &Pod) -> String {
    format!("skip schedule deleting pod: {}", pod.meta.key())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugins::reason::{Code, Rejection};

    fn insufficient(names: &[&str]) -> Verdict {
        let reasons =
            names.iter().map(|name| Reason::InsufficientResource((*name).to_owned().into()));
        Verdict::Rejected(Rejection {
            plugin: Plugin::NodeResourcesFit,
            code: Code::Unschedulable,
            reasons: reasons.collect(),
        })
    }

    #[test]
    fn every_reason_of_every_node_counts() {
        let verdicts = vec![insufficient(&["cpu", "memory"]), insufficient(&["cpu"])];
        let evaluation = Evaluation { verdicts, ..Evaluation::default() };
        assert_eq!(
            unschedulable(&evaluation, 2, "later"),
            "0/2 nodes are available: 1 Insufficient memory, 2 Insufficient cpu. later"
        );
    }

    #[test]
    fn excluded_nodes_name_the_plugins_that_excluded_them() {
        let evaluation = Evaluation {
            verdicts: vec![Verdict::Excluded, insufficient(&["cpu"]), Verdict::Excluded],
            narrowed_by: vec![Plugin::NodeAffinity, Plugin::TaintToleration],
            ..Evaluation::default()
        };
        assert_eq!(
            unschedulable(&evaluation, 3, ""),
            "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) \
             [NodeAffinity TaintToleration]."
        );
    }

    #[test]
    fn a_rejection_of_the_whole_pod_stands_alone() {
        let reason = Reason::NodeAffinityConflict;
        let code = Code::UnschedulableAndUnresolvable;
        let pre_filter = Some(Rejection::new(Plugin::NodeAffinity, code, reason));
        let evaluation = Evaluation { pre_filter, ..Evaluation::default() };
        assert_eq!(
            unschedulable(&evaluation, 3, "not found"),
            "0/3 nodes are available: pod affinity terms conflict. not found"
        );
    }

    #[test]
    fn an_error_is_the_whole_text() {
        let error = Some("no nodes available to schedule pods".to_owned());
        let evaluation = Evaluation { error, ..Evaluation::default() };
        assert_eq!(unschedulable(&evaluation, 0, ""), "no nodes available to schedule pods");
    }
}
