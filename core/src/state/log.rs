//! The change log: which nodes were touched, and how to undo.

use super::ix::NodeIx;
use std::sync::Arc;

/// How many changes there have been. Whoever remembers something about nodes remembers the number
/// too and later asks what was touched since.
pub type Sequence = u64;

/// A time in the life of one cluster during which no node came, went or changed labels or taints.
/// No other time of this or any other cluster equals it, while somebody remembers it.
#[derive(Clone, Debug, Default)]
pub struct Epoch(Arc<()>);

impl PartialEq for Epoch {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// What changed, in order. Old entries are forgotten; who asks for them must look at everything.
#[derive(Clone, Debug)]
pub struct Journal<T> {
    entries: Vec<T>,
    forgotten: Sequence,
}

impl<T> Default for Journal<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), forgotten: 0 }
    }
}

impl<T: Copy> Journal<T> {
    /// Room for the changes of one column, or of what is counted in one way.
    pub const LIMIT: usize = 4096;

    /// Notes that something changed; of more than so many entries the older half is forgotten.
    pub fn note(&mut self, entry: T, limit: usize) {
        if self.entries.len() >= limit {
            let half = self.entries.len() / 2;
            self.entries.drain(..half);
            self.forgotten += half as u64;
        }
        self.entries.push(entry);
    }

    /// Notes that everything changed.
    pub fn forget(&mut self) {
        self.forgotten = self.now() + 1;
        self.entries.clear();
    }

    /// The sequence number of now.
    pub fn now(&self) -> Sequence {
        self.forgotten + self.entries.len() as u64
    }

    /// What changed since then, in order and possibly more than once; `None` where that is forgotten.
    pub fn since(&self, then: Sequence) -> Option<&[T]> {
        let skip = then.checked_sub(self.forgotten)? as usize;
        Some(&self.entries[skip..])
    }
}

/// Which nodes were touched.
#[derive(Debug, Default)]
pub struct Log {
    touched: Journal<NodeIx>,
    limit: usize,
    epoch: Epoch,
}

/// A clone goes its own way from now on: what is remembered of the original says nothing about it.
impl Clone for Log {
    fn clone(&self) -> Self {
        Self { touched: self.touched.clone(), epoch: Epoch::default(), ..*self }
    }
}

impl Log {
    /// Notes that the numbers or pods of a node changed.
    pub(super) fn touch(&mut self, node: NodeIx) {
        self.touched.note(node, self.limit.max(4096));
    }

    /// Notes that everything changed, for this many nodes.
    pub(super) fn restart(&mut self, nodes: usize) {
        self.epoch = Epoch::default();
        self.touched.forget();
        self.limit = 4 * nodes;
    }

    /// The epoch of now. What was remembered in another one is not valid any more.
    pub fn epoch(&self) -> &Epoch {
        &self.epoch
    }

    /// The sequence number of now.
    pub fn now(&self) -> Sequence {
        self.touched.now()
    }

    /// Nodes touched since then, in order and possibly more than once; `None` where that is
    /// forgotten or so long that looking at every node is cheaper.
    pub fn since(&self, then: Sequence, nodes: usize) -> Option<&[NodeIx]> {
        self.touched.since(then).filter(|touched| touched.len() <= nodes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_journal_tells_all_that_changed_or_that_it_forgot(
            steps in prop::collection::vec(prop_oneof![9 => (0..99_u32).prop_map(Some), 1 => Just(None)], 0..80),
            limit in 2_usize..20,
        ) {
            let mut journal = Journal::default();
            // Every time with what changed after it; nothing where everything did.
            let mut times: Vec<(Sequence, Option<Vec<u32>>)> = Vec::new();
            for step in steps {
                times.push((journal.now(), Some(Vec::new())));
                match step {
                    Some(entry) => {
                        journal.note(entry, limit);
                        times.iter_mut().filter_map(|(_, later)| later.as_mut()).for_each(|it| it.push(entry));
                    }
                    None => {
                        journal.forget();
                        times.iter_mut().for_each(|(_, later)| *later = None);
                    }
                }
                for (then, later) in &times {
                    match (journal.since(*then), later) {
                        (Some(found), Some(later)) => prop_assert_eq!(found, later),
                        (Some(_), None) => prop_assert!(false, "everything changed since"),
                        (None, Some(later)) => prop_assert!(later.len() > limit / 2),
                        (None, None) => {}
                    }
                }
            }
        }
    }
}
