//! What would become of one pod now, and why: nothing is placed before it and nothing is changed.

use super::explain::{NodeAnswer, account, ranking};
use super::placement::PodName;
use crate::cycle::evaluation::{Evaluation, Verdict};
use crate::explain::message;
use crate::plugins::contract::Context;
use crate::plugins::reason::{Reason, Rejection};
use crate::scheduler::{ScheduleError, Scheduler};
use crate::state::Cluster;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// What is to be said about a pod as the cluster is. Serialised, it is the document
/// `bayplan.io/v1 Diagnosis`; printed, it is a text for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnosis {
    /// Always `bayplan.io/v1`.
    pub api_version: &'static str,
    /// Always `Diagnosis`.
    pub kind: &'static str,
    /// Namespace of the pod.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The node it is bound to, where it is bound already.
    pub bound_to: Option<String>,
    /// The best node and the one after it, by total score; ties in byte order of the names.
    pub ranking: Vec<String>,
    /// kube-scheduler's line where no node will do now.
    pub message: Option<String>,
    /// Why no node was looked at, where that is so.
    pub rejected: Option<String>,
    /// Why nodes refuse the pod, the most frequent reason first.
    pub reasons: Vec<ReasonCount>,
    /// What was said about every node, in byte order of the names.
    pub nodes: Vec<NodeAnswer>,
}

/// A reason, and how many nodes give it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReasonCount {
    /// The code for programs.
    pub code: &'static str,
    /// kube-scheduler's words.
    pub text: String,
    /// How many nodes give it; 0 where it rejects the pod as a whole.
    pub nodes: usize,
    /// The kinds of change that may cure it.
    pub cures: Vec<&'static str>,
    /// A sentence of advice.
    pub remedy: &'static str,
}

impl Scheduler {
    /// What would become of the pod now, and why. Nothing is changed.
    ///
    /// # Errors
    /// There is no such pod, or no profile for it.
    pub fn diagnose(
        &mut self,
        cluster: &mut Cluster,
        namespace: &str,
        name: &str,
    ) -> Result<Diagnosis, ScheduleError> {
        let evaluation = self.evaluate(cluster, namespace, name)?;
        let message = self.message(cluster, namespace, name, &evaluation)?;
        let no_such_pod = || ScheduleError::NoSuchPod(format!("{namespace}/{name}"));
        let pod = cluster.pod(namespace, name).ok_or_else(no_such_pod)?;
        let snapshot = cluster.snapshot();
        let context = Context { pod, snapshot: &snapshot, profile: self.profile(pod)? };
        let account = account(context, &evaluation, 0);
        let PodName { namespace, name } = PodName::of(pod);
        Ok(Diagnosis {
            api_version: "bayplan.io/v1",
            kind: "Diagnosis",
            namespace,
            name,
            bound_to: pod.node_name.as_deref().map(str::to_owned),
            ranking: ranking(&account.nodes),
            message,
            rejected: account.rejected,
            reasons: reasons(&evaluation),
            nodes: account.nodes,
        })
    }

    /// kube-scheduler's line about a pod that no node takes as `evaluation` found; `None` where one
    /// does.
    fn message(
        &mut self,
        cluster: &mut Cluster,
        namespace: &str,
        name: &str,
        evaluation: &Evaluation,
    ) -> Result<Option<String>, ScheduleError> {
        let has_node = evaluation.nominated_fast_path || !evaluation.scores.is_empty();
        if (has_node && evaluation.error.is_none()) || evaluation.pre_enqueue.is_some() {
            return Ok(None);
        }
        let outcome = self.post_filter(cluster, namespace, name, evaluation)?;
        Ok(Some(message::unschedulable(evaluation, cluster.nodes().len(), &outcome.text)))
    }
}

fn reasons(evaluation: &Evaluation) -> Vec<ReasonCount> {
    let mut counts: BTreeMap<&Reason, usize> = BTreeMap::new();
    let whole = evaluation.pre_enqueue.iter().chain(&evaluation.pre_filter);
    whole.flat_map(|rejection| &rejection.reasons).for_each(|reason| {
        counts.insert(reason, 0);
    });
    let rejected = evaluation.verdicts.iter().filter_map(|verdict| match verdict {
        Verdict::Rejected(rejection) => Some(rejection),
        _ => None,
    });
    for reason in rejected.flat_map(|rejection: &Rejection| &rejection.reasons) {
        *counts.entry(reason).or_default() += 1;
    }
    let count = |(reason, nodes): (&Reason, usize)| ReasonCount {
        code: reason.code(),
        text: reason.to_string(),
        nodes,
        cures: reason.cures().iter().map(|cure| cure.name()).collect(),
        remedy: reason.remedy(),
    };
    let mut reasons: Vec<_> = counts.into_iter().map(count).collect();
    reasons.sort_by(|a, b| (b.nodes, &a.text).cmp(&(a.nodes, &b.text)));
    reasons
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pod = format!("{}/{}", self.namespace, self.name);
        match (&self.bound_to, self.ranking.first()) {
            (Some(node), _) => writeln!(f, "{pod} runs on {node}")?,
            (None, Some(node)) => writeln!(f, "{pod} would go to {node}")?,
            (None, None) => writeln!(f, "{pod} finds no node")?,
        }
        for line in self.message.iter().chain(&self.rejected) {
            writeln!(f, "{line}")?;
        }
        for reason in &self.reasons {
            writeln!(f, "  {} ({} nodes): {}", reason.text, reason.nodes, reason.remedy)?;
        }
        let width = self.nodes.iter().map(|node| node.name.len()).max().unwrap_or(0);
        self.nodes.iter().try_for_each(|node| writeln!(f, "{:width$}  {}", node.name, answer(node)))
    }
}

/// A node's answer on one line: its score and the parts of it, or why not.
fn answer(node: &NodeAnswer) -> String {
    if let Some(total) = node.total {
        let parts = node.scores.iter().filter(|part| part.score != 0);
        let parts: Vec<_> = parts.map(|part| format!("{} {}", part.plugin, part.score)).collect();
        return format!("{total} = {}", parts.join(" + "));
    }
    if node.feasible {
        return "would do".to_owned();
    }
    let first = node.filters.iter().find(|filter| !filter.reasons.is_empty());
    let shortages = node.shortages.iter().map(|short| {
        format!(
            "{}: {} needed, {} of {} free",
            short.resource, short.needed, short.free, short.allocatable
        )
    });
    let mut answer = first.map_or_else(
        || "not looked at".to_owned(),
        |filter| {
            let reasons: Vec<_> = filter.reasons.iter().map(|reason| &*reason.text).collect();
            format!("{}: {}", filter.plugin, reasons.join(", "))
        },
    );
    let shortages: Vec<_> = shortages.collect();
    if !shortages.is_empty() {
        answer += &format!(" ({})", shortages.join("; "));
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::{Node, Pod};
    use serde_json::json;

    fn diagnosis(cpu: &str) -> Diagnosis {
        let node = |name: &str, cpu: &str| -> Node {
            serde_json::from_value(json!({"metadata": {"name": name},
                "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "10"}}}))
            .expect("a node")
        };
        let pod: Pod = serde_json::from_value(json!({
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"containers": [{"name": "web", "resources": {"requests": {"cpu": cpu}}}]}}))
        .expect("a pod");
        let objects = [node("a", "1").into(), node("b", "4").into(), pod.into()];
        let mut cluster = Cluster::from_objects(objects).expect("they fit together");
        let before = cluster.state_hash();
        let found = Scheduler::default().diagnose(&mut cluster, "shop", "web").expect("a pod");
        assert_eq!(cluster.state_hash(), before);
        found
    }

    #[test]
    fn a_pod_that_fits_has_a_ranking_and_no_message() {
        let found = diagnosis("2");
        assert_eq!(found.ranking, ["b"]);
        assert_eq!(found.message, None);
        let [reason] = &found.reasons[..] else { panic!("one reason: {:?}", found.reasons) };
        assert_eq!((reason.text.as_str(), reason.nodes), ("Insufficient cpu", 1));
        let text = found.to_string();
        assert!(text.starts_with("shop/web would go to b\n"), "{text}");
        assert!(
            text.contains("a  NodeResourcesFit: Insufficient cpu (cpu: 2000 needed, 1000 of 1000"),
            "{text}"
        );
    }

    #[test]
    fn a_pod_that_fits_nowhere_has_kube_schedulers_line() {
        let found = diagnosis("5");
        assert!(found.ranking.is_empty());
        let message = found.message.expect("a line");
        assert!(message.starts_with("0/2 nodes are available: 2 Insufficient cpu."), "{message}");
    }
}
