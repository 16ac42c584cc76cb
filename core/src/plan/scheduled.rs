//! A cluster whose pods are placed by the scheduler.

use super::place::{PlaceError, PlaceOptions};
use super::placement::{Amounts, NodeUse, PodName, VolumePlacement};
use super::placer::{Attempt, Placer};
use crate::cycle::decision::{BoundVolume, Decision};
use crate::objects::storage::PersistentVolumeClaim;
use crate::objects::{Kind, NodeInfo, Object, Pod};
use crate::scheduler::{ScheduleError, Scheduler};
use crate::state::Cluster;
use crate::state::change::{Change, ChangeError};

/// The cluster and its scheduler.
pub(super) struct Scheduled {
    pub(super) cluster: Cluster,
    scheduler: Scheduler,
}

impl Scheduled {
    /// The scheduler that the options describe, for this cluster.
    pub(super) fn new(cluster: Cluster, options: &PlaceOptions) -> Self {
        let scheduler = Scheduler::with_profiles(options.profiles.clone());
        Self { cluster, scheduler: scheduler.with_ties(options.ties) }
    }

    /// Takes pods out of the cluster and gives them back.
    fn remove(&mut self, pods: Vec<(String, String)>) -> Result<Vec<Pod>, PlaceError> {
        let mut removed = Vec::with_capacity(pods.len());
        for (namespace, name) in pods {
            removed.extend(self.cluster.pod(&namespace, &name).cloned());
            self.cluster.apply(Change::Delete { kind: Kind::Pod, namespace, name })?;
        }
        Ok(removed)
    }
}

impl Placer for Scheduled {
    fn add_pod(&mut self, pod: Pod, claims: Vec<PersistentVolumeClaim>) -> Result<(), PlaceError> {
        for claim in claims {
            self.cluster.apply(Change::Put(claim.into()))?;
        }
        Ok(self.cluster.apply(Change::Put(Object::from(pod)))?)
    }

    fn schedule(&mut self, pod: &PodName) -> Result<Attempt, PlaceError> {
        let decision = self.scheduler.schedule(&mut self.cluster, &pod.namespace, &pod.name)?;
        Ok(match decision {
            Decision::Bound { node, score, volumes } => {
                let volumes = volumes.into_iter().map(|volume| placed_volume(volume, &node));
                Attempt::Bound { volumes: volumes.collect(), score, node }
            }
            Decision::Nominated { victims, .. } => {
                Attempt::Preempted { victims: self.remove(victims)? }
            }
            Decision::Unschedulable(message) | Decision::Skipped(message) => {
                Attempt::Pending { message }
            }
            Decision::Gated(rejection) => Attempt::Gated { message: rejection.text() },
        })
    }

    fn nodes(&self) -> Vec<NodeUse> {
        self.cluster.snapshot().nodes.iter().map(node_use).collect()
    }
}

fn placed_volume(bound: BoundVolume, node: &str) -> VolumePlacement {
    let (namespace, claim) = bound.claim.split_once('/').unwrap_or(("", &bound.claim));
    VolumePlacement {
        namespace: namespace.to_owned(),
        claim: claim.to_owned(),
        volume: bound.volume,
        provisioned: bound.provisioned,
        node: node.to_owned(),
    }
}

fn node_use(info: &NodeInfo<'_>) -> NodeUse {
    let mut pods: Vec<_> = info.pods.iter().map(|pod| pod.meta.key()).collect();
    pods.sort_unstable();
    NodeUse {
        name: info.node.name().to_owned(),
        allocatable: Amounts::new(&info.allocatable, info.allocatable.pods),
        requested: Amounts::new(&info.requested, info.pods.len() as i64),
        pods,
    }
}

impl From<ChangeError> for PlaceError {
    fn from(error: ChangeError) -> Self {
        Self::new(error)
    }
}

impl From<ScheduleError> for PlaceError {
    fn from(error: ScheduleError) -> Self {
        Self::new(error)
    }
}
