//! The pods of every node, as chains.
//!
//! A pod that is bound comes first in the chain of its node, which writes a few numbers side by side
//! with those of the pods before it. A sorted list per node would have to be fetched from memory for
//! every decision, and that takes longer than making the decision.

use super::ix::{NodeIx, PodIx};
use crate::base::index::IndexVec;

/// Which pods every node has.
#[derive(Clone, Debug, Default)]
pub struct Chains {
    first: IndexVec<NodeIx, Option<PodIx>>,
    links: IndexVec<PodIx, Link>,
}

/// The neighbours of a pod in its chain.
#[derive(Clone, Copy, Debug, Default)]
struct Link {
    before: Option<PodIx>,
    after: Option<PodIx>,
}

impl Chains {
    /// No pod on any of so many nodes.
    pub(super) fn restart(&mut self, nodes: usize) {
        self.first = std::iter::repeat_n(None, nodes).collect();
    }

    /// Adds a pod that is on no node.
    pub(super) fn add(&mut self, node: NodeIx, pod: PodIx) {
        let after = self.first[node].replace(pod);
        *self.links.grown(pod) = Link { before: None, after };
        if let Some(after) = after {
            self.links[after].before = Some(pod);
        }
    }

    /// Takes a pod off its node.
    pub(super) fn remove(&mut self, node: NodeIx, pod: PodIx) {
        let Link { before, after } = std::mem::take(&mut self.links[pod]);
        match before {
            Some(before) => self.links[before].after = after,
            None => self.first[node] = after,
        }
        if let Some(after) = after {
            self.links[after].before = before;
        }
    }

    /// The pods of a node, ascending.
    pub fn of(&self, node: NodeIx) -> Vec<PodIx> {
        let chain = std::iter::successors(self.first[node], |pod| self.links[*pod].after);
        let mut pods: Vec<PodIx> = chain.collect();
        pods.sort_unstable();
        pods
    }

    /// Whether both have the same pods on the same nodes.
    pub(super) fn same_as(&self, other: &Self) -> bool {
        self.first.len() == other.first.len()
            && self.first.indices().all(|node| self.of(node) == other.of(node))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::index::Ix;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn chains_have_what_was_added_and_not_removed(
            moves in prop::collection::vec((0_usize..12, 0_usize..3), 0..80),
        ) {
            let mut chains = Chains::default();
            chains.restart(3);
            let mut sets: Vec<BTreeSet<PodIx>> = vec![BTreeSet::new(); 3];
            for (pod, node) in moves {
                let pod = PodIx::new(pod);
                let at = sets.iter().position(|set| set.contains(&pod));
                match at {
                    Some(at) => {
                        chains.remove(NodeIx::new(at), pod);
                        sets[at].remove(&pod);
                    }
                    None => {
                        chains.add(NodeIx::new(node), pod);
                        sets[node].insert(pod);
                    }
                }
                for (node, set) in sets.iter().enumerate() {
                    prop_assert!(chains.of(NodeIx::new(node)).iter().eq(set));
                }
            }
        }
    }
}
