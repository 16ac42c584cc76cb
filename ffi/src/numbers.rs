//! The caller's numbers of nodes: a number belongs to a name for the life of a cluster, however
//! often nodes come and go, and never to another.

use bayplan::Cluster;
use bayplan::base::index::Ix;
use bayplan::base::map::Map;
use bayplan::state::ix::NodeIx;
use bayplan::state::log::Epoch;
use std::sync::Arc;

/// Says that there is no node.
pub const BAYPLAN_NO_NODE: u32 = u32::MAX;

/// Numbers of node names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    names: Vec<Arc<str>>,
    known: Map<Arc<str>, u32>,
    /// The numbers of the nodes that are there, in order of the engine's own.
    there: Vec<u32>,
    /// When that was so.
    epoch: Option<Epoch>,
}

impl Numbers {
    /// Gives a number to a name, or finds the one it has.
    pub(crate) fn give(&mut self, name: &str) -> u32 {
        if let Some(number) = self.known.get(name) {
            return *number;
        }
        let (name, number) = (Arc::<str>::from(name), self.names.len() as u32);
        self.names.push(name.clone());
        self.known.insert(name, number);
        number
    }

    /// Follows the cluster: new nodes get numbers in byte order of their names.
    pub(crate) fn follow(&mut self, cluster: &Cluster) {
        if self.epoch.as_ref() == Some(cluster.log().epoch()) {
            return;
        }
        let nodes = cluster.nodes();
        self.there = vec![0; nodes.len()];
        for node in &nodes.by_rank {
            self.there[node.at()] = self.give(nodes.name(*node));
        }
        self.epoch = Some(cluster.log().epoch().clone());
    }

    /// The number of a node of the cluster that was followed last.
    pub(crate) fn of(&self, node: NodeIx) -> u32 {
        self.there.get(node.at()).copied().unwrap_or(BAYPLAN_NO_NODE)
    }

    /// The number of a name.
    pub(crate) fn find(&self, name: &str) -> Option<u32> {
        self.known.get(name).copied()
    }

    /// The name of a number.
    pub(crate) fn name(&self, number: u32) -> Option<&Arc<str>> {
        self.names.get(number as usize)
    }

    /// How many numbers were given; all are smaller.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }
}
