//! Refusals that still hold, and asking no more often than needed.
//!
//! Pods of one class are refused for the same reasons, and as long as nothing moves that could help
//! there is no need to ask about them again. What could help is what kube-scheduler's queue would
//! wait for: a pod that leaves helps anybody; a pod that comes helps only those that want company,
//! that count pods per domain, or whose claims another pod may bind.

use super::placement::PodName;
use crate::cycle::decision::Decision;
use crate::objects::Pod;
use crate::objects::claims::claims_of;
use crate::objects::pod::{TopologySpreadConstraint, WhenUnsatisfiable};
use crate::profile::{Profile, SpreadArguments};
use crate::scheduler::{ScheduleError, Scheduler};
use crate::state::Cluster;
use crate::state::ix::{ClassIx, PodIx};
use std::collections::BTreeMap;

/// Pods that one answer holds for: a class, or one pod of it that is nominated to a node and so has
/// a right that the others have not.
type Alike = (ClassIx, Option<PodIx>);

/// The latest refusal of every class.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    latest: BTreeMap<Alike, Refusal>,
    moves: Moves,
    /// Whether some profile counts pods per domain for pods that say nothing about it.
    spreads_by_default: bool,
}

/// How often something moved.
#[derive(Clone, Copy, Debug, Default)]
struct Moves {
    came: u64,
    left: u64,
}

#[derive(Debug)]
struct Refusal {
    message: String,
    moves: Moves,
    gains_by_others: bool,
}

impl Refusals {
    /// Nothing refused yet by a scheduler.
    pub(super) fn of(scheduler: &Scheduler) -> Self {
        let spreads = |profile: &Profile| match &profile.arguments.spread {
            SpreadArguments::System => false,
            SpreadArguments::List(constraints) => has_hard(constraints),
        };
        Self { spreads_by_default: scheduler.profiles().any(spreads), ..Self::default() }
    }

    /// Notes that a pod came to a node, or a claim to the cluster.
    pub(super) fn something_came(&mut self) {
        self.moves.came += 1;
    }

    /// Notes that a pod left its node, or the node that was kept free for it.
    pub(super) fn something_left(&mut self) {
        self.moves.left += 1;
    }

    /// Asks the scheduler about a pending pod, unless the refusal of another holds for it.
    pub(super) fn ask(
        &mut self,
        scheduler: &mut Scheduler,
        cluster: &mut Cluster,
        pod: &PodName,
    ) -> Result<Decision, ScheduleError> {
        let before = alike(cluster, pod);
        let held = claims_held(cluster, pod);
        if let Some(message) = before.and_then(|alike| self.standing(alike)) {
            return Ok(Decision::Unschedulable(message.to_owned()));
        }
        let decision = scheduler.schedule(cluster, &pod.namespace, &pod.name)?;
        let after = alike(cluster, pod);
        let is_nominated = |alike: Option<Alike>| alike.is_some_and(|(_, pod)| pod.is_some());
        if is_nominated(before) && !is_nominated(after) {
            self.something_left();
        }
        if claims_held(cluster, pod) < held {
            // The devices that a claim gave back are for whoever asks next.
            self.something_left();
            return Ok(decision);
        }
        match &decision {
            Decision::Bound { .. } => self.something_came(),
            Decision::Unschedulable(message) | Decision::Skipped(message) => {
                if let (Some(alike), Some(pod)) = (after, cluster.pod(&pod.namespace, &pod.name)) {
                    self.insert(alike, pod, message.clone());
                }
            }
            Decision::Nominated { .. } | Decision::Gated(_) => {}
        }
        Ok(decision)
    }

    /// Whether something moved that could help a pod since it was refused.
    pub(super) fn may_fare_better(&self, cluster: &Cluster, pod: &PodName) -> bool {
        alike(cluster, pod).is_some_and(|alike| self.standing(alike).is_none())
    }

    fn insert(&mut self, alike: Alike, pod: &Pod, message: String) {
        let gains_by_others = self.gains_by_others(pod);
        self.latest.insert(alike, Refusal { message, moves: self.moves, gains_by_others });
    }

    /// Why no node takes these pods, where that is known to hold still.
    fn standing(&self, alike: Alike) -> Option<&str> {
        let refusal = self.latest.get(&alike)?;
        let holds = refusal.moves.left == self.moves.left
            && (refusal.moves.came == self.moves.came || !refusal.gains_by_others);
        holds.then_some(refusal.message.as_str())
    }

    fn gains_by_others(&self, pod: &Pod) -> bool {
        let spec = &pod.spec;
        let affinity = spec.affinity.as_ref().and_then(|affinity| affinity.pod_affinity.as_ref());
        let constraints = &spec.topology_spread_constraints;
        affinity.is_some_and(|affinity| !affinity.required.is_empty())
            || has_hard(constraints)
            || (constraints.is_empty() && self.spreads_by_default)
            || claims_of(pod).next().is_some()
            || !spec.resource_claims.is_empty()
    }
}

fn alike(cluster: &Cluster, pod: &PodName) -> Option<Alike> {
    let pod = cluster.pods().find(&pod.namespace, &pod.name)?;
    let row = cluster.pods().get(pod)?;
    let is_nominated = !row.pod.status.nominated_node_name.is_empty();
    Some((row.class, is_nominated.then_some(pod)))
}

/// How many of the cluster's claims have devices; counted for pods that have claims.
fn claims_held(cluster: &Cluster, pod: &PodName) -> usize {
    let pod = cluster.pod(&pod.namespace, &pod.name);
    if pod.is_none_or(|pod| pod.spec.resource_claims.is_empty()) {
        return 0;
    }
    let claims = cluster.store().resource_claims.iter();
    claims.filter(|claim| claim.status.allocation.is_some()).count()
}

fn has_hard(constraints: &[TopologySpreadConstraint]) -> bool {
    let mut kinds = constraints.iter().map(|constraint| constraint.when_unsatisfiable);
    kinds.any(|kind| kind == WhenUnsatisfiable::DoNotSchedule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::index::Ix;
    use serde_json::json;

    /// Whether a refusal of a pod with this spec holds after a pod came, and after one left.
    fn check(spec: serde_json::Value, after_one_came: bool) {
        let pod: Pod = serde_json::from_value(json!({"spec": spec})).expect("a pod");
        let class = (ClassIx::new(0), None);
        let mut refusals = Refusals::of(&Scheduler::default());
        assert_eq!(refusals.standing(class), None);
        refusals.insert(class, &pod, "no".to_owned());
        assert_eq!(refusals.standing(class), Some("no"));
        refusals.something_came();
        assert_eq!(refusals.standing(class).is_some(), after_one_came, "{spec}");
        refusals.insert(class, &pod, "no".to_owned());
        refusals.something_left();
        assert_eq!(refusals.standing(class), None, "{spec}");
    }

    #[test]
    fn a_refusal_holds_until_something_moves_that_could_help() {
        let term = json!({"topologyKey": "zone", "labelSelector": {}});
        let spread = |kind| {
            json!({"topologySpreadConstraints": [
                {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": kind}
            ]})
        };
        let terms = json!({"requiredDuringSchedulingIgnoredDuringExecution": [term]});
        check(json!({}), true);
        check(json!({"affinity": {"podAntiAffinity": terms}}), true);
        check(json!({"affinity": {"podAffinity": terms}}), false);
        check(spread("ScheduleAnyway"), true);
        check(spread("DoNotSchedule"), false);
        let claim = json!({"name": "data", "persistentVolumeClaim": {"claimName": "data"}});
        check(json!({"volumes": [claim]}), false);
    }
}
