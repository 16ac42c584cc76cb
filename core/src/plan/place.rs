//! Place everything: objects in, a node or a reason for every pod out.
//!
//! The workloads are expanded to pods, the pods queue by priority, and each is placed with all
//! before it in their places. A pod that found no node is tried again once others have moved,
//! until nothing moves any more, as kube-scheduler's queue would do. Pods that have to make room
//! are gone for good: what their controllers would do next is not followed.
//!
//! With [`Order::Name`] the answer does not depend on the order of the objects.

use super::placement::{Placement, PodName};
use super::placer::Placer;
use super::queue::Queue;
use super::scheduled::Scheduled;
use crate::controllers::{ExpandOptions, Expansion, ExpansionFault, expand};
use crate::cycle::ties::Ties;
use crate::objects::Object;
use crate::profile::Profile;
use crate::state::Cluster;
use std::collections::BTreeSet;
use std::fmt;

/// How a placement is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceOptions {
    /// Profiles; a pod names its own by `spec.schedulerName`.
    pub profiles: Vec<Profile>,
    /// Which of several best nodes is taken.
    pub ties: Ties,
    /// Who is first among pods of equal priority.
    pub order: Order,
    /// Seed of the random parts of names of created pods.
    pub name_seed: u64,
}

impl Default for PlaceOptions {
    fn default() -> Self {
        Self {
            profiles: vec![Profile::default()],
            ties: Ties::First,
            order: Order::Name,
            name_seed: 0,
        }
    }
}

/// Who is first among pods of equal priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The older by `creationTimestamp`, where given; then byte order of namespace and name.
    #[default]
    Name,
    /// The one that the input names first.
    Input,
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
    let (cluster, expansion) = prepare(objects, options)?;
    let mut scheduled = Scheduled::new(cluster, options);
    let mut queue = Queue::new(expansion.pods, options);
    queue.run(&mut scheduled, progress)?;
    let (pods, volumes) = queue.into_results();
    Ok(Placement::new(pods, scheduled.nodes(), volumes, expansion.notes))
}

/// The cluster without the pods that wait for a node, and those pods.
pub(super) fn prepare(
    mut objects: Vec<Object>,
    options: &PlaceOptions,
) -> Result<(Cluster, Expansion), PlaceError> {
    if options.order == Order::Name {
        objects.sort_by_cached_key(|object| {
            let meta = object.meta();
            (object.kind(), meta.namespace.clone(), meta.name.clone())
        });
    }
    let names = ExpandOptions { seed: options.name_seed, ..ExpandOptions::default() };
    let mut expansion = expand(&objects, &names)?;
    objects.append(&mut expansion.objects);
    let waiting: BTreeSet<_> = expansion.pods.iter().map(|pod| PodName::of(&pod.pod)).collect();
    objects.retain(|object| match object {
        Object::Pod(pod) => !waiting.contains(&PodName::of(pod)),
        _ => true,
    });
    Ok((Cluster::from_objects(objects)?, expansion))
}
