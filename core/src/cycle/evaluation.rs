//! Everything that one attempt to place a pod found out, node by node: plain data, the same whether
//! the plain rules or the columns produced it.

use crate::plugins::Plugin;
use crate::plugins::reason::{Code, Rejection};

/// What one attempt found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evaluation {
    /// PreEnqueue held the pod back; nothing else was looked at.
    pub pre_enqueue: Option<Rejection>,
    /// PreFilter rejected the pod as a whole (or failed); no node was looked at.
    pub pre_filter: Option<Rejection>,
    /// One verdict per node, in byte order of the node names; empty where no node was looked at.
    pub verdicts: Vec<Verdict>,
    /// Plugins named in the text for nodes that PreFilter excluded, sorted by name.
    pub narrowed_by: Vec<Plugin>,
    /// The pod's nominated node passed all filters and is taken without looking at others.
    pub nominated_fast_path: bool,
    /// One row per feasible node, in the order of the nodes; empty on the fast path.
    pub scores: Vec<NodeScore>,
    /// The attempt ended with this error; what is filled in besides was found before.
    pub error: Option<String>,
}

/// What the filters said about a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// All filters passed.
    Feasible,
    /// The first filter that did not.
    Rejected(Rejection),
    /// Not in the set of nodes that PreFilter left; no filter ran.
    Excluded,
    /// Enough feasible nodes were found before its turn came; no filter ran. Only where the profile
    /// looks at a part of the nodes.
    NotExamined,
}

/// Scores of one feasible node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeScore {
    /// Index of the node in byte order of the names.
    pub node: usize,
    /// Normalised score times weight of every plugin that was not skipped, in profile order.
    pub parts: Vec<(Plugin, i64)>,
    /// Their sum.
    pub total: i64,
}

impl Evaluation {
    /// Indices of the nodes that pass all filters, ascending.
    pub fn feasible(&self) -> Vec<usize> {
        let verdicts = self.verdicts.iter().enumerate();
        verdicts.filter(|(_, verdict)| **verdict == Verdict::Feasible).map(|(ix, _)| ix).collect()
    }

    /// The text of the filter that failed on the first node by name, if one failed.
    pub fn first_filter_error(&self) -> Option<String> {
        self.verdicts.iter().find_map(|verdict| match verdict {
            Verdict::Rejected(rejection) if rejection.code == Code::Error => Some(rejection.text()),
            _ => None,
        })
    }

    /// Indices of the nodes that share the highest total, ascending; on the fast path nothing.
    pub fn best(&self) -> Vec<usize> {
        let max = self.scores.iter().map(|row| row.total).max();
        self.scores.iter().filter(|row| Some(row.total) == max).map(|row| row.node).collect()
    }
}
