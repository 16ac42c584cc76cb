//! The rule over columns.

use super::score_of;
use crate::base::index::Ix;
use crate::objects::Pod;
use crate::state::Cluster;

/// The score of every node, 0 to 100, for the images of this pod; `None` where all score 0.
pub fn scores(pod: &Pod, cluster: &Cluster) -> Option<Vec<i64>> {
    let nodes = cluster.nodes();
    let names = pod.spec.canonical_images();
    let mut present =
        names.iter().filter_map(|name| Some((name, cluster.store().images.get(name)?))).peekable();
    // Nobody is looked at where no node has any of them.
    present.peek()?;
    let mut sums = vec![0_i64; nodes.len()];
    for (name, state) in present {
        let share = state.nodes as f64 / nodes.len() as f64;
        let size = (state.size_bytes as f64 * share) as i64;
        for node in nodes.with_image(name) {
            sums[node.at()] = sums[node.at()].saturating_add(size);
        }
    }
    let containers = names.len() as i64;
    // Nodes without the images score nothing, and the others have few distinct sums.
    let mut known = (0, score_of(0, containers));
    for sum in sums.iter_mut().filter(|sum| **sum != 0) {
        if known.0 != *sum {
            known = (*sum, score_of(*sum, containers));
        }
        *sum = known.1;
    }
    sums.iter().any(|score| *score != 0).then_some(sums)
}
