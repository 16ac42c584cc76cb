//! Questions about a cluster as a whole, answered from the objects alone.

mod cluster_driver;
mod driver;
pub mod explain;
mod manifests;
pub mod place;
pub mod placement;
mod prepare;
mod queue;
mod refusals;
mod shared_claims;

pub use explain::{Explanation, explain};
pub use manifests::ManifestError;
pub use place::{PlaceError, PlaceOptions, place};
pub use placement::Placement;
