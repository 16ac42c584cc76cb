//! The rule over columns.

use crate::state::ix::{NodeIx, PortIx};
use crate::state::nodes::Nodes;

/// Whether one of the ports is taken on the node.
#[inline]
pub fn taken(wanted: &[PortIx], nodes: &Nodes, node: NodeIx) -> bool {
    let held = &nodes.ports[node];
    wanted.iter().any(|wanted| held.iter().any(|held| nodes.ports_conflict(*wanted, *held)))
}
