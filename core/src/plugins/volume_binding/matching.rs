//! Whether volumes would have sufficed, had they been chosen otherwise.
//!
//! Upstream gives each claim, small ones first, the smallest volume that suits it. Claims that
//! differ in selectors or access modes can thus take volumes from one another. This finds out, for
//! explanations only; decisions are upstream's.

use super::choice::{PodClaims, WaitingClaim, is_candidate, is_suitable, is_usable};
use crate::objects::claims::SELECTED_NODE;
use crate::objects::storage::PersistentVolume;
use crate::objects::{Node, NodeInfo, Store};
use crate::plugins::contract::Context;
use petgraph::algo::maximum_matching;
use petgraph::graph::UnGraph;
use std::collections::BTreeMap;

/// Volumes (name) for all claims (`namespace/name`) of the pod that need an existing one, where there
/// are enough on the node but the scheduler's choice finds no volume for some claim. Sorted by claim.
pub fn overlooked_matching(
    context: &Context<'_>,
    node: &NodeInfo<'_>,
) -> Option<Vec<(String, String)>> {
    let (store, node) = (context.snapshot.store, node.node);
    let claims = PodClaims::of(context.pod, store).ok()?;
    if claims.assign(store, node).is_ok() {
        return None;
    }
    let mut needy = BTreeMap::new();
    for waiting in &claims.waiting {
        if waiting.provisioning_fault(store, node).is_some() {
            if waiting.claim.meta.annotations.contains_key(SELECTED_NODE) {
                return None;
            }
            needy.insert(waiting.claim.meta.key(), waiting);
        }
    }
    complete_matching(&needy, store, node)
}

fn complete_matching(
    needy: &BTreeMap<String, &WaitingClaim<'_>>,
    store: &Store,
    node: &Node,
) -> Option<Vec<(String, String)>> {
    let mut graph = UnGraph::<&str, ()>::default();
    let volumes: Vec<_> =
        store.volumes.values().map(|volume| (graph.add_node(&volume.meta.name), volume)).collect();
    let mut claims = Vec::new();
    for (key, waiting) in needy {
        let claim = graph.add_node(key);
        claims.push(claim);
        for (volume, _) in volumes.iter().filter(|(_, volume)| waiting.could_have(volume, node)) {
            graph.add_edge(claim, *volume, ());
        }
    }
    let matching = maximum_matching(&graph);
    let pairs = claims.into_iter().map(|claim| {
        let volume = matching.mate(claim)?;
        Some((graph[claim].to_owned(), graph[volume].to_owned()))
    });
    pairs.collect()
}

impl WaitingClaim<'_> {
    fn could_have(&self, volume: &PersistentVolume, node: &Node) -> bool {
        is_candidate(self.claim, volume)
            && is_usable(volume, node)
            && (volume.spec.claim_ref.is_some() || is_suitable(self.claim, volume))
    }
}
