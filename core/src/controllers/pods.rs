//! From a template to pods.

use super::{ExpandedPod, Round};
use crate::objects::admission::admit_pod;
use crate::objects::workloads::PodTemplate;
use crate::objects::{Kind, Labels, Object, ObjectMeta, OwnerReference, Pod};
use std::sync::Arc;

/// Label that tells the ReplicaSets of a Deployment, and their pods, apart.
pub(super) const TEMPLATE_HASH: &str = "pod-template-hash";
/// Label that tells the revisions of StatefulSets and DaemonSets apart.
pub(super) const REVISION_HASH: &str = "controller-revision-hash";

/// Who makes pods.
pub(super) struct Owner {
    /// The owner itself, e.g. `ReplicaSet/shop/web-5d8c7`.
    pub(super) path: String,
    /// What the pods refer to.
    pub(super) reference: OwnerReference,
    /// Namespace of the owner and of its pods.
    pub(super) namespace: String,
    /// The workload in whose name all this happens, e.g. `Deployment/shop/web`.
    pub(super) workload: Arc<str>,
}

/// `Kind/namespace/name`.
pub(super) fn path(kind: Kind, meta: &ObjectMeta) -> String {
    format!("{}/{}", kind.name(), meta.key())
}

/// Group and version of the kinds that own something.
fn api_version(kind: Kind) -> &'static str {
    match kind {
        Kind::Job | Kind::CronJob => "batch/v1",
        Kind::ReplicationController => "v1",
        _ => "apps/v1",
    }
}

impl<'a> Round<'a> {
    /// The reference of an object to its controller. An owner without an identifier gets its own.
    pub(super) fn reference(&self, kind: Kind, owner: &ObjectMeta) -> OwnerReference {
        OwnerReference {
            api_version: api_version(kind).to_owned(),
            kind: kind.name().to_owned(),
            name: owner.name.clone(),
            uid: self.uid(kind, owner),
            controller: true,
        }
    }

    /// The identifier of an object: the one that it has, or the one that it gets.
    pub(super) fn uid(&self, kind: Kind, meta: &ObjectMeta) -> String {
        if meta.uid.is_empty() { self.names.uid(&path(kind, meta)) } else { meta.uid.clone() }
    }

    /// A workload as owner of pods.
    pub(super) fn owner(&self, kind: Kind, meta: &ObjectMeta, workload: &Arc<str>) -> Owner {
        Owner {
            path: path(kind, meta),
            reference: self.reference(kind, meta),
            namespace: meta.namespace.clone(),
            workload: workload.clone(),
        }
    }

    /// The workload at the end of the chain of controllers that begins with this object.
    pub(super) fn workload(&self, kind: Kind, meta: &'a ObjectMeta) -> Arc<str> {
        match self.input.controller_of(meta) {
            Some(object) => Arc::from(path(object.kind(), object.meta())),
            None => match meta.controller() {
                Some(by) => Arc::from(format!("{}/{}/{}", by.kind, meta.namespace, by.name)),
                None => Arc::from(path(kind, meta)),
            },
        }
    }

    /// A pod of the input; only pending ones concern the scheduler.
    pub(super) fn pending_pod(&mut self, pod: &'a Pod) {
        let waits = pod.node_name.is_none() && !pod.is_terminal() && !pod.is_terminating();
        if !waits {
            return;
        }
        let controller = self.input.controller_of(&pod.meta).map(|c| (c.kind(), c.meta()));
        let owner = match controller {
            Some((kind, meta)) => Some(self.workload(kind, meta)),
            None => pod.meta.controller().map(|_| self.workload(Kind::Pod, &pod.meta)),
        };
        let identity = (pod.meta.namespace.as_str(), pod.meta.name.as_str());
        // Only what has an identifier was admitted before.
        let pod = match pod.meta.uid.is_empty() {
            true => self.admitted(pod.clone(), &path(Kind::Pod, &pod.meta)),
            false => Some(pod.clone()),
        };
        if let Some(pod) = pod {
            self.pending.insert(identity, self.expansion.pods.len());
            self.expansion.pods.push(ExpandedPod { pod, owner, after: None, claims: Vec::new() });
        }
    }

    /// The pod as the API server admits it; nothing, and a note, where it would refuse it.
    pub(super) fn admitted(&mut self, mut pod: Pod, creator: &str) -> Option<Pod> {
        let admitted = admit_pod(&mut pod, &self.admission);
        if let Err(reason) = &admitted {
            self.note(creator, format_args!("not created: {reason}"));
        }
        admitted.is_ok().then_some(pod)
    }

    /// Adds a created pod that waits for nobody and brings no claims.
    pub(super) fn push(&mut self, pod: Pod, owner: &Owner) {
        self.expansion.pods.push(ExpandedPod {
            pod,
            owner: Some(owner.workload.clone()),
            after: None,
            claims: Vec::new(),
        });
    }

    /// Creates `count` replicas of one pod, named after `prefix`. They share what is shared.
    pub(super) fn replicas(&mut self, prototype: Pod, prefix: &str, count: usize, owner: &Owner) {
        let Some(prototype) = self.admitted(prototype, &owner.path) else { return };
        let mut random = self.names.suffixes(&owner.path);
        self.expansion.pods.reserve(count);
        for _ in 0..count {
            let name = self.names.draw(&mut random, &owner.namespace, prefix);
            let pod = self.named(prototype.clone(), name);
            self.push(pod, owner);
        }
    }

    /// The pod under its name.
    pub(super) fn named(&self, mut pod: Pod, name: String) -> Pod {
        pod.meta.name = name;
        pod.meta.uid = self.names.uid(&path(Kind::Pod, &pod.meta));
        pod
    }

    /// Who owns what was adopted becomes known only when all workloads were seen.
    pub(super) fn name_adopters(&mut self) {
        for expanded in self.expansion.pods.iter_mut().filter(|pod| pod.owner.is_none()) {
            expanded.owner = self.input.adopter(&expanded.pod);
        }
    }

    /// Adds an object that a controller creates.
    pub(super) fn create(&mut self, object: impl Into<Object>) {
        self.expansion.objects.push(object.into());
    }
}

/// The pod of a template, still without a name, with further labels.
pub(super) fn pod_of<'l>(
    template: &PodTemplate,
    owner: &Owner,
    labels: impl IntoIterator<Item = (&'l str, String)>,
) -> Pod {
    let mut spec = template.spec.clone();
    let node_name = spec.node_name.take().filter(|name| !name.is_empty());
    Pod {
        meta: ObjectMeta {
            namespace: owner.namespace.clone(),
            labels: with_labels(&template.meta.labels, labels),
            annotations: template.meta.annotations.clone(),
            owner_references: vec![owner.reference.clone()],
            ..ObjectMeta::default()
        },
        node_name: node_name.map(Arc::from),
        spec: Arc::new(spec),
        ..Pod::default()
    }
}

/// Labels with some added.
pub(super) fn with_labels<'l>(
    labels: &Arc<Labels>,
    added: impl IntoIterator<Item = (&'l str, String)>,
) -> Arc<Labels> {
    let mut labels = labels.clone();
    for (key, value) in added {
        Arc::make_mut(&mut labels).insert(key.to_owned(), value);
    }
    labels
}
