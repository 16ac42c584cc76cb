//! ImageLocality: nodes that have the pod's images are better, the more so the larger the images
//! are and the more nodes have them.
//!
//! Upstream reads the number of nodes with an image from a copy that may be stale after another node
//! gained or lost the image; here the count is always the true one.
//!
//! Source: `pkg/scheduler/framework/plugins/imagelocality` (v1.35).

pub mod fast;
pub mod plain;

const MIB: i64 = 1024 * 1024;
/// Bytes of images up to which a node is no better than one without them.
const LEAST: i64 = 23 * MIB;
/// Bytes of images per container beyond which a node gets no better.
const MOST_PER_CONTAINER: i64 = 1000 * MIB;

/// The score of so many bytes of images, for so many containers.
fn score_of(sum: i64, containers: i64) -> i64 {
    let most = MOST_PER_CONTAINER.saturating_mul(containers);
    let bounded = if sum < LEAST { LEAST } else { sum.min(most) };
    // Without containers there is nothing to divide by; no pod is without any.
    let range = (most - LEAST).max(1);
    match (bounded - LEAST).checked_mul(100) {
        Some(product) => product / range,
        None => (i128::from(bounded - LEAST) * 100 / i128::from(range)) as i64,
    }
}
