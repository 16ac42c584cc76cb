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

/// What was touched, in order. Old entries are forgotten; who asks for them must look at all nodes.
#[derive(Debug, Default)]
pub struct Log {
    touched: Vec<NodeIx>,
    forgotten: Sequence,
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
        if self.touched.len() >= self.limit.max(4096) {
            let half = self.touched.len() / 2;
            self.touched.drain(..half);
            self.forgotten += half as u64;
        }
        self.touched.push(node);
    }

    /// Notes that everything changed, for this many nodes.
    pub(super) fn restart(&mut self, nodes: usize) {
        self.epoch = Epoch::default();
        self.forgotten = self.now();
        self.touched.clear();
        self.limit = 4 * nodes;
    }

    /// The epoch of now. What was remembered in another one is not valid any more.
    pub fn epoch(&self) -> &Epoch {
        &self.epoch
    }

    /// The sequence number of now.
    pub fn now(&self) -> Sequence {
        self.forgotten + self.touched.len() as u64
    }

    /// Nodes touched since then, in order and possibly more than once; `None` where that is
    /// forgotten or so long that looking at every node is cheaper.
    pub fn since(&self, then: Sequence, nodes: usize) -> Option<&[NodeIx]> {
        let skip = then.checked_sub(self.forgotten)? as usize;
        let touched = &self.touched[skip..];
        (touched.len() <= nodes).then_some(touched)
    }
}
