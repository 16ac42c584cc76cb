//! From objects to a cluster that is ready to be asked: workloads become pods, claims and volumes
//! are as the API server and the volume controller leave them.

use super::place::PlaceError;
use super::placement::PodName;
use crate::controllers::{ExpandOptions, Expansion, expand, volumes};
use crate::objects::Object;
use crate::objects::admission::{AdmissionObjects, admit_claim};
use crate::objects::storage::PersistentVolumeClaim;
use crate::state::Cluster;
use crate::state::change::{Change, ChangeError};
use std::collections::BTreeSet;

/// The cluster without the pods that wait for a node, and those pods.
pub(super) fn prepare(
    objects: Vec<Object>,
    name_seed: u64,
) -> Result<(Cluster, Expansion), PlaceError> {
    let names = ExpandOptions { seed: name_seed, ..ExpandOptions::default() };
    let mut cluster = Cluster::new();
    let expansion = expand(&objects, &names)?;
    let expansion = put_all(&mut cluster, objects, expansion)?;
    Ok((cluster, expansion))
}

/// Puts objects and what controllers made of them into the cluster, except the pods that wait for a
/// node.
pub(super) fn put_all(
    cluster: &mut Cluster,
    mut objects: Vec<Object>,
    mut expansion: Expansion,
) -> Result<Expansion, PlaceError> {
    objects.append(&mut expansion.objects);
    complete_storage(&mut objects, &mut expansion.notes);
    let waiting: BTreeSet<_> = expansion.pods.iter().map(|pod| PodName::of(&pod.pod)).collect();
    objects.retain(|object| match object {
        Object::Pod(pod) => !waiting.contains(&PodName::of(pod)),
        _ => true,
    });
    cluster.load(objects)?;
    let claims: Vec<_> = cluster.store().claims.iter().map(|claim| claim.meta.key()).collect();
    for claim in claims {
        bind_claim(cluster, &claim)?;
    }
    Ok(expansion)
}

/// Adds a claim, and binds it where that does not wait for a pod.
pub(super) fn add_claim(
    cluster: &mut Cluster,
    claim: PersistentVolumeClaim,
) -> Result<(), ChangeError> {
    let key = claim.meta.key();
    cluster.apply(Change::Put(claim.into()))?;
    bind_claim(cluster, &key)
}

fn bind_claim(cluster: &mut Cluster, key: &str) -> Result<(), ChangeError> {
    let (namespace, name) = key.split_once('/').unwrap_or(("", key));
    let store = cluster.store();
    let bound = store.claims.get(namespace, name).and_then(|claim| volumes::bind(claim, store));
    let Some((claim, volume)) = bound else { return Ok(()) };
    cluster.apply(Change::Put(volume.into()))?;
    cluster.apply(Change::Put(claim.into()))
}

/// What the API server and the volume controller do with volumes and claims as they arrive. Only
/// claims that were admitted before have an identifier.
fn complete_storage(objects: &mut Vec<Object>, notes: &mut Vec<String>) {
    let admission = AdmissionObjects::new(objects.iter());
    objects.retain_mut(|object| match object {
        Object::PersistentVolume(volume) => {
            volumes::publish(volume);
            true
        }
        Object::PersistentVolumeClaim(claim) => {
            volumes::believe(claim);
            let admitted = match claim.meta.uid.is_empty() {
                true => admit_claim(claim, &admission),
                false => Ok(()),
            };
            if let Err(reason) = &admitted {
                let claim = claim.meta.key();
                notes.push(format!("PersistentVolumeClaim/{claim}: not created: {reason}"));
            }
            admitted.is_ok()
        }
        _ => true,
    });
}
