//! A cluster whose pods are placed by the plain rules: every plugin, every node, every pod.

use super::engine::{Attempt, Engine};
use super::place::{PlaceError, Ties};
use super::placement::{Amounts, NodeUse, PodName};
use crate::base::random::Random;
use crate::cycle::evaluation::Evaluation;
use crate::cycle::plain;
use crate::explain::message;
use crate::objects::storage::PersistentVolumeClaim;
use crate::objects::{Kind, Object, Pod};
use crate::preemption::plain::post_filter;
use crate::profile::Profile;
use crate::state::Cluster;
use crate::state::change::{Change, ChangeError};

/// The cluster and how its pods are placed.
pub(super) struct PlainEngine {
    cluster: Cluster,
    profiles: Vec<Profile>,
    ties: Option<Random>,
}

impl PlainEngine {
    /// The engine of this cluster.
    pub(super) fn new(cluster: Cluster, profiles: Vec<Profile>, ties: Ties) -> Self {
        let ties = match ties {
            Ties::First => None,
            Ties::Seeded(seed) => Some(Random::keyed(seed, "ties")),
        };
        Self { cluster, profiles, ties }
    }

    /// The cluster as it is.
    pub(super) fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// What the rules say about a pod.
    pub(super) fn evaluate(
        &self,
        name: &PodName,
    ) -> Result<(&Pod, &Profile, Evaluation), PlaceError> {
        let pod = self.cluster.pod(&name.namespace, &name.name);
        let pod = pod.ok_or_else(|| PlaceError::new(format!("there is no pod {name}")))?;
        let wanted = pod.spec.scheduler_name.as_deref();
        let named = |profile: &&Profile| wanted.is_none_or(|name| name == profile.scheduler_name);
        let profile = self.profiles.iter().find(named);
        let profile = profile.ok_or_else(|| PlaceError::new(format!("{name} has no profile")))?;
        Ok((pod, profile, plain::evaluate(&self.cluster.snapshot(), profile, pod)))
    }

    fn apply(&mut self, change: Change) -> Result<(), PlaceError> {
        self.cluster.apply(change).map_err(PlaceError::from)
    }

    fn bind(
        &mut self,
        pod: &PodName,
        node: String,
        score: Option<i64>,
    ) -> Result<Attempt, PlaceError> {
        self.apply(Change::Bind {
            namespace: pod.namespace.clone(),
            name: pod.name.clone(),
            node: node.clone(),
            start_time: None,
        })?;
        Ok(Attempt::Bound { node, score, volumes: Vec::new() })
    }

    /// Removes the pods that stand in the way, if that helps.
    fn make_room(
        &mut self,
        name: &PodName,
        evaluation: &Evaluation,
    ) -> Result<Attempt, PlaceError> {
        let (pod, profile, _) = self.evaluate(name)?;
        let snapshot = self.cluster.snapshot();
        let found = post_filter(&snapshot, profile, pod, evaluation);
        let Some(chosen) = found.chosen() else {
            let nodes = snapshot.nodes.len();
            return Ok(Attempt::Pending {
                message: message::unschedulable(evaluation, nodes, &found.text),
            });
        };
        let node = snapshot.nodes[chosen.node].node.name().to_owned();
        let victims: Vec<Pod> = chosen.victims.iter().map(|pod| (*pod).clone()).collect();
        for victim in &victims {
            let PodName { namespace, name } = PodName::of(victim);
            self.apply(Change::Delete { kind: Kind::Pod, namespace, name })?;
        }
        self.apply(Change::Nominate {
            namespace: name.namespace.clone(),
            name: name.name.clone(),
            node: Some(node),
        })?;
        Ok(Attempt::Preempted { victims })
    }
}

impl Engine for PlainEngine {
    fn add_pod(&mut self, pod: Pod, claims: Vec<PersistentVolumeClaim>) -> Result<(), PlaceError> {
        for claim in claims {
            self.apply(Change::Put(claim.into()))?;
        }
        self.apply(Change::Put(Object::from(pod)))
    }

    fn schedule(&mut self, name: &PodName) -> Result<Attempt, PlaceError> {
        let (pod, _, evaluation) = self.evaluate(name)?;
        if let Some(rejection) = &evaluation.pre_enqueue {
            return Ok(Attempt::Gated { message: rejection.text() });
        }
        if evaluation.nominated_fast_path {
            let node = pod.status.nominated_node_name.clone();
            return self.bind(name, node, None);
        }
        let best = evaluation.best();
        if best.is_empty() || evaluation.error.is_some() {
            return self.make_room(name, &evaluation);
        }
        let chosen = best[self.ties.as_mut().map_or(0, |random| random.below(best.len()))];
        let score = evaluation.scores.iter().find(|row| row.node == chosen).map(|row| row.total);
        let node = self.cluster.snapshot().nodes[chosen].node.name().to_owned();
        self.bind(name, node, score)
    }

    fn nodes(&self) -> Vec<NodeUse> {
        let snapshot = self.cluster.snapshot();
        let node_use = |info: &crate::objects::NodeInfo<'_>| {
            let mut pods: Vec<_> = info.pods.iter().map(|pod| pod.meta.key()).collect();
            pods.sort_unstable();
            NodeUse {
                name: info.node.name().to_owned(),
                allocatable: Amounts::new(&info.allocatable, info.allocatable.pods),
                requested: Amounts::new(&info.requested, info.pods.len() as i64),
                pods,
            }
        };
        snapshot.nodes.iter().map(node_use).collect()
    }
}

impl From<ChangeError> for PlaceError {
    fn from(error: ChangeError) -> Self {
        Self::new(error)
    }
}
