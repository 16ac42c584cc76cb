//! The labels of the nodes, as numbers.
//!
//! To look a key up in the labels of every node is to fetch every object from memory. Here they are
//! read once, side by side.

use super::ix::NodeIx;
use crate::base::index::{IndexVec, index_types};
use crate::base::intern::Interner;
use crate::base::map::Map;
use crate::objects::Node;
use std::sync::Arc;

index_types! {
    /// A label key that some node has.
    LabelKeyIx;
}

/// The labels of all nodes.
#[derive(Clone, Debug, Default)]
pub struct NodeLabels {
    keys: Interner<LabelKeyIx, Box<str>>,
    /// The values of every key, in order of the first node that has each.
    values: IndexVec<LabelKeyIx, Vec<Arc<str>>>,
    /// The labels of all nodes in order: key and place of the value.
    labels: Vec<(LabelKeyIx, u32)>,
    /// Where the labels of every node end.
    ends: IndexVec<NodeIx, u32>,
}

impl NodeLabels {
    /// The labels of these nodes.
    pub(super) fn new<'n>(nodes: impl Iterator<Item = &'n Node>) -> Self {
        let mut all = Self::default();
        let mut known: IndexVec<LabelKeyIx, Map<&str, u32>> = IndexVec::default();
        for node in nodes {
            for (key, value) in node.meta.labels.iter() {
                let found = all.keys.find(key.as_str());
                let key = found.unwrap_or_else(|| all.keys.intern(key.as_str().into()));
                let values = all.values.grown(key);
                let place = known.grown(key).entry(value).or_insert_with(|| {
                    values.push(Arc::from(&**value));
                    values.len() as u32 - 1
                });
                all.labels.push((key, *place));
            }
            all.ends.push(all.labels.len() as u32);
        }
        all
    }

    /// The values that nodes have under a key, in order of the first node that has each.
    pub(super) fn values(&self, key: &str) -> &[Arc<str>] {
        self.keys.find(key).map_or(&[], |key| &self.values[key])
    }

    /// For every node the place of its value under a key; `None` where it lacks the label.
    pub(super) fn places(&self, key: &str) -> impl Iterator<Item = Option<u32>> {
        let key = self.keys.find(key);
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let labels = &self.labels[start..*end as usize];
            start = *end as usize;
            let found = labels.iter().find(|(its, _)| Some(*its) == key);
            found.map(|(_, place)| *place)
        })
    }
}
