//! ImageLocality: nodes that have the pod's images are better, the more so the larger the images
//! are and the more nodes have them.
//!
//! Upstream reads the number of nodes with an image from a copy that may be stale after another node
//! gained or lost the image; here the count is always the true one.
//!
//! Source: `pkg/scheduler/framework/plugins/imagelocality` (v1.35).

pub mod plain;
