//! The cluster of a placement with the scheduler that places its pods.

use super::driver::{Attempt, Driver};
use super::place::{PlaceError, PlaceOptions};
use super::placement::{Amounts, NodeUse, PodName, VolumePlacement};
use super::prepare::add_claim;
use super::refusals::Refusals;
use crate::cycle::decision::{BoundVolume, Decision};
use crate::cycle::evaluation::Evaluation;
use crate::objects::storage::PersistentVolumeClaim;
use crate::objects::{Kind, Object, Pod};
use crate::profile::Profile;
use crate::scheduler::{ScheduleError, Scheduler};
use crate::state::Cluster;
use crate::state::change::{Change, ChangeError};
use crate::state::ix::NodeIx;
use crate::state::nodes::AmountColumns;

/// The cluster and how its pods are placed.
pub(super) struct ClusterDriver {
    cluster: Cluster,
    scheduler: Scheduler,
    refusals: Refusals,
}

impl ClusterDriver {
    /// The driver of this cluster.
    pub(super) fn new(cluster: Cluster, options: &PlaceOptions) -> Self {
        let scheduler = Scheduler::with_profiles(options.profiles.clone())
            .with_ties(options.ties)
            .with_engine(options.engine);
        Self { cluster, refusals: Refusals::of(&scheduler), scheduler }
    }

    /// The cluster as it is.
    pub(super) fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// What an attempt to place the pod would find out.
    pub(super) fn evaluate(&mut self, pod: &PodName) -> Result<Evaluation, PlaceError> {
        Ok(self.scheduler.evaluate(&mut self.cluster, &pod.namespace, &pod.name)?)
    }

    /// The profile that the pod is placed by.
    pub(super) fn profile(&self, pod: &Pod) -> Result<&Profile, PlaceError> {
        Ok(self.scheduler.profile(pod)?)
    }

    fn evict(&mut self, victims: Vec<(String, String)>) -> Result<Attempt, PlaceError> {
        let mut evicted = Vec::with_capacity(victims.len());
        for (namespace, name) in victims {
            evicted.extend(self.cluster.pod(&namespace, &name).cloned());
            self.cluster.apply(Change::Delete { kind: Kind::Pod, namespace, name })?;
        }
        self.refusals.something_left();
        Ok(Attempt::Preempted { victims: evicted })
    }
}

impl Driver for ClusterDriver {
    fn add_pod(&mut self, pod: Pod, claims: Vec<PersistentVolumeClaim>) -> Result<(), PlaceError> {
        if pod.node_name.is_some() || !claims.is_empty() {
            self.refusals.something_came();
        }
        for claim in claims {
            add_claim(&mut self.cluster, claim)?;
        }
        Ok(self.cluster.apply(Change::Put(Object::from(pod)))?)
    }

    fn schedule(&mut self, pod: &PodName) -> Result<Attempt, PlaceError> {
        Ok(match self.refusals.ask(&mut self.scheduler, &mut self.cluster, pod)? {
            Decision::Bound { node, score, volumes } => {
                let volumes = volumes.into_iter().map(|bound| placed(bound, &node)).collect();
                Attempt::Bound { node, score, volumes }
            }
            Decision::Nominated { victims, .. } => self.evict(victims)?,
            Decision::Gated(rejection) => Attempt::Gated { message: rejection.text() },
            Decision::Unschedulable(message) | Decision::Skipped(message) => {
                Attempt::Pending { message }
            }
        })
    }

    fn may_fare_better(&self, pod: &PodName) -> bool {
        self.refusals.may_fare_better(&self.cluster, pod)
    }

    fn nodes(&self) -> Vec<NodeUse> {
        let by_rank = self.cluster.nodes().by_rank.iter();
        by_rank.map(|node| node_use(&self.cluster, *node)).collect()
    }
}

/// The volume of a claim (`namespace/name`), for the report.
fn placed(bound: BoundVolume, node: &str) -> VolumePlacement {
    let (namespace, claim) = bound.claim.split_once('/').unwrap_or(("", &bound.claim));
    VolumePlacement {
        namespace: namespace.to_owned(),
        claim: claim.to_owned(),
        volume: (!bound.provisioned).then_some(bound.volume),
        node: node.to_owned(),
    }
}

fn node_use(cluster: &Cluster, node: NodeIx) -> NodeUse {
    let nodes = cluster.nodes();
    let row = &nodes.rows[node];
    let extended = |amount: &dyn Fn(&AmountColumns) -> i64| {
        let named = nodes.scalars.indices();
        let named =
            named.map(|it| (nodes.resource_name(it).to_owned(), amount(&nodes.scalars[it])));
        named.filter(|(_, amount)| *amount != 0).collect()
    };
    let mut pods: Vec<_> = cluster.pods_on(node).map(|pod| pod.meta.key()).collect();
    pods.sort_unstable();
    NodeUse {
        name: nodes.name(node).to_string(),
        allocatable: Amounts {
            cpu_milli: row.allocatable_milli_cpu,
            memory_bytes: row.allocatable_memory,
            ephemeral_storage_bytes: nodes.ephemeral_storage.allocatable[node],
            pods: row.pods_allowed,
            extended: extended(&|column| column.allocatable[node]),
        },
        requested: Amounts {
            cpu_milli: row.requested_milli_cpu,
            memory_bytes: row.requested_memory,
            ephemeral_storage_bytes: nodes.ephemeral_storage.requested[node],
            pods: row.pods,
            extended: extended(&|column| column.requested[node]),
        },
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
