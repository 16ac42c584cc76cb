//! Handles without addresses: what C holds is a number in the shape of a pointer, and this table
//! says what it stands for.
//!
//! A handle has its lowest bit set (no object of C has such an address), then the number of a slot,
//! then the generation of that slot. A slot that is freed gets the next generation; one whose
//! generations are used up is never used again. So a freed handle is known for ever, and a value
//! that is no handle is believed only if somebody forges one.
//!
//! Every slot has a lock that nobody waits for: a call that may not be made now is refused. That
//! makes the rules of sharing safe to break, and a callback that calls back harmless.
//!
//! There is no unsafe code here.

use crate::fault::Fault;
use crate::status::bayplan_status::{self, *};
use std::any::Any;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::{
    Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError,
};

/// Bits of a handle that say which slot it is.
const SLOT_BITS: u32 = if usize::BITS >= 64 { 24 } else { 14 };
const GENERATION_SHIFT: u32 = SLOT_BITS + 1;
const GENERATION_MAX: usize = usize::MAX >> GENERATION_SHIFT;

/// Slots come in chunks that never move, each twice as large as the one before.
const FIRST_CHUNK_BITS: u32 = 6;
const CHUNKS: usize = (SLOT_BITS - FIRST_CHUNK_BITS) as usize;

static TABLE: [OnceLock<Box<[RwLock<Slot>]>>; CHUNKS] = [const { OnceLock::new() }; CHUNKS];
static USE: Mutex<Use> = Mutex::new(Use { free: Vec::new(), made: 0, open: 0 });

#[derive(Default)]
struct Slot {
    generation: usize,
    object: Option<Box<dyn Any + Send + Sync>>,
}

/// Which slots are in use.
struct Use {
    free: Vec<usize>,
    made: usize,
    open: usize,
}

/// Gives an object to the table.
pub(crate) fn insert<T: Any + Send + Sync>(object: T) -> Result<usize, Fault> {
    let mut held = USE.lock().unwrap_or_else(PoisonError::into_inner);
    let at = match held.free.pop() {
        Some(at) => at,
        None if held.made < capacity() => {
            held.made += 1;
            held.made - 1
        }
        None => return Err(Fault::of(BAYPLAN_ERR_LIMIT)),
    };
    let mut slot = slot(at).write().unwrap_or_else(PoisonError::into_inner);
    slot.generation += 1;
    slot.object = Some(Box::new(object));
    held.open += 1;
    Ok(slot.generation << GENERATION_SHIFT | at << 1 | 1)
}

/// Takes an object out of the table. A broken one can be taken out, one in use cannot.
pub(crate) fn remove<T: Any>(handle: usize) -> Result<Box<T>, Fault> {
    let (at, slot) = locate(handle)?;
    let mut guard = match slot.try_write() {
        Ok(guard) => guard,
        Err(TryLockError::Poisoned(broken)) => broken.into_inner(),
        Err(TryLockError::WouldBlock) => return Err(Fault::of(BAYPLAN_ERR_BUSY)),
    };
    check::<T>(&guard, handle)?;
    let object = guard.object.take();
    let used_up = guard.generation == GENERATION_MAX;
    drop(guard);
    slot.clear_poison();
    let mut held = USE.lock().unwrap_or_else(PoisonError::into_inner);
    held.open -= 1;
    if !used_up {
        held.free.push(at);
    }
    drop(held);
    let object = object.and_then(|object| object.downcast().ok());
    object.ok_or_else(|| Fault::of(BAYPLAN_ERR_STALE))
}

/// How many objects the table holds.
pub(crate) fn open() -> usize {
    USE.lock().unwrap_or_else(PoisonError::into_inner).open
}

/// The object of a handle, shared with other readers.
pub(crate) fn read<T: Any>(handle: usize) -> Result<Reading<T>, Fault> {
    let guard = locate(handle)?.1.try_read().map_err(|error| Fault::of(refusal(&error)))?;
    check::<T>(&guard, handle)?;
    Ok(Reading { guard, object: PhantomData })
}

/// The object of a handle, for this call alone.
#[inline]
pub(crate) fn write<T: Any>(handle: usize) -> Result<Writing<T>, Fault> {
    let guard = locate(handle)?.1.try_write().map_err(|error| Fault::of(refusal(&error)))?;
    check::<T>(&guard, handle)?;
    Ok(Writing { guard, object: PhantomData })
}

fn refusal<G>(error: &TryLockError<G>) -> bayplan_status {
    match error {
        TryLockError::Poisoned(_) => BAYPLAN_ERR_BROKEN,
        TryLockError::WouldBlock => BAYPLAN_ERR_BUSY,
    }
}

fn capacity() -> usize {
    ((1 << CHUNKS) - 1) << FIRST_CHUNK_BITS
}

/// The slot of a number below [`capacity`].
fn slot(at: usize) -> &'static RwLock<Slot> {
    let (chunk, place) = place(at);
    let size = 1 << (chunk as u32 + FIRST_CHUNK_BITS);
    let slots = || std::iter::repeat_with(RwLock::default).take(size).collect();
    &TABLE[chunk].get_or_init(slots)[place]
}

/// The chunk that a slot is in, and where in it.
#[inline]
fn place(at: usize) -> (usize, usize) {
    let shifted = at + (1 << FIRST_CHUNK_BITS);
    let log = shifted.ilog2();
    ((log - FIRST_CHUNK_BITS) as usize, shifted - (1 << log))
}

/// The slot that a handle names, if it was ever made.
#[inline]
fn locate(handle: usize) -> Result<(usize, &'static RwLock<Slot>), Fault> {
    if handle == 0 {
        return Err(Fault::of(BAYPLAN_ERR_NULL));
    }
    let at = handle >> 1 & ((1 << SLOT_BITS) - 1);
    let (chunk, place) = place(at);
    let slots = TABLE.get(chunk).and_then(OnceLock::get);
    let slot = slots.and_then(|slots| slots.get(place)).filter(|_| handle & 1 == 1);
    slot.map(|slot| (at, slot)).ok_or_else(|| Fault::of(BAYPLAN_ERR_HANDLE))
}

/// Whether the slot still holds what the handle stands for.
#[inline]
fn check<T: Any>(slot: &Slot, handle: usize) -> Result<(), Fault> {
    let generation = handle >> GENERATION_SHIFT;
    Err(Fault::of(if generation == 0 || generation > slot.generation {
        BAYPLAN_ERR_HANDLE
    } else if generation < slot.generation {
        BAYPLAN_ERR_STALE
    } else {
        match &slot.object {
            None => BAYPLAN_ERR_STALE,
            Some(object) if object.is::<T>() => return Ok(()),
            Some(_) => BAYPLAN_ERR_HANDLE_TYPE,
        }
    }))
}

/// A look at an object.
pub(crate) struct Reading<T> {
    guard: RwLockReadGuard<'static, Slot>,
    object: PhantomData<fn() -> T>,
}

/// An object for one call.
pub(crate) struct Writing<T> {
    guard: RwLockWriteGuard<'static, Slot>,
    object: PhantomData<fn() -> T>,
}

impl<T: Any> Deref for Reading<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        held(&self.guard)
    }
}

impl<T: Any> Deref for Writing<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        held(&self.guard)
    }
}

impl<T: Any> DerefMut for Writing<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        match self.guard.object.as_mut().and_then(|object| object.downcast_mut()) {
            Some(object) => object,
            None => unreachable!("the type was checked when the lock was taken"),
        }
    }
}

fn held<T: Any>(slot: &Slot) -> &T {
    match slot.object.as_ref().and_then(|object| object.downcast_ref()) {
        Some(object) => object,
        None => unreachable!("the type was checked when the lock was taken"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status<T>(result: Result<T, Fault>) -> bayplan_status {
        result.map_or_else(|fault| fault.status, |_| BAYPLAN_OK)
    }

    #[test]
    fn a_handle_stands_for_what_was_given_until_it_is_freed() {
        let handle = insert(7_u32).expect("room");
        assert_eq!(*read::<u32>(handle).expect("there"), 7);
        *write::<u32>(handle).expect("there") += 1;
        assert_eq!(*remove::<u32>(handle).expect("there"), 8);
        assert_eq!(status(read::<u32>(handle)), BAYPLAN_ERR_STALE);
        assert_eq!(status(write::<u32>(handle)), BAYPLAN_ERR_STALE);
        assert_eq!(status(remove::<u32>(handle)), BAYPLAN_ERR_STALE);
    }

    #[test]
    fn values_that_were_never_handles_are_known() {
        let handle = insert(7_u32).expect("room");
        let on_the_stack = std::ptr::from_ref(&handle).addr();
        for value in
            [1, 2, 8, on_the_stack, on_the_stack | 1, handle & !1, usize::MAX, usize::MAX - 1]
        {
            assert_eq!(status(read::<u32>(value)), BAYPLAN_ERR_HANDLE, "{value:x}");
        }
        assert_eq!(status(read::<u32>(0)), BAYPLAN_ERR_NULL);
        assert_eq!(status(read::<u64>(handle)), BAYPLAN_ERR_HANDLE_TYPE);
        assert_eq!(status(remove::<u64>(handle)), BAYPLAN_ERR_HANDLE_TYPE);
        remove::<u32>(handle).expect("still there");
    }

    #[test]
    fn readers_share_and_a_writer_is_alone() {
        let handle = insert(7_u32).expect("room");
        let (one, other) = (read::<u32>(handle), read::<u32>(handle));
        assert!(one.is_ok() && other.is_ok());
        assert_eq!(status(write::<u32>(handle)), BAYPLAN_ERR_BUSY);
        assert_eq!(status(remove::<u32>(handle)), BAYPLAN_ERR_BUSY);
        drop((one, other));
        let writing = write::<u32>(handle);
        assert_eq!(status(read::<u32>(handle)), BAYPLAN_ERR_BUSY);
        drop(writing);
        remove::<u32>(handle).expect("nobody uses it");
    }

    #[test]
    fn what_broke_while_it_was_changed_can_only_be_freed() {
        let handle = insert(7_u32).expect("room");
        let broken = std::panic::catch_unwind(|| {
            let _writing = write::<u32>(handle).expect("there");
            std::panic::resume_unwind(Box::new(()));
        });
        assert!(broken.is_err());
        assert_eq!(status(read::<u32>(handle)), BAYPLAN_ERR_BROKEN);
        assert_eq!(status(write::<u32>(handle)), BAYPLAN_ERR_BROKEN);
        remove::<u32>(handle).expect("it can be freed");
        let next = insert(8_u32).expect("room");
        assert_eq!(*remove::<u32>(next).expect("the slot is whole again"), 8);
    }

    #[test]
    fn slots_are_in_chunks_that_do_not_overlap() {
        assert_eq!([0, 63, 64, 191, 192].map(place), [(0, 0), (0, 63), (1, 0), (1, 127), (2, 0)]);
        let (chunk, at) = place(capacity() - 1);
        assert_eq!((chunk, at), (CHUNKS - 1, (1 << (CHUNKS as u32 - 1 + FIRST_CHUNK_BITS)) - 1));
        assert!(capacity() < 1 << SLOT_BITS);
    }
}
