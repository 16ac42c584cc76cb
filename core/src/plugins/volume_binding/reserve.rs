//! What becomes of a pod's waiting claims once its node is chosen.
//!
//! Volumes are bound at once, as the volume controller and an external provisioner would do it
//! before the next pod is looked at. Storage capacities are not reduced.

use super::choice::{PodClaims, WaitingClaim};
use crate::objects::claims::{BIND_COMPLETED, BOUND_BY_CONTROLLER, SELECTED_NODE};
use crate::objects::labels::{NodeOperator, NodeRequirement};
use crate::objects::storage::{
    ClaimReference, CsiPersistentVolumeSource, PersistentVolume, PersistentVolumeClaim,
    PersistentVolumeSpec, PersistentVolumeStatus, StorageClass, VolumeNodeAffinity,
};
use crate::objects::{
    Node, NodeInfo, NodeSelector, NodeSelectorTerm, Object, ObjectMeta, ResourceList, Store,
};
use crate::plugins::contract::Context;
use std::sync::Arc;

/// Volumes for the claims of a pod on its node; lists are sorted by claim.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VolumeDecision {
    /// Claims (`namespace/name`) that are bound to existing volumes (name).
    pub bindings: Vec<(String, String)>,
    /// Claims (`namespace/name`) for which a volume (name) is made.
    pub provisions: Vec<(String, String)>,
    /// The claims and volumes as they are afterwards; they replace or join those of the store.
    pub objects: Vec<Object>,
}

/// Binds the pod's claims on a node that passed the filter; nothing where a claim cannot be bound.
pub fn reserve(context: &Context<'_>, node: &NodeInfo<'_>) -> VolumeDecision {
    let store = context.snapshot.store;
    let claims = PodClaims::of(context.pod, store).unwrap_or_default();
    let assignment = claims.assign(store, node.node).unwrap_or_default();
    let mut decision = VolumeDecision::default();
    for (claim, volume) in assignment.bindings {
        decision.bindings.push((claim.meta.key(), volume.meta.name.clone()));
        decision.objects.push(bound_volume(volume, claim).into());
        decision.objects.push(bound_claim(claim, &volume.meta.name, None).into());
    }
    for waiting in assignment.provisions {
        let WaitingClaim { claim, class } = waiting;
        let affinity = affinity_of_new_volume(&class.provisioner, store, node.node);
        let volume = provisioned_volume(claim, class, affinity);
        decision.provisions.push((claim.meta.key(), volume.meta.name.clone()));
        decision.objects.push(bound_claim(claim, &volume.meta.name, Some(node.node)).into());
        decision.objects.push(volume.into());
    }
    decision.bindings.sort();
    decision.provisions.sort();
    decision
}

fn annotate(meta: &mut ObjectMeta, key: &str, value: &str) {
    Arc::make_mut(&mut meta.annotations).insert(key.to_owned(), value.to_owned());
}

fn reference_to(claim: &PersistentVolumeClaim) -> ClaimReference {
    ClaimReference {
        namespace: claim.meta.namespace.clone(),
        name: claim.meta.name.clone(),
        uid: claim.meta.uid.clone(),
    }
}

/// The volume, bound to the claim. One that was reserved for it by hand is not marked as bound by
/// the system.
pub(crate) fn bound_volume(
    volume: &PersistentVolume,
    claim: &PersistentVolumeClaim,
) -> PersistentVolume {
    let mut volume = volume.clone();
    if volume.spec.claim_ref.is_none() {
        annotate(&mut volume.meta, BOUND_BY_CONTROLLER, "yes");
    }
    volume.spec.claim_ref = Some(reference_to(claim));
    volume.status.phase = "Bound".to_owned();
    volume
}

/// The claim, bound to the volume; made for a node where the volume is new.
pub(crate) fn bound_claim(
    claim: &PersistentVolumeClaim,
    volume_name: &str,
    made_for: Option<&Node>,
) -> PersistentVolumeClaim {
    let mut claim = claim.clone();
    annotate(&mut claim.meta, BIND_COMPLETED, "yes");
    annotate(&mut claim.meta, BOUND_BY_CONTROLLER, "yes");
    if let Some(node) = made_for {
        annotate(&mut claim.meta, SELECTED_NODE, node.name());
    }
    claim.spec.volume_name = volume_name.to_owned();
    claim.status.phase = "Bound".to_owned();
    claim
}

/// The volume that the class's provisioner makes for the claim, usable where the affinity says.
pub(crate) fn provisioned_volume(
    claim: &PersistentVolumeClaim,
    class: &StorageClass,
    node_affinity: Option<VolumeNodeAffinity>,
) -> PersistentVolume {
    // Hand-written claims may lack an identifier; their key is as unique.
    let identity = match claim.meta.uid.as_str() {
        "" => format!("{}-{}", claim.meta.namespace, claim.meta.name),
        uid => uid.to_owned(),
    };
    let name = format!("pvc-{identity}");
    let mut meta = ObjectMeta { name: name.clone(), ..ObjectMeta::default() };
    annotate(&mut meta, "pv.kubernetes.io/provisioned-by", &class.provisioner);
    let spec = PersistentVolumeSpec {
        capacity: ResourceList::from([("storage".to_owned(), claim.requested())]),
        access_modes: claim.spec.access_modes.clone(),
        claim_ref: Some(reference_to(claim)),
        persistent_volume_reclaim_policy: "Delete".to_owned(),
        storage_class_name: Some(class.meta.name.clone()),
        volume_mode: claim.spec.volume_mode.clone(),
        volume_attributes_class_name: claim.spec.volume_attributes_class_name.clone(),
        node_affinity,
        csi: Some(CsiPersistentVolumeSource {
            driver: class.provisioner.clone(),
            volume_handle: name,
        }),
        ..PersistentVolumeSpec::default()
    };
    PersistentVolume { meta, spec, status: PersistentVolumeStatus { phase: "Bound".to_owned() } }
}

/// Where a new volume of the driver can be used: where the node's topology labels are the same.
fn affinity_of_new_volume(driver: &str, store: &Store, node: &Node) -> Option<VolumeNodeAffinity> {
    let drivers = &store.csi_nodes.get(node.name())?.spec.drivers;
    let keys = &drivers.iter().find(|entry| entry.name == driver)?.topology_keys;
    let requirements: Vec<_> = keys
        .iter()
        .filter_map(|key| {
            let values = vec![node.meta.labels.get(key)?.clone()];
            Some(NodeRequirement { key: key.clone(), operator: NodeOperator::In, values })
        })
        .collect();
    (!requirements.is_empty()).then(|| VolumeNodeAffinity {
        required: Some(NodeSelector {
            node_selector_terms: vec![NodeSelectorTerm {
                match_expressions: requirements,
                match_fields: Vec::new(),
            }],
        }),
    })
}
