//! What is done for a pod that no node takes: words for it, and room where others can go.

use super::{
    Candidate, Columns, Engine, Planned, PostFilter, ScheduleError, Scheduler, Words,
    nominations_matter, object,
};
use crate::column::Score;
use crate::cycle::decision::Decision;
use crate::cycle::evaluation::Evaluation;
use crate::cycle::fit_error::FitError;
use crate::explain::message;
use crate::objects::Pod;
use crate::plugins::dynamic_resources;
use crate::preemption::fast::{Failure, needs_plain_rules};
use crate::preemption::{self, Nomination};
use crate::profile::Profile;
use crate::state::Cluster;
use crate::state::change::Change;
use crate::state::ix::PodIx;
use crate::view::View;

impl Scheduler {
    /// What is done for a pod that columns found no node for.
    pub(super) fn fail_by_columns(
        &mut self,
        planned: usize,
        cluster: &mut Cluster,
        pod: PodIx,
        words: Words,
    ) -> Result<Decision, ScheduleError> {
        if words == Words::Unwanted
            && let Some(nomination) = self.nomination_of_unhelped(planned, cluster, pod)
        {
            nomination.take_effect(cluster, pod);
            return Ok(Decision::Unschedulable(String::new()));
        }
        if let Some(failed) = self.failure_by_columns(planned, cluster, pod, Failed::of) {
            return Ok(failed.take_effect(cluster, pod));
        }
        let (evaluation, _) = self.evaluate_as(planned, cluster, pod);
        self.make_room(planned, cluster, pod, &evaluation)
    }

    /// What becomes of the nomination of a pod for which no other could be removed; `None` where that
    /// takes a closer look.
    fn nomination_of_unhelped(
        &mut self,
        planned: usize,
        cluster: &mut Cluster,
        pod: PodIx,
    ) -> Option<Nomination> {
        let Planned { profile, view, .. } = &mut self.profiles[planned];
        match view {
            Columns::Narrow(view) => unhelped(view, profile, cluster, pod),
            Columns::Wide(view) => unhelped(view, profile, cluster, pod),
            Columns::None => None,
        }
    }

    pub(super) fn post_filter_as(
        &mut self,
        planned: usize,
        cluster: &mut Cluster,
        pod: PodIx,
        evaluation: &Evaluation,
    ) -> PostFilter {
        if evaluation.pre_filter.is_none()
            && evaluation.error.is_none()
            && let Some(found) = self.failure_by_columns(planned, cluster, pod, PostFilter::of)
        {
            return found;
        }
        let profile = &self.profiles[planned].profile;
        let object = object(cluster, pod);
        let snapshot = cluster.snapshot();
        let outcome = preemption::plain::post_filter(&snapshot, profile, object, evaluation);
        let candidates = outcome.candidates.iter().map(|candidate| Candidate {
            node: snapshot.nodes[candidate.node].node.name().to_owned(),
            victims: candidate
                .victims
                .iter()
                .map(|pod| (pod.meta.namespace.clone(), pod.meta.name.clone()))
                .collect(),
            num_pdb_violations: candidate.num_pdb_violations,
        });
        PostFilter {
            candidates: candidates.collect(),
            ties: outcome.ties.clone(),
            nomination: outcome.nomination,
            text: outcome.text.clone(),
            deallocated: outcome
                .deallocated
                .map(|claim| (claim.meta.namespace.clone(), claim.meta.name.clone())),
        }
    }

    /// Takes devices back, nominates the pod where removing others helps, and says so.
    pub(super) fn make_room(
        &mut self,
        planned: usize,
        cluster: &mut Cluster,
        pod: PodIx,
        evaluation: &Evaluation,
    ) -> Result<Decision, ScheduleError> {
        let outcome = self.post_filter_as(planned, cluster, pod, evaluation);
        let nodes = cluster.nodes().len();
        let message = message::unschedulable(evaluation, nodes, &outcome.text);
        let chosen = outcome.chosen().map(|chosen| (chosen.node.clone(), chosen.victims.clone()));
        if let Some((namespace, name)) = &outcome.deallocated
            && let Some(claim) = cluster.store().resource_claims.get(namespace, name)
        {
            let claim = dynamic_resources::deallocate(claim);
            cluster.apply(Change::Put(claim.into()))?;
        }
        Ok(Failed { message, nomination: outcome.nomination, chosen }.take_effect(cluster, pod))
    }

    /// What became of a pod that no node takes, as `read` off the ledger of its class; `None` where
    /// only the plain rules can tell.
    fn failure_by_columns<T>(
        &mut self,
        planned: usize,
        cluster: &mut Cluster,
        pod: PodIx,
        read: fn(&Failure<'_>, &Cluster) -> T,
    ) -> Option<T> {
        if self.engine == Engine::Plain || nominations_matter(cluster, pod) {
            return None;
        }
        let object = cluster.pods().get(pod)?.pod.clone();
        let Planned { profile, view, ledgers } = &mut self.profiles[planned];
        match view {
            Columns::Narrow(view) => {
                let examiner = view.examiner(cluster, pod).ok()?;
                let failure = ledgers.post_filter(&examiner, profile, cluster, &object)?;
                Some(read(&failure, cluster))
            }
            Columns::Wide(view) => {
                let examiner = view.examiner(cluster, pod).ok()?;
                let failure = ledgers.post_filter(&examiner, profile, cluster, &object)?;
                Some(read(&failure, cluster))
            }
            Columns::None => None,
        }
    }
}

/// A pod that no node takes, and what is done for it.
struct Failed {
    message: String,
    nomination: Nomination,
    chosen: Option<(String, Vec<(String, String)>)>,
}

impl Failed {
    fn of(failure: &Failure<'_>, cluster: &Cluster) -> Self {
        let fit_error = FitError { post_filter: failure.text.clone(), ..failure.fit_error.clone() };
        let chosen = failure.chosen(cluster).map(|found| {
            let node = cluster.nodes().name(found.node).to_string();
            (node, names(cluster, found.victims))
        });
        Self { message: fit_error.to_string(), nomination: failure.nomination, chosen }
    }

    fn take_effect(self, cluster: &mut Cluster, pod: PodIx) -> Decision {
        if let Some((node, victims)) = self.chosen {
            clear_nominations_below(cluster, pod, &node);
            cluster.nominate(pod, node.clone());
            return Decision::Nominated { node, victims, message: self.message };
        }
        self.nomination.take_effect(cluster, pod);
        Decision::Unschedulable(self.message)
    }
}

impl Nomination {
    /// Clears the pod's nomination if need be.
    fn take_effect(self, cluster: &mut Cluster, pod: PodIx) {
        let nominated = !object(cluster, pod).status.nominated_node_name.is_empty();
        if self == Self::Clear && nominated {
            cluster.nominate(pod, String::new());
        }
    }
}

impl PostFilter {
    fn of(failure: &Failure<'_>, cluster: &Cluster) -> Self {
        let found = failure.candidates(cluster);
        let least = found.iter().map(|found| found.cost).min();
        let ties = found.iter().enumerate().filter(|(_, found)| Some(found.cost) == least);
        Self {
            ties: ties.map(|(ix, _)| ix).collect(),
            nomination: failure.nomination,
            text: failure.text.clone(),
            deallocated: None,
            candidates: found
                .iter()
                .map(|found| Candidate {
                    node: cluster.nodes().name(found.node).to_string(),
                    victims: names(cluster, found.victims),
                    num_pdb_violations: found.num_pdb_violations,
                })
                .collect(),
        }
    }
}

/// Namespace and name of each pod.
fn names(cluster: &Cluster, pods: &[PodIx]) -> Vec<(String, String)> {
    let name = |pod: &Pod| (pod.meta.namespace.clone(), pod.meta.name.clone());
    pods.iter().map(|pod| name(object(cluster, *pod))).collect()
}

/// See [`Scheduler::nomination_of_unhelped`].
fn unhelped<S: Score>(
    view: &mut View<S>,
    profile: &Profile,
    cluster: &mut Cluster,
    pod: PodIx,
) -> Option<Nomination> {
    let examiner = view.examiner(cluster, pod).ok()?;
    let pod = object(cluster, pod);
    let may_be_helped =
        cluster.has_pods_below(pod.priority()) || needs_plain_rules(&examiner, profile);
    (!may_be_helped).then(|| Nomination::of_unhelped(profile, pod))
}

/// Takes their nomination to the node from pods of lower priority.
fn clear_nominations_below(cluster: &mut Cluster, pod: PodIx, node: &str) {
    let priority = object(cluster, pod).priority();
    let lower: Vec<PodIx> = cluster
        .nominated()
        .filter(|other| {
            let other = object(cluster, *other);
            other.priority() < priority && other.status.nominated_node_name == node
        })
        .collect();
    lower.into_iter().for_each(|other| cluster.nominate(other, String::new()));
}
