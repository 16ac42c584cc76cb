//! How many more pods of a template there is room for.

use crate::decider::Decider;
use crate::fault::Fault;
use crate::question::check_length;
use crate::template::bayplan_template;
use crate::world::World;
use bayplan::Decision;
use bayplan::base::index::Ix;
use bayplan::state::ix::NodeIx;

/// How many, how many on each node, and what becomes of the one after them.
pub(crate) fn count(
    decider: &mut Decider,
    world: &mut World,
    template: bayplan_template,
    limit: usize,
    per_node: Option<&mut [usize]>,
) -> Result<(usize, Option<Decision>), Fault> {
    if let Some(per_node) = &per_node {
        check_length(per_node.len(), world, "per_node")?;
    }
    let template = world.templates.get(template)?.clone();
    let found = decider
        .ask(world, |scheduler, cluster| Ok(scheduler.capacity(cluster, &template, limit)?))?;
    if let Some(per_node) = per_node {
        per_node.fill(0);
        for (node, count) in found.per_node.iter().enumerate() {
            per_node[world.numbers.of(NodeIx::new(node)) as usize] = *count;
        }
    }
    Ok((found.count, found.next))
}
