//! Which claims of a pod are bound, which wait, and what each waiting claim would get on a node.

use crate::objects::claims::{SELECTED_NODE, claims_of};
use crate::objects::storage::{
    CsiStorageCapacity, PersistentVolume, PersistentVolumeClaim, StorageClass,
};
use crate::objects::{Node, Pod, Store};
use crate::plugins::reason::Reason;
use std::collections::BTreeSet;

/// Provisioner of classes whose volumes are made by hand.
pub(crate) const NO_PROVISIONER: &str = "kubernetes.io/no-provisioner";

/// The claims of a pod by what is to be done about them.
#[derive(Clone, Debug, Default)]
pub(super) struct PodClaims<'a> {
    /// Bound for good.
    pub bound: Vec<&'a PersistentVolumeClaim>,
    /// To be bound when the pod is placed.
    pub waiting: Vec<WaitingClaim<'a>>,
    /// Whether some claim should have been bound before.
    pub any_immediate: bool,
}

/// A claim that is bound when its pod is placed.
#[derive(Clone, Copy, Debug)]
pub(super) struct WaitingClaim<'a> {
    pub claim: &'a PersistentVolumeClaim,
    /// A claim waits because its class says so; upstream's errors for claims without a known class
    /// thus cannot occur.
    pub class: &'a StorageClass,
}

impl<'a> PodClaims<'a> {
    /// Sorts the claims; those that do not exist are left out.
    ///
    /// # Errors
    /// A class does not say when its claims are bound.
    pub fn of(pod: &Pod, store: &'a Store) -> Result<Self, Reason> {
        let mut claims = Self::default();
        for used in claims_of(pod) {
            let Some(claim) = store.claims.get(&pod.meta.namespace, &used.name) else { continue };
            if claim.is_bound() {
                claims.bound.push(claim);
                continue;
            }
            let class = claim
                .waiting_class(store)
                .map_err(|class| Reason::BindingModeNotSet(class.meta.name.as_str().into()))?;
            match class {
                Some(class) if claim.spec.volume_name.is_empty() => {
                    claims.waiting.push(WaitingClaim { claim, class });
                }
                _ => claims.any_immediate = true,
            }
        }
        Ok(claims)
    }

    /// Why the bound volumes cannot be used on the node; looks no further than the first reason.
    pub fn bound_fault(&self, store: &Store, node: &Node) -> Option<Reason> {
        let csi_node = store.csi_nodes.get(node.name());
        self.bound.iter().find_map(|claim| {
            let Some(volume) = store.volumes.get(&claim.spec.volume_name) else {
                return Some(Reason::BoundVolumeNotFound);
            };
            let usable = volume
                .affinity_on(csi_node)
                .is_none_or(|affinity| affinity.matches(&node.meta.labels));
            (!usable).then_some(Reason::VolumeNodeConflict)
        })
    }

    /// What the waiting claims would get on the node.
    ///
    /// # Errors
    /// Some claim gets nothing.
    pub fn assign(&self, store: &'a Store, node: &Node) -> Result<Assignment<'a>, Reason> {
        let (mut provisions, mut unmatched) = (Vec::new(), Vec::new());
        for waiting in &self.waiting {
            match waiting.claim.meta.annotations.get(SELECTED_NODE) {
                None => unmatched.push(*waiting),
                Some(name) if name == node.name() => provisions.push(*waiting),
                Some(_) => return Err(Reason::VolumeBindConflict),
            }
        }
        // Small claims first, so that they do not take the volumes that large ones need.
        unmatched.sort_by_key(|waiting| waiting.claim.requested());
        let mut bindings = Vec::new();
        let mut taken = BTreeSet::new();
        for waiting in unmatched {
            match choose_volume(waiting.claim, store, node, &taken) {
                Some(volume) => {
                    taken.insert(volume.meta.name.as_str());
                    bindings.push((waiting.claim, volume));
                }
                None => provisions.push(waiting),
            }
        }
        match provisions.iter().find_map(|waiting| waiting.provisioning_fault(store, node)) {
            Some(fault) => Err(fault),
            None => Ok(Assignment { bindings, provisions }),
        }
    }
}

/// What the waiting claims of a pod get on a node.
#[derive(Clone, Debug, Default)]
pub(super) struct Assignment<'a> {
    /// Existing volumes.
    pub bindings: Vec<(&'a PersistentVolumeClaim, &'a PersistentVolume)>,
    /// Volumes that are made.
    pub provisions: Vec<WaitingClaim<'a>>,
}

/// The smallest volume that suits the claim and can be used on the node. A volume that is reserved
/// for the claim is taken without looking further, or stands in the way of all others.
fn choose_volume<'a>(
    claim: &PersistentVolumeClaim,
    store: &'a Store,
    node: &Node,
    taken: &BTreeSet<&str>,
) -> Option<&'a PersistentVolume> {
    let mut smallest: Option<&PersistentVolume> = None;
    let free = store.volumes.values().filter(|v| !taken.contains(v.meta.name.as_str()));
    for volume in free.filter(|volume| is_candidate(claim, volume)) {
        let usable = is_usable(volume, node);
        if volume.spec.claim_ref.is_some() {
            return usable.then_some(volume);
        }
        if usable
            && is_suitable(claim, volume)
            && smallest.is_none_or(|best| volume.capacity() < best.capacity())
        {
            smallest = Some(volume);
        }
    }
    smallest
}

/// Whether the volume comes into question at all: it is not somebody else's, and it is large enough
/// and of the right kind.
pub(crate) fn is_candidate(claim: &PersistentVolumeClaim, volume: &PersistentVolume) -> bool {
    let modes = [&volume.spec.volume_mode, &claim.spec.volume_mode];
    let [offered, wanted] = modes.map(|mode| mode.as_deref().unwrap_or("Filesystem"));
    volume.class() == claim.class()
        && volume.spec.claim_ref.as_ref().is_none_or(|reference| reference.names(claim))
        && volume.capacity() >= claim.requested()
        && offered == wanted
        && volume.spec.volume_attributes_class_name.as_deref().unwrap_or_default()
            == claim.spec.volume_attributes_class_name.as_deref().unwrap_or_default()
        && volume.meta.deletion_timestamp.is_none()
}

/// Whether a candidate that is reserved for nobody suits the claim.
pub(crate) fn is_suitable(claim: &PersistentVolumeClaim, volume: &PersistentVolume) -> bool {
    let selector = claim.spec.selector.as_ref();
    volume.status.phase == "Available"
        && selector.is_none_or(|selector| selector.matches(&volume.meta.labels))
        && offers_modes(volume, claim)
}

/// Whether the volume can be mounted in every way that the claim asks for.
pub(crate) fn offers_modes(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    claim.spec.access_modes.iter().all(|mode| volume.spec.access_modes.contains(mode))
}

/// Whether the volume can be used on the node.
pub(super) fn is_usable(volume: &PersistentVolume, node: &Node) -> bool {
    let affinity = volume.spec.node_affinity.as_ref();
    affinity.is_none_or(|affinity| affinity.matches(&node.meta.labels))
}

impl WaitingClaim<'_> {
    /// Why no volume can be made for the claim on the node.
    pub fn provisioning_fault(&self, store: &Store, node: &Node) -> Option<Reason> {
        let provisioner = self.class.provisioner.as_str();
        let topologies = &self.class.allowed_topologies;
        let reachable =
            topologies.is_empty() || topologies.iter().any(|term| term.matches(&node.meta.labels));
        if provisioner.is_empty() || provisioner == NO_PROVISIONER || !reachable {
            return Some(Reason::VolumeBindConflict);
        }
        (!self.has_enough_capacity(store, node)).then_some(Reason::NotEnoughStorage)
    }

    /// Whether some capacity that the driver reports for the node is large enough. Every claim is
    /// looked at alone, as if others took nothing.
    fn has_enough_capacity(&self, store: &Store, node: &Node) -> bool {
        let driver = store.csi_drivers.get(&self.class.provisioner);
        let Some(requested) = self.claim.spec.resources.requests.get("storage") else {
            return true;
        };
        if !driver.is_some_and(|driver| driver.spec.storage_capacity) {
            return true;
        }
        let suffices = |capacity: &CsiStorageCapacity| {
            let largest = capacity.maximum_volume_size.or(capacity.capacity);
            capacity.storage_class_name == self.class.meta.name
                && largest.is_some_and(|largest| largest.value() >= requested.value())
                && capacity.node_topology.as_ref().is_some_and(|t| t.matches(&node.meta.labels))
        };
        store.storage_capacities.iter().any(suffices)
    }
}
