//! The rule over objects.

use crate::objects::NodeInfo;
use crate::plugins::contract::{Context, Plain};

const MIB: i64 = 1024 * 1024;
/// Bytes of images up to which a node is no better than one without them.
const LEAST: i64 = 23 * MIB;
/// Bytes of images per container beyond which a node gets no better.
const MOST_PER_CONTAINER: i64 = 1000 * MIB;

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
            .map(|container| normalized_name(&container.image))
            .filter(|name| node.node.status.images.iter().any(|image| image.names.contains(name)));
        let sum = present
            .map(|name| spread_size(context, &name))
            .fold(0_i64, |sum, size| sum.saturating_add(size));
        let count = (spec.init_containers.len() + spec.containers.len()) as i64;
        let most = MOST_PER_CONTAINER.saturating_mul(count);
        let bounded = if sum < LEAST { LEAST } else { sum.min(most) };
        Ok((i128::from(bounded - LEAST) * 100 / i128::from(most - LEAST)) as i64)
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

/// The image with a tag: a name without one means `latest`. A digest counts as a tag.
fn normalized_name(image: &str) -> String {
    // A colon before the last slash belongs to the port of a registry.
    if image.rfind(':') <= image.rfind('/') { format!("{image}:latest") } else { image.to_owned() }
}
