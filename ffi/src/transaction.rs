//! Transactions: what was changed since they were opened is kept or undone.

use crate::cluster::bayplan_cluster;
use crate::error::{bayplan_error, call};
use crate::fault::Fault;
use crate::handle::{self, Handle, Made};
use crate::registry;
use crate::status::bayplan_status::{self, *};
use crate::world::World;

/// A savepoint of a cluster. Owned by the caller: free it with `bayplan_transaction_free`.
#[allow(non_camel_case_types)]
pub struct bayplan_transaction(());

/// Which transaction of which cluster.
pub(crate) struct Transaction {
    cluster: usize,
    serial: u64,
}

impl Handle for bayplan_transaction {
    type Object = Transaction;
}

impl Transaction {
    fn end(&self, keep: bool) -> Result<(), Fault> {
        let ended = |fault: Fault| match fault.status {
            BAYPLAN_ERR_STALE => Fault::of(BAYPLAN_ERR_ENDED),
            _ => fault,
        };
        registry::write::<World>(self.cluster).map_err(ended)?.end(self.serial, keep)
    }
}

/// Opens a transaction: from now on every change of the cluster can be undone. Transactions may be
/// opened inside others.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_cluster_begin(
    cluster: *mut bayplan_cluster,
    transaction: *mut *mut bayplan_transaction,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        let transaction = Made::new(transaction, "transaction")?;
        let mut world = handle::write(cluster, "cluster")?;
        let serial = world.begin();
        // SAFETY: a result pointer of the caller.
        let made = unsafe { transaction.set(Transaction { cluster: cluster.addr(), serial }) };
        if made.is_err() {
            world.end(serial, true)?;
        }
        made
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// Undoes what was changed since the transaction was opened, to the bit, and ends it with all that
/// were opened inside it. The handle has still to be freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_transaction_rollback(
    transaction: *mut bayplan_transaction,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || handle::write(transaction, "transaction")?.end(false);
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// Keeps what was changed since the transaction was opened, and ends it with all that were opened
/// inside it. The handle has still to be freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_transaction_commit(
    transaction: *mut bayplan_transaction,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || handle::write(transaction, "transaction")?.end(true);
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// Frees a transaction; one that is open is rolled back. Counts as a call with its cluster, which
/// is not const. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_transaction_free(
    transaction: *mut bayplan_transaction,
) -> bayplan_status {
    if transaction.is_null() {
        return BAYPLAN_OK;
    }
    let body = || match handle::write(transaction, "transaction")?.end(false) {
        Err(fault) if fault.status == BAYPLAN_ERR_BUSY => Err(fault),
        // It has ended, or its cluster is broken: there is nothing to undo.
        _ => Ok(()),
    };
    // SAFETY: there is no error pointer.
    match unsafe { call(std::ptr::null_mut(), body) } {
        BAYPLAN_OK => handle::free(transaction),
        status => status,
    }
}
