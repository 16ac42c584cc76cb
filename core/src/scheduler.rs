//! The scheduler that an embedder drives: one pod after the other, decided and bound.

mod failing;

use crate::base::index::Ix;
use crate::base::random::Random;
use crate::base::time::Timestamp;
use crate::column::Score;
use crate::cycle::decision::{BoundVolume, Decision};
use crate::cycle::evaluation::{Evaluation, Verdict};
use crate::cycle::plain;
use crate::cycle::ties::Ties;
use crate::explain::message;
use crate::objects::defaults::DEFAULT_SCHEDULER;
use crate::objects::{Object, Pod};
use crate::plugins::contract::Context;
use crate::plugins::reason::Rejection;
use crate::plugins::{Plugin, dynamic_resources, volume_binding};
use crate::preemption::Nomination;
use crate::preemption::fast::Ledgers;
use crate::profile::Profile;
use crate::state::Cluster;
use crate::state::change::{Change, ChangeError};
use crate::state::classes::Class;
use crate::state::ix::{NodeIx, PodIx};
use crate::view::View;
use std::fmt;
use std::sync::Arc;

/// How decisions are computed. Both ways give the same answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// From columns that are kept and repaired. What no column covers (storage, devices,
    /// nominations of other pods) is decided by the plain rules.
    #[default]
    Fast,
    /// By the plain rules alone: every plugin asked about every node.
    Plain,
}

/// Places pods of a cluster by one or more profiles.
///
/// A scheduler remembers columns of the cluster it was last asked about; it may be asked about
/// another at any time, at the cost of making them anew.
#[derive(Clone, Debug)]
pub struct Scheduler {
    profiles: Vec<Planned>,
    engine: Engine,
    ties: Option<Random>,
    /// The scheduler that the latest pod named, and its place among the profiles.
    latest: Option<(Option<Arc<str>>, usize)>,
    /// Where the next search over the nodes begins, for profiles that look at a part of them.
    next_start_node_index: usize,
}

/// A profile with what it remembers.
#[derive(Clone, Debug)]
struct Planned {
    profile: Arc<Profile>,
    view: Columns,
    ledgers: Ledgers,
}

/// Columns, as wide as the profile's weights need them.
#[derive(Clone, Debug)]
enum Columns {
    Narrow(Box<View<i16>>),
    Wide(Box<View<i64>>),
    /// The profile has plugins at some points and not at others that go with them, or looks at a
    /// part of the nodes.
    None,
}

/// Why a pod could not be attempted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScheduleError {
    /// There is no such pod; `namespace/name`.
    NoSuchPod(String),
    /// The pod has a node already; `namespace/name`.
    AlreadyBound(String),
    /// No profile has the name that the pod asks for.
    NoProfile {
        /// `namespace/name` of the pod.
        pod: String,
        /// The scheduler it asks for.
        scheduler: String,
    },
    /// A plugin could not reserve what the pod needs besides the node.
    Reserve {
        /// `namespace/name` of the pod.
        pod: String,
        /// Why not.
        rejection: Rejection,
    },
    /// The binding was refused.
    Change(ChangeError),
}

impl fmt::Display for ScheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchPod(pod) => write!(f, "there is no pod {pod}"),
            Self::AlreadyBound(pod) => write!(f, "pod {pod} has a node already"),
            Self::NoProfile { pod, scheduler } => {
                write!(f, "pod {pod}: profile not found for scheduler name \"{scheduler}\"")
            }
            Self::Reserve { pod, rejection } => {
                write!(f, "pod {pod}: {}: {}", rejection.plugin, rejection.text())
            }
            Self::Change(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ScheduleError {}

impl From<ChangeError> for ScheduleError {
    fn from(error: ChangeError) -> Self {
        Self::Change(error)
    }
}

/// What became of one attempt, written down no further than need be.
pub(crate) enum Attempted {
    /// Columns found this node, and the pod is bound to it.
    Bound {
        /// The node.
        node: NodeIx,
        /// Its total score; `None` where the nominated node was taken without scoring.
        score: Option<i64>,
    },
    /// Anything else. Where words are unwanted a text may be empty.
    Other(Decision),
}

/// Whether somebody wants to know why no node takes a pod. To find words for that takes a look at
/// every node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Words {
    Wanted,
    Unwanted,
}

/// What PostFilter came to, by names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostFilter {
    /// Every node on which removing pods helps, in byte order of the names.
    pub candidates: Vec<Candidate>,
    /// Indices into `candidates` of those that no criterion tells apart; the first is chosen.
    pub ties: Vec<usize>,
    /// What becomes of the pod's nomination.
    pub nomination: Nomination,
    /// What is added to the text of the attempt; empty where a node was found.
    pub text: String,
    /// Namespace and name of the claim that gives its devices back, whatever else is found.
    pub deallocated: Option<(String, String)>,
}

/// A node on which removing pods helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Name of the node.
    pub node: String,
    /// Namespace and name of the pods to remove, the most important first; never empty.
    pub victims: Vec<(String, String)>,
    /// How many of them a disruption budget protects.
    pub num_pdb_violations: usize,
}

impl PostFilter {
    /// The chosen candidate.
    pub fn chosen(&self) -> Option<&Candidate> {
        self.candidates.get(*self.ties.first()?)
    }
}

impl Default for Scheduler {
    fn default() -> Self {
        Self::new(Profile::default())
    }
}

impl Scheduler {
    /// A scheduler with one profile.
    pub fn new(profile: Profile) -> Self {
        Self::with_profiles(vec![profile])
    }

    /// A scheduler with several profiles; pods name theirs by `spec.schedulerName`. The first one
    /// takes pods that name none.
    pub fn with_profiles(profiles: Vec<Profile>) -> Self {
        let profiles = profiles.into_iter().map(Planned::new).collect();
        Self {
            profiles,
            engine: Engine::default(),
            ties: None,
            latest: None,
            next_start_node_index: 0,
        }
    }

    /// The same, choosing otherwise among several best nodes.
    #[must_use]
    pub fn with_ties(self, ties: Ties) -> Self {
        Self { ties: ties.random(), ..self }
    }

    /// The same, computing decisions otherwise.
    #[must_use]
    pub fn with_engine(self, engine: Engine) -> Self {
        Self { engine, ..self }
    }

    /// The same, its next search over the nodes beginning at this place of the node tree's order.
    /// Only profiles that look at a part of the nodes care, see
    /// [`Profile::percentage_of_nodes_to_score`]; all of them share the place.
    #[must_use]
    pub fn with_next_start_node_index(self, next_start_node_index: usize) -> Self {
        Self { next_start_node_index, ..self }
    }

    /// Where the next search over the nodes begins. It moves on with every attempt by as many nodes
    /// as were dealt with; rolling back a cluster does not bring it back.
    pub fn next_start_node_index(&self) -> usize {
        self.next_start_node_index
    }

    /// Everything that an attempt to place the pod finds out; nothing is changed.
    ///
    /// # Errors
    /// There is no such pod, or no profile for it.
    pub fn evaluate(
        &mut self,
        cluster: &mut Cluster,
        namespace: &str,
        name: &str,
    ) -> Result<Evaluation, ScheduleError> {
        let pod = find(cluster, namespace, name)?;
        let planned = self.planned(cluster, pod)?;
        Ok(self.evaluate_as(planned, cluster, pod).0)
    }

    /// What PostFilter does for a pod that no node takes, as `evaluation` found; nothing is changed.
    ///
    /// # Errors
    /// There is no such pod, or no profile for it.
    pub fn post_filter(
        &mut self,
        cluster: &mut Cluster,
        namespace: &str,
        name: &str,
        evaluation: &Evaluation,
    ) -> Result<PostFilter, ScheduleError> {
        let pod = find(cluster, namespace, name)?;
        let planned = self.planned(cluster, pod)?;
        Ok(self.post_filter_as(planned, cluster, pod, evaluation))
    }

    /// Attempts a pending pod. Where a node takes it the pod is bound, with the volumes and devices
    /// that it needs. Where others have to make room first the pod is nominated; whoever drives the
    /// scheduler removes them and asks again. Where nothing fits because a claim of the pod has
    /// devices that no node can use with it, and nobody else uses them, the claim gives them back
    /// for the next attempt.
    ///
    /// # Errors
    /// There is no such pod, it is bound, there is no profile for it, a plugin could not reserve
    /// what it needs, or a change was refused.
    /// Nothing is changed then.
    pub fn schedule(
        &mut self,
        cluster: &mut Cluster,
        namespace: &str,
        name: &str,
    ) -> Result<Decision, ScheduleError> {
        self.schedule_at(cluster, namespace, name, None)
    }

    /// The same; a pod that is bound starts at this time.
    ///
    /// # Errors
    /// See [`Scheduler::schedule`].
    pub fn schedule_at(
        &mut self,
        cluster: &mut Cluster,
        namespace: &str,
        name: &str,
        start_time: Option<Timestamp>,
    ) -> Result<Decision, ScheduleError> {
        let pod = find(cluster, namespace, name)?;
        Ok(match self.attempt(cluster, pod, start_time, Words::Wanted)? {
            Attempted::Bound { node, score } => {
                let node = cluster.nodes().name(node).to_string();
                Decision::Bound { node, score, volumes: Vec::new() }
            }
            Attempted::Other(decision) => decision,
        })
    }

    /// Attempts pending pods one after the other, each as [`Scheduler::schedule`] does, and writes
    /// the node of each to `nodes`: `None` where it is not bound. Gives how many are bound.
    ///
    /// Nothing is allocated for a pod that some node takes. Places that `pods` has more than `nodes`
    /// are not attempted.
    ///
    /// # Errors
    /// See [`Scheduler::schedule`]. Pods before the one of the error keep what they got, in the
    /// cluster and in `nodes`.
    pub fn schedule_batch(
        &mut self,
        cluster: &mut Cluster,
        pods: &[PodIx],
        nodes: &mut [Option<NodeIx>],
    ) -> Result<usize, ScheduleError> {
        let mut bound = 0;
        for (pod, node) in pods.iter().zip(nodes) {
            *node = self.schedule_pod(cluster, *pod)?;
            bound += usize::from(node.is_some());
        }
        Ok(bound)
    }

    /// Attempts one pending pod as [`Scheduler::schedule`] does, and gives the node it is bound to. Why
    /// no node takes a pod is found out no further than need be: to ask is
    /// [`Scheduler::schedule`]'s part.
    ///
    /// # Errors
    /// See [`Scheduler::schedule`].
    pub fn schedule_pod(
        &mut self,
        cluster: &mut Cluster,
        pod: PodIx,
    ) -> Result<Option<NodeIx>, ScheduleError> {
        if cluster.pods().get(pod).is_none() {
            return Err(ScheduleError::NoSuchPod(format!("number {}", pod.at())));
        }
        Ok(match self.attempt(cluster, pod, None, Words::Unwanted)? {
            Attempted::Bound { node, .. } => Some(node),
            Attempted::Other(decision) => decision.node().and_then(|it| cluster.nodes().find(it)),
        })
    }

    /// Attempts a pod that is there.
    pub(crate) fn attempt(
        &mut self,
        cluster: &mut Cluster,
        pod: PodIx,
        start_time: Option<Timestamp>,
        words: Words,
    ) -> Result<Attempted, ScheduleError> {
        let class = cluster.class(pod);
        let planned = self.planned_again(class).ok_or_else(|| no_profile(object(cluster, pod)))?;
        if cluster.pods().get(pod).is_some_and(|row| row.named) {
            return Err(ScheduleError::AlreadyBound(object(cluster, pod).meta.key()));
        }
        if class.is_some_and(|class| class.terminating) {
            let attempted = object(cluster, pod);
            return Ok(Attempted::Other(Decision::Skipped(message::deleting(attempted))));
        }
        let decision = match self.best_by_columns(planned, cluster, pod) {
            Some(Some((node, score))) => {
                cluster.bind(pod, node, start_time)?;
                return Ok(Attempted::Bound { node, score });
            }
            Some(None) => self.fail_by_columns(planned, cluster, pod, words)?,
            None => self.attempt_by_rules(planned, cluster, pod, start_time)?,
        };
        Ok(Attempted::Other(decision))
    }

    /// Attempts a pod that columns do not cover.
    fn attempt_by_rules(
        &mut self,
        planned: usize,
        cluster: &mut Cluster,
        pod: PodIx,
        start_time: Option<Timestamp>,
    ) -> Result<Decision, ScheduleError> {
        let (evaluation, next) = self.evaluate_as(planned, cluster, pod);
        self.next_start_node_index = next;
        if let Some(rejection) = evaluation.pre_enqueue {
            return Ok(Decision::Gated(rejection));
        }
        if evaluation.nominated_fast_path {
            let nominated = &object(cluster, pod).status.nominated_node_name;
            if let Some(node) = cluster.nodes().find(nominated) {
                return self.bind_with_claims(planned, cluster, pod, node, None, start_time);
            }
        }
        let best = evaluation.best();
        if best.is_empty() || evaluation.error.is_some() {
            return self.make_room(planned, cluster, pod, &evaluation);
        }
        let rank = best[self.ties.as_mut().map_or(0, |random| random.below(best.len()))];
        let node = cluster.nodes().by_rank[rank];
        let row = evaluation.scores.iter().find(|row| row.node == rank);
        let score = row.map(|row| row.total);
        self.bind_with_claims(planned, cluster, pod, node, score, start_time)
    }

    /// The profiles, in the order that was given.
    pub fn profiles(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.iter().map(|planned| &*planned.profile)
    }

    /// The profile that a pod is placed by.
    ///
    /// # Errors
    /// There is none.
    pub fn profile(&self, pod: &Pod) -> Result<&Profile, ScheduleError> {
        let planned = self.planned_by(pod.spec.scheduler_name.as_deref());
        Ok(&self.profiles[planned.ok_or_else(|| no_profile(pod))?].profile)
    }

    fn planned(&self, cluster: &Cluster, pod: PodIx) -> Result<usize, ScheduleError> {
        self.planned_as(cluster.class(pod)).ok_or_else(|| no_profile(object(cluster, pod)))
    }

    /// The profile of the pods of a class.
    fn planned_as(&self, class: Option<&Class>) -> Option<usize> {
        self.planned_by(class.and_then(|class| class.scheduler_name.as_deref()))
    }

    /// The same, where it mostly is the profile of the pod before.
    #[inline]
    fn planned_again(&mut self, class: Option<&Class>) -> Option<usize> {
        let name = class.and_then(|class| class.scheduler_name.as_ref());
        if let Some((latest, planned)) = &self.latest
            && latest.as_ref().map(Arc::as_ptr) == name.map(Arc::as_ptr)
        {
            return Some(*planned);
        }
        let planned = self.planned_as(class)?;
        self.latest = Some((name.cloned(), planned));
        Some(planned)
    }

    /// The profile of a name; without one the default profile, or the first.
    fn planned_by(&self, name: Option<&str>) -> Option<usize> {
        let wanted = name.unwrap_or(DEFAULT_SCHEDULER);
        let named = self.profiles.iter().position(|it| it.profile.scheduler_name == wanted);
        named.or((name.is_none() && !self.profiles.is_empty()).then_some(0))
    }

    /// The best node and its total, which the nominated node needs not; `None` where columns do not
    /// cover the pod.
    fn best_by_columns(
        &mut self,
        planned: usize,
        cluster: &mut Cluster,
        pod: PodIx,
    ) -> Option<Option<(NodeIx, Option<i64>)>> {
        if self.engine == Engine::Plain || other_nominations_matter(cluster, pod) {
            return None;
        }
        let ties = &mut self.ties;
        match &mut self.profiles[planned].view {
            Columns::Narrow(view) => best(view, cluster, pod, ties),
            Columns::Wide(view) => best(view, cluster, pod, ties),
            Columns::None => None,
        }
    }

    /// What an attempt finds out, and where the one after it begins.
    fn evaluate_as(
        &mut self,
        planned: usize,
        cluster: &mut Cluster,
        pod: PodIx,
    ) -> (Evaluation, usize) {
        let start = self.next_start_node_index;
        // Columns know of classes of pending pods, not of the node that a bound one names.
        let pending = object(cluster, pod).node_name.is_none();
        if self.engine == Engine::Fast && pending && !nominations_matter(cluster, pod) {
            let found = match &mut self.profiles[planned].view {
                Columns::Narrow(view) => view.evaluate(cluster, pod).ok(),
                Columns::Wide(view) => view.evaluate(cluster, pod).ok(),
                Columns::None => None,
            };
            if let Some(evaluation) = found {
                return (evaluation, start);
            }
        }
        let profile = &self.profiles[planned].profile;
        let (snapshot, pod) = (cluster.snapshot(), object(cluster, pod));
        if profile.samples() {
            return plain::evaluate_sample(&snapshot, profile, pod, start);
        }
        (plain::evaluate(&snapshot, profile, pod), start)
    }

    /// Binds a pod and what it needs besides, or nothing.
    fn bind_with_claims(
        &mut self,
        planned: usize,
        cluster: &mut Cluster,
        pod: PodIx,
        node: NodeIx,
        score: Option<i64>,
        start_time: Option<Timestamp>,
    ) -> Result<Decision, ScheduleError> {
        let profile = self.profiles[planned].profile.clone();
        let (objects, volumes) = reserve(&profile, cluster, pod, node).map_err(|rejection| {
            ScheduleError::Reserve { pod: object(cluster, pod).meta.key(), rejection }
        })?;
        let name = cluster.nodes().name(node).to_string();
        let savepoint = cluster.savepoint();
        let bound = objects
            .into_iter()
            .try_for_each(|object| cluster.apply(Change::Put(object)))
            .and_then(|()| cluster.bind(pod, node, start_time));
        match bound {
            Ok(()) => {
                cluster.commit(savepoint);
                Ok(Decision::Bound { node: name, score, volumes })
            }
            Err(error) => {
                cluster.rollback(savepoint);
                Err(error.into())
            }
        }
    }
}

impl Planned {
    fn new(profile: Profile) -> Self {
        let profile = Arc::new(profile);
        let largest: i128 = profile.score.iter().map(|(_, weight)| 100 * i128::from(*weight)).sum();
        let view = if !profile.is_regular() || profile.samples() {
            Columns::None
        } else if largest <= i128::from(i16::MAX_TOTAL) {
            Columns::Narrow(Box::new(View::new(profile.clone())))
        } else if largest <= i128::from(i64::MAX_TOTAL) {
            Columns::Wide(Box::new(View::new(profile.clone())))
        } else {
            Columns::None
        };
        Self { profile, view, ledgers: Ledgers::default() }
    }
}

#[inline]
fn best<S: Score>(
    view: &mut View<S>,
    cluster: &mut Cluster,
    pod: PodIx,
    ties: &mut Option<Random>,
) -> Option<Option<(NodeIx, Option<i64>)>> {
    if cluster.is_nominated(pod) {
        return Some(Some((nominated_node(view, cluster, pod)?, None)));
    }
    if let Some(random) = ties {
        let (all, total) = view.all_best(cluster, pod).ok()?;
        return Some((!all.is_empty()).then(|| (all[random.below(all.len())], Some(total))));
    }
    let best = view.best(cluster, pod).ok()?;
    Some(best.map(|(node, total)| (node, Some(total))))
}

/// The node that the pod is nominated to, if it takes the pod now: it is asked before all others.
fn nominated_node<S: Score>(
    view: &mut View<S>,
    cluster: &mut Cluster,
    pod: PodIx,
) -> Option<NodeIx> {
    let node = cluster.nodes().find(&object(cluster, pod).status.nominated_node_name)?;
    let examiner = view.examiner(cluster, pod).ok()?;
    let takes =
        examiner.rejected().is_none() && examiner.verdict(cluster, node) == Verdict::Feasible;
    takes.then_some(node)
}

fn no_profile(pod: &Pod) -> ScheduleError {
    let wanted = pod.spec.scheduler_name.as_deref().unwrap_or(DEFAULT_SCHEDULER);
    ScheduleError::NoProfile { pod: pod.meta.key(), scheduler: wanted.to_owned() }
}

/// Whether nominations make a difference to the pod: its own, or one of the same or a higher
/// priority.
fn nominations_matter(cluster: &Cluster, pod: PodIx) -> bool {
    cluster.is_nominated(pod) || other_nominations_matter(cluster, pod)
}

/// Whether some other pod of the same or a higher priority is nominated.
#[inline(always)]
fn other_nominations_matter(cluster: &Cluster, pod: PodIx) -> bool {
    cluster.has_nominations() && some_nomination_matters(cluster, pod)
}

fn some_nomination_matters(cluster: &Cluster, pod: PodIx) -> bool {
    let priority = object(cluster, pod).priority();
    let mut others = cluster.nominated().filter(|other| *other != pod);
    others.any(|other| object(cluster, other).priority() >= priority)
}

/// What binding the pod to the node binds besides: changed objects, and volumes for the report.
fn reserve(
    profile: &Profile,
    cluster: &Cluster,
    pod: PodIx,
    node: NodeIx,
) -> Result<(Vec<Object>, Vec<BoundVolume>), Rejection> {
    let object = object(cluster, pod);
    let (mut objects, mut volumes) = (Vec::new(), Vec::new());
    if object.spec.volumes.is_empty() && object.spec.resource_claims.is_empty() {
        return Ok((objects, volumes));
    }
    let snapshot = cluster.snapshot();
    let context = Context { pod: object, snapshot: &snapshot, profile };
    let Some(info) = snapshot.node(cluster.nodes().name(node)) else {
        return Ok((objects, volumes));
    };
    if profile.reserve.contains(&Plugin::VolumeBinding) {
        let decision = volume_binding::plain::reserve(&context, info);
        objects.extend(decision.objects);
        let bound = |provisioned| move |(claim, volume)| BoundVolume { claim, volume, provisioned };
        volumes.extend(decision.bindings.into_iter().map(bound(false)));
        volumes.extend(decision.provisions.into_iter().map(bound(true)));
    }
    if profile.reserve.contains(&Plugin::DynamicResources) {
        objects.extend(dynamic_resources::reserve(&context, info)?.objects);
    }
    Ok((objects, volumes))
}

fn find(cluster: &Cluster, namespace: &str, name: &str) -> Result<PodIx, ScheduleError> {
    let found = cluster.pods().find(namespace, name);
    found.ok_or_else(|| ScheduleError::NoSuchPod(format!("{namespace}/{name}")))
}

/// The pod at a place that was found before.
fn object(cluster: &Cluster, pod: PodIx) -> &Pod {
    match cluster.pods().get(pod) {
        Some(row) => &row.pod,
        None => unreachable!("no pod is removed between finding and attempting it: {}", pod.at()),
    }
}
