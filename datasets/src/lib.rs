//! Synthetic clusters and workloads for tests, benchmarks and first steps.
//!
//! Everything follows from a seed: the same options give the same bytes on every machine.

pub mod generate;
pub mod mix;
pub mod shapes;

mod templates;

pub use generate::{Generator, Options, OptionsError};
pub use mix::{Feature, Mix};
