//! What is kept between decisions: how large the totals of the blocks may be for a class that comes
//! again, and the rules about single nodes as a column.

use super::View;
use super::bounds::Tournament;
use super::class::ClassView;
use super::counted::CountedColumn;
use super::facets::LiveColumn;
use super::normalized::Normalized;
use super::relations::{Relations, RuleBounds};
use super::tables::Tables;
use crate::column::{Blocks, Column, Score};
use crate::state::Cluster;
use crate::state::ix::{ClassIx, NodeIx};
use crate::state::log::{Journal, Sequence};

/// Which nodes rules about pods nearby refuse one by one, as a column.
#[derive(Clone, Debug)]
pub(super) struct Nearby<S> {
    column: CountedColumn<S>,
    bounds: RuleBounds,
}

/// What is kept for a class that comes again. Scores mostly fall, for pods take room; what a decision
/// found out about a block then holds for the next one of the class. Only nodes whose score rose are
/// looked at again.
#[derive(Clone, Debug)]
pub(super) struct Kept<S> {
    tournament: Tournament<S>,
    /// In every zone a node that was feasible.
    witnesses: Vec<Option<NodeIx>>,
    stamp: Stamp<S>,
    seen: Bookmarks,
    ceilings: Ceilings<S>,
}

/// What the sum of the columns depends on besides the nodes: the largest raw scores of the normalised
/// ones.
pub(super) type Stamp<S> = [Option<S>; 2];

/// The largest raw scores of nodes that pass the filters, where that is known: where only nodes pass
/// that few have, the search for one would go through all others again and again.
#[derive(Clone, Debug, Default)]
pub(super) struct Ceilings<S> {
    at_most: Option<[S; 2]>,
    seen: Bookmarks,
}

/// How many journals of a class there are.
const JOURNALS: usize = 7;

/// The place of what changes by rules about pods nearby.
pub(super) const BY_RULES: usize = 4;

/// The places of what changes by the values of spread and of preferences.
pub(super) const BY_VALUES: [usize; 2] = [5, 6];

/// How far somebody read some journals.
#[derive(Clone, Debug, Default)]
pub(super) struct Bookmarks {
    /// Something was read.
    begun: bool,
    /// `None` where there was no journal.
    pages: [Option<Sequence>; JOURNALS],
}

/// The journals of what moves, each in its place; `None` where there is no such column or nobody asks:
/// what rises and what is lost by resources and by ports, what changes by rules about pods nearby, and
/// by the values of spread and of preferences.
pub(super) type Journals<'a> = [Option<&'a Journal<NodeIx>>; JOURNALS];

/// Nodes that rose and are read together.
const TOGETHER: usize = 8;

/// Room for what all classes together keep, in blocks of some ten bytes.
const KEPT_MAX: usize = 1 << 25;

impl Bookmarks {
    /// What these journals say that was not read yet; `None` where one has forgotten it, came or
    /// went.
    pub(super) fn read<'a>(&mut self, journals: &Journals<'a>) -> Option<[&'a [NodeIx]; JOURNALS]> {
        let mut all_known = std::mem::replace(&mut self.begun, true);
        let mut unread: [&[NodeIx]; JOURNALS] = [&[]; JOURNALS];
        for ((journal, page), unread) in journals.iter().zip(&mut self.pages).zip(&mut unread) {
            let then = std::mem::replace(page, journal.map(Journal::now));
            match (journal, then) {
                // The pages may be of other journals.
                _ if !all_known => {}
                (None, None) => {}
                (Some(journal), Some(then)) => match journal.since(then) {
                    Some(entries) => *unread = entries,
                    None => all_known = false,
                },
                _ => all_known = false,
            }
        }
        all_known.then_some(unread)
    }

    /// Reads from the beginning the next time.
    pub(super) fn forget(&mut self) {
        self.begun = false;
    }
}

impl<S: Score> Nearby<S> {
    pub(super) fn column(&self) -> &Column<S> {
        self.column.column()
    }

    pub(super) fn changes(&self) -> &Journal<NodeIx> {
        self.column.changes()
    }

    fn repair(&mut self, cluster: &Cluster, blocks: &Blocks, relations: &Relations<'_>) {
        let Self { column, bounds: seen } = self;
        let bounds = relations.bounds();
        if *seen != bounds {
            *seen = bounds;
            column.outdate();
        }
        let tallies = relations.of_nodes.iter().map(|rule| rule.tally);
        column.repair(cluster.counters(), tallies, blocks, cluster.nodes().len(), |node| {
            if relations.refuses(node) { S::REFUSED } else { S::default() }
        });
    }
}

impl<S: Score> View<S> {
    /// Decides whether the class keeps its bounds: from the second time on.
    pub(super) fn keep(&mut self, index: ClassIx) {
        let Self { classes, memory, blocks, .. } = self;
        let Some(known) = classes.get_mut(index) else { return };
        if !known.decided || known.kept.is_some() {
            return;
        }
        known.kept = Some(Box::default());
        memory.kept += 1;
        if memory.kept * blocks.len() > KEPT_MAX {
            classes.iter_mut().for_each(|known| known.kept = None);
            memory.kept = 0;
        }
    }
}

impl<S: Default> Default for Kept<S> {
    fn default() -> Self {
        Self {
            tournament: Tournament::default(),
            witnesses: Vec::new(),
            stamp: Stamp::default(),
            seen: Bookmarks::default(),
            ceilings: Ceilings::default(),
        }
    }
}

impl<S: Score> Ceilings<S> {
    /// Brings them up to date; `raw` are the raw scores of a node that passes.
    pub(super) fn repair(
        &mut self,
        journals: &Journals<'_>,
        raw: impl Fn(NodeIx) -> Option<[S; 2]>,
    ) -> Option<[S; 2]> {
        let changed = self.seen.read(journals);
        if let Some(changed) = changed.filter(|_| self.at_most.is_some()) {
            for raw in changed.into_iter().flatten().filter_map(|node| raw(*node)) {
                self.at_most =
                    self.at_most.map(|at_most| [at_most[0].max(raw[0]), at_most[1].max(raw[1])]);
            }
        } else {
            self.at_most = None;
        }
        self.at_most
    }

    /// They are known now.
    pub(super) fn note(&mut self, largest: [S; 2]) {
        self.at_most = Some(largest);
    }
}

impl<S: Score> Kept<S> {
    /// The largest raw scores of nodes that pass the filters.
    pub(super) fn ceilings(&mut self) -> &mut Ceilings<S> {
        &mut self.ceilings
    }

    /// Brings the tournament up to date. Gives it, and in every zone a node that was feasible.
    pub(super) fn repair(
        &mut self,
        blocks: &Blocks,
        columns: &[&Column<S>],
        journals: &Journals<'_>,
        stamp: Stamp<S>,
    ) -> (&mut Tournament<S>, &mut Vec<Option<NodeIx>>) {
        let Self { tournament, witnesses, seen, .. } = self;
        match seen.read(journals).filter(|_| self.stamp == stamp) {
            Some(changed) => {
                for some in changed.into_iter().flat_map(|changed| changed.chunks(TOGETHER)) {
                    // Read first, column by column: the memory of all of them is waited for at once.
                    let mut sums = [S::default(); TOGETHER];
                    for column in columns {
                        let scores = some.iter().map(|node| column.score(*node));
                        sums.iter_mut().zip(scores).for_each(|(sum, it)| *sum = sum.plus(it));
                    }
                    let risen = some.iter().zip(sums);
                    risen.for_each(|(node, sum)| tournament.rise(blocks, *node, sum));
                }
            }
            None => tournament.begin(blocks, columns),
        }
        self.stamp = stamp;
        (tournament, witnesses)
    }
}

impl<S: Score> Tables<S> {
    /// What the normalised columns of a class were normalised by.
    pub(super) fn stamp(&self, class: &ClassView) -> Stamp<S> {
        let max = |it: &Option<Normalized<S>>| it.as_ref().map(Normalized::max);
        [
            class.disliked.and_then(|facet| max(self.disliked.get(facet))),
            class.preferred.and_then(|facet| max(self.preferred.get(facet))),
        ]
    }

    /// The journals of the columns that move: nodes whose score rose, and with `lost` also those that
    /// became infeasible.
    pub(super) fn journals(&self, class: &ClassView, lost: bool) -> Journals<'_> {
        let shape = self.shapes.get(class.shape);
        let ports = class.ports.map(|ports| self.ports.get(ports));
        [
            Some(shape.risen()),
            Some(shape.lost()).filter(|_| lost),
            ports.map(LiveColumn::risen),
            ports.map(LiveColumn::lost).filter(|_| lost),
            self.nearby_changes(class),
            None,
            None,
        ]
    }

    /// From now on the rules about single nodes are a column for this class.
    pub(super) fn keep_nearby(&mut self, class: &ClassView) {
        let nearby = || Nearby { column: CountedColumn::default(), bounds: RuleBounds::new() };
        self.nearby.get_mut(class.nearby).get_or_insert_with(nearby);
    }

    /// Brings that column up to date, where there is one.
    #[inline]
    pub(super) fn repair_nearby(
        &mut self,
        class: &ClassView,
        cluster: &Cluster,
        blocks: &Blocks,
        relations: &Relations<'_>,
    ) {
        if let Some(nearby) = self.nearby.get_mut(class.nearby) {
            nearby.repair(cluster, blocks, relations);
        }
    }
}
