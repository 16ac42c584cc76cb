//! The engine as a scheduler extender: request bodies of kube-scheduler's webhook in, response
//! bodies out. Whoever serves HTTP does nothing but carry them.
//!
//! The cluster is the one that the caller keeps up to date. A question leaves it as it is; only
//! [`bind`] changes it. The pod of a request stands for the pod of its name, whatever the cluster
//! knows of that, and is asked about all nodes anew, wherever it is nominated to. Nodes that come
//! as objects count as they come; nodes that come as names are those of the cluster.
//!
//! Scores of the webhook go from 0 to 10: the best of the nodes asked about gets 10, the worst 0,
//! the others in proportion. A node that the engine refuses gets 0.
//!
//! Source: `pkg/scheduler/extender.go`, `staging/src/k8s.io/kube-scheduler/extender/v1/types.go`
//! (v1.35).

mod protocol;
#[cfg(test)]
mod tests;

use crate::cycle::evaluation::{Evaluation, Verdict};
use crate::explain::message;
use crate::objects::Pod;
use crate::plugins::reason::Code;
use crate::scheduler::{ScheduleError, Scheduler};
use crate::state::Cluster;
use crate::state::change::{Change, ChangeError};
use protocol::{
    Arguments, BindingArguments, BindingResult, FilterResult, HostPriority, MetaPod, MetaVictims,
    Nodes, PreemptionArguments, PreemptionResult,
};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Why there is no response: the caller answers with a status other than 200.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtenderError {
    /// The body is no request.
    Request(String),
    /// The pod cannot be asked about.
    Schedule(ScheduleError),
    /// An object of the request does not fit the cluster.
    Change(ChangeError),
    /// A victim without an identifier cannot be named in a response; its namespace and name.
    VictimWithoutUid(String),
}

impl fmt::Display for ExtenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(text) => write!(f, "no extender request: {text}"),
            Self::Schedule(error) => error.fmt(f),
            Self::Change(error) => error.fmt(f),
            Self::VictimWithoutUid(pod) => write!(f, "pod {pod} has no UID to name it by"),
        }
    }
}

impl std::error::Error for ExtenderError {}

impl From<ScheduleError> for ExtenderError {
    fn from(error: ScheduleError) -> Self {
        Self::Schedule(error)
    }
}

impl From<ChangeError> for ExtenderError {
    fn from(error: ChangeError) -> Self {
        Self::Change(error)
    }
}

/// Answers the filter call: which of the nodes take the pod, and why the others do not.
///
/// # Errors
/// The body is no request, or the pod cannot be asked about.
pub fn filter(
    scheduler: &mut Scheduler,
    cluster: &mut Cluster,
    body: &str,
) -> Result<String, ExtenderError> {
    let arguments = Arguments::read(body)?;
    let nodes = arguments.nodes;
    let found = ask(scheduler, cluster, arguments.pod, &nodes, |scheduler, cluster, pod| {
        let evaluation = evaluate(scheduler, cluster, pod)?;
        let ranks = nodes.names().map(|name| rank(cluster, name));
        let answers =
            ranks.map(|rank| rank.map_or(Answer::unknown(), |rank| Answer::of(&evaluation, rank)));
        Ok((answers.collect::<Vec<_>>(), evaluation.error.clone()))
    })?;
    let (answers, error) = found;
    let mut result = FilterResult::with_error(error.unwrap_or_default());
    for (name, answer) in nodes.names().zip(&answers) {
        let (name, text) = (name.to_owned(), answer.text.clone());
        match answer.code {
            None => {}
            Some(Code::Unschedulable) => {
                result.failed_nodes.insert(name, text);
            }
            Some(Code::UnschedulableAndUnresolvable) => {
                result.failed_and_unresolvable_nodes.insert(name, text);
            }
            Some(Code::Error) if result.error.is_empty() => result.error = text,
            Some(Code::Error) => {}
        }
    }
    result.keep(&nodes, answers.iter().map(|answer| answer.code.is_none()));
    protocol::write(&result)
}

/// Answers the prioritize call: a score from 0 to 10 for each of the nodes.
///
/// # Errors
/// The body is no request, or the pod cannot be asked about.
pub fn prioritize(
    scheduler: &mut Scheduler,
    cluster: &mut Cluster,
    body: &str,
) -> Result<String, ExtenderError> {
    let arguments = Arguments::read(body)?;
    let nodes = arguments.nodes;
    let totals = ask(scheduler, cluster, arguments.pod, &nodes, |scheduler, cluster, pod| {
        let evaluation = evaluate(scheduler, cluster, pod)?;
        let totals: BTreeMap<usize, i64> =
            evaluation.scores.iter().map(|row| (row.node, row.total)).collect();
        let total = |name| totals.get(&rank(cluster, name)?).copied();
        Ok(nodes.names().map(total).collect::<Vec<_>>())
    })?;
    let lowest = totals.iter().flatten().copied().min().unwrap_or(0);
    let highest = totals.iter().flatten().copied().max().unwrap_or(0);
    let score = |total: &Option<i64>| total.map_or(0, |total| in_ten(total, lowest, highest));
    let scores = nodes.names().zip(&totals);
    let scores: Vec<_> = scores
        .map(|(host, total)| HostPriority { host: host.to_owned(), score: score(total) })
        .collect();
    protocol::write(&scores)
}

/// Where a total lies between the lowest and the highest, in tenths.
fn in_ten(total: i64, lowest: i64, highest: i64) -> i64 {
    let (part, whole) =
        (i128::from(total) - i128::from(lowest), i128::from(highest) - i128::from(lowest));
    if whole == 0 { 10 } else { i64::try_from(10 * part / whole).unwrap_or(0) }
}

/// Answers the preempt call: which of the candidate nodes the engine would make room on too, and by
/// removing whom.
///
/// # Errors
/// The body is no request, the pod cannot be asked about, or a victim has no identifier.
pub fn preempt(
    scheduler: &mut Scheduler,
    cluster: &mut Cluster,
    body: &str,
) -> Result<String, ExtenderError> {
    let arguments = PreemptionArguments::read(body)?;
    let none = Nodes::Names(Vec::new());
    let victims = ask(scheduler, cluster, arguments.pod, &none, |scheduler, cluster, pod| {
        let evaluation = evaluate(scheduler, cluster, pod)?;
        if !evaluation.feasible().is_empty() {
            return Ok(BTreeMap::new());
        }
        let (namespace, name) = (&pod.meta.namespace, &pod.meta.name);
        let found = scheduler.post_filter(cluster, namespace, name, &evaluation)?;
        let asked = found.candidates.iter().filter(|it| arguments.nodes.contains(&it.node));
        asked
            .map(|candidate| {
                let pods = candidate.victims.iter().map(|(namespace, name)| {
                    let uid = cluster.pod(namespace, name).map(|pod| pod.meta.uid.clone());
                    uid.filter(|uid| !uid.is_empty()).map(|uid| MetaPod { uid }).ok_or_else(|| {
                        ExtenderError::VictimWithoutUid(format!("{namespace}/{name}"))
                    })
                });
                let pods = pods.collect::<Result<_, _>>()?;
                let num_pdb_violations = candidate.num_pdb_violations;
                Ok((candidate.node.clone(), MetaVictims { pods, num_pdb_violations }))
            })
            .collect::<Result<_, ExtenderError>>()
    })?;
    protocol::write(&PreemptionResult { node_name_to_meta_victims: victims })
}

/// Answers the bind call: binds the pod in the cluster. The caller creates the binding at the API
/// server, before or afterwards.
///
/// # Errors
/// The body is no request. That the pod cannot be bound is said in the response.
pub fn bind(cluster: &mut Cluster, body: &str) -> Result<String, ExtenderError> {
    let BindingArguments { pod_name: name, pod_namespace: namespace, pod_uid, node } =
        BindingArguments::read(body)?;
    let known = cluster.pod(&namespace, &name).map(|pod| pod.meta.uid.clone());
    let other = known.filter(|uid| !uid.is_empty() && !pod_uid.is_empty() && *uid != pod_uid);
    let error = match other {
        Some(uid) => format!("pod {namespace}/{name} has UID {uid}, not {pod_uid}"),
        None => {
            let change = Change::Bind { namespace, name, node, start_time: None };
            cluster.apply(change).map_or_else(|error| error.to_string(), |()| String::new())
        }
    };
    protocol::write(&BindingResult { error })
}

/// Asks about a pod and nodes as a request has them, and leaves the cluster as it was.
fn ask<T>(
    scheduler: &mut Scheduler,
    cluster: &mut Cluster,
    mut pod: Pod,
    nodes: &Nodes,
    question: impl FnOnce(&mut Scheduler, &mut Cluster, &Pod) -> Result<T, ExtenderError>,
) -> Result<T, ExtenderError> {
    pod.node_name = None;
    pod.status.nominated_node_name.clear();
    if scheduler.profile(&pod).is_err() {
        // The scheduler that asks has other names for its profiles.
        Arc::make_mut(&mut pod.spec).scheduler_name = None;
    }
    let savepoint = cluster.savepoint();
    let put = nodes
        .objects()
        .filter(|node| cluster.node(node.name()) != Some(node))
        .cloned()
        .collect::<Vec<_>>();
    let answer = cluster
        .load(put.into_iter().map(Into::into))
        .and_then(|()| cluster.apply(Change::Put(pod.clone().into())))
        .map_err(ExtenderError::from)
        .and_then(|()| question(scheduler, cluster, &pod));
    cluster.rollback(savepoint);
    answer
}

fn evaluate(
    scheduler: &mut Scheduler,
    cluster: &mut Cluster,
    pod: &Pod,
) -> Result<Evaluation, ExtenderError> {
    Ok(scheduler.evaluate(cluster, &pod.meta.namespace, &pod.meta.name)?)
}

/// The place of a node in byte order of the names.
fn rank(cluster: &Cluster, name: &str) -> Option<usize> {
    Some(cluster.nodes().rank[cluster.nodes().find(name)?] as usize)
}

/// What is said of one node.
struct Answer {
    /// `None` where it takes the pod.
    code: Option<Code>,
    text: String,
}

impl Answer {
    fn unknown() -> Self {
        let text = "node(s) were not known to the extender".to_owned();
        Self { code: Some(Code::UnschedulableAndUnresolvable), text }
    }

    fn of(evaluation: &Evaluation, rank: usize) -> Self {
        let whole = evaluation.pre_enqueue.as_ref().or(evaluation.pre_filter.as_ref());
        match (evaluation.verdicts.get(rank), whole) {
            (Some(Verdict::Feasible), _) => Self { code: None, text: String::new() },
            (Some(Verdict::Rejected(rejection)), _) | (None, Some(rejection)) => {
                Self { code: Some(rejection.code), text: rejection.text() }
            }
            (Some(Verdict::Excluded), _) => Self {
                code: Some(Code::UnschedulableAndUnresolvable),
                text: message::excluded_by(evaluation),
            },
            // Nobody samples here.
            (Some(Verdict::NotExamined), _) | (None, None) => Self::unknown(),
        }
    }
}
