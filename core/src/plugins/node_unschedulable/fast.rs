//! The rule over columns.

use super::cordoned;
use crate::base::bits::Bits;
use crate::objects::Pod;
use crate::state::Cluster;

/// Nodes that the rule lets pass; `None` means all.
pub fn allowed(pod: &Pod, cluster: &Cluster) -> Option<Bits> {
    let schedulable = cluster.schedulable();
    (!schedulable.is_full() && !pod.spec.tolerates(&cordoned())).then(|| schedulable.clone())
}
