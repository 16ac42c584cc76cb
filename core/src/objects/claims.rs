//! Claims as pods use them: which ones, by which name, whether they may, and how they stand.
//!
//! Source: `k8s.io/component-helpers/storage/{ephemeral,volume}` (v1.35).

use super::pod::Pod;
use super::storage::{PersistentVolumeClaim, StorageClass, VolumeBindingMode};
use super::store::Store;
use std::borrow::Cow;

/// Annotation of a claim whose binding to its volume is finished.
pub const BIND_COMPLETED: &str = "pv.kubernetes.io/bind-completed";
/// Annotation of a claim or volume that was bound by the system rather than by hand.
pub const BOUND_BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";
/// Annotation of a claim that names the node for which its volume is to be made.
pub const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";

/// One volume of a pod that stands for a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimUse<'a> {
    /// Name of the claim, in the namespace of the pod.
    pub name: Cow<'a, str>,
    /// Whether the claim is made for this pod alone, from a generic ephemeral volume.
    pub is_ephemeral: bool,
}

/// The claims that a pod uses, in the order of its volumes; a claim that is used twice comes twice.
pub fn claims_of(pod: &Pod) -> impl Iterator<Item = ClaimUse<'_>> {
    pod.spec.volumes.iter().filter_map(|volume| {
        if let Some(source) = &volume.persistent_volume_claim {
            Some(ClaimUse { name: Cow::Borrowed(&source.claim_name), is_ephemeral: false })
        } else {
            volume.ephemeral.is_some().then(|| ClaimUse {
                name: Cow::Owned(format!("{}-{}", pod.meta.name, volume.name)),
                is_ephemeral: true,
            })
        }
    })
}

/// Names of the claims that a pod refers to itself, ephemeral ones left out, in the order of its
/// volumes.
pub fn named_claims_of(pod: &Pod) -> impl Iterator<Item = &str> {
    let sources = pod.spec.volumes.iter().filter_map(|v| v.persistent_volume_claim.as_ref());
    sources.map(|source| source.claim_name.as_str())
}

impl PersistentVolumeClaim {
    /// Whether the claim was made for this pod: the pod controls it, by unique identifier.
    /// Without identifiers, as in hand-written manifests, the name decides.
    pub fn is_made_for(&self, pod: &Pod) -> bool {
        self.meta.namespace == pod.meta.namespace
            && self.meta.controller().is_some_and(|owner| {
                owner.uid == pod.meta.uid && (!owner.uid.is_empty() || owner.name == pod.meta.name)
            })
    }

    /// Whether the claim is bound to its volume for good.
    pub fn is_bound(&self) -> bool {
        !self.spec.volume_name.is_empty() && self.meta.annotations.contains_key(BIND_COMPLETED)
    }

    /// The class that makes binding wait until a pod that uses the claim is placed. A claim without
    /// a class, or of a class that is not known, does not wait.
    ///
    /// # Errors
    /// The class, where it does not say when claims are bound.
    pub fn waiting_class<'a>(
        &self,
        store: &'a Store,
    ) -> Result<Option<&'a StorageClass>, &'a StorageClass> {
        match store.storage_classes.get(self.class()) {
            Some(class) if class.volume_binding_mode.is_none() => Err(class),
            class => Ok(class.filter(|class| {
                class.volume_binding_mode == Some(VolumeBindingMode::WaitForFirstConsumer)
            })),
        }
    }
}
