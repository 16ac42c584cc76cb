//! VolumeZone: zone and region labels of bound volumes fit those of the node.
//!
//! Source: `pkg/scheduler/framework/plugins/volumezone` (v1.35).

pub mod plain;

#[cfg(test)]
mod tests;
