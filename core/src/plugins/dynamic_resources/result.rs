//! The allocation that a solution amounts to.

use super::pools::Candidate;
use crate::objects::devices::{AllocatedDevice, AllocationResult, DeviceAllocationResult};
use crate::objects::labels::{NodeOperator, NodeRequirement};
use crate::objects::{Node, NodeSelector, NodeSelectorTerm};

/// The allocation of a claim: chosen devices with the names of their requests and whether these
/// have admin access.
///
/// # Errors
/// A slice whose node selector has more than one term.
pub(super) fn allocation_result<'a>(
    chosen: impl Iterator<Item = (String, bool, Candidate<'a>)> + Clone,
    node: &Node,
) -> Result<AllocationResult, String> {
    let results = chosen.clone().map(|(request, admin, Candidate { id, .. })| AllocatedDevice {
        request,
        driver: id.pool.driver.to_owned(),
        pool: id.pool.pool.to_owned(),
        device: id.device.to_owned(),
        admin_access: admin.then_some(true),
    });
    let devices = DeviceAllocationResult { results: results.collect() };
    let node_selector = node_selector(chosen.map(|(_, _, candidate)| candidate), node)?;
    Ok(AllocationResult { devices, node_selector })
}

/// Where all these devices can be used; `None` means everywhere. One device that is local to a
/// node binds the claim to it.
fn node_selector<'a>(
    devices: impl Iterator<Item = Candidate<'a>>,
    node: &Node,
) -> Result<Option<NodeSelector>, String> {
    let mut merged = NodeSelectorTerm::default();
    for Candidate { placement, .. } in devices {
        if placement.node_name.as_deref().is_some_and(|name| !name.is_empty()) {
            return Ok(Some(only(node)));
        }
        let terms = placement.node_selector.iter().flat_map(|all| &all.node_selector_terms);
        match terms.collect::<Vec<_>>().as_slice() {
            [] => {}
            [term] => {
                add_missing(&mut merged.match_fields, &term.match_fields);
                add_missing(&mut merged.match_expressions, &term.match_expressions);
            }
            _ => return Err("unsupported ResourceSlice.NodeSelector: several terms".to_owned()),
        }
    }
    let anywhere = merged.match_fields.is_empty() && merged.match_expressions.is_empty();
    Ok((!anywhere).then(|| NodeSelector { node_selector_terms: vec![merged] }))
}

fn only(node: &Node) -> NodeSelector {
    let by_name = NodeRequirement {
        key: "metadata.name".to_owned(),
        operator: NodeOperator::In,
        values: vec![node.name().to_owned()],
    };
    let term = NodeSelectorTerm { match_fields: vec![by_name], ..Default::default() };
    NodeSelector { node_selector_terms: vec![term] }
}

fn add_missing(into: &mut Vec<NodeRequirement>, from: &[NodeRequirement]) {
    for requirement in from {
        if !into.contains(requirement) {
            into.push(requirement.clone());
        }
    }
}
