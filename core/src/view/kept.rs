//! What is kept between decisions where it pays: the sum of the columns of a class that comes again,
//! and the rules about single nodes as a column.

use super::View;
use super::class::ClassView;
use super::facets::{LiveColumn, Normalized};
use super::relations::{Relations, RuleBounds};
use super::tables::Tables;
use crate::base::index::Ix;
use crate::column::{Blocks, Column, Score, sum_at, total as sum_of};
use crate::state::Cluster;
use crate::state::ix::{ClassIx, NodeIx};
use smallvec::SmallVec;

/// Which nodes rules about pods nearby refuse one by one, as a column.
#[derive(Clone, Debug)]
pub(super) struct Nearby<S> {
    column: LiveColumn<S>,
    bounds: RuleBounds,
}

/// The columns of a class added up, kept between decisions: then the bounds of the blocks are true.
#[derive(Clone, Debug)]
pub(super) struct Kept<S> {
    total: LiveColumn<S>,
    stamp: Stamp,
}

/// What the sum of the columns depends on besides the nodes: which columns there are, what the
/// largest raw scores of the normalised ones are, and which bounds the rules have.
type Stamp = SmallVec<[i64; 8]>;

/// A class comes again soon while at most so many nodes were touched since: looking at them one by
/// one is then less work than looking into blocks in vain.
fn soon(nodes: usize) -> u64 {
    (nodes / 16).max(32) as u64
}

/// Room for the totals that all classes together keep, in numbers.
const KEPT_MAX: usize = 1 << 27;

impl<S: Score> Nearby<S> {
    pub(super) fn column(&self) -> &Column<S> {
        self.column.column()
    }
}

impl<S: Score> View<S> {
    /// Decides whether the class keeps its totals.
    pub(super) fn keep_or_forget(&mut self, cluster: &Cluster, index: ClassIx) {
        let (nodes, now) = (cluster.nodes().len(), cluster.log().now());
        let Self { classes, memory, .. } = self;
        let Some(known) = classes.get_mut(index) else { return };
        let soon = known.decided.is_some_and(|then| now - then <= soon(nodes));
        if !soon && known.kept.take().is_some() {
            memory.kept -= 1;
        }
        if !soon || known.kept.is_some() {
            return;
        }
        if (memory.kept + 1) * nodes > KEPT_MAX {
            classes.iter_mut().for_each(|known| known.kept = None);
            memory.kept = 0;
        }
        memory.kept += 1;
        if let Some(known) = classes.get_mut(index) {
            let kept = Kept { total: LiveColumn::default(), stamp: Stamp::new() };
            known.kept = Some(Box::new(kept));
        }
    }
}

impl<S: Score> Kept<S> {
    /// The sum of the columns, brought up to date.
    pub(super) fn repaired(
        &mut self,
        cluster: &Cluster,
        blocks: &Blocks,
        columns: &[&Column<S>],
        stamp: Stamp,
    ) -> &Column<S> {
        if self.stamp != stamp {
            *self = Self { total: LiveColumn::default(), stamp };
        }
        let Self { total, .. } = self;
        match total.touched(cluster.log(), cluster.nodes().len()) {
            Some(touched) => {
                let sum = |node: NodeIx| sum_at(columns, node.at());
                touched.iter().for_each(|node| total.set(blocks, *node, sum(*node)));
            }
            None => total.replace(sum_of(columns), blocks),
        }
        total.column()
    }
}

impl<S: Score> Tables<S> {
    /// What the sum of the columns of a class depends on besides the nodes.
    pub(super) fn stamp(
        &self,
        class: &ClassView,
        columns: &[&Column<S>],
        relations: &Relations<'_>,
    ) -> Stamp {
        let max = |it: &Option<Normalized<S>>| it.as_ref().map_or(-1, |it| i64::from(it.max()));
        let mut stamp = Stamp::new();
        stamp.push(columns.len() as i64);
        stamp.extend(class.disliked.map(|facet| max(self.disliked.get(facet))));
        stamp.extend(class.preferred.map(|facet| max(self.preferred.get(facet))));
        if self.nearby.get(class.nearby).is_some() {
            stamp.extend(relations.bounds().into_iter().map(i64::from));
        }
        stamp
    }

    /// From now on the rules about single nodes are a column for this class.
    pub(super) fn keep_nearby(&mut self, class: &ClassView) {
        let nearby = || Nearby { column: LiveColumn::default(), bounds: RuleBounds::new() };
        self.nearby.get_mut(class.nearby).get_or_insert_with(nearby);
    }

    /// Brings that column up to date, where there is one.
    pub(super) fn repair_nearby(
        &mut self,
        class: &ClassView,
        cluster: &Cluster,
        blocks: &Blocks,
        relations: &Relations<'_>,
    ) {
        let Some(nearby) = self.nearby.get_mut(class.nearby) else { return };
        let bounds = relations.bounds();
        if nearby.bounds != bounds {
            *nearby = Nearby { column: LiveColumn::default(), bounds };
        }
        nearby.column.repair(cluster.log(), blocks, cluster.nodes().len(), |node| {
            if relations.refuses(node) { S::REFUSED } else { S::default() }
        });
    }
}
