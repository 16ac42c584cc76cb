//! What of the input belongs to whom: pods to their controllers, ReplicaSets to Deployments.

use crate::objects::workloads::{Job, ReplicaSet};
use crate::objects::{Kind, Node, Object, ObjectMeta, Pod};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An object by kind, namespace and name.
type Key<'a> = (&'a str, &'a str, &'a str);

/// The objects of the input, by owner.
pub(super) struct Input<'a> {
    /// Nodes in byte order of their names.
    pub(super) nodes: Vec<&'a Node>,
    objects: BTreeMap<Key<'a>, &'a Object>,
    pods: Vec<&'a Pod>,
    pods_by_controller: BTreeMap<Key<'a>, Vec<&'a Pod>>,
    orphans: BTreeMap<&'a str, Vec<&'a Pod>>,
    replica_sets: BTreeMap<Key<'a>, Vec<&'a ReplicaSet>>,
    jobs: BTreeMap<Key<'a>, Vec<&'a Job>>,
    adopted: BTreeMap<(&'a str, &'a str), Arc<str>>,
}

impl<'a> Input<'a> {
    pub(super) fn new(objects: &'a [Object]) -> Self {
        let mut input = Self {
            nodes: Vec::new(),
            objects: BTreeMap::new(),
            pods: Vec::new(),
            pods_by_controller: BTreeMap::new(),
            orphans: BTreeMap::new(),
            replica_sets: BTreeMap::new(),
            jobs: BTreeMap::new(),
            adopted: BTreeMap::new(),
        };
        for object in objects {
            input.add(object);
        }
        input.nodes.sort_by(|a, b| a.name().cmp(b.name()));
        input
    }

    fn add(&mut self, object: &'a Object) {
        let meta = object.meta();
        let controller = controller_key(meta);
        match object {
            Object::Pod(pod) => {
                self.pods.push(pod);
                match controller {
                    Some(key) => self.pods_by_controller.entry(key).or_default().push(pod),
                    None => self.orphans.entry(&meta.namespace).or_default().push(pod),
                }
                return;
            }
            Object::Node(node) => self.nodes.push(node),
            Object::ReplicaSet(set) => {
                if let Some(key) = controller {
                    self.replica_sets.entry(key).or_default().push(set);
                }
            }
            Object::Job(job) => {
                if let Some(key) = controller {
                    self.jobs.entry(key).or_default().push(job);
                }
            }
            _ => {}
        }
        self.objects.insert((object.kind().name(), &meta.namespace, &meta.name), object);
    }

    /// Every pod.
    pub(super) fn pods(&self) -> impl Iterator<Item = &'a Pod> {
        self.pods.iter().copied()
    }

    /// The object of that kind and name; not pods.
    pub(super) fn get(&self, kind: Kind, namespace: &str, name: &str) -> Option<&'a Object> {
        self.objects.get(&(kind.name(), namespace, name)).copied()
    }

    /// The controller of an object, where it is part of the input.
    pub(super) fn controller_of(&self, meta: &'a ObjectMeta) -> Option<&'a Object> {
        let owner = meta.controller()?;
        let object = self.objects.get(&controller_key(meta)?).copied()?;
        same_uid(&owner.uid, &object.meta().uid).then_some(object)
    }

    /// Pods that the owner controls.
    pub(super) fn controlled(&self, kind: Kind, owner: &ObjectMeta) -> Vec<&'a Pod> {
        owned(&self.pods_by_controller, kind, owner, |pod| &pod.meta)
    }

    /// ReplicaSets that the Deployment controls.
    pub(super) fn replica_sets_of(&self, deployment: &ObjectMeta) -> Vec<&'a ReplicaSet> {
        owned(&self.replica_sets, Kind::Deployment, deployment, |set| &set.meta)
    }

    /// Jobs that the CronJob controls.
    pub(super) fn jobs_of(&self, cron_job: &ObjectMeta) -> Vec<&'a Job> {
        owned(&self.jobs, Kind::CronJob, cron_job, |job| &job.meta)
    }

    /// Pods without a controller that the owner takes for its own and that nobody has adopted yet.
    /// Pods that have ended or are on their way out are left alone.
    pub(super) fn adopt(
        &mut self,
        owner: &Arc<str>,
        namespace: &str,
        chooses: impl Fn(&Pod) -> bool,
    ) -> Vec<&'a Pod> {
        let orphans = self.orphans.get(namespace).into_iter().flatten().copied();
        let chosen: Vec<_> = orphans
            .filter(|pod| is_active(pod) && chooses(pod))
            .filter(|pod| !self.adopted.contains_key(&identity(pod)))
            .collect();
        self.adopted.extend(chosen.iter().map(|pod| (identity(pod), owner.clone())));
        chosen
    }

    /// Who adopted the pod.
    pub(super) fn adopter(&self, pod: &Pod) -> Option<Arc<str>> {
        self.adopted.get(&identity(pod)).cloned()
    }
}

fn identity(pod: &Pod) -> (&str, &str) {
    (&pod.meta.namespace, &pod.meta.name)
}

fn controller_key(meta: &ObjectMeta) -> Option<Key<'_>> {
    let owner = meta.controller()?;
    Some((&owner.kind, &meta.namespace, &owner.name))
}

fn owned<'a, T>(
    by_controller: &BTreeMap<Key<'a>, Vec<&'a T>>,
    kind: Kind,
    owner: &ObjectMeta,
    meta: impl Fn(&T) -> &ObjectMeta,
) -> Vec<&'a T> {
    let key = (kind.name(), owner.namespace.as_str(), owner.name.as_str());
    let candidates = by_controller.get(&key).into_iter().flatten().copied();
    candidates
        .filter(|object| meta(object).controller().is_some_and(|by| same_uid(&by.uid, &owner.uid)))
        .collect()
}

/// Manifests leave identifiers out; only two that are written can differ.
fn same_uid(a: &str, b: &str) -> bool {
    a.is_empty() || b.is_empty() || a == b
}

/// Whether a controller counts the pod: it has not ended and is not on its way out.
pub(super) fn is_active(pod: &Pod) -> bool {
    !pod.is_terminal() && !pod.is_terminating()
}
