//! From pointers of C to objects, and back.

use crate::fault::Fault;
use crate::memory::Place;
use crate::registry::{self, Reading, Writing};
use crate::status::bayplan_status;
use std::any::Any;

/// The type that a C handle stands for.
pub(crate) trait Handle {
    /// What is behind it.
    type Object: Any + Send + Sync;
}

/// The object of a handle, shared with other readers.
pub(crate) fn read<H: Handle>(handle: *const H, name: &str) -> Result<Reading<H::Object>, Fault> {
    registry::read(handle.addr()).map_err(|fault| named(fault, name))
}

/// The object of a handle, for this call alone.
pub(crate) fn write<H: Handle>(handle: *mut H, name: &str) -> Result<Writing<H::Object>, Fault> {
    registry::write(handle.addr()).map_err(|fault| named(fault, name))
}

/// Gives an object to the caller. NULL where there are too many.
pub(crate) fn new<H: Handle>(object: H::Object) -> Result<*mut H, Fault> {
    registry::insert(object).map(std::ptr::without_provenance_mut)
}

/// Frees a handle. NULL is fine.
pub(crate) fn free<H: Handle>(handle: *mut H) -> bayplan_status {
    crate::error::free::<H::Object>(handle.addr())
}

/// A place for a handle that a call makes.
pub(crate) struct Made<H>(Place<*mut H>);

impl<H: Handle> Made<H> {
    /// The place that a pointer leads to.
    pub(crate) fn new(pointer: *mut *mut H, name: &str) -> Result<Self, Fault> {
        Place::new(pointer, name).map(Self)
    }

    /// The same where NULL says that the object is not wanted.
    pub(crate) fn optional(pointer: *mut *mut H, name: &str) -> Result<Option<Self>, Fault> {
        Ok(Place::optional(pointer, name)?.map(Self))
    }

    /// Gives an object to the caller.
    ///
    /// # Safety
    /// As [`Place::set`].
    pub(crate) unsafe fn set(&self, object: H::Object) -> Result<(), Fault> {
        let handle = new(object)?;
        // SAFETY: the caller's promise.
        unsafe { self.0.set(handle) };
        Ok(())
    }
}

fn named(fault: Fault, name: &str) -> Fault {
    Fault::argument(fault.status, name)
}
