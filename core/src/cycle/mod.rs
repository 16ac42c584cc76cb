//! One pod, one decision.

pub mod evaluation;
