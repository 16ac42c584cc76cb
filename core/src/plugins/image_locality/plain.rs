//! The rule over objects.

use super::score_of;
use crate::objects::NodeInfo;
use crate::objects::canonical::full_image_name;
use crate::plugins::contract::{Context, Plain};

/// Scores images that are already there.
#[derive(Clone, Debug, Default)]
pub struct ImageLocality;

impl ImageLocality {
    /// The plugin, for one attempt.
    pub fn new() -> Self {
        Self
    }
}

impl<'a> Plain<'a> for ImageLocality {
    fn score(&self, context: &Context<'a>, node: &NodeInfo<'a>) -> Result<i64, String> {
        let spec = &context.pod.spec;
        let containers = spec.init_containers.iter().chain(&spec.containers);
        // An image that two containers use counts twice.
        let present = containers
            .map(|container| full_image_name(&container.image))
            .filter(|name| node.node.status.images.iter().any(|image| image.names.contains(name)));
        let sum = present
            .map(|name| spread_size(context, &name))
            .fold(0_i64, |sum, size| sum.saturating_add(size));
        let count = (spec.init_containers.len() + spec.containers.len()) as i64;
        Ok(score_of(sum, count))
    }

    fn boxed_clone(&self) -> Box<dyn Plain<'a> + 'a> {
        Box::new(self.clone())
    }
}

/// The size of an image, scaled by the share of nodes that have it.
fn spread_size(context: &Context<'_>, name: &str) -> i64 {
    let total = context.snapshot.nodes.len() as f64;
    let state = context.snapshot.store.images.get(name);
    state.map_or(0, |state| (state.size_bytes as f64 * (state.nodes as f64 / total)) as i64)
}
