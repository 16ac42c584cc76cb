//! Calls and their errors: every function that can fail goes through `call`.

use crate::fault::Fault;
use crate::memory::bayplan_str;
use crate::registry;
use crate::status::bayplan_status::{self, *};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What went wrong in a call. Owned by the caller: free it with `bayplan_error_free`.
#[allow(non_camel_case_types)]
pub struct bayplan_error(());

/// Does what a call does. Panics do not get out, and the fault becomes an error handle where the
/// caller wants one.
///
/// # Safety
/// `error` is NULL or leads to memory for a pointer that nobody else uses during the call.
pub(crate) unsafe fn call(
    error: *mut *mut bayplan_error,
    body: impl FnOnce() -> Result<(), Fault>,
) -> bayplan_status {
    if !error.is_aligned() {
        return BAYPLAN_ERR_ALIGNMENT;
    }
    let fault = guarded(body).err();
    let status = fault.as_ref().map_or(BAYPLAN_OK, |fault| fault.status);
    if !error.is_null() {
        let handle = fault.and_then(|fault| registry::insert(fault).ok()).unwrap_or(0);
        // SAFETY: not null and aligned; the rest is the caller's promise.
        unsafe { error.write(std::ptr::without_provenance_mut(handle)) };
    }
    status
}

/// What a question about a handle comes to; `otherwise` where it cannot be answered.
pub(crate) fn answer<T>(otherwise: T, body: impl FnOnce() -> Result<T, Fault>) -> T {
    guarded(body).unwrap_or(otherwise)
}

fn guarded<T>(body: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    // What a panic leaves half done is behind a lock that it poisons.
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        Err(Fault::new(BAYPLAN_ERR_PANIC, format!("{}: {text}", BAYPLAN_ERR_PANIC.text())))
    })
}

/// Frees a handle of a type. NULL is fine.
pub(crate) fn free<T: Send + Sync + 'static>(handle: usize) -> bayplan_status {
    if handle == 0 {
        return BAYPLAN_OK;
    }
    let freed = guarded(|| {
        registry::remove::<T>(handle)?;
        Ok(())
    });
    freed.err().map_or(BAYPLAN_OK, |fault| fault.status)
}

fn ask<T>(error: *const bayplan_error, otherwise: T, what: impl FnOnce(&Fault) -> T) -> T {
    answer(otherwise, || Ok(what(&*registry::read::<Fault>(error.addr())?)))
}

/// What kind of error it is; `BAYPLAN_ERR_HANDLE` where `error` is no live error.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_error_status(error: *const bayplan_error) -> bayplan_status {
    ask(error, BAYPLAN_ERR_HANDLE, |fault| fault.status)
}

/// What went wrong, for people: one or more lines. Borrowed until the error is freed.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_error_message(error: *const bayplan_error) -> bayplan_str {
    ask(error, bayplan_str::EMPTY, |fault| bayplan_str::of(&fault.message))
}

/// The object at fault, as `Kind namespace/name`; empty where none is. Borrowed until the error is
/// freed.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_error_object(error: *const bayplan_error) -> bayplan_str {
    ask(error, bayplan_str::EMPTY, |fault| bayplan_str::of(&fault.object))
}

/// Path of the field at fault, such as `spec.containers[0].resources.requests.memory`, or the name
/// of the argument; empty where none is. Borrowed until the error is freed.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_error_field(error: *const bayplan_error) -> bayplan_str {
    ask(error, bayplan_str::EMPTY, |fault| bayplan_str::of(&fault.field))
}

/// Line of the text at fault, from 1; 0 where it is not known.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_error_line(error: *const bayplan_error) -> u32 {
    ask(error, 0, |fault| fault.line)
}

/// Column of the text at fault in characters, from 1; 0 where it is not known.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_error_column(error: *const bayplan_error) -> u32 {
    ask(error, 0, |fault| fault.column)
}

/// Frees an error. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_error_free(error: *mut bayplan_error) -> bayplan_status {
    free::<Fault>(error.addr())
}

/// A sentence about a status number, without its end; static. Any number may be asked about.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_status_text(status: i32) -> bayplan_str {
    let known = bayplan_status::from_number(status);
    bayplan_str::of(known.map_or("a status that this library does not know", bayplan_status::text))
}
