//! NodeVolumeLimits: a CSI driver attaches only so many volumes to a node.
//!
//! Source: `pkg/scheduler/framework/plugins/nodevolumelimits` (v1.35).

pub mod plain;

#[cfg(test)]
mod tests;
