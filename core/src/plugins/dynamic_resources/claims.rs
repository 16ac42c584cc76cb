//! The resource claims of a pod, as the pod and the cluster name them.
//!
//! Source: `k8s.io/dynamic-resource-allocation/resourceclaim` (v1.35).

use crate::objects::devices::{RequestKind, ResourceClaim};
use crate::objects::pod::PodResourceClaim;
use crate::objects::{Pod, Store};

/// The claims of the pod, in the order of its spec. An entry whose template needs no claim is left
/// out; a claim that two entries name appears twice.
///
/// # Errors
/// Why a claim cannot be used: it does not exist, is being deleted, or belongs to another pod.
pub(super) fn pod_claims<'a>(
    pod: &Pod,
    store: &'a Store,
) -> Result<Vec<&'a ResourceClaim>, String> {
    let entries = pod.spec.resource_claims.iter();
    entries.filter_map(|entry| pod_claim(pod, entry, store).transpose()).collect()
}

fn pod_claim<'a>(
    pod: &Pod,
    entry: &PodResourceClaim,
    store: &'a Store,
) -> Result<Option<&'a ResourceClaim>, String> {
    let namespace = &pod.meta.namespace;
    let Some(name) = claim_name(pod, entry)? else { return Ok(None) };
    let claim = store
        .resource_claims
        .get(namespace, name)
        .ok_or_else(|| format!("could not find ResourceClaim \"{namespace}/{name}\""))?;
    if claim.meta.deletion_timestamp.is_some() {
        return Err(format!("resourceclaim \"{name}\" is being deleted"));
    }
    if entry.resource_claim_name.is_none() && !is_made_for(claim, pod) {
        return Err(format!(
            "ResourceClaim {namespace}/{name} was not created for pod {} (pod is not owner)",
            pod.meta.key(),
        ));
    }
    Ok(Some(claim))
}

/// Name of the claim behind an entry of the pod's spec; `None` where none is needed.
fn claim_name<'p>(pod: &'p Pod, entry: &'p PodResourceClaim) -> Result<Option<&'p str>, String> {
    if let Some(name) = &entry.resource_claim_name {
        return Ok(Some(name));
    }
    let key = pod.meta.key();
    if entry.resource_claim_template_name.is_none() {
        return Err(format!(
            "pod \"{key}\", spec.resourceClaim \"{}\": none of the supported fields are set",
            entry.name,
        ));
    }
    let made = pod.status.resource_claim_statuses.iter().find(|status| status.name == entry.name);
    match made {
        Some(status) => Ok(status.resource_claim_name.as_deref()),
        None => Err(format!("pod \"{key}\": ResourceClaim not created yet")),
    }
}

fn is_made_for(claim: &ResourceClaim, pod: &Pod) -> bool {
    claim.meta.controller().is_some_and(|owner| owner.uid == pod.meta.uid)
}

/// Why a claim without an allocation cannot get one on any node: a class that it asks for does not
/// exist.
pub(super) fn missing_class(claim: &ResourceClaim, store: &Store) -> Option<String> {
    claim.spec.devices.requests.iter().find_map(|request| match &request.kind {
        RequestKind::Exactly(exactly) => missing(&request.name, &exactly.device_class_name, store),
        RequestKind::FirstAvailable(alternatives) => alternatives.iter().find_map(|alternative| {
            let name = format!("{}/{}", request.name, alternative.name);
            missing(&name, &alternative.devices.device_class_name, store)
        }),
        RequestKind::Unknown => Some(format!(
            "resource claim {}, request {}: unknown request type",
            claim.meta.key(),
            request.name,
        )),
    })
}

fn missing(request: &str, class: &str, store: &Store) -> Option<String> {
    if class.is_empty() {
        return Some(format!("request {request}: unsupported request type"));
    }
    let exists = store.device_classes.contains_key(class);
    (!exists).then(|| format!("request {request}: device class {class} does not exist"))
}
