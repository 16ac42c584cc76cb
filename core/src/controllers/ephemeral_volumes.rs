//! Generic ephemeral volumes: a claim for one pod alone, made as soon as the pod is there.
//!
//! Source: `pkg/controller/volume/ephemeral` (v1.35).

use super::Round;
use super::pods::path;
use crate::objects::admission::admit_claim;
use crate::objects::storage::PersistentVolumeClaim;
use crate::objects::{Kind, ObjectMeta, OwnerReference, Pod};

/// Adds the claims that the pods of the round need and that are not there yet.
pub(super) fn add_claims(round: &mut Round<'_>) {
    let mut pods = std::mem::take(&mut round.expansion.pods);
    for expanded in &mut pods {
        for mut claim in claims_for(&expanded.pod) {
            let kind = Kind::PersistentVolumeClaim;
            if round.input.get(kind, &claim.meta.namespace, &claim.meta.name).is_some() {
                continue;
            }
            match admit_claim(&mut claim, &round.admission) {
                Ok(()) => expanded.claims.push(claim),
                Err(reason) => {
                    let pod = path(Kind::Pod, &expanded.pod.meta);
                    let claim = path(kind, &claim.meta);
                    round.note(&pod, format_args!("{claim} is not created: {reason}"));
                }
            }
        }
    }
    round.expansion.pods = pods;
}

fn claims_for(pod: &Pod) -> impl Iterator<Item = PersistentVolumeClaim> {
    pod.spec.volumes.iter().filter_map(|volume| {
        let template = volume.ephemeral.as_ref()?.volume_claim_template.as_ref()?;
        let owner = OwnerReference {
            api_version: "v1".to_owned(),
            kind: Kind::Pod.name().to_owned(),
            name: pod.meta.name.clone(),
            uid: pod.meta.uid.clone(),
            controller: true,
        };
        let meta = ObjectMeta {
            name: format!("{}-{}", pod.meta.name, volume.name),
            namespace: pod.meta.namespace.clone(),
            owner_references: vec![owner],
            ..ObjectMeta::default()
        };
        let spec = template.spec.clone();
        Some(PersistentVolumeClaim { meta, spec, ..PersistentVolumeClaim::default() })
    })
}
