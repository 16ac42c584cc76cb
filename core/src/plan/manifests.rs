//! The short way for those who embed the engine: manifests in, pods bound.

use super::place::PlaceError;
use super::placement::PodName;
use super::prepare::{add_claim, put_all};
use super::refusals::Refusals;
use crate::controllers::{ExpandOptions, Expansion, expand};
use crate::cycle::decision::Decision;
use crate::objects::Object;
use crate::objects::manifest::Reader;
use crate::scheduler::{ScheduleError, Scheduler};
use crate::state::Cluster;
use crate::state::change::Change;
use std::cmp::Reverse;
use std::collections::BTreeSet;
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
    /// The cluster of these manifests: JSON, and YAML with the feature `yaml`. Workloads are
    /// expanded to the pods that their controllers would create at first; these wait for a node
    /// like those that are written out. StatefulSets do not wait for one pod before they create the
    /// next.
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
        let mut cluster = Self::new();
        cluster.add_manifests(objects, &[])?;
        Ok(cluster)
    }

    /// Adds objects as people write them, and the pods that controllers make of them. Pods that are
    /// in the cluster count towards what their owners want. `known` are objects of elder manifests
    /// that live in no cluster but matter to new pods: priority classes and limit ranges. Gives
    /// back what a reader should know, a sentence each: assumptions, and pods that would not be
    /// created.
    ///
    /// # Errors
    /// What the API server would refuse, or an object that does not fit; what was put in before it
    /// stays.
    pub fn add_manifests(
        &mut self,
        objects: Vec<Object>,
        known: &[Object],
    ) -> Result<Vec<String>, ManifestError> {
        let (all, expansion) = self.expand(objects, known).map_err(ManifestError::one)?;
        let expansion = put_all(self, all, expansion).map_err(ManifestError::one)?;
        for expanded in expansion.pods {
            for claim in expanded.claims {
                let known = &self.store().claims;
                if known.get(&claim.meta.namespace, &claim.meta.name).is_none() {
                    add_claim(self, claim).map_err(ManifestError::one)?;
                }
            }
            self.apply(Change::Put(expanded.pod.into())).map_err(ManifestError::one)?;
        }
        Ok(expansion.notes)
    }

    /// The objects with those that matter to them, and what controllers make of them besides the
    /// pods that are here already.
    fn expand(
        &self,
        objects: Vec<Object>,
        known: &[Object],
    ) -> Result<(Vec<Object>, Expansion), PlaceError> {
        let mut all: Vec<Object> = Vec::new();
        if objects.iter().any(|object| object.pod_spec().is_some()) {
            let given: BTreeSet<_> = objects.iter().filter_map(PodName::of_pod).collect();
            let there = self.pods().iter().map(|(_, row)| &*row.pod);
            let kept = there.filter(|pod| !given.contains(&PodName::of(pod)));
            all.extend(kept.map(|pod| Object::from(pod.clone())));
        }
        let there = all.len();
        all.extend(self.store().storage_classes.values().cloned().map(Object::from));
        all.extend(known.iter().cloned());
        all.extend(objects);
        let mut expansion = expand(&all, &ExpandOptions::default())?;
        let kept: BTreeSet<_> =
            all.drain(..there).filter_map(|object| PodName::of_pod(&object)).collect();
        expansion.pods.retain(|expanded| !kept.contains(&PodName::of(&expanded.pod)));
        Ok((all, expansion))
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
        let rows = cluster.pods().iter().map(|(_, row)| &*row.pod);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::Kind;

    fn read(text: &str) -> Vec<Object> {
        let mut reader = Reader::new();
        reader.read("test", text.as_bytes());
        let input = reader.finish();
        assert_eq!(input.faults, []);
        input.objects.into_iter().map(|located| located.object).collect()
    }

    const NODE: &str = r#"{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"},
        "status": {"allocatable": {"cpu": "8", "memory": "8Gi", "pods": "10"}}}"#;
    const SHOP: &str = r#"{"apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {"name": "web", "namespace": "shop", "uid": "1"},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"priorityClassName": "high", "containers": [{"name": "web", "image": "web"}]}}}}"#;
    const HIGH: &str = r#"{"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
        "metadata": {"name": "high"}, "value": 7}"#;

    #[test]
    fn manifests_may_come_one_after_the_other() {
        let mut cluster = Cluster::new();
        let known = read(HIGH);
        cluster.add_manifests(read(NODE), &[]).expect("a node");
        let notes = cluster.clone().add_manifests(read(SHOP), &[]).expect("a workload");
        assert!(notes.iter().any(|note| note.contains("high")), "unknown class: {notes:?}");
        cluster.add_manifests(read(SHOP), &known).expect("a workload");
        assert_eq!(cluster.pods().len(), 2);
        assert!(cluster.pods().iter().all(|(_, row)| row.pod.priority() == 7));
    }

    #[test]
    fn a_workload_that_comes_again_keeps_its_pods() {
        let mut cluster = Cluster::new();
        let known = read(HIGH);
        cluster.add_manifests(read(NODE), &[]).expect("a node");
        cluster.add_manifests(read(SHOP), &known).expect("a workload");
        Scheduler::default().schedule_pending(&mut cluster).expect("there is room");
        let before = cluster.state_hash();
        let (namespace, name) = ("shop".to_owned(), "web".to_owned());
        cluster.apply(Change::Delete { kind: Kind::ReplicaSet, namespace, name }).expect("there");
        cluster.add_manifests(read(SHOP), &known).expect("a workload");
        assert_eq!(cluster.pods().len(), 2);
        assert_eq!(cluster.state_hash(), before);
    }
}
