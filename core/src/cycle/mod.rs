//! One pod, one decision.

pub mod attempt;
pub mod decision;
pub mod evaluation;
pub mod fit_error;
mod missing_state;
pub mod plain;
mod sampling;
pub mod ties;
