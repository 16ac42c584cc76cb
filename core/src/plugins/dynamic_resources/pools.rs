//! Pools of devices as one node sees them.
//!
//! Source: `k8s.io/dynamic-resource-allocation/structured/internal/incubating` (v1.35), with the
//! feature gates at their defaults: slices with shared counters or with a node selection per
//! device are not looked at. Pools come by driver and name, their slices by name; upstream's order
//! of pools is that of a hash map.

use crate::objects::devices::{Device, DevicePlacement, ResourceSlice};
use crate::objects::{Node, NodeSelector, Store};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The devices that a driver offers to a node under one name.
#[derive(Clone, Debug)]
pub(super) struct Pool<'a> {
    pub id: PoolId<'a>,
    pub state: PoolState,
    /// Slices of the highest generation that concern the node.
    pub slices: Vec<&'a ResourceSlice>,
}

/// Whether the devices of a pool can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PoolState {
    Usable,
    /// Slices are missing: the driver is at work.
    Incomplete,
    /// Two devices have one name.
    Invalid,
}

/// Identity of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PoolId<'a> {
    pub driver: &'a str,
    pub pool: &'a str,
}

impl fmt::Display for PoolId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.driver, self.pool)
    }
}

/// Identity of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DeviceId<'a> {
    pub pool: PoolId<'a>,
    pub device: &'a str,
}

impl<'a> DeviceId<'a> {
    pub fn new(driver: &'a str, pool: &'a str, device: &'a str) -> Self {
        Self { pool: PoolId { driver, pool }, device }
    }
}

impl fmt::Display for DeviceId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.pool, self.device)
    }
}

/// The pools that offer devices to the node.
///
/// # Errors
/// A node selector of a slice that upstream could not compile.
pub(super) fn gather_pools<'a>(store: &'a Store, node: &Node) -> Result<Vec<Pool<'a>>, String> {
    let mut pools: BTreeMap<PoolId<'a>, Vec<&'a ResourceSlice>> = BTreeMap::new();
    for slice in store.resource_slices.values().filter(|slice| is_looked_at(slice)) {
        if !placed_on(&slice.spec.placement, node).map_err(|text| in_slice(slice, &text))? {
            continue;
        }
        let id = PoolId { driver: &slice.spec.driver, pool: &slice.spec.pool.name };
        let slices = pools.entry(id).or_default();
        let generation = |slice: &ResourceSlice| slice.spec.pool.generation;
        let newest = slices.first().map_or(i64::MIN, |first| generation(first));
        if generation(slice) > newest {
            slices.clear();
        }
        if generation(slice) >= newest {
            slices.push(slice);
        }
    }
    let pools = pools.into_iter();
    Ok(pools.filter_map(|(id, slices)| assess(store, id, slices)).collect())
}

fn is_looked_at(slice: &ResourceSlice) -> bool {
    slice.spec.per_device_node_selection.is_none() && slice.spec.shared_counters.is_empty()
}

fn in_slice(slice: &ResourceSlice, text: &str) -> String {
    format!(
        "gather pool information: failed to perform node selection for slice {}: {text}",
        slice.meta.name,
    )
}

/// Whether devices placed like this can be used on the node; nothing set means nowhere.
fn placed_on(placement: &DevicePlacement, node: &Node) -> Result<bool, String> {
    let DevicePlacement { node_name, node_selector, all_nodes } = placement;
    if let Some(name) = node_name.as_deref().filter(|name| !name.is_empty()) {
        return Ok(name == node.name());
    }
    match node_selector {
        _ if *all_nodes == Some(true) => Ok(true),
        Some(selector) => selects(selector, node),
        None => Ok(false),
    }
}

/// Whether the selector, which must be one that compiles, matches the node.
///
/// # Errors
/// Why upstream could not compile it.
pub(super) fn selects(selector: &NodeSelector, node: &Node) -> Result<bool, String> {
    match selector.node_selector_terms.iter().find_map(|term| term.invalid()) {
        Some(text) => Err(format!("failed to parse node selector: {text}")),
        None => Ok(selector.matches(node.name(), &node.meta.labels)),
    }
}

/// The pool of these slices; `None` where slices for other nodes show that it is being replaced.
fn assess<'a>(
    store: &'a Store,
    id: PoolId<'a>,
    slices: Vec<&'a ResourceSlice>,
) -> Option<Pool<'a>> {
    let pool = &slices.first()?.spec.pool;
    let of_pool =
        |slice: &&ResourceSlice| slice.spec.driver == id.driver && slice.spec.pool.name == id.pool;
    let wanted = usize::try_from(pool.resource_slice_count).ok();
    let mut is_complete = wanted == Some(slices.len());
    if !is_complete {
        // Slices for other nodes belong to the pool too.
        let all: Vec<_> = store.resource_slices.values().filter(of_pool).collect();
        if all.iter().any(|slice| slice.spec.pool.generation > pool.generation) {
            return None;
        }
        let current = all.iter().filter(|slice| slice.spec.pool.generation == pool.generation);
        is_complete = wanted == Some(current.count());
    }
    let state = match is_complete {
        false => PoolState::Incomplete,
        true if has_duplicates(&slices) => PoolState::Invalid,
        true => PoolState::Usable,
    };
    Some(Pool { id, state, slices })
}

fn has_duplicates(slices: &[&ResourceSlice]) -> bool {
    let mut names = BTreeSet::new();
    slices.iter().flat_map(|slice| &slice.spec.devices).any(|device| !names.insert(&device.name))
}

/// A device of a node's pool.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'a> {
    pub id: DeviceId<'a>,
    pub device: &'a Device,
    pub placement: &'a DevicePlacement,
}

impl<'a> Pool<'a> {
    /// The pool's devices, in the order in which they are tried.
    pub fn devices(&self) -> impl Iterator<Item = Candidate<'a>> {
        let id = self.id;
        self.slices.iter().flat_map(move |slice| {
            slice.spec.devices.iter().map(move |device| Candidate {
                id: DeviceId { pool: id, device: &device.name },
                device,
                placement: &slice.spec.placement,
            })
        })
    }
}
