//! Facets: the part of a pod that one plugin looks at, and the column that it gives.
//!
//! Pods of different workloads differ in labels and images but share shapes, tolerations and
//! requirements. A column is made once per distinct facet and repaired from the change log when it
//! is asked for again.

use crate::base::index::{IndexVec, Ix, index_types};
use crate::base::map::Map;
use crate::column::{BLOCK, Blocks, Column, Score};
use crate::state::ix::NodeIx;
use crate::state::log::{Journal, Log, Sequence};
use std::convert::Infallible;
use std::hash::Hash;

index_types! {
    /// The place of a facet in its table.
    FacetIx;
}

/// Distinct facets of one plugin with what each gives.
#[derive(Clone, Debug)]
pub(super) struct Facets<K, V> {
    index_of: Map<K, FacetIx>,
    entries: IndexVec<FacetIx, (K, V)>,
}

impl<K, V> Default for Facets<K, V> {
    fn default() -> Self {
        Self { index_of: Map::default(), entries: IndexVec::default() }
    }
}

impl<K: Copy + Eq + Hash, V> Facets<K, V> {
    /// The place of a facet; `make` makes what it gives where it is new.
    pub(super) fn find_or_make(&mut self, key: K, make: impl FnOnce() -> V) -> FacetIx {
        let made = self.find_or_try_make(key, || Ok::<V, Infallible>(make()));
        match made {
            Ok(facet) => facet,
        }
    }

    /// The same, where what a new facet gives may be nothing that columns cover.
    pub(super) fn find_or_try_make<E>(
        &mut self,
        key: K,
        make: impl FnOnce() -> Result<V, E>,
    ) -> Result<FacetIx, E> {
        if let Some(known) = self.index_of.get(&key) {
            return Ok(*known);
        }
        let facet = self.entries.push((key, make()?));
        self.index_of.insert(key, facet);
        Ok(facet)
    }

    pub(super) fn key(&self, facet: FacetIx) -> &K {
        &self.entries[facet].0
    }

    pub(super) fn get(&self, facet: FacetIx) -> &V {
        &self.entries[facet].1
    }

    pub(super) fn get_mut(&mut self, facet: FacetIx) -> &mut V {
        &mut self.entries[facet].1
    }
}

/// A column that follows the pods of the nodes.
#[derive(Clone, Debug)]
pub(super) struct LiveColumn<S> {
    column: Column<S>,
    seen: Option<Sequence>,
    changes: Journal<NodeIx>,
}

impl<S> Default for LiveColumn<S> {
    fn default() -> Self {
        Self { column: Column::default(), seen: None, changes: Journal::default() }
    }
}

impl<S: Score> LiveColumn<S> {
    /// Brings the column up to date: nodes touched since it was looked at last are computed again,
    /// or all nodes where that is less work.
    pub(super) fn repair(
        &mut self,
        log: &Log,
        blocks: &Blocks,
        nodes: usize,
        mut score: impl FnMut(NodeIx) -> S,
    ) {
        let Self { column, seen, changes } = self;
        match seen.replace(log.now()).and_then(|seen| log.since(seen, nodes)) {
            Some(touched) => {
                for node in touched {
                    let (old, new) = (column.score(*node), score(*node));
                    column.set(blocks, *node, new);
                    if new > old || (old.is_feasible() && !new.is_feasible()) {
                        changes.note(*node, Journal::<NodeIx>::LIMIT);
                    }
                }
            }
            None => {
                let mut scores = Vec::with_capacity(nodes + BLOCK);
                scores.extend((0..nodes).map(NodeIx::new).map(score));
                *column = Column::new(scores, blocks);
                changes.forget();
            }
        }
    }

    /// The column as it was last brought up to date.
    pub(super) fn column(&self) -> &Column<S> {
        &self.column
    }

    /// Nodes whose score rose, or that became infeasible: what somebody must know who remembers the
    /// largest scores, or which nodes are feasible.
    pub(super) fn changes(&self) -> &Journal<NodeIx> {
        &self.changes
    }
}

/// Raw scores of a static facet with the weighted scores they were last normalised to.
#[derive(Clone, Debug)]
pub(super) struct Normalized<S> {
    raw: Vec<i32>,
    /// The largest raw score of all nodes.
    largest: i32,
    /// The first nodes that have it.
    best: Vec<NodeIx>,
    /// Which of these was feasible when asked last.
    witness: usize,
    /// The largest raw score of the nodes that were feasible.
    max: i32,
    column: Column<S>,
}

/// How many nodes are asked for the largest raw score before all are.
const ASKED: usize = 256;

impl<S: Score> Normalized<S> {
    pub(super) fn new(raw: Vec<i32>) -> Self {
        let largest = raw.iter().copied().max().unwrap_or(0);
        let best = raw.iter().enumerate().filter(|(_, raw)| **raw == largest);
        let best = best.map(|(node, _)| NodeIx::new(node)).take(ASKED).collect();
        Self { raw, largest, best, witness: 0, max: -1, column: Column::default() }
    }

    /// Makes the default normalisation where `max` is the largest raw score of the feasible nodes,
    /// times `weight`.
    pub(super) fn normalize(&mut self, blocks: &Blocks, max: i32, weight: i64, reversed: bool) {
        if self.max == max {
            return;
        }
        self.max = max;
        let score = |raw: i32| {
            let share = if max == 0 { 0 } else { 100 * i64::from(raw) / i64::from(max) };
            S::new(weight * if reversed { 100 - share } else { share })
        };
        // Infeasible nodes may have more than the maximum; their number does not matter.
        let raw = self.raw.iter().map(|raw| (*raw).min(max));
        // A cluster has few distinct raw scores, and divisions are what costs here.
        let known: Vec<S> = (0..=max.min(self.raw.len() as i32)).map(score).collect();
        let scores = raw.map(|raw| known.get(raw as usize).copied().unwrap_or_else(|| score(raw)));
        let scores = scores.collect();
        self.column = Column::new(scores, blocks);
    }

    /// The largest raw score that it was last normalised by.
    pub(super) fn max(&self) -> i32 {
        self.max
    }

    /// The column as it was last normalised.
    pub(super) fn column(&self) -> &Column<S> {
        &self.column
    }

    /// The largest raw score of a feasible node. Mostly some node with the largest of all is
    /// feasible and found soon.
    pub(super) fn max_over(&self, totals: &[S]) -> i32 {
        let feasible = || totals.iter().zip(&self.raw).filter(|(total, _)| total.is_feasible());
        if feasible().any(|(_, raw)| *raw == self.largest) {
            return self.largest;
        }
        feasible().map(|(_, raw)| *raw).max().unwrap_or(0)
    }

    /// Makes the default normalisation where the largest raw score of a feasible node is easily
    /// found out: some node with the largest of all is feasible, mostly the one that was so the last
    /// time. `None`, and nothing changed, where it is not.
    pub(super) fn settle(
        &mut self,
        blocks: &Blocks,
        weight: i64,
        reversed: bool,
        feasible: impl Fn(NodeIx) -> bool,
    ) -> Option<()> {
        let (before, after) = self.best.split_at(self.witness);
        let mut asked = after.iter().chain(before);
        let found = asked.position(|node| feasible(*node))?;
        self.witness = (self.witness + found) % self.best.len();
        self.normalize(blocks, self.largest, weight, reversed);
        Some(())
    }
}
