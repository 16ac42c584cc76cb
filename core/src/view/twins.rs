//! Pods of one class that come one right after the other.
//!
//! The node that the last one took has changed since, and nothing else. While it has no more than the
//! total that won, the next one takes the next node with that total. So what a race leaves of equal
//! nodes decides all of these pods; a race for each would come to the same.

use super::View;
use super::class::ClassView;
use super::race::Race;
use crate::base::index::Ix;
use crate::column::{Score, sum_at};
use crate::state::Cluster;
use crate::state::ix::{ClassIx, NodeIx};
use crate::state::log::Sequence;

/// Equal nodes that wait for twins.
#[derive(Clone, Debug)]
pub(super) struct Twins<S> {
    class: Option<ClassIx>,
    /// How many pods of the class had a race one right after the other.
    races: usize,
    /// The largest total when the nodes were found.
    level: S,
    /// The node that the last pod was to take.
    last: NodeIx,
    /// When it was found.
    seen: Sequence,
    /// The nodes with that total that come next by name, the last of them first.
    waiting: Vec<NodeIx>,
}

/// So many twins had a race before the nodes that they leave are remembered.
const RACES: usize = 3;

impl<S: Score> Default for Twins<S> {
    fn default() -> Self {
        Self {
            class: None,
            races: 0,
            level: S::default(),
            last: NodeIx::new(0),
            seen: 0,
            waiting: Vec::new(),
        }
    }
}

impl<S: Score> Twins<S> {
    /// A pod of this class is to be decided.
    fn expect(&mut self, class: ClassIx) {
        if self.class != Some(class) {
            self.class = Some(class);
            self.races = 0;
            self.waiting.clear();
        }
    }

    /// How many nodes wait.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// A race was won by this node with this total.
    pub(super) fn note(
        &mut self,
        race: &Race<'_, '_, S>,
        cluster: &Cluster,
        (winner, level): (NodeIx, S),
    ) {
        self.races += 1;
        if self.races > RACES {
            self.waiting = race.next_with(winner, level);
            self.waiting.reverse();
            (self.level, self.last, self.seen) = (level, winner, cluster.log().now());
        }
    }
}

impl<S: Score> View<S> {
    /// The best node for a pod of a class, and its total, where the pod before was of the same class
    /// and left equal nodes.
    pub(super) fn best_for_twin(
        &mut self,
        cluster: &Cluster,
        index: ClassIx,
        class: &ClassView,
    ) -> Option<(NodeIx, i64)> {
        let Self { tables, memory, blocks, weights, profile, .. } = self;
        let twins = &mut memory.twins;
        twins.expect(index);
        let next = *twins.waiting.last()?;
        let log = cluster.log();
        if log.since(twins.seen, cluster.nodes().len()) != Some(&[twins.last]) {
            twins.waiting.clear();
            return None;
        }
        tables.repair(class, cluster, blocks, profile, *weights);
        let total = sum_at(&tables.columns(class), twins.last.at());
        twins.seen = log.now();
        // The last winner comes before all that wait.
        let total = if total >= twins.level {
            total
        } else {
            twins.last = next;
            twins.waiting.pop();
            twins.level
        };
        Some((twins.last, total.get() + class.base(*weights)))
    }
}
