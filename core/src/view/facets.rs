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
pub(super) struct Facets<K, V, P = Map<K, FacetIx>> {
    places: P,
    entries: IndexVec<FacetIx, (K, V)>,
}

/// Facets that are numbers themselves: a place is found without hashing.
pub(super) type Numbered<K, V> = Facets<K, V, IndexVec<K, Option<FacetIx>>>;

/// Where the facets are.
pub(super) trait Places<K> {
    fn find(&self, key: K) -> Option<FacetIx>;

    fn put(&mut self, key: K, facet: FacetIx);
}

impl<K: Eq + Hash> Places<K> for Map<K, FacetIx> {
    fn find(&self, key: K) -> Option<FacetIx> {
        self.get(&key).copied()
    }

    fn put(&mut self, key: K, facet: FacetIx) {
        self.insert(key, facet);
    }
}

impl<K: Ix> Places<K> for IndexVec<K, Option<FacetIx>> {
    fn find(&self, key: K) -> Option<FacetIx> {
        self.get(key).copied().flatten()
    }

    fn put(&mut self, key: K, facet: FacetIx) {
        *self.grown(key) = Some(facet);
    }
}

impl<K, V, P: Default> Default for Facets<K, V, P> {
    fn default() -> Self {
        Self { places: P::default(), entries: IndexVec::default() }
    }
}

impl<K: Copy, V, P: Places<K>> Facets<K, V, P> {
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
        if let Some(known) = self.places.find(key) {
            return Ok(known);
        }
        self.make(key, make)
    }

    /// Kept out of the way of what is done for every class.
    #[cold]
    #[inline(never)]
    fn make<E>(&mut self, key: K, make: impl FnOnce() -> Result<V, E>) -> Result<FacetIx, E> {
        let facet = self.entries.push((key, make()?));
        self.places.put(key, facet);
        Ok(facet)
    }

    pub(super) fn key(&self, facet: FacetIx) -> K {
        self.entries[facet].0
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
    risen: Journal<NodeIx>,
    lost: Journal<NodeIx>,
}

impl<S> Default for LiveColumn<S> {
    fn default() -> Self {
        Self {
            column: Column::default(),
            seen: None,
            risen: Journal::default(),
            lost: Journal::default(),
        }
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
        score: impl Fn(NodeIx) -> S,
    ) {
        let Self { column, seen, risen, lost } = self;
        match seen.replace(log.now()).and_then(|seen| log.since(seen, nodes)) {
            Some(touched) => {
                for node in touched {
                    let (old, new) = (column.score(*node), score(*node));
                    column.set(blocks, *node, new);
                    if new > old {
                        risen.note(*node, Journal::<NodeIx>::LIMIT);
                    } else if old.is_feasible() && !new.is_feasible() {
                        lost.note(*node, Journal::<NodeIx>::LIMIT);
                    }
                }
            }
            None => {
                let mut scores = Vec::with_capacity(nodes + BLOCK);
                scores.extend((0..nodes).map(NodeIx::new).map(score));
                *column = Column::new(scores, blocks);
                risen.forget();
                lost.forget();
            }
        }
    }

    /// The column as it was last brought up to date.
    pub(super) fn column(&self) -> &Column<S> {
        &self.column
    }

    /// Nodes whose score rose: what somebody must know who remembers the largest scores.
    pub(super) fn risen(&self) -> &Journal<NodeIx> {
        &self.risen
    }

    /// Nodes that became infeasible: who remembers which nodes are feasible must know them too.
    pub(super) fn lost(&self) -> &Journal<NodeIx> {
        &self.lost
    }
}
