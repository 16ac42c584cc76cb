//! Why a pod is where it is: what every rule said about every node, by the plain rules, with all
//! pods before it in the queue in their places.

use super::cluster_driver::ClusterDriver;
use super::driver::{Attempt, Driver};
use super::place::{PlaceError, PlaceOptions};
use super::placement::{NodeUse, PodName, PodPlacement};
use super::prepare::prepare;
use super::queue::Queue;
use crate::controllers::ExpandedPod;
use crate::cycle::attempt::Attempt as Rules;
use crate::cycle::evaluation::{Evaluation, Verdict};
use crate::objects::requests::{RequestsOf, Resources, pod_requests};
use crate::objects::storage::PersistentVolumeClaim;
use crate::objects::{NodeInfo, Object, Pod};
use crate::plugins::contract::Context;
use crate::plugins::reason::{Reason, Rejection};
use crate::plugins::volume_binding::matching::overlooked_matching;
use crate::state::Cluster;
use serde::Serialize;

/// What was said about a pod when it was placed. Serialised, it is the document
/// `bayplan.io/v1 Explanation`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// Always `bayplan.io/v1`.
    pub api_version: &'static str,
    /// Always `Explanation`.
    pub kind: &'static str,
    /// What became of the pod in the end.
    pub pod: PodPlacement,
    /// How many other pods are the same to the scheduler: replicas of one template, mostly.
    pub pods_like_it: usize,
    /// How many pods had a node when it was asked about for the last time.
    pub placed_before: usize,
    /// Why no node was looked at, where that is so.
    pub rejected: Option<String>,
    /// The same, reason by reason, with what may help; empty where the attempt failed.
    pub rejected_for: Vec<ReasonAnswer>,
    /// What was said about every node, in byte order of the names.
    pub nodes: Vec<NodeAnswer>,
    /// The best node and the one after it, by total score; ties in byte order of the names.
    pub ranking: Vec<String>,
}

/// What was said about a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeAnswer {
    /// Name.
    pub name: String,
    /// Whether the pod may run there.
    pub feasible: bool,
    /// What every filter said, in the order of the profile. The first no decides.
    pub filters: Vec<FilterAnswer>,
    /// Every score, normalised and weighted, in the order of the profile.
    pub scores: Vec<ScorePart>,
    /// Their sum; `None` where the node was not scored.
    pub total: Option<i64>,
    /// Resources of which too little is left.
    pub shortages: Vec<Shortage>,
    /// Volumes that would do for all claims of the pod, where the scheduler, which gives every
    /// claim the smallest that is left, runs out of them.
    pub overlooked_volumes: Option<Vec<VolumeChoice>>,
}

/// A volume for a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeChoice {
    /// `namespace/name` of the claim.
    pub claim: String,
    /// Name of the volume.
    pub volume: String,
}

/// What one filter said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FilterAnswer {
    /// Name of the plugin.
    pub plugin: &'static str,
    /// Whether removing pods of lower priority from the node might help.
    pub preemption_might_help: bool,
    /// Why not; empty for yes.
    pub reasons: Vec<ReasonAnswer>,
}

/// One reason against a node or the pod as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReasonAnswer {
    /// A word for programs that never changes.
    pub code: &'static str,
    /// kube-scheduler's words.
    pub text: String,
    /// The kinds of change that may help, in words for programs.
    pub cures: Vec<&'static str>,
    /// What to do about it, for people.
    pub remedy: &'static str,
}

impl ReasonAnswer {
    fn all(rejection: &Rejection) -> Vec<Self> {
        let answer = |reason: &Reason| Self {
            code: reason.code(),
            text: reason.to_string(),
            cures: reason.cures().iter().map(|cure| cure.name()).collect(),
            remedy: reason.remedy(),
        };
        rejection.reasons.iter().map(answer).collect()
    }
}

/// One score of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScorePart {
    /// Name of the plugin.
    pub plugin: &'static str,
    /// Normalised score times weight.
    pub score: i64,
}

/// A resource of which too little is left; CPU in thousandths, everything else whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shortage {
    /// Name of the resource.
    pub resource: String,
    /// What the pod requests.
    pub needed: i64,
    /// What is left of the node.
    pub free: i64,
    /// What the node has.
    pub allocatable: i64,
}

/// Places every pod, and explains what was said about one: `name` or `namespace/name`.
///
/// # Errors
/// There is no such pod or several, or nothing can be placed.
pub fn explain(
    objects: Vec<Object>,
    pod: &str,
    options: &PlaceOptions,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Explanation, PlaceError> {
    let (cluster, expansion) = prepare(objects, options.name_seed)?;
    let target = find(&expansion.pods, pod)?;
    let driver = ClusterDriver::new(cluster, options);
    let mut witness = Witness { driver, target, bound: 0, account: Account::default() };
    let mut queue = Queue::new(expansion.pods, &options.profiles);
    queue.run(&mut witness, progress)?;
    let Witness { driver, target, account, .. } = witness;
    let is_target =
        |pod: &PodPlacement| pod.namespace == target.namespace && pod.name == target.name;
    let Some(pod) = queue.into_results().0.into_iter().find(is_target) else {
        return Err(PlaceError::new(format!("there is no pod {target}")));
    };
    Ok(Explanation {
        api_version: "bayplan.io/v1",
        kind: "Explanation",
        pod,
        pods_like_it: pods_like(driver.cluster(), &target),
        placed_before: account.placed_before,
        rejected: account.rejected,
        rejected_for: account.rejected_for,
        ranking: ranking(&account.nodes),
        nodes: account.nodes,
    })
}

fn find(pods: &[ExpandedPod], wanted: &str) -> Result<PodName, PlaceError> {
    let names: Vec<_> = pods.iter().map(|expanded| PodName::of(&expanded.pod)).collect();
    let is_wanted = |name: &&PodName| name.name == wanted || name.to_string() == wanted;
    let mut found = names.iter().filter(is_wanted);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one.clone()),
        (Some(one), Some(other)) => {
            Err(PlaceError::new(format!("there are several pods {wanted}: {one}, {other}")))
        }
        (None, _) => {
            let near = names.iter().filter(|name| name.to_string().contains(wanted)).take(5);
            let near: Vec<_> = near.map(ToString::to_string).collect();
            Err(PlaceError::new(match near.is_empty() {
                true => format!("no pod {wanted} waits for a node"),
                false => {
                    format!("no pod {wanted} waits for a node; did you mean {}?", near.join(", "))
                }
            }))
        }
    }
}

/// How many other pods of the cluster are the same to the scheduler.
fn pods_like(cluster: &Cluster, pod: &PodName) -> usize {
    let pods = cluster.pods();
    let found = pods.find(&pod.namespace, &pod.name).and_then(|pod| pods.get(pod));
    let Some(class) = found.map(|row| row.class) else { return 0 };
    pods.iter().filter(|(_, row)| row.class == class).count() - 1
}

/// The best node and the runner-up.
pub(super) fn ranking(nodes: &[NodeAnswer]) -> Vec<String> {
    let mut ranked: Vec<_> = nodes
        .iter()
        .filter_map(|node| Some((std::cmp::Reverse(node.total?), &node.name)))
        .collect();
    ranked.sort();
    ranked.into_iter().take(2).map(|(_, name)| name.clone()).collect()
}

/// A driver that writes down what is said about one pod.
struct Witness {
    driver: ClusterDriver,
    target: PodName,
    bound: usize,
    account: Account,
}

/// What was said when the pod was asked about for the last time.
#[derive(Default)]
pub(super) struct Account {
    placed_before: usize,
    pub(super) rejected: Option<String>,
    pub(super) rejected_for: Vec<ReasonAnswer>,
    pub(super) nodes: Vec<NodeAnswer>,
}

impl Driver for Witness {
    fn add_pod(&mut self, pod: Pod, claims: Vec<PersistentVolumeClaim>) -> Result<(), PlaceError> {
        self.driver.add_pod(pod, claims)
    }

    fn schedule(&mut self, pod: &PodName) -> Result<Attempt, PlaceError> {
        if *pod == self.target {
            let evaluation = self.driver.evaluate(pod)?;
            // The attempt on the nominated node looks at no other; the one before it says more.
            if !evaluation.nominated_fast_path {
                let cluster = self.driver.cluster();
                if let Some(pod) = cluster.pod(&pod.namespace, &pod.name) {
                    let (snapshot, profile) = (cluster.snapshot(), self.driver.profile(pod)?);
                    let context = Context { pod, snapshot: &snapshot, profile };
                    self.account = account(context, &evaluation, self.bound);
                }
            }
        }
        let attempt = self.driver.schedule(pod)?;
        self.bound += usize::from(matches!(attempt, Attempt::Bound { .. }));
        Ok(attempt)
    }

    fn may_fare_better(&self, pod: &PodName) -> bool {
        self.driver.may_fare_better(pod)
    }

    fn nodes(&self) -> Vec<NodeUse> {
        self.driver.nodes()
    }
}

pub(super) fn account<'a>(
    context: Context<'a>,
    evaluation: &Evaluation,
    placed_before: usize,
) -> Account {
    let (pod, snapshot) = (context.pod, context.snapshot);
    let whole = evaluation.pre_enqueue.as_ref().or(evaluation.pre_filter.as_ref());
    let rejected = whole.map(|rejection| rejection.text()).or_else(|| evaluation.error.clone());
    let mut rules = Rules::new(context);
    rules.pre_filter();
    let requests = pod_requests(pod, RequestsOf::Incoming);
    let answer = |(at, (info, verdict)): (usize, (&NodeInfo<'a>, &Verdict))| {
        let row = evaluation.scores.iter().find(|row| row.node == at);
        let part = |(plugin, score): &(crate::plugins::Plugin, i64)| ScorePart {
            plugin: plugin.name(),
            score: *score,
        };
        NodeAnswer {
            name: info.node.name().to_owned(),
            feasible: *verdict == Verdict::Feasible,
            filters: filters(&rules, info, verdict),
            scores: row.map_or_else(Vec::new, |row| row.parts.iter().map(part).collect()),
            total: row.map(|row| row.total),
            shortages: shortages(&requests, info),
            overlooked_volumes: overlooked_matching(&context, info).map(|matching| {
                let pair = |(claim, volume)| VolumeChoice { claim, volume };
                matching.into_iter().map(pair).collect()
            }),
        }
    };
    let nodes = snapshot.nodes.iter().zip(&evaluation.verdicts).enumerate().map(answer).collect();
    let rejected_for = whole.map_or_else(Vec::new, ReasonAnswer::all);
    Account { placed_before, rejected, rejected_for, nodes }
}

fn filters<'a>(rules: &Rules<'a>, info: &NodeInfo<'a>, verdict: &Verdict) -> Vec<FilterAnswer> {
    if matches!(verdict, Verdict::Excluded | Verdict::NotExamined) {
        return Vec::new();
    }
    let answers = rules.filter_by_each(info).into_iter();
    answers
        .map(|(plugin, rejection)| FilterAnswer {
            plugin: plugin.name(),
            preemption_might_help: rejection.as_ref().is_some_and(Rejection::preemption_might_help),
            reasons: rejection.as_ref().map_or_else(Vec::new, ReasonAnswer::all),
        })
        .collect()
}

fn shortages(requests: &Resources, info: &NodeInfo<'_>) -> Vec<Shortage> {
    let named = ["cpu", "memory", "ephemeral-storage"].into_iter();
    let names = named.chain(requests.scalars.keys().map(String::as_str));
    names
        .map(|name| Shortage {
            resource: name.to_owned(),
            needed: requests.get(name),
            free: info.allocatable.get(name).saturating_sub(info.requested.get(name)),
            allocatable: info.allocatable.get(name),
        })
        .filter(|shortage| shortage.needed > 0 && shortage.needed > shortage.free)
        .collect()
}
