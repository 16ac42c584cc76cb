//! Questions about a cluster as a whole, answered from the objects alone.

pub mod capacity;
mod cluster_driver;
pub mod diagnosis;
mod driver;
pub mod explain;
mod manifests;
pub mod place;
pub mod placement;
mod prepare;
mod queue;
mod refusals;
mod shared_claims;

pub use capacity::Capacity;
pub use diagnosis::Diagnosis;
pub use explain::{Explanation, explain};
pub use manifests::ManifestError;
pub use place::{PlaceError, PlaceOptions, place};
pub use placement::{Placement, PodName};
