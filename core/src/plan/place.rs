//! Place everything: objects in, a node or a reason for every pod out.
//!
//! The workloads are expanded to pods, the pods queue by priority and then in the order of the
//! input, and each is placed with all before it in their places. A pod that found no node is tried
//! again once others have moved, until nothing moves any more, as kube-scheduler's queue would do.
//! Pods that have to make room are gone for good: what their controllers would do next is not
//! followed.

use super::cluster_driver::ClusterDriver;
use super::driver::Driver;
use super::placement::Placement;
use super::prepare::prepare;
use super::queue::Queue;
use super::shared_claims;
use crate::controllers::ExpansionFault;
use crate::cycle::ties::Ties;
use crate::objects::Object;
use crate::profile::Profile;
use crate::scheduler::Engine;
use std::fmt;

/// How a placement is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceOptions {
    /// Profiles; a pod names its own by `spec.schedulerName`.
    pub profiles: Vec<Profile>,
    /// Which of several best nodes is taken.
    pub ties: Ties,
    /// How decisions are computed.
    pub engine: Engine,
    /// Seed of the random parts of names of created pods.
    pub name_seed: u64,
}

impl Default for PlaceOptions {
    fn default() -> Self {
        Self {
            profiles: vec![Profile::default()],
            ties: Ties::First,
            engine: Engine::default(),
            name_seed: 0,
        }
    }
}

/// Why nothing can be placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceError {
    message: String,
}

impl PlaceError {
    /// An error with this text.
    pub(super) fn new(message: impl fmt::Display) -> Self {
        Self { message: message.to_string() }
    }
}

impl fmt::Display for PlaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PlaceError {}

impl From<Vec<ExpansionFault>> for PlaceError {
    fn from(faults: Vec<ExpansionFault>) -> Self {
        let lines: Vec<_> = faults.iter().map(ToString::to_string).collect();
        Self::new(lines.join("\n"))
    }
}

/// Places every pod that these objects make or hold. `progress` is told how many pods were asked
/// about, and of how many.
///
/// # Errors
/// What the API server would refuse of the workloads, or an object that cannot be part of the
/// cluster.
pub fn place(
    objects: Vec<Object>,
    options: &PlaceOptions,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Placement, PlaceError> {
    let (cluster, mut expansion) = prepare(objects, options.name_seed)?;
    let mut driver = ClusterDriver::new(cluster, options);
    let mut queue = Queue::new(expansion.pods, &options.profiles);
    queue.run(&mut driver, progress)?;
    let (pods, volumes) = queue.into_results();
    expansion.notes.extend(shared_claims::notes(driver.cluster()));
    Ok(Placement::new(pods, driver.nodes(), volumes, expansion.notes))
}
