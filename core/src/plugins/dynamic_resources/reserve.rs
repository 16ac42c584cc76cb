//! What placing a pod does to its claims.

use super::plain::State;
use crate::objects::devices::{AllocatedDevice, ConsumerReference, ResourceClaim};
use crate::objects::{NodeInfo, Object, Pod};
use crate::plugins::contract::Context;
use crate::plugins::reason::Rejection;
use std::collections::BTreeMap;

/// The devices that a placed pod uses, and the claims as they are then.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClaimDecision {
    /// The devices of every claim of the pod, new or not, by `namespace/name` of the claim.
    pub claims: BTreeMap<String, Vec<AllocatedDevice>>,
    /// The claims that change: with their allocation, and reserved for the pod.
    pub objects: Vec<Object>,
}

/// Allocates the pod's claims on the node that was chosen for it, and reserves them for it.
///
/// # Errors
/// Why the node cannot take the pod's claims after all.
pub fn reserve<'a>(context: &Context<'a>, node: &NodeInfo<'a>) -> Result<ClaimDecision, Rejection> {
    let state = State::new(context)?;
    let mut found = state.allocate(node.node)?.into_iter();
    let mut decision = ClaimDecision::default();
    for claim in &state.claims {
        let mut updated = (*claim).clone();
        if claim.status.allocation.is_none() {
            updated.status.allocation = found.next();
        }
        add_user(&mut updated, context.pod);
        let devices = updated.status.allocation.as_ref().map(|all| all.devices.results.clone());
        decision.claims.insert(claim.meta.key(), devices.unwrap_or_default());
        if updated != **claim {
            decision.objects.push(updated.into());
        }
    }
    Ok(decision)
}

fn add_user(claim: &mut ResourceClaim, pod: &Pod) {
    let users = &mut claim.status.reserved_for;
    if users.iter().any(|user| user.uid == pod.meta.uid && user.name == pod.meta.name) {
        return;
    }
    users.push(ConsumerReference {
        api_group: String::new(),
        resource: "pods".to_owned(),
        name: pod.meta.name.clone(),
        uid: pod.meta.uid.clone(),
    });
}

/// The claim without its devices and users: what PostFilter does where a pod cannot be placed
/// because of it.
pub fn deallocate(claim: &ResourceClaim) -> ResourceClaim {
    ResourceClaim { status: Default::default(), ..claim.clone() }
}
