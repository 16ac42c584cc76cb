//! The rule over objects.

use super::allocator::{Allocator, Refusal};
use super::claims::{missing_class, pod_claims};
use super::pools::selects;
use crate::objects::devices::{AllocationResult, RequestKind, ResourceClaim};
use crate::objects::{Node, NodeInfo};
use crate::plugins::Plugin;
use crate::plugins::contract::{Context, Plain, PostFilter, PreFilter, normalize_by_maximum};
use crate::plugins::reason::{Code, Reason, Rejection};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The first alternative of a request scores so much, every further one less by one.
const FIRST_ALTERNATIVE_SCORE: i64 = 8;

/// Devices for one attempt of one pod.
#[derive(Clone, Debug, Default)]
pub struct DynamicResources<'a> {
    /// Shared by the copies on which removals are tried, as upstream: pods give no devices back.
    state: Option<Rc<State<'a>>>,
}

/// What `pre_filter` found out, and what the filter adds node by node.
#[derive(Debug)]
pub(super) struct State<'a> {
    pub claims: Vec<&'a ResourceClaim>,
    to_allocate: Vec<&'a ResourceClaim>,
    allocator: Allocator<'a>,
    seen: RefCell<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// Indices of allocated claims that some node could not use.
    unavailable: BTreeSet<usize>,
    /// Devices found for the other claims, by node name.
    allocations: BTreeMap<String, Vec<AllocationResult>>,
}

impl<'a> State<'a> {
    /// Looks at the pod's claims.
    pub(super) fn new(context: &Context<'a>) -> Result<Self, Rejection> {
        let store = context.snapshot.store;
        let claims = pod_claims(context.pod, store).map_err(unresolvable)?;
        let is_open = |claim: &&ResourceClaim| claim.status.allocation.is_none();
        let to_allocate: Vec<_> = claims.iter().copied().filter(is_open).collect();
        for claim in &claims {
            let problem = match &claim.status.allocation {
                Some(allocation) => unreadable_selector(allocation).map(failed),
                None => missing_class(claim, store).map(unresolvable),
            };
            problem.map_or(Ok(()), Err)?;
        }
        let allocator = Allocator::new(store, &to_allocate);
        Ok(Self { claims, to_allocate, allocator, seen: RefCell::default() })
    }

    /// Devices of the node for all claims that have none yet.
    pub(super) fn allocate(&self, node: &'a Node) -> Result<Vec<AllocationResult>, Rejection> {
        if self.to_allocate.is_empty() {
            return Ok(Vec::new());
        }
        self.allocator.allocate(node, &self.to_allocate).map_err(|refusal| match refusal {
            Refusal::Unavailable(reason) => {
                let code = Code::UnschedulableAndUnresolvable;
                Rejection::new(Plugin::DynamicResources, code, reason)
            }
            Refusal::Error(text) => failed(text),
        })
    }

    fn unavailable_on(&self, node: &Node) -> Vec<usize> {
        let claims = self.claims.iter().enumerate();
        let unavailable = claims.filter(|(_, claim)| !is_available_on(claim, node));
        unavailable.map(|(ix, _)| ix).collect()
    }

    fn check(&self, node: &'a Node) -> Result<(), Rejection> {
        let unavailable = self.unavailable_on(node);
        let allocations = self.allocate(node)?;
        let mut seen = self.seen.borrow_mut();
        if !self.to_allocate.is_empty() {
            seen.allocations.insert(node.name().to_owned(), allocations);
        }
        if unavailable.is_empty() {
            return Ok(());
        }
        seen.unavailable.extend(unavailable);
        let code = Code::UnschedulableAndUnresolvable;
        Err(Rejection::new(Plugin::DynamicResources, code, Reason::ClaimNotAvailable))
    }

    /// The claim to deallocate for a pod that no node takes: one that some node could not use, and
    /// that nobody else uses.
    fn to_deallocate(&self, pod_uid: &str) -> Option<&'a ResourceClaim> {
        let seen = self.seen.borrow();
        let unavailable = seen.unavailable.iter().map(|ix| self.claims[*ix]);
        unavailable.into_iter().find(|claim| match claim.status.reserved_for.as_slice() {
            [] => true,
            [only] => only.uid == pod_uid,
            _ => false,
        })
    }
}

fn unresolvable(text: String) -> Rejection {
    let code = Code::UnschedulableAndUnresolvable;
    Rejection::new(Plugin::DynamicResources, code, Reason::Other(text.into()))
}

fn failed(text: String) -> Rejection {
    Rejection::new(Plugin::DynamicResources, Code::Error, Reason::Other(text.into()))
}

fn unreadable_selector(allocation: &AllocationResult) -> Option<String> {
    let terms = allocation.node_selector.iter().flat_map(|all| &all.node_selector_terms);
    terms.into_iter().find_map(|term| term.invalid())
}

fn is_available_on(claim: &ResourceClaim, node: &Node) -> bool {
    let allocation = claim.status.allocation.as_ref();
    let selector = allocation.and_then(|allocation| allocation.node_selector.as_ref());
    // `State::new` has refused selectors that cannot be read.
    selector.is_none_or(|selector| selects(selector, node) == Ok(true))
}

impl<'a> Plain<'a> for DynamicResources<'a> {
    fn pre_enqueue(&self, context: &Context<'a>) -> Option<Rejection> {
        pod_claims(context.pod, context.snapshot.store).err().map(unresolvable)
    }

    fn pre_filter(&mut self, context: &Context<'a>) -> PreFilter {
        self.state = None;
        match State::new(context) {
            Err(rejection) => PreFilter::Reject(rejection),
            Ok(state) if state.claims.is_empty() => PreFilter::Skip,
            Ok(state) => {
                self.state = Some(Rc::new(state));
                PreFilter::Run
            }
        }
    }

    fn filter(&self, _context: &Context<'a>, node: &NodeInfo<'a>) -> Option<Rejection> {
        self.state.as_ref()?.check(node.node).err()
    }

    fn post_filter(&self, context: &Context<'a>) -> Option<PostFilter<'a>> {
        let deallocated =
            self.state.as_ref().and_then(|state| state.to_deallocate(&context.pod.meta.uid));
        let text = match (&self.state, deallocated) {
            (None, _) => super::NO_NEW_CLAIMS,
            (Some(_), Some(_)) => "deallocation of ResourceClaim completed",
            (Some(_), None) => "still not schedulable",
        };
        Some(PostFilter { text: text.to_owned(), deallocated })
    }

    fn score(&self, _context: &Context<'a>, node: &NodeInfo<'a>) -> Result<i64, String> {
        let Some(state) = &self.state else { return Ok(0) };
        let seen = state.seen.borrow();
        let Some(allocations) = seen.allocations.get(node.node.name()) else { return Ok(0) };
        // As upstream: allocations stand at the places of all claims, not of those they are for.
        if allocations.len() < state.claims.len() {
            let count = allocations.len();
            return Err(format!("number of allocations {count} is smaller than number of claims"));
        }
        let claims = state.claims.iter().zip(allocations);
        Ok(claims.map(|(claim, allocation)| claim_score(claim, allocation)).sum())
    }

    fn normalize(&self, _context: &Context<'a>, _feasible: &[&NodeInfo<'a>], scores: &mut [i64]) {
        normalize_by_maximum(scores, false);
    }

    fn boxed_clone(&self) -> Box<dyn Plain<'a> + 'a> {
        Box::new(self.clone())
    }
}

/// The earlier the alternatives that were chosen, the higher.
fn claim_score(claim: &ResourceClaim, allocation: &AllocationResult) -> i64 {
    let chosen = |request: &str| {
        let results = allocation.devices.results.iter();
        let mut names = results.filter_map(|result| result.request.split_once('/'));
        names.find(|(name, _)| *name == request).map(|(_, alternative)| alternative)
    };
    let requests = claim.spec.devices.requests.iter();
    let scores = requests.filter_map(|request| {
        let RequestKind::FirstAvailable(alternatives) = &request.kind else { return None };
        let name = chosen(&request.name)?;
        let ix = alternatives.iter().position(|alternative| alternative.name == name)?;
        Some(FIRST_ALTERNATIVE_SCORE.saturating_sub(i64::try_from(ix).unwrap_or(i64::MAX)))
    });
    scores.sum()
}
