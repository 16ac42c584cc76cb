//! Snapshots: a cluster and a scheduler as they were, for questions from any number of threads.

use crate::cluster::{bayplan_cluster, bayplan_statistics, digest};
use crate::decider::Decider;
use crate::diagnosis::{bayplan_diagnosis, diagnose};
use crate::error::{bayplan_error, call};
use crate::fault::Fault;
use crate::handle::{self, Handle, Made};
use crate::memory::{Place, array_mut, bayplan_str, optional_array_mut, write_struct};
use crate::question;
use crate::scheduler::{bayplan_scheduler, pod};
use crate::status::bayplan_status;
use crate::template::bayplan_template;
use crate::world::World;
use std::sync::{Mutex, PoisonError};

/// A cluster with a scheduler as they were when it was made. Every call with it is const: any
/// number of threads may ask at once. Owned by the caller: free it with `bayplan_snapshot_free`,
/// when no thread asks any more.
#[allow(non_camel_case_types)]
pub struct bayplan_snapshot(());

/// What a snapshot handle stands for. To answer, the engine needs columns of its own: whoever asks
/// takes a pair that is idle, or a copy of the first one, and leaves it for the next.
pub(crate) struct Frozen {
    world: World,
    decider: Decider,
    idle: Mutex<Vec<(World, Decider)>>,
}

impl Handle for bayplan_snapshot {
    type Object = Frozen;
}

impl Frozen {
    fn ask<T>(
        &self,
        question: impl FnOnce(&mut Decider, &mut World) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = idle().pop();
        let (mut world, mut decider) =
            taken.unwrap_or_else(|| (self.world.fork(), self.decider.fork()));
        let answer = question(&mut decider, &mut world);
        idle().push((world, decider));
        answer
    }
}

/// A snapshot of a cluster and a scheduler, independent of both from now on. Each thread that asks
/// while others do costs a copy of the cluster, once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_cluster_fork(
    cluster: *const bayplan_cluster,
    scheduler: *const bayplan_scheduler,
    snapshot: *mut *mut bayplan_snapshot,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        let snapshot = Made::new(snapshot, "snapshot")?;
        let world = handle::read(cluster, "cluster")?.fork();
        let decider = handle::read(scheduler, "scheduler")?.fork();
        // SAFETY: a result pointer of the caller.
        unsafe { snapshot.set(Frozen { world, decider, idle: Mutex::default() }) }
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// Frees a snapshot. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_snapshot_free(snapshot: *mut bayplan_snapshot) -> bayplan_status {
    handle::free(snapshot)
}

/// See `bayplan_scheduler_filter`. Numbers of nodes are those of the cluster.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_snapshot_filter(
    snapshot: *const bayplan_snapshot,
    pod_namespace: bayplan_str,
    pod_name: bayplan_str,
    verdicts: *mut u8,
    length: usize,
    feasible: *mut usize,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        // SAFETY: texts and an array of the caller.
        let (pod, verdicts) =
            unsafe { (pod(pod_namespace, pod_name)?, array_mut(verdicts, length, "verdicts")?) };
        let feasible = Place::optional(feasible, "feasible")?;
        let snapshot = handle::read(snapshot, "snapshot")?;
        let count =
            snapshot.ask(|decider, world| question::filter(decider, world, pod, verdicts))?;
        // SAFETY: a result pointer of the caller.
        feasible.into_iter().for_each(|feasible| unsafe { feasible.set(count) });
        Ok(())
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// See `bayplan_scheduler_score`. The plugins are those of the scheduler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_snapshot_score(
    snapshot: *const bayplan_snapshot,
    pod_namespace: bayplan_str,
    pod_name: bayplan_str,
    totals: *mut i64,
    length: usize,
    parts: *mut i64,
    parts_length: usize,
    scored: *mut usize,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        // SAFETY: texts and arrays of the caller.
        let (pod, totals, parts) = unsafe {
            let parts = optional_array_mut(parts, parts_length, "parts")?;
            (pod(pod_namespace, pod_name)?, array_mut(totals, length, "totals")?, parts)
        };
        let scored = Place::optional(scored, "scored")?;
        let snapshot = handle::read(snapshot, "snapshot")?;
        let count =
            snapshot.ask(|decider, world| question::score(decider, world, pod, totals, parts))?;
        // SAFETY: a result pointer of the caller.
        scored.into_iter().for_each(|scored| unsafe { scored.set(count) });
        Ok(())
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// See `bayplan_scheduler_explain`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_snapshot_explain(
    snapshot: *const bayplan_snapshot,
    pod_namespace: bayplan_str,
    pod_name: bayplan_str,
    diagnosis: *mut *mut bayplan_diagnosis,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        let diagnosis = Made::new(diagnosis, "diagnosis")?;
        // SAFETY: texts of the caller.
        let pod = unsafe { pod(pod_namespace, pod_name)? };
        let snapshot = handle::read(snapshot, "snapshot")?;
        let found = snapshot.ask(|decider, world| diagnose(decider, world, pod))?;
        // SAFETY: a result pointer of the caller.
        unsafe { diagnosis.set(found) }
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// See `bayplan_scheduler_capacity`. `template` is one that the cluster had when the snapshot was
/// made.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_snapshot_capacity(
    snapshot: *const bayplan_snapshot,
    template: bayplan_template,
    limit: usize,
    capacity: *mut usize,
    per_node: *mut usize,
    length: usize,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        // SAFETY: an array of the caller.
        let per_node = unsafe { optional_array_mut(per_node, length, "per_node")? };
        let capacity = Place::new(capacity, "capacity")?;
        let snapshot = handle::read(snapshot, "snapshot")?;
        let (count, _) = snapshot.ask(|decider, world| {
            crate::capacity::count(decider, world, template, limit, per_node)
        })?;
        // SAFETY: a result pointer of the caller.
        unsafe { capacity.set(count) };
        Ok(())
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// See `bayplan_cluster_statistics`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_snapshot_statistics(
    snapshot: *const bayplan_snapshot,
    statistics: *mut bayplan_statistics,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        let found = bayplan_statistics::of(&handle::read(snapshot, "snapshot")?.world);
        // SAFETY: a structure of the caller.
        unsafe { write_struct(statistics, &found, "statistics") }
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// See `bayplan_cluster_hash`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_snapshot_hash(
    snapshot: *const bayplan_snapshot,
    hash: *mut u64,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        let hash = Place::new(hash, "hash")?;
        let found = digest(&handle::read(snapshot, "snapshot")?.world.cluster);
        // SAFETY: a result pointer of the caller.
        unsafe { hash.set(found) };
        Ok(())
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}
