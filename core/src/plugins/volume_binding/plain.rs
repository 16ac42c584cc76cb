//! The rule over objects.

pub use super::reserve::{VolumeDecision, reserve};

use super::choice::PodClaims;
use crate::objects::claims::{ClaimUse, claims_of};
use crate::objects::{NodeInfo, Pod, Store};
use crate::plugins::Plugin;
use crate::plugins::contract::{Context, Plain, PreFilter, PreScore};
use crate::plugins::reason::{Code, Reason, Rejection};

/// Claims can be bound.
#[derive(Clone, Debug, Default)]
pub struct VolumeBinding<'a> {
    claims: PodClaims<'a>,
}

impl VolumeBinding<'_> {
    /// The plugin, for one attempt.
    pub fn new() -> Self {
        Self::default()
    }
}

fn rejection(code: Code, reason: Reason) -> Rejection {
    Rejection::new(Plugin::VolumeBinding, code, reason)
}

impl<'a> Plain<'a> for VolumeBinding<'a> {
    fn pre_filter(&mut self, context: &Context<'a>) -> PreFilter {
        let (pod, store) = (context.pod, context.snapshot.store);
        if claims_of(pod).next().is_none() {
            return PreFilter::Skip;
        }
        let unresolvable =
            |reason| PreFilter::Reject(rejection(Code::UnschedulableAndUnresolvable, reason));
        if let Some(fault) = claims_of(pod).find_map(|used| claim_fault(&used, pod, store)) {
            return unresolvable(fault);
        }
        match PodClaims::of(pod, store) {
            Err(fault) => PreFilter::Reject(rejection(Code::Error, fault)),
            Ok(claims) if claims.any_immediate => unresolvable(Reason::UnboundImmediateClaims),
            Ok(claims) => {
                self.claims = claims;
                PreFilter::Run
            }
        }
    }

    fn filter(&self, context: &Context<'a>, node: &NodeInfo<'a>) -> Option<Rejection> {
        let store = context.snapshot.store;
        let bound = self.claims.bound_fault(store, node.node);
        let waiting = self.claims.assign(store, node.node).err();
        let mut reasons: smallvec::SmallVec<[Reason; 1]> =
            bound.into_iter().chain(waiting).collect();
        // Upstream's order of the texts, except that a missing volume comes last.
        reasons.sort_by_key(|reason| *reason == Reason::BoundVolumeNotFound);
        let code = Code::UnschedulableAndUnresolvable;
        (!reasons.is_empty()).then_some(Rejection { plugin: Plugin::VolumeBinding, code, reasons })
    }

    fn pre_score(&mut self, _context: &Context<'a>, _feasible: &[&NodeInfo<'a>]) -> PreScore {
        PreScore::Skip
    }

    fn boxed_clone(&self) -> Box<dyn Plain<'a> + 'a> {
        Box::new(self.clone())
    }
}

/// Why a claim keeps its pod from every node.
fn claim_fault(used: &ClaimUse<'_>, pod: &Pod, store: &Store) -> Option<Reason> {
    let name = || used.name.as_ref().into();
    let Some(claim) = store.claims.get(&pod.meta.namespace, &used.name) else {
        return Some(if used.is_ephemeral {
            Reason::AwaitedEphemeralClaim(name())
        } else {
            Reason::ClaimNotFound(name())
        });
    };
    if claim.status.phase == "Lost" {
        Some(Reason::LostClaim(name(), claim.spec.volume_name.as_str().into()))
    } else if claim.meta.deletion_timestamp.is_some() {
        Some(Reason::TerminatingClaim(name()))
    } else if used.is_ephemeral && !claim.is_made_for(pod) {
        Some(Reason::ForeignClaim(claim.meta.key().into(), pod.meta.key().into()))
    } else {
        None
    }
}
