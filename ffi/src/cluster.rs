//! Clusters: objects in and out, one by one or many, as texts.

use crate::error::{answer, bayplan_error, call};
use crate::handle::{self, Handle, Made};
use crate::memory::{Growing, Place, bayplan_str, write_struct};
use crate::numbers::BAYPLAN_NO_NODE;
use crate::status::bayplan_status;
use crate::template::bayplan_template;
use crate::world::World;
use bayplan::Cluster;
use std::ptr;

/// A cluster: nodes, pods and what else decides placements. Owned by the caller: free it with
/// `bayplan_cluster_free`.
#[allow(non_camel_case_types)]
pub struct bayplan_cluster(());

impl Handle for bayplan_cluster {
    type Object = World;
}

/// A cluster without anything; NULL where there are too many handles.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_cluster_new() -> *mut bayplan_cluster {
    answer(ptr::null_mut(), || handle::new(World::default()))
}

/// Frees a cluster. Its transactions end; everything else that came from it stays valid. NULL is
/// fine.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_cluster_free(cluster: *mut bayplan_cluster) -> bayplan_status {
    handle::free(cluster)
}

/// A copy that goes its own way, with the numbers of the nodes and the templates, without the
/// transactions. It takes time and memory in proportion to the cluster.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_cluster_copy(
    cluster: *const bayplan_cluster,
    copy: *mut *mut bayplan_cluster,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        let copy = Made::new(copy, "copy")?;
        let fork = handle::read(cluster, "cluster")?.fork();
        // SAFETY: a result pointer of the caller.
        unsafe { copy.set(fork) }
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// Adds manifests as people write them: YAML or JSON, one document or many, lists too. What is left
/// out is completed as the API server completes it, workloads become the pods that their
/// controllers would create, and everything is checked. All of the text goes in or nothing; objects
/// that are there are replaced. What a reader should know is in `bayplan_cluster_notes` afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_cluster_load(
    cluster: *mut bayplan_cluster,
    text: bayplan_str,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        // SAFETY: a text of the caller.
        let text = unsafe { text.bytes("text")? };
        handle::write(cluster, "cluster")?.load(text)
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// Adds or replaces objects as an API server has them, such as a watch delivers: believed as they
/// are, workloads left aside because their pods come by themselves. JSON or YAML, one object or
/// many. All of the text goes in or nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_cluster_apply(
    cluster: *mut bayplan_cluster,
    text: bayplan_str,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        // SAFETY: a text of the caller.
        let text = unsafe { text.bytes("text")? };
        handle::write(cluster, "cluster")?.apply(text)
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// Takes an object out. `kind` is as manifests write it, `namespace_` its namespace, empty for
/// kinds that have none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_cluster_delete(
    cluster: *mut bayplan_cluster,
    kind: bayplan_str,
    namespace_: bayplan_str,
    name: bayplan_str,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        // SAFETY: texts of the caller.
        let [kind, namespace_, name] =
            unsafe { [kind.text("kind")?, namespace_.text("namespace_")?, name.text("name")?] };
        handle::write(cluster, "cluster")?.delete(kind, namespace_, name)
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// What the last `bayplan_cluster_load` left to say, a sentence a line: assumptions, kinds that
/// were skipped, pods that the API server would refuse. Borrowed until the next call with the
/// cluster that is not const.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_cluster_notes(cluster: *const bayplan_cluster) -> bayplan_str {
    answer(bayplan_str::EMPTY, || Ok(bayplan_str::of(&handle::read(cluster, "cluster")?.notes)))
}

/// Reads one pod (YAML or JSON, as an API server would have it) as the template of others; 0 where
/// that fails. The template is valid with this cluster and its later copies, for their whole lives;
/// it is no part of the state, so no rollback takes it away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_cluster_intern_pod(
    cluster: *mut bayplan_cluster,
    pod: bayplan_str,
    error: *mut *mut bayplan_error,
) -> bayplan_template {
    let mut template = 0;
    let body = || {
        // SAFETY: a text of the caller.
        let text = unsafe { pod.bytes("pod")? };
        template = handle::write(cluster, "cluster")?.intern(text)?;
        Ok(())
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) };
    template
}

/// Binds a pending pod to a node, as a scheduler other than this one decided.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_cluster_bind(
    cluster: *mut bayplan_cluster,
    namespace_: bayplan_str,
    name: bayplan_str,
    node: bayplan_str,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        // SAFETY: texts of the caller.
        let [namespace, name, node] = unsafe {
            [namespace_.text("namespace_")?, name.text("name")?, node.text("node")?]
                .map(str::to_owned)
        };
        let change = bayplan::Change::Bind { namespace, name, node, start_time: None };
        handle::write(cluster, "cluster")?.change(|cluster| Ok(cluster.apply(change)?))
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// Makes a bound pod pending again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_cluster_unbind(
    cluster: *mut bayplan_cluster,
    namespace_: bayplan_str,
    name: bayplan_str,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        // SAFETY: texts of the caller.
        let [namespace_, name] = unsafe { [namespace_.text("namespace_")?, name.text("name")?] };
        handle::write(cluster, "cluster")?.change(|cluster| Ok(cluster.unbind(namespace_, name)?))
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// The number of a node name; `BAYPLAN_NO_NODE` where the name never had a node.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_cluster_node_number(
    cluster: *const bayplan_cluster,
    name: bayplan_str,
) -> u32 {
    answer(BAYPLAN_NO_NODE, || {
        // SAFETY: a text of the caller.
        let name = unsafe { name.text("name")? };
        let world = handle::read(cluster, "cluster")?;
        Ok(world.numbers.find(name).unwrap_or(BAYPLAN_NO_NODE))
    })
}

/// The name of a node number; empty where there is none. Borrowed until the cluster is freed.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_cluster_node_name(
    cluster: *const bayplan_cluster,
    number: u32,
) -> bayplan_str {
    answer(bayplan_str::EMPTY, || {
        let world = handle::read(cluster, "cluster")?;
        Ok(world.numbers.name(number).map_or(bayplan_str::EMPTY, |name| bayplan_str::of(name)))
    })
}

/// How many node numbers were given: every number is smaller, and arrays with an entry per node
/// have this length. It only grows.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_cluster_node_numbers(cluster: *const bayplan_cluster) -> usize {
    answer(0, || Ok(handle::read(cluster, "cluster")?.numbers.len()))
}

/// How much a cluster holds.
#[repr(C)]
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug)]
pub struct bayplan_statistics {
    /// `sizeof(bayplan_statistics)`, set by the caller.
    pub struct_size: usize,
    /// Nodes.
    pub nodes: u64,
    /// Pods, pending and bound.
    pub pods: u64,
    /// Pods that count on a node.
    pub bound_pods: u64,
    /// Pods that are nominated to a node and not bound.
    pub nominated_pods: u64,
    /// Classes: kinds of pods that are the same to the scheduler.
    pub classes: u64,
    /// Transactions that are open.
    pub transactions: u64,
    /// CPU that pods may use, in thousandths, over all nodes.
    pub allocatable_cpu_milli: i64,
    /// CPU that bound pods request, in thousandths.
    pub requested_cpu_milli: i64,
    /// Memory that pods may use, in bytes, over all nodes; at most 2^63-1.
    pub allocatable_memory_bytes: i64,
    /// Memory that bound pods request, in bytes; at most 2^63-1.
    pub requested_memory_bytes: i64,
}

// SAFETY: the first field is the size; numbers may be zero.
unsafe impl Growing for bayplan_statistics {
    const FIRST_SIZE: usize = size_of::<Self>();
}

impl bayplan_statistics {
    pub(crate) fn of(world: &World) -> Self {
        let cluster = &world.cluster;
        let rows = &cluster.nodes().rows;
        let sum = |amount: fn(&bayplan::state::nodes::NodeRow) -> i64| {
            rows.iter().map(amount).fold(0, i64::saturating_add)
        };
        let bound = cluster.pods().iter().filter(|(_, row)| row.node.is_some()).count();
        Self {
            struct_size: size_of::<Self>(),
            nodes: cluster.nodes().len() as u64,
            pods: cluster.pods().len() as u64,
            bound_pods: bound as u64,
            nominated_pods: cluster.nominated().count() as u64,
            classes: cluster.classes().len() as u64,
            transactions: world.open_transactions() as u64,
            allocatable_cpu_milli: sum(|row| row.allocatable_milli_cpu),
            requested_cpu_milli: sum(|row| row.requested_milli_cpu),
            allocatable_memory_bytes: sum(|row| row.allocatable_memory),
            requested_memory_bytes: sum(|row| row.requested_memory),
        }
    }
}

/// How much the cluster holds. Costs a walk over nodes and pods.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_cluster_statistics(
    cluster: *const bayplan_cluster,
    statistics: *mut bayplan_statistics,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        let found = bayplan_statistics::of(&*handle::read(cluster, "cluster")?);
        // SAFETY: a structure of the caller.
        unsafe { write_struct(statistics, &found, "statistics") }
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// A number that is the same for clusters of the same objects in the same places, on every machine
/// and in every run of one version of the library. Costs a walk over all objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_cluster_hash(
    cluster: *const bayplan_cluster,
    hash: *mut u64,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        let hash = Place::new(hash, "hash")?;
        let world = handle::read(cluster, "cluster")?;
        // SAFETY: a result pointer of the caller.
        unsafe { hash.set(digest(&world.cluster)) };
        Ok(())
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// The three digests of a state as one number.
pub(crate) fn digest(cluster: &Cluster) -> u64 {
    let hash = cluster.state_hash();
    [hash.objects, hash.sums, hash.history]
        .into_iter()
        .fold(0, |sum: u64, part| (sum.rotate_left(21) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
