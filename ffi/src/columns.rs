//! The binary way in: nodes and pods as columns, without any text to parse but names.

use crate::cluster::bayplan_cluster;
use crate::error::{bayplan_error, call};
use crate::fault::Fault;
use crate::handle;
use crate::memory::{Growing, array, bayplan_str, optional_array, optional_array_mut, read_struct};
use crate::numbers::BAYPLAN_NO_NODE;
use crate::status::bayplan_status::{self, *};
use crate::template::bayplan_template;
use crate::world::World;
use bayplan::objects::meta::{Labels, ObjectMeta};
use bayplan::objects::node::{ContainerImage, NodeSpec, NodeStatus, Taint, TaintEffect};
use bayplan::objects::quantity::{Quantity, ResourceList};
use bayplan::{Change, Node, Object};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// A taint of this effect keeps new pods away.
pub const BAYPLAN_TAINT_NO_SCHEDULE: u8 = 1;
/// A taint of this effect keeps new pods away where that is possible.
pub const BAYPLAN_TAINT_PREFER_NO_SCHEDULE: u8 = 2;
/// A taint of this effect keeps new pods away and evicts running ones.
pub const BAYPLAN_TAINT_NO_EXECUTE: u8 = 3;

/// Nodes as columns. Every column has `count` entries where nothing else is said; a column that is
/// NULL has nothing for any node. Lists of different lengths per node are one array with all
/// entries one after the other, and an array of `count + 1` offsets: those of node `i` are at
/// `offsets[i]` up to, not including, `offsets[i + 1]`.
#[repr(C)]
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug)]
pub struct bayplan_node_columns {
    /// `sizeof(bayplan_node_columns)`, set by the caller.
    pub struct_size: usize,
    /// How many nodes.
    pub count: usize,
    /// Names; must not be NULL.
    pub names: *const bayplan_str,
    /// CPU that pods may use, in thousandths; must not be NULL.
    pub cpu_milli: *const i64,
    /// Memory that pods may use, in bytes; must not be NULL.
    pub memory_bytes: *const i64,
    /// How many pods each takes; must not be NULL.
    pub pods: *const i64,
    /// Ephemeral storage that pods may use, in bytes.
    pub ephemeral_storage_bytes: *const i64,
    /// Not 0 for nodes that are cordoned.
    pub cordoned: *const u8,
    /// Offsets of the labels, `count + 1` of them.
    pub label_offsets: *const usize,
    /// Keys of the labels.
    pub label_keys: *const bayplan_str,
    /// Values of the labels.
    pub label_values: *const bayplan_str,
    /// Offsets of the taints, `count + 1` of them.
    pub taint_offsets: *const usize,
    /// Keys of the taints.
    pub taint_keys: *const bayplan_str,
    /// Values of the taints.
    pub taint_values: *const bayplan_str,
    /// Effects of the taints: `BAYPLAN_TAINT_...`.
    pub taint_effects: *const u8,
    /// Offsets of the extended resources, `count + 1` of them.
    pub resource_offsets: *const usize,
    /// Names of the extended resources, such as `nvidia.com/gpu`.
    pub resource_names: *const bayplan_str,
    /// How much of each pods may use, in whole numbers.
    pub resource_amounts: *const i64,
    /// Offsets of the images that are there, `count + 1` of them.
    pub image_offsets: *const usize,
    /// Names of the images.
    pub image_names: *const bayplan_str,
    /// Sizes of the images, in bytes.
    pub image_sizes: *const i64,
}

// SAFETY: the first field is the size; numbers and pointers may be zero.
unsafe impl Growing for bayplan_node_columns {
    const FIRST_SIZE: usize = size_of::<Self>();
}

/// Pods as columns: instances of templates. Every column has `count` entries; a column that is NULL
/// has nothing for any pod.
#[repr(C)]
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug)]
pub struct bayplan_pod_columns {
    /// `sizeof(bayplan_pod_columns)`, set by the caller.
    pub struct_size: usize,
    /// How many pods.
    pub count: usize,
    /// What each is made after; must not be NULL. Namespace, labels and everything else but what
    /// stands here is the template's.
    pub templates: *const bayplan_template,
    /// Names; must not be NULL.
    pub names: *const bayplan_str,
    /// Unique identifiers. Where NULL, they have that of their template.
    pub uids: *const bayplan_str,
    /// Numbers of the nodes they are bound to; `BAYPLAN_NO_NODE` for pods that wait. Where NULL,
    /// all wait.
    pub nodes: *const u32,
}

// SAFETY: the first field is the size; numbers and pointers may be zero.
unsafe impl Growing for bayplan_pod_columns {
    const FIRST_SIZE: usize = size_of::<Self>();
}

/// Adds nodes, or replaces those of the same names. All go in or none. `numbers` may be NULL; else
/// it has `columns->count` entries and gets the numbers of the nodes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_cluster_add_nodes(
    cluster: *mut bayplan_cluster,
    columns: *const bayplan_node_columns,
    numbers: *mut u32,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        // SAFETY: a structure of the caller with arrays of the caller.
        let nodes = unsafe { nodes(&read_struct(columns, "columns")?)? };
        // SAFETY: an array of the caller.
        let numbers = unsafe { optional_array_mut(numbers, nodes.len(), "numbers")? };
        let mut world = handle::write(cluster, "cluster")?;
        let given: Vec<u32> = nodes.iter().map(|node| world.number(node.name())).collect();
        world.change(|cluster| Ok(cluster.load(nodes.into_iter().map(Object::from))?))?;
        numbers.into_iter().for_each(|numbers| numbers.copy_from_slice(&given));
        Ok(())
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// Adds pods, or replaces those of the same names. All go in or none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_cluster_add_pods(
    cluster: *mut bayplan_cluster,
    columns: *const bayplan_pod_columns,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        // SAFETY: a structure of the caller.
        let columns = unsafe { read_struct(columns, "columns")? };
        let mut world = handle::write(cluster, "cluster")?;
        // SAFETY: its arrays are the caller's.
        let pods = unsafe { pods(&columns, &world)? };
        world.change(|cluster| {
            pods.into_iter().try_for_each(|pod| Ok(cluster.apply(Change::Put(pod))?))
        })
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// Columns of nodes as slices, each as long as it is to be.
struct Columns<'a> {
    names: &'a [bayplan_str],
    cpu_milli: &'a [i64],
    memory_bytes: &'a [i64],
    pods: &'a [i64],
    ephemeral_storage_bytes: Option<&'a [i64]>,
    cordoned: Option<&'a [u8]>,
    labels: Lists<'a>,
    label_keys: &'a [bayplan_str],
    label_values: &'a [bayplan_str],
    taints: Lists<'a>,
    taint_keys: &'a [bayplan_str],
    taint_values: &'a [bayplan_str],
    taint_effects: &'a [u8],
    resources: Lists<'a>,
    resource_names: &'a [bayplan_str],
    resource_amounts: &'a [i64],
    images: Lists<'a>,
    image_names: &'a [bayplan_str],
    image_sizes: &'a [i64],
}

/// The nodes of columns.
///
/// # Safety
/// The columns are as long as [`bayplan_node_columns`] says, their texts as long as they say.
unsafe fn nodes(columns: &bayplan_node_columns) -> Result<Vec<Node>, Fault> {
    // SAFETY: the caller's promise.
    let columns = unsafe { Columns::new(columns)? };
    // SAFETY: the caller's promise.
    (0..columns.names.len()).map(|at| unsafe { columns.node(at) }).collect()
}

impl Columns<'_> {
    /// The columns that the caller means.
    ///
    /// # Safety
    /// As [`nodes`].
    unsafe fn new(given: &bayplan_node_columns) -> Result<Self, Fault> {
        let count = given.count;
        let storage = given.ephemeral_storage_bytes;
        // SAFETY: the caller's promise.
        unsafe {
            let labels = Lists::new(given.label_offsets, count, "label_offsets")?;
            let taints = Lists::new(given.taint_offsets, count, "taint_offsets")?;
            let resources = Lists::new(given.resource_offsets, count, "resource_offsets")?;
            let images = Lists::new(given.image_offsets, count, "image_offsets")?;
            Ok(Self {
                names: array(given.names, count, "names")?,
                cpu_milli: array(given.cpu_milli, count, "cpu_milli")?,
                memory_bytes: array(given.memory_bytes, count, "memory_bytes")?,
                pods: array(given.pods, count, "pods")?,
                ephemeral_storage_bytes: optional_array(storage, count, "ephemeral_storage_bytes")?,
                cordoned: optional_array(given.cordoned, count, "cordoned")?,
                label_keys: labels.column(given.label_keys, "label_keys")?,
                label_values: labels.column(given.label_values, "label_values")?,
                labels,
                taint_keys: taints.column(given.taint_keys, "taint_keys")?,
                taint_values: taints.column(given.taint_values, "taint_values")?,
                taint_effects: taints.column(given.taint_effects, "taint_effects")?,
                taints,
                resource_names: resources.column(given.resource_names, "resource_names")?,
                resource_amounts: resources.column(given.resource_amounts, "resource_amounts")?,
                resources,
                image_names: images.column(given.image_names, "image_names")?,
                image_sizes: images.column(given.image_sizes, "image_sizes")?,
                images,
            })
        }
    }

    /// One node.
    ///
    /// # Safety
    /// As [`nodes`].
    unsafe fn node(&self, at: usize) -> Result<Node, Fault> {
        // SAFETY: the caller's promise.
        let (name, labels, taints, allocatable, images) = unsafe {
            let name = name(self.names[at].text("names")?)?;
            (name, self.labels(at)?, self.taints(at)?, self.allocatable(at)?, self.images(at)?)
        };
        Ok(Node {
            meta: ObjectMeta { name, labels: Arc::new(labels), ..ObjectMeta::default() },
            spec: NodeSpec {
                unschedulable: self.cordoned.is_some_and(|cordoned| cordoned[at] != 0),
                taints,
            },
            status: NodeStatus { allocatable: Some(allocatable), images, ..NodeStatus::default() },
        })
    }

    unsafe fn labels(&self, at: usize) -> Result<Labels, Fault> {
        let label = |item: usize| {
            // SAFETY: the caller's promise.
            let (key, value) = unsafe {
                (
                    self.label_keys[item].text("label_keys")?,
                    self.label_values[item].text("label_values")?,
                )
            };
            Ok((key.to_owned(), value.to_owned()))
        };
        self.labels.of(at).map(label).collect()
    }

    unsafe fn taints(&self, at: usize) -> Result<Vec<Taint>, Fault> {
        let taint = |item: usize| {
            // SAFETY: the caller's promise.
            let (key, value) = unsafe {
                (
                    self.taint_keys[item].text("taint_keys")?,
                    self.taint_values[item].text("taint_values")?,
                )
            };
            let effect = effect(self.taint_effects[item])?;
            Ok(Taint { key: key.to_owned(), value: value.to_owned(), effect })
        };
        self.taints.of(at).map(taint).collect()
    }

    unsafe fn allocatable(&self, at: usize) -> Result<ResourceList, Fault> {
        let cpu = Quantity::from_milli(amount(self.cpu_milli[at], "cpu_milli")?);
        let mut allocatable = BTreeMap::from([
            ("cpu".to_owned(), cpu),
            ("memory".to_owned(), whole(self.memory_bytes[at], "memory_bytes")?),
            ("pods".to_owned(), whole(self.pods[at], "pods")?),
        ]);
        if let Some(storage) = self.ephemeral_storage_bytes {
            let storage = whole(storage[at], "ephemeral_storage_bytes")?;
            allocatable.insert("ephemeral-storage".to_owned(), storage);
        }
        for item in self.resources.of(at) {
            // SAFETY: the caller's promise.
            let name = unsafe { self.resource_names[item].text("resource_names")? };
            let amount = whole(self.resource_amounts[item], "resource_amounts")?;
            allocatable.insert(name.to_owned(), amount);
        }
        Ok(allocatable)
    }

    unsafe fn images(&self, at: usize) -> Result<Vec<ContainerImage>, Fault> {
        let image = |item: usize| {
            // SAFETY: the caller's promise.
            let name = unsafe { self.image_names[item].text("image_names")? };
            Ok(ContainerImage { names: vec![name.to_owned()], size_bytes: self.image_sizes[item] })
        };
        self.images.of(at).map(image).collect()
    }
}

/// The pods of columns.
///
/// # Safety
/// The columns are as long as [`bayplan_pod_columns`] says.
unsafe fn pods(columns: &bayplan_pod_columns, world: &World) -> Result<Vec<Object>, Fault> {
    let count = columns.count;
    // SAFETY: the caller's promise.
    unsafe {
        let templates = array(columns.templates, count, "templates")?;
        let names = array(columns.names, count, "names")?;
        let uids = optional_array(columns.uids, count, "uids")?;
        let nodes = optional_array(columns.nodes, count, "nodes")?;
        let mut pods = Vec::new();
        for at in 0..count {
            let template = world.templates.get(templates[at])?;
            let mut pod = template.named(name(names[at].text("names")?)?);
            if let Some(uids) = uids {
                pod.meta.uid = uids[at].text("uids")?.to_owned();
            }
            let node = nodes.map_or(BAYPLAN_NO_NODE, |nodes| nodes[at]);
            if node != BAYPLAN_NO_NODE {
                let node = world.node(node)?;
                pod.node_name = Some(world.cluster.nodes().name(node).clone());
            }
            pods.push(pod.into());
        }
        Ok(pods)
    }
}

/// Lists of different lengths, one per row.
struct Lists<'a> {
    offsets: &'a [usize],
}

impl<'a> Lists<'a> {
    /// The lists of these offsets; none where NULL.
    ///
    /// # Safety
    /// As [`array`], for one offset more than rows.
    unsafe fn new(offsets: *const usize, rows: usize, name: &str) -> Result<Self, Fault> {
        let count = rows.checked_add(1).ok_or_else(|| Fault::argument(BAYPLAN_ERR_SIZE, name))?;
        // SAFETY: the caller's promise.
        let offsets = unsafe { optional_array(offsets, count, name)?.unwrap_or_default() };
        match offsets.is_sorted() {
            true => Ok(Self { offsets }),
            false => Err(Fault::argument(BAYPLAN_ERR_ARGUMENT, name)),
        }
    }

    /// A column with the entries of all lists.
    ///
    /// # Safety
    /// As [`array`], for as many entries as the last offset says.
    unsafe fn column<T>(&self, pointer: *const T, name: &str) -> Result<&'a [T], Fault> {
        // SAFETY: the caller's promise.
        unsafe { array(pointer, self.offsets.last().copied().unwrap_or(0), name) }
    }

    /// Where the entries of a row are.
    fn of(&self, row: usize) -> Range<usize> {
        match (self.offsets.get(row), self.offsets.get(row + 1)) {
            (Some(start), Some(end)) => *start..*end,
            _ => 0..0,
        }
    }
}

fn name(text: &str) -> Result<String, Fault> {
    match text {
        "" => Err(Fault::argument(BAYPLAN_ERR_ARGUMENT, "names")),
        text => Ok(text.to_owned()),
    }
}

fn amount(amount: i64, name: &str) -> Result<i64, Fault> {
    match amount {
        0.. => Ok(amount),
        _ => Err(Fault::argument(BAYPLAN_ERR_ARGUMENT, name)),
    }
}

fn whole(value: i64, name: &str) -> Result<Quantity, Fault> {
    amount(value, name).map(Quantity::from_integer)
}

fn effect(number: u8) -> Result<TaintEffect, Fault> {
    match number {
        BAYPLAN_TAINT_NO_SCHEDULE => Ok(TaintEffect::NoSchedule),
        BAYPLAN_TAINT_PREFER_NO_SCHEDULE => Ok(TaintEffect::PreferNoSchedule),
        BAYPLAN_TAINT_NO_EXECUTE => Ok(TaintEffect::NoExecute),
        _ => Err(Fault::argument(BAYPLAN_ERR_ARGUMENT, "taint_effects")),
    }
}
