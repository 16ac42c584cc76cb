//! Questions about a cluster as a whole, answered from the objects alone.

pub mod explain;
pub mod place;
pub mod placement;
mod placer;
mod queue;
mod scheduled;

pub use explain::{Explanation, explain};
pub use place::{Order, PlaceError, PlaceOptions, place};
pub use placement::Placement;
