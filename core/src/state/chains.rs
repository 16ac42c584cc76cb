//! Pods in groups, as chains: those of every node, those of every label set.
//!
//! A pod that is bound comes first in the chain of its node, which writes a few numbers side by side
//! with those of the pods before it. A sorted list per node would have to be fetched from memory for
//! every decision, and that takes longer than making the decision.

use super::ix::PodIx;
use crate::base::index::{IndexVec, Ix};

/// Which pods every group has. A pod is in one group at most.
#[derive(Clone, Debug)]
pub struct Chains<G> {
    first: IndexVec<G, Option<PodIx>>,
    links: IndexVec<PodIx, Link>,
}

/// The neighbours of a pod in its chain.
#[derive(Clone, Copy, Debug, Default)]
struct Link {
    before: Option<PodIx>,
    after: Option<PodIx>,
}

impl<G> Default for Chains<G> {
    fn default() -> Self {
        Self { first: IndexVec::default(), links: IndexVec::default() }
    }
}

impl<G: Ix> Chains<G> {
    /// No pod in any group.
    pub(super) fn restart(&mut self) {
        self.first = IndexVec::default();
    }

    /// Adds a pod that is in no group.
    pub(super) fn add(&mut self, group: G, pod: PodIx) {
        let after = self.first.grown(group).replace(pod);
        *self.links.grown(pod) = Link { before: None, after };
        if let Some(after) = after {
            self.links[after].before = Some(pod);
        }
    }

    /// Takes a pod out of its group.
    pub(super) fn remove(&mut self, group: G, pod: PodIx) {
        let Link { before, after } = std::mem::take(&mut self.links[pod]);
        match before {
            Some(before) => self.links[before].after = after,
            None => self.first[group] = after,
        }
        if let Some(after) = after {
            self.links[after].before = before;
        }
    }

    /// The pods of a group, the latest first.
    pub fn latest_first(&self, group: G) -> impl Iterator<Item = PodIx> {
        let first = self.first.get(group).copied().flatten();
        std::iter::successors(first, |pod| self.links[*pod].after)
    }

    /// The pods of a group, ascending.
    pub fn of(&self, group: G) -> Vec<PodIx> {
        let mut pods: Vec<PodIx> = self.latest_first(group).collect();
        pods.sort_unstable();
        pods
    }

    /// Whether both have the same pods in the same groups.
    pub(super) fn same_as(&self, other: &Self) -> bool {
        let groups = self.first.len().max(other.first.len());
        (0..groups).map(G::new).all(|group| self.of(group) == other.of(group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::ix::NodeIx;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn chains_have_what_was_added_and_not_removed(
            moves in prop::collection::vec((0_usize..12, 0_usize..3), 0..80),
        ) {
            let mut chains = Chains::default();
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
