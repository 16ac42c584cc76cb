//! The whole state as text and back.

use crate::cluster::bayplan_cluster;
use crate::error::{bayplan_error, call};
use crate::fault::Fault;
use crate::handle::{self, Made};
use crate::memory::bayplan_str;
use crate::status::bayplan_status::{self, *};
use crate::text::bayplan_text;
use crate::world::World;
use bayplan::Cluster;

/// The whole state as one JSON document, to be read by `bayplan_cluster_restore` of this version of
/// the library or a later one. Templates, numbers of nodes and transactions are not part of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_cluster_dump(
    cluster: *const bayplan_cluster,
    dump: *mut *mut bayplan_text,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        let dump = Made::new(dump, "dump")?;
        let world = handle::read(cluster, "cluster")?;
        let text = world.cluster.dump(world.known());
        let text = text.map_err(|error| Fault::new(BAYPLAN_ERR_PANIC, error.to_string()))?;
        // SAFETY: a result pointer of the caller.
        unsafe { dump.set(text) }
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// The cluster of a dump. It has the hash of the one that was dumped and decides like it. Nodes
/// have new numbers, in byte order of their names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_cluster_restore(
    dump: bayplan_str,
    cluster: *mut *mut bayplan_cluster,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        let cluster = Made::new(cluster, "cluster")?;
        // SAFETY: a text of the caller.
        let text = unsafe { dump.text("dump")? };
        let restored = Cluster::restore(text);
        let (restored, known) =
            restored.map_err(|error| Fault::new(BAYPLAN_ERR_INPUT, error.to_string()))?;
        // SAFETY: a result pointer of the caller.
        unsafe { cluster.set(World::of(restored, known)) }
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}
