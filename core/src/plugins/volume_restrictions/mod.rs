//! VolumeRestrictions: an inline disk is mounted once (or read-only), and a ReadWriteOncePod claim is
//! used by one pod of the cluster.
//!
//! Source: `pkg/scheduler/framework/plugins/volumerestrictions` (v1.35).

pub mod plain;

#[cfg(test)]
mod tests;
