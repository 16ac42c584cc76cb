//! One pod, one decision.

pub mod attempt;
pub mod evaluation;
mod missing_state;
pub mod plain;
