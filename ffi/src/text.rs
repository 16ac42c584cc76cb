//! Texts that calls make: JSON documents, responses, dumps.

use crate::error::answer;
use crate::handle::{self, Handle};
use crate::memory::bayplan_str;
use crate::status::bayplan_status;

/// A text that a call made. Owned by the caller: free it with `bayplan_text_free`.
#[allow(non_camel_case_types)]
pub struct bayplan_text(());

impl Handle for bayplan_text {
    type Object = String;
}

/// The text. Borrowed until it is freed; empty where `text` is no live text.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_text_get(text: *const bayplan_text) -> bayplan_str {
    answer(bayplan_str::EMPTY, || Ok(bayplan_str::of(&handle::read(text, "text")?)))
}

/// Frees a text. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_text_free(text: *mut bayplan_text) -> bayplan_status {
    handle::free(text)
}
