//! Measurements: how fast pods are placed, and where the time goes. See `README.md` here for the
//! method and what was found.

pub mod input;
pub mod run;
