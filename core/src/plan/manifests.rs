//! The short way for those who embed the engine: manifests in, pods bound.

use super::placement::PodName;
use super::prepare::{add_claim, prepare};
use super::refusals::Refusals;
use crate::cycle::decision::Decision;
use crate::objects::manifest::Reader;
use crate::scheduler::{ScheduleError, Scheduler};
use crate::state::Cluster;
use crate::state::change::Change;
use std::cmp::Reverse;
use std::fmt;

/// Why manifests do not make a cluster: what is wrong with them, a fault a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestError {
    faults: Vec<String>,
}

impl ManifestError {
    /// The faults, in the order of the texts.
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    fn one(fault: impl fmt::Display) -> Self {
        Self { faults: vec![fault.to_string()] }
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.faults.join("\n"))
    }
}

impl std::error::Error for ManifestError {}

impl Cluster {
    /// The cluster of these manifests: JSON, and YAML with the feature `yaml`. Workloads are expanded
    /// to the pods that their controllers would create at first; these wait for a node like those
    /// that are written out. StatefulSets do not wait for one pod before they create the next.
    ///
    /// # Errors
    /// Everything that is wrong with the texts.
    pub fn from_manifests<'t>(
        texts: impl IntoIterator<Item = &'t str>,
    ) -> Result<Self, ManifestError> {
        let mut reader = Reader::new();
        for (at, text) in texts.into_iter().enumerate() {
            reader.read(&format!("manifest {}", at + 1), text.as_bytes());
        }
        let input = reader.finish();
        if !input.faults.is_empty() {
            let faults = input.faults.iter().map(ToString::to_string).collect();
            return Err(ManifestError { faults });
        }
        let objects = input.objects.into_iter().map(|located| located.object).collect();
        let (mut cluster, expansion) = prepare(objects, 0).map_err(ManifestError::one)?;
        for expanded in expansion.pods {
            for claim in expanded.claims {
                add_claim(&mut cluster, claim).map_err(ManifestError::one)?;
            }
            cluster.apply(Change::Put(expanded.pod.into())).map_err(ManifestError::one)?;
        }
        Ok(cluster)
    }
}

impl Scheduler {
    /// Attempts every pending pod of its profiles once: by priority, then in the order in which the
    /// pods were added. Pods that should make room are named in the decisions and stay.
    ///
    /// # Errors
    /// A binding was refused; pods before it are bound.
    pub fn schedule_pending(
        &mut self,
        cluster: &mut Cluster,
    ) -> Result<Vec<(PodName, Decision)>, ScheduleError> {
        let rows = cluster.pods().iter().map(|(_, row)| &row.pod);
        let waits = |pod: &&crate::objects::Pod| {
            let is_pending = pod.node_name.is_none() && !pod.is_terminal() && !pod.is_terminating();
            is_pending && self.profile(pod).is_ok()
        };
        let mut pending: Vec<_> =
            rows.filter(waits).map(|pod| (Reverse(pod.priority()), PodName::of(pod))).collect();
        pending.sort_by_key(|(priority, _)| *priority);
        let mut refusals = Refusals::of(self);
        let ask = |(_, pod): (_, PodName)| {
            let decision = refusals.ask(self, cluster, &pod)?;
            Ok((pod, decision))
        };
        pending.into_iter().map(ask).collect()
    }
}
