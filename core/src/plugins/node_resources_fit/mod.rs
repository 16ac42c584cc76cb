//! NodeResourcesFit: the requests of the pods of a node stay within what it offers; scores how much
//! is left, how little, or by a function of the utilisation.
//!
//! Reasons, all that apply: `Too many pods`, `Insufficient <resource>`. Preemption cannot help where
//! some request is larger than what the node offers at all.
//!
//! Arguments: extended resources that are not looked at; strategy, resources and weights of the
//! score.
//!
//! Source: `pkg/scheduler/framework/plugins/noderesources` (v1.35).

pub mod fast;
pub mod plain;
mod shape;
