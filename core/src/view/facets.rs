//! Facets: the part of a pod that one plugin looks at, and the column that it gives.
//!
//! Pods of different workloads differ in labels and images but share shapes, tolerations and
//! requirements. A column is made once per distinct facet and repaired from the change log when it
//! is asked for again.

use crate::base::index::Ix;
use crate::base::map::Map;
use crate::column::Score;
use crate::state::ix::NodeIx;
use crate::state::log::{Log, Sequence};
use std::hash::Hash;

/// The place of a facet in its table.
pub(super) type FacetIx = usize;

/// Distinct facets of one plugin with what each gives.
#[derive(Clone, Debug)]
pub(super) struct Facets<K, V> {
    index_of: Map<K, FacetIx>,
    entries: Vec<(K, V)>,
}

impl<K, V> Default for Facets<K, V> {
    fn default() -> Self {
        Self { index_of: Map::default(), entries: Vec::new() }
    }
}

impl<K: Clone + Eq + Hash, V> Facets<K, V> {
    /// The place of a facet; `make` makes what it gives where it is new.
    pub(super) fn find_or_make(&mut self, key: K, make: impl FnOnce(&K) -> V) -> FacetIx {
        if let Some(known) = self.index_of.get(&key) {
            return *known;
        }
        let value = make(&key);
        self.entries.push((key.clone(), value));
        self.index_of.insert(key, self.entries.len() - 1);
        self.entries.len() - 1
    }

    pub(super) fn key(&self, facet: FacetIx) -> &K {
        &self.entries[facet].0
    }

    pub(super) fn get(&self, facet: FacetIx) -> &V {
        &self.entries[facet].1
    }

    pub(super) fn get_mut(&mut self, facet: FacetIx) -> (&K, &mut V) {
        let (key, value) = &mut self.entries[facet];
        (key, value)
    }

    pub(super) fn clear(&mut self) {
        self.index_of.clear();
        self.entries.clear();
    }
}

/// A column that follows the pods of the nodes.
#[derive(Clone, Debug)]
pub(super) struct LiveColumn<S> {
    pub(super) scores: Vec<S>,
    seen: Option<Sequence>,
}

impl<S> Default for LiveColumn<S> {
    fn default() -> Self {
        Self { scores: Vec::new(), seen: None }
    }
}

impl<S: Score> LiveColumn<S> {
    /// Brings the column up to date: nodes touched since it was looked at last are computed again,
    /// or all nodes where that is less work.
    pub(super) fn repair(&mut self, log: &Log, nodes: usize, mut score: impl FnMut(NodeIx) -> S) {
        let now = log.now();
        let touched = self.seen.and_then(|seen| log.since(seen, nodes));
        match touched {
            Some(touched) => {
                for node in touched {
                    self.scores[node.at()] = score(node);
                }
            }
            None => self.scores = (0..nodes).map(|node| score(NodeIx::new(node))).collect(),
        }
        self.seen = Some(now);
    }
}

/// Raw scores of a static facet with the weighted scores they were last normalised to.
#[derive(Clone, Debug)]
pub(super) struct Normalized<S> {
    raw: Vec<i64>,
    /// The largest raw score of all nodes.
    largest: i64,
    /// The largest raw score of the nodes that were feasible.
    max: i64,
    scores: Vec<S>,
}

impl<S: Score> Normalized<S> {
    pub(super) fn new(raw: Vec<i64>) -> Self {
        let largest = raw.iter().copied().max().unwrap_or(0);
        Self { raw, largest, max: -1, scores: Vec::new() }
    }

    /// The default normalisation over the feasible nodes, times `weight`, as a column.
    pub(super) fn over(&mut self, totals: &[S], weight: i64, reversed: bool) -> &[S] {
        let max = self.max_over(totals);
        if self.max != max {
            self.max = max;
            // Infeasible nodes may have more than the maximum; their number does not matter.
            let share = |raw: i64| if max == 0 { 0 } else { 100 * raw.min(max) / max };
            let score = |raw: &i64| {
                let share = share(*raw);
                S::new(weight * if reversed { 100 - share } else { share })
            };
            self.scores = self.raw.iter().map(score).collect();
        }
        &self.scores
    }

    /// The largest raw score of a feasible node. Mostly some node with the largest of all is
    /// feasible and found soon.
    fn max_over(&self, totals: &[S]) -> i64 {
        let feasible = || totals.iter().zip(&self.raw).filter(|(total, _)| total.is_feasible());
        if feasible().any(|(_, raw)| *raw == self.largest) {
            return self.largest;
        }
        feasible().map(|(_, raw)| *raw).max().unwrap_or(0)
    }
}
