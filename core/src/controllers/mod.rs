//! Workload controllers at one instant: from the objects that a user gave to the pods that
//! kube-scheduler would be asked about.
//!
//! Pure functions of the objects. One round of the controllers is taken, and what they make is
//! given back; nothing is deleted. Pods that are in the input already, bound or pending, count
//! towards what their owner wants. A pod that is bound is taken for running and ready.
//!
//! Autoscalers and disruption budgets change nothing at one instant.
//!
//! Source: `pkg/controller/*` (v1.35).

pub mod budget;
mod cron_job;
mod daemon_set;
mod deployment;
mod ephemeral_volumes;
mod hints;
mod input;
mod job;
mod names;
mod pods;
mod replica_set;
pub mod schedule;
mod stateful_set;
mod validation;
pub mod volumes;

use crate::base::time::Timestamp;
use crate::objects::admission::AdmissionObjects;
use crate::objects::storage::PersistentVolumeClaim;
use crate::objects::{Object, Pod};
use input::Input;
use names::Names;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What an expansion depends on besides the objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpandOptions {
    /// Seed of the random parts of names and of unique identifiers.
    pub seed: u64,
    /// The instant that is looked at. A CronJob contributes its first run after it.
    pub instant: Timestamp,
}

impl Default for ExpandOptions {
    /// Seed 0, 2026-01-01T00:00:00Z.
    fn default() -> Self {
        Self { seed: 0, instant: Timestamp::from_seconds(1_767_225_600) }
    }
}

/// What the controllers make of a set of objects.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expansion {
    /// Every pod that waits for a node, in the order of arrival: those that the input has already,
    /// then those created, in the order in which the input names their workloads. A pod whose
    /// template names a node is created bound.
    pub pods: Vec<ExpandedPod>,
    /// Objects created besides pods and their claims: ReplicaSets and Jobs.
    pub objects: Vec<Object>,
    /// What a reader should know: assumptions, refusals and hints, one sentence each.
    pub notes: Vec<String>,
}

/// One pod of an [`Expansion`].
#[derive(Clone, Debug, PartialEq)]
pub struct ExpandedPod {
    /// The pod.
    pub pod: Pod,
    /// The workload that it belongs to in the end, e.g. `Deployment/shop/web`.
    pub owner: Option<Arc<str>>,
    /// The pod of [`Expansion::pods`] that must be ready before this one is created: StatefulSets
    /// create theirs one after another.
    pub after: Option<usize>,
    /// Claims created just before the pod.
    pub claims: Vec<PersistentVolumeClaim>,
}

/// Why an object cannot be expanded: what the API server would refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpansionFault {
    /// The object, e.g. `Deployment/shop/web`.
    pub object: String,
    /// Path of the field, e.g. `spec.selector`.
    pub field: &'static str,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for ExpansionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.object, self.field, self.message)
    }
}

impl std::error::Error for ExpansionFault {}

/// Expands every workload of `objects`.
///
/// # Errors
/// Returns all faults when the API server would refuse some workload; nothing is expanded then.
pub fn expand(
    objects: &[Object],
    options: &ExpandOptions,
) -> Result<Expansion, Vec<ExpansionFault>> {
    let faults: Vec<_> = objects.iter().filter_map(validation::fault).collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut round = Round::new(objects, options);
    for pod in round.input.pods().collect::<Vec<_>>() {
        round.pending_pod(pod);
    }
    for object in objects {
        round.expand(object);
    }
    round.name_adopters();
    ephemeral_volumes::add_claims(&mut round);
    hints::add(objects, &mut round.expansion);
    Ok(round.expansion)
}

/// One round of the controllers over the objects.
struct Round<'a> {
    input: Input<'a>,
    admission: AdmissionObjects,
    names: Names,
    instant: Timestamp,
    /// Pods of the input that wait for a node, by namespace and name: where they stand.
    pending: BTreeMap<(&'a str, &'a str), usize>,
    expansion: Expansion,
}

impl<'a> Round<'a> {
    fn new(objects: &'a [Object], options: &ExpandOptions) -> Self {
        let input = Input::new(objects);
        let names = Names::new(options.seed, input.pods());
        Self {
            input,
            admission: AdmissionObjects::new(objects),
            names,
            instant: options.instant,
            pending: BTreeMap::new(),
            expansion: Expansion::default(),
        }
    }

    fn expand(&mut self, object: &'a Object) {
        match object {
            Object::ReplicationController(controller) => replica_set::controller(self, controller),
            Object::ReplicaSet(set) => replica_set::replica_set(self, set),
            Object::Deployment(deployment) => deployment::expand(self, deployment),
            Object::StatefulSet(set) => stateful_set::expand(self, set),
            Object::DaemonSet(set) => daemon_set::expand(self, set),
            Object::Job(job) => job::expand(self, job),
            Object::CronJob(cron_job) => cron_job::expand(self, cron_job),
            _ => {}
        }
    }

    fn note(&mut self, object: &str, text: impl fmt::Display) {
        self.expansion.notes.push(format!("{object}: {text}"));
    }
}

#[cfg(test)]
mod tests;
