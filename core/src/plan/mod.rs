//! Questions about a cluster as a whole, answered from the objects alone.

mod engine;
pub mod place;
pub mod placement;
mod plain;
mod queue;

pub use place::{Order, PlaceError, PlaceOptions, Ties, place};
pub use placement::Placement;
