//! The rule over columns.

use super::cordoned;
use crate::base::bits::Bits;
use crate::base::index::Ix;
use crate::objects::Pod;
use crate::state::Cluster;
use crate::state::ix::NodeIx;

/// Nodes that the rule lets pass; `None` means all.
pub fn allowed(pod: &Pod, cluster: &Cluster) -> Option<Bits> {
    let nodes = &cluster.nodes().objects;
    let cordoned_nodes = nodes.iter().any(|node| node.spec.unschedulable);
    (cordoned_nodes && !pod.spec.tolerates(&cordoned()))
        .then(|| Bits::of(nodes.len(), |node| !nodes[NodeIx::new(node)].spec.unschedulable))
}
