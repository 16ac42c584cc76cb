//! Trying what would be if some pods of a node were not there.

use super::Cluster;
use super::ix::{NodeIx, PodIx};
use super::nodes::Ports;
use smallvec::SmallVec;

/// A trial on one node: pods are lifted from it and put back. When it ends everything is as it was,
/// and nothing was noted in the log.
#[derive(Debug)]
pub struct Trial<'c> {
    cluster: &'c mut Cluster,
    node: NodeIx,
    ports: Ports,
    lifted: SmallVec<[PodIx; 8]>,
}

impl Cluster {
    /// Starts a trial on a node.
    pub fn try_on(&mut self, node: NodeIx) -> Trial<'_> {
        let ports = self.nodes.ports[node].clone();
        Trial { cluster: self, node, ports, lifted: SmallVec::new() }
    }
}

impl Trial<'_> {
    /// The cluster as it is in the trial.
    pub fn cluster(&self) -> &Cluster {
        self.cluster
    }

    /// Takes a pod of the node away.
    pub fn lift(&mut self, pod: PodIx) {
        self.cluster.uncount(pod, self.node);
        self.lifted.push(pod);
    }

    /// Puts a pod back that was lifted.
    pub fn put_back(&mut self, pod: PodIx) {
        if let Some(at) = self.lifted.iter().position(|lifted| *lifted == pod) {
            self.lifted.remove(at);
            // What fitted the sums before fits them again.
            let _fits = self.cluster.count(pod, self.node);
        }
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        while let Some(pod) = self.lifted.pop() {
            let _fits = self.cluster.count(pod, self.node);
        }
        self.cluster.nodes.ports[self.node] = std::mem::take(&mut self.ports);
    }
}
