//! Columns that follow what is counted on single nodes: rules about them, and values that they have
//! by their pods.
//!
//! Every pod touches its node, but few pods count for a class. So these are repaired from what
//! changed in the counts rather than from the change log.

use crate::base::index::Ix;
use crate::column::{Blocks, Column, Score};
use crate::state::counters::{Counters, Tally};
use crate::state::ix::NodeIx;
use crate::state::log::{Journal, Sequence};
use smallvec::SmallVec;

/// A column that follows what is counted on single nodes.
#[derive(Clone, Debug)]
pub(super) struct CountedColumn<S> {
    column: Column<S>,
    /// Whatever was followed at some time, and how far: what counts no pod any more is not asked
    /// for, and yet it changed.
    seen: SmallVec<[(Tally, Sequence); 4]>,
    up_to_date: bool,
    changes: Journal<NodeIx>,
}

impl<S> Default for CountedColumn<S> {
    fn default() -> Self {
        Self {
            column: Column::default(),
            seen: SmallVec::new(),
            up_to_date: false,
            changes: Journal::default(),
        }
    }
}

impl<S: Score> CountedColumn<S> {
    /// Brings the column up to date: nodes on which one of these tallies changed are computed again,
    /// or all nodes where that is forgotten.
    pub(super) fn repair(
        &mut self,
        counters: &Counters,
        tallies: impl Iterator<Item = Tally>,
        blocks: &Blocks,
        nodes: usize,
        mut score: impl FnMut(NodeIx) -> S,
    ) {
        for tally in tallies {
            if !self.seen.iter().any(|(known, _)| *known == tally) {
                self.seen.push((tally, 0));
            }
        }
        let Self { column, seen, up_to_date, changes } = self;
        let remembered = |(tally, then): &(Tally, Sequence)| {
            let changed = counters.changes(*tally).since(*then);
            changed.is_some_and(|changed| changed.len() <= nodes)
        };
        if *up_to_date && seen.iter().all(remembered) {
            for (tally, then) in seen.iter() {
                for node in counters.changes(*tally).since(*then).into_iter().flatten() {
                    let score = score(*node);
                    if score != column.score(*node) {
                        column.set(blocks, *node, score);
                        changes.note(*node, Journal::<NodeIx>::LIMIT);
                    }
                }
            }
        } else {
            *column = Column::new((0..nodes).map(NodeIx::new).map(score).collect(), blocks);
            changes.forget();
        }
        seen.iter_mut().for_each(|(tally, then)| *then = counters.changes(*tally).now());
        self.up_to_date = true;
    }

    /// The same for numbers of either sign. `None` where one is too large for a column; the column
    /// is not up to date then.
    pub(super) fn repair_values(
        &mut self,
        counters: &Counters,
        tallies: impl Iterator<Item = Tally>,
        blocks: &Blocks,
        nodes: usize,
        value: impl Fn(NodeIx) -> i64,
    ) -> Option<()> {
        let mut fit = true;
        self.repair(counters, tallies, blocks, nodes, |node| {
            S::of_value(value(node)).unwrap_or_else(|| {
                fit = false;
                S::default()
            })
        });
        self.up_to_date = fit;
        fit.then_some(())
    }

    /// From now on all nodes have other numbers.
    pub(super) fn outdate(&mut self) {
        self.up_to_date = false;
    }

    /// The column as it was last brought up to date.
    pub(super) fn column(&self) -> &Column<S> {
        &self.column
    }

    /// Nodes that got another number.
    pub(super) fn changes(&self) -> &Journal<NodeIx> {
        &self.changes
    }
}
