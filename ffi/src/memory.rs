//! The caller's memory: every pointer of C is followed here and nowhere else.
//!
//! Checked is what can be: NULL, alignment, lengths that no memory has, UTF-8. That a pointer leads
//! to as many elements as the caller says is the caller's promise.

use crate::fault::Fault;
use crate::status::bayplan_status::*;
use std::ffi::c_char;
use std::slice;

/// A text: bytes and how many. Not terminated; UTF-8 where the library gives one and where nothing
/// else is said. `data` may be NULL where `length` is 0.
#[repr(C)]
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug)]
pub struct bayplan_str {
    /// The first byte.
    pub data: *const c_char,
    /// How many bytes.
    pub length: usize,
}

impl bayplan_str {
    pub(crate) const EMPTY: Self = Self { data: std::ptr::null(), length: 0 };

    /// A borrowed text for C.
    pub(crate) fn of(text: &str) -> Self {
        Self { data: text.as_ptr().cast(), length: text.len() }
    }

    /// The bytes that the caller means.
    ///
    /// # Safety
    /// As [`array`].
    pub(crate) unsafe fn bytes<'a>(self, name: &str) -> Result<&'a [u8], Fault> {
        // SAFETY: the caller's promise.
        unsafe { array(self.data.cast(), self.length, name) }
    }

    /// The text that the caller means.
    ///
    /// # Safety
    /// As [`array`].
    pub(crate) unsafe fn text<'a>(self, name: &str) -> Result<&'a str, Fault> {
        // SAFETY: the caller's promise.
        let bytes = unsafe { self.bytes(name)? };
        std::str::from_utf8(bytes).map_err(|_| Fault::argument(BAYPLAN_ERR_UTF8, name))
    }
}

/// Whether `length` elements at `pointer` can be an array.
fn check<T>(pointer: *const T, length: usize, name: &str) -> Result<(), Fault> {
    let fault = |status| Err(Fault::argument(status, name));
    if pointer.is_null() {
        return fault(BAYPLAN_ERR_NULL);
    }
    if !pointer.is_aligned() {
        return fault(BAYPLAN_ERR_ALIGNMENT);
    }
    let bytes = length.checked_mul(size_of::<T>()).filter(|bytes| *bytes <= isize::MAX as usize);
    match bytes.and_then(|bytes| pointer.addr().checked_add(bytes)) {
        Some(_) => Ok(()),
        None => fault(BAYPLAN_ERR_SIZE),
    }
}

/// The caller's array to read; empty where `length` is 0.
///
/// # Safety
/// Where `pointer` is not NULL, it leads to `length` elements that nobody changes during the call.
pub(crate) unsafe fn array<'a, T>(
    pointer: *const T,
    length: usize,
    name: &str,
) -> Result<&'a [T], Fault> {
    if length == 0 {
        return Ok(&[]);
    }
    check(pointer, length, name)?;
    // SAFETY: not null, aligned, not larger than memory; the rest is the caller's promise.
    Ok(unsafe { slice::from_raw_parts(pointer, length) })
}

/// The same where NULL says that there is none.
///
/// # Safety
/// As [`array`].
pub(crate) unsafe fn optional_array<'a, T>(
    pointer: *const T,
    length: usize,
    name: &str,
) -> Result<Option<&'a [T]>, Fault> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    unsafe { array(pointer, length, name).map(Some) }
}

/// The caller's array to write.
///
/// # Safety
/// Where `pointer` is not NULL, it leads to `length` elements that are initialised and that nobody
/// else uses during the call.
pub(crate) unsafe fn array_mut<'a, T>(
    pointer: *mut T,
    length: usize,
    name: &str,
) -> Result<&'a mut [T], Fault> {
    if length == 0 {
        return Ok(&mut []);
    }
    check(pointer, length, name)?;
    // SAFETY: not null, aligned, not larger than memory; the rest is the caller's promise.
    Ok(unsafe { slice::from_raw_parts_mut(pointer, length) })
}

/// The same where NULL says that there is none.
///
/// # Safety
/// As [`array_mut`].
pub(crate) unsafe fn optional_array_mut<'a, T>(
    pointer: *mut T,
    length: usize,
    name: &str,
) -> Result<Option<&'a mut [T]>, Fault> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    unsafe { array_mut(pointer, length, name).map(Some) }
}

/// A place for one result, checked before anything is done so that a result is never lost.
pub(crate) struct Place<T>(*mut T);

impl<T: Copy> Place<T> {
    /// The place that a pointer leads to.
    pub(crate) fn new(pointer: *mut T, name: &str) -> Result<Self, Fault> {
        check(pointer, 1, name)?;
        Ok(Self(pointer))
    }

    /// The same where NULL says that the result is not wanted.
    pub(crate) fn optional(pointer: *mut T, name: &str) -> Result<Option<Self>, Fault> {
        if pointer.is_null() { Ok(None) } else { Self::new(pointer, name).map(Some) }
    }

    /// Writes the result.
    ///
    /// # Safety
    /// The pointer leads to memory for one `T` that nobody else uses during the call.
    pub(crate) unsafe fn set(&self, value: T) {
        // SAFETY: not null and aligned; the rest is the caller's promise.
        unsafe { self.0.write(value) }
    }
}

/// A structure of C that may grow at its end: its first field is its size, all its fields may be
/// zero.
///
/// # Safety
/// The type is `repr(C)`, its first field is a `usize`, and it is valid where all bytes are zero.
pub(crate) unsafe trait Growing: Copy {
    /// Its size in the first version of the library that had it.
    const FIRST_SIZE: usize;
}

/// A structure that the caller filled, of whatever version: what it does not have is zero.
///
/// # Safety
/// Where `pointer` is not NULL, it leads to as many bytes as its first field says.
pub(crate) unsafe fn read_struct<T: Growing>(pointer: *const T, name: &str) -> Result<T, Fault> {
    // SAFETY: the caller's promise.
    let size = unsafe { struct_size(pointer, name)? };
    // SAFETY: all its bytes may be zero, as its implementation of `Growing` says.
    let mut read: T = unsafe { std::mem::zeroed() };
    let known = size.min(size_of::<T>());
    // SAFETY: the source has `size` bytes by the caller's promise, the target has its own.
    unsafe { std::ptr::copy_nonoverlapping(pointer.cast::<u8>(), (&raw mut read).cast(), known) };
    // SAFETY: the same promise; bytes need no alignment.
    let unknown = unsafe { slice::from_raw_parts(pointer.cast::<u8>().add(known), size - known) };
    match unknown.iter().all(|byte| *byte == 0) {
        true => Ok(read),
        false => Err(Fault::argument(BAYPLAN_ERR_STRUCT_SIZE, name)),
    }
}

/// Fills a structure of the caller, of whatever version, and leaves its size alone.
///
/// # Safety
/// Where `pointer` is not NULL, it leads to as many bytes as its first field says, which nobody else
/// uses during the call.
pub(crate) unsafe fn write_struct<T: Growing>(
    pointer: *mut T,
    value: &T,
    name: &str,
) -> Result<(), Fault> {
    const FIELD: usize = size_of::<usize>();
    // SAFETY: the caller's promise.
    let size = unsafe { struct_size(pointer, name)? };
    let known = size.min(size_of::<T>());
    let source = std::ptr::from_ref(value).cast::<u8>();
    // SAFETY: both have at least `known` bytes, and `known` is not less than the size field.
    unsafe {
        let target = pointer.cast::<u8>();
        std::ptr::copy_nonoverlapping(source.add(FIELD), target.add(FIELD), known - FIELD);
    }
    Ok(())
}

/// The size that a structure of the caller says it has.
///
/// # Safety
/// Where `pointer` is not NULL, it leads to a `usize`.
unsafe fn struct_size<T: Growing>(pointer: *const T, name: &str) -> Result<usize, Fault> {
    /// No structure will ever be larger.
    const SIZE_MAX: usize = 4096;
    check(pointer, 1, name)?;
    // SAFETY: not null, aligned for `T` whose first field it is.
    let size = unsafe { pointer.cast::<usize>().read() };
    match (T::FIRST_SIZE..=SIZE_MAX).contains(&size) {
        true => Ok(size),
        false => Err(Fault::argument(BAYPLAN_ERR_STRUCT_SIZE, name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::bayplan_status;

    fn status<T>(result: Result<T, Fault>) -> bayplan_status {
        result.map_or_else(|fault| fault.status, |_| BAYPLAN_OK)
    }

    #[test]
    fn pointers_that_cannot_be_arrays_are_refused() {
        let numbers = [1_u32, 2, 3];
        let ask = |pointer: *const u32, length| {
            // SAFETY: what gets past the checks has as many elements.
            status(unsafe { array(pointer, length, "numbers") })
        };
        assert_eq!(ask(numbers.as_ptr(), 3), BAYPLAN_OK);
        assert_eq!(ask(std::ptr::null(), 0), BAYPLAN_OK);
        assert_eq!(ask(std::ptr::null(), 1), BAYPLAN_ERR_NULL);
        assert_eq!(ask(numbers.as_ptr().wrapping_byte_add(1), 1), BAYPLAN_ERR_ALIGNMENT);
        assert_eq!(ask(numbers.as_ptr(), usize::MAX), BAYPLAN_ERR_SIZE);
        assert_eq!(ask(numbers.as_ptr(), isize::MAX as usize), BAYPLAN_ERR_SIZE);
    }

    #[test]
    fn texts_are_utf_8() {
        let text = bayplan_str { data: c"a\xff".as_ptr(), length: 2 };
        // SAFETY: the literal has two bytes.
        assert_eq!(status(unsafe { text.text("name") }), BAYPLAN_ERR_UTF8);
        // SAFETY: nothing is read.
        assert_eq!(unsafe { bayplan_str::EMPTY.text("name") }.expect("empty"), "");
    }

    #[repr(C)]
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Grown {
        struct_size: usize,
        first: u32,
        second: u32,
        added: u64,
    }

    // SAFETY: the first field is the size; numbers may be zero.
    unsafe impl Growing for Grown {
        const FIRST_SIZE: usize = 16;
    }

    #[test]
    fn structures_of_elder_and_newer_callers_are_read() {
        let read = |bytes: &[usize; 5]| {
            // SAFETY: no size below is larger than the array.
            unsafe { read_struct(bytes.as_ptr().cast::<Grown>(), "grown") }
        };
        let elder = read(&[16, 1, 9, 9, 9]).expect("the first version");
        assert_eq!((elder.first, elder.added), (1, 0));
        assert_eq!(read(&[24, 1, 9, 7, 7]).expect("this version").added, 9);
        assert_eq!(read(&[32, 1, 9, 0, 7]).expect("a newer one, unused").added, 9);
        for (size, next) in [(32, 7), (15, 0), (0, 0), (5000, 0)] {
            assert_eq!(status(read(&[size, 1, 9, next, 0])), BAYPLAN_ERR_STRUCT_SIZE, "{size}");
        }
    }

    #[test]
    fn no_more_is_written_than_the_caller_has() {
        let mut bytes = [16_usize, 0, 9];
        let value = Grown { struct_size: 24, first: 1, second: 0, added: 5 };
        let pointer = bytes.as_mut_ptr().cast::<Grown>();
        // SAFETY: the size is not larger than the array.
        unsafe { write_struct(pointer, &value, "grown").expect("the first version") };
        assert_eq!(bytes, [16, 1, 9]);
    }
}
