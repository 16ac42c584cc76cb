//! The race of the blocks for the best node.
//!
//! The largest scores of a block's columns add up to a bound: no node of the block has more. The
//! blocks with the largest bound are looked into, and get their true largest total as a new bound,
//! until some node has what its bound promises.

use super::bounds::{Bounds, Sums, Walk};
use super::grades::{Grade, Span, Spans};
use crate::base::index::Ix;
use crate::column::{
    Blocks, Column, DomainRule, Score, largest_sum, look, max, sum_at, sum_of_maxima, sums,
};
use crate::state::ix::NodeIx;
use crate::state::nodes::Nodes;
use smallvec::SmallVec;

/// Too many of the best nodes were refused one by one.
pub(super) struct TooManyRefused;

/// Why a search through the blocks ends early.
enum Halt {
    TooManyRefused,
    /// Too many blocks had less than their bounds promised.
    TooManyLooks,
    /// The bounds were old; there are new ones.
    Renewed,
}

/// Blocks that rules about single nodes are held against node by node, before they are made a
/// column.
const RULED: usize = 8;

/// The race at hand.
pub(super) struct Race<'a, 'c, S, B> {
    nodes: &'a Nodes,
    blocks: &'a Blocks,
    columns: &'a [&'a Column<S>],
    /// Rules about single nodes that are not among the columns.
    rules: &'a [DomainRule<'c>],
    /// No node of the block has a larger total.
    bounds: B,
    /// What follows the pods of the node and of its zone.
    grades: SmallVec<[Grade<'a, 'c, S>; 2]>,
    /// What is known of the blocks where there are grades.
    spans: Option<&'a Spans<S>>,
    /// Blocks of which a node was refused by the rules.
    ruled: SmallVec<[usize; RULED]>,
    /// How many blocks may still be looked into in vain, before all that promise enough get their
    /// true largest totals.
    looks: usize,
    /// The largest total of the blocks that were looked into, rules about single nodes apart.
    reached: S,
    /// How many bounds may still turn out to be old, before all are renewed at once.
    old: usize,
}

/// Old bounds that are found one by one. In tests so few that this happens there.
const OLD: usize = if cfg!(test) { 2 } else { 24 };

/// Blocks that are looked into in vain, each the best of all, before a bound is known to be worth
/// little.
const LOOKS: usize = 2;

impl<'a, 'c, S: Score> Race<'a, 'c, S, Sums<'a, S>> {
    /// Adds what the pods of zones and nodes give, where the blocks are as `spans` says.
    pub(super) fn grade(
        &mut self,
        mut grade: Grade<'a, 'c, S>,
        zones: &[Span<S>],
        spans: &'a Spans<S>,
    ) {
        let of_blocks = spans.largest(grade.side).iter().zip(self.blocks.zones_of_blocks());
        for (bound, (largest, zone)) in self.bounds.bounds.iter_mut().zip(of_blocks) {
            let zone = *zone as usize;
            // A zone that is left out has nothing feasible, whatever its blocks have.
            *bound = match zones[zone].feasible > 0 && Spans::is_of_some(*largest) {
                true => bound.plus(grade.score(zone, *largest)),
                false => S::REFUSED,
            };
        }
        self.spans = Some(spans);
        self.grades.push(grade);
    }

    /// The best node and its total.
    pub(super) fn best(&mut self) -> Result<Option<(NodeIx, S)>, TooManyRefused> {
        match self.rules.is_empty() && self.grades.is_empty() && self.bounds.nothing_else_counts() {
            true => self.run::<true>(),
            false => self.run::<false>(),
        }
    }
}

impl<'a, 'c, S: Score, B: Bounds<S>> Race<'a, 'c, S, B> {
    /// A race by the columns.
    pub(super) fn new(
        nodes: &'a Nodes,
        blocks: &'a Blocks,
        columns: &'a [&'a Column<S>],
        rules: &'a [DomainRule<'c>],
        bounds: B,
    ) -> Self {
        Self {
            nodes,
            blocks,
            columns,
            rules,
            bounds,
            grades: SmallVec::new(),
            spans: None,
            ruled: SmallVec::new(),
            looks: LOOKS,
            reached: S::REFUSED,
            old: OLD,
        }
    }

    /// Leaves a zone out.
    pub(super) fn leave_out(&mut self, zone: usize) {
        self.bounds.leave_out(zone);
    }

    /// Adds what the pods of the zones give.
    pub(super) fn add_of_zones(&mut self, scores: &[S]) {
        self.bounds.add_of_zones(scores);
    }

    /// The best node and its total. `PLAIN` means that nothing but the columns counts and nobody keeps
    /// what is found out, as for most classes that are new: nothing else is asked for then.
    pub(super) fn run<const PLAIN: bool>(&mut self) -> Result<Option<(NodeIx, S)>, TooManyRefused> {
        let found = loop {
            let level = self.bounds.level();
            if !level.is_feasible() {
                break Ok(None);
            }
            match self.first_of_all::<PLAIN>(level) {
                Ok(Some(winner)) => break Ok(Some((winner, level))),
                Ok(None) | Err(Halt::Renewed) => {}
                Err(Halt::TooManyLooks) => self.find_largest_of_blocks(),
                Err(Halt::TooManyRefused) => break Err(TooManyRefused),
            }
        };
        self.bounds.end();
        found
    }

    /// The first node by name whose total is `level`, where no node has more.
    fn first_of_all<const PLAIN: bool>(&mut self, level: S) -> Result<Option<NodeIx>, Halt> {
        let mut winner = None;
        // Nodes behind this one in byte order of the names are too late, and with it all blocks
        // behind the first one that begins too late. So is what follows in the same zone.
        let mut limit = u32::MAX;
        let mut search = self.bounds.search(level);
        while let Some(block) = self.bounds.next(&mut search, limit) {
            if !PLAIN && self.is_late(block, level, limit) {
                continue;
            }
            if let Some(node) = self.first_of_block::<PLAIN>(block, level)?
                && self.nodes.rank[node] < limit
            {
                (winner, limit) = (Some(node), self.nodes.rank[node]);
            }
        }
        Ok(winner)
    }

    /// Whether the first node of a block with this total is known not to come before `limit`. One that
    /// was the first may have it no more; then others that have it come later still.
    fn is_late(&self, block: usize, level: S, limit: u32) -> bool {
        // What is remembered is of sums of the columns: with grades these are not all of a total.
        self.grades.is_empty() && {
            let first = self.bounds.first(block, self.without_zone(block, level));
            first.is_some_and(|node| self.nodes.rank[node] >= limit)
        }
    }

    /// Gives blocks their true largest totals, all that some node may win in.
    fn find_largest_of_blocks(&mut self) {
        self.looks = usize::MAX;
        let mut walk = Walk::default();
        while let Some(block) = self.bounds.next_above(&mut walk, self.reached) {
            // What the rules leave of some is known better.
            if self.bounds.bound(block) <= self.reached || self.ruled.contains(&block) {
                continue;
            }
            if B::MAY_BE_OLD {
                let promised = sum_of_maxima(self.columns, block);
                if promised.plus(self.bounds.of_zone_of(block)) <= self.reached {
                    if self.was_old(block, promised) {
                        walk = Walk::default();
                    }
                    continue;
                }
            }
            let largest = largest_sum(self.columns, self.blocks.nodes(block));
            self.found(block, largest);
        }
    }

    /// The columns promise less for a block by now. Whether all bounds were renewed: mostly few are old,
    /// and otherwise almost all.
    fn was_old(&mut self, block: usize, promised: S) -> bool {
        self.bounds.found(block, promised);
        self.old = self.old.saturating_sub(1);
        let renew = self.old == 0;
        if renew {
            self.bounds.renew(self.columns);
            self.old = usize::MAX;
        }
        renew
    }

    /// What the columns have to give for this total.
    #[inline]
    fn without_zone(&self, block: usize, total: S) -> S {
        S::new(total.get() - self.bounds.of_zone_of(block).get())
    }

    /// Whether a node of this zone is feasible; `witness` is one that may be, and becomes one that
    /// is.
    pub(super) fn is_feasible(&mut self, zone: usize, witness: &mut Option<NodeIx>) -> bool {
        let may_be = |node: NodeIx| sum_at(self.columns, node.at()).is_feasible();
        if witness.is_some_and(|node| may_be(node) && !self.is_refused(node)) {
            return true;
        }
        *witness = None;
        for block in self.blocks.of_zone(zone) {
            if !self.bounds.bound(block).is_feasible() {
                continue;
            }
            let nodes = self.blocks.nodes(block);
            let sums = sums(self.columns, nodes.clone());
            let open = nodes.zip(sums).filter(|(_, sum)| sum.is_feasible());
            let mut open = open.map(|(node, _)| NodeIx::new(node)).peekable();
            if open.peek().is_none() {
                // Nobody has to look here again.
                self.bounds.found(block, max(&sums));
            }
            *witness = open.find(|node| !self.is_refused(*node));
            if witness.is_some() {
                break;
            }
        }
        witness.is_some()
    }

    /// The first node of a block whose total is `level`, where no node has more. Where no node has
    /// it the block gets a new bound.
    fn first_of_block<const PLAIN: bool>(
        &mut self,
        block: usize,
        level: S,
    ) -> Result<Option<NodeIx>, Halt> {
        let nodes = self.blocks.nodes(block);
        if PLAIN {
            return match look(self.columns, nodes.clone(), level) {
                Ok(at) => Ok(Some(NodeIx::new(nodes.start + at))),
                Err(largest) => self.looked_in_vain(block, largest),
            };
        }
        if self.grades.is_empty() && !self.ruled.contains(&block) {
            let wanted = self.without_zone(block, level);
            let known = self.bounds.first(block, wanted);
            let known = known.filter(|node| sum_at(self.columns, node.at()) == wanted);
            if B::MAY_BE_OLD && known.is_none() {
                let promised = sum_of_maxima(self.columns, block);
                if promised < wanted {
                    return if self.was_old(block, promised) {
                        Err(Halt::Renewed)
                    } else {
                        Ok(None)
                    };
                }
            }
            let node = match known {
                Some(node) => node,
                None => match look(self.columns, nodes.clone(), wanted) {
                    Ok(at) => NodeIx::new(nodes.start + at),
                    Err(largest) => return self.looked_in_vain(block, largest),
                },
            };
            if known.is_none() {
                self.bounds.keep_first(block, wanted, node);
            }
            if !self.is_refused(node) {
                return Ok(Some(node));
            }
            if self.ruled.len() == RULED {
                return Err(Halt::TooManyRefused);
            }
            self.ruled.push(block);
        }
        Ok(self.first_one_by_one(block, level))
    }

    /// A block has less than its bound promised.
    fn looked_in_vain(&mut self, block: usize, largest: S) -> Result<Option<NodeIx>, Halt> {
        self.found(block, largest);
        self.looks = self.looks.checked_sub(1).ok_or(Halt::TooManyLooks)?;
        Ok(None)
    }

    /// Puts the true bound of a block, which has this largest sum of the columns.
    fn found(&mut self, block: usize, largest: S) {
        self.bounds.found(block, largest);
        self.reached = self.reached.max(largest.plus(self.bounds.of_zone_of(block)));
    }

    fn is_refused(&self, node: NodeIx) -> bool {
        self.rules.iter().any(|rule| rule.refuses(node))
    }

    /// The same, node by node with everything that there is.
    fn first_one_by_one(&mut self, block: usize, level: S) -> Option<NodeIx> {
        let (zone, nodes) = (self.blocks.zone_of_block(block), self.blocks.nodes(block));
        let mut at_most = self.bounds.of_zone_of(block);
        let of_zone = at_most;
        for grade in &mut self.grades {
            let largest = self.spans.map(|spans| spans.largest(grade.side)[block]);
            at_most = at_most.plus(grade.score(zone, largest.unwrap_or_default()));
        }
        let sums = sums(self.columns, nodes.clone());
        let largest = max(&sums);
        self.bounds.keep(block, largest);
        if largest.plus(at_most) < level {
            self.bounds.set(block, largest.plus(at_most));
            return None;
        }
        let mut largest = S::REFUSED;
        for (node, sum) in nodes.zip(sums) {
            if !sum.is_feasible() || sum.plus(at_most) <= largest {
                continue;
            }
            let mut total = sum.plus(of_zone);
            for grade in &mut self.grades {
                total = total.plus(grade.score(zone, grade.values.scores()[node]));
            }
            let node = NodeIx::new(node);
            if total > largest && !self.is_refused(node) {
                if total == level {
                    return Some(node);
                }
                largest = total;
            }
        }
        self.bounds.set(block, largest);
        None
    }
}
