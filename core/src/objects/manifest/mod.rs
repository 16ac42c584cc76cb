//! Kubernetes objects from text: YAML, JSON and JSON lines, one or many documents, lists and typed
//! lists, as people write them and as `kubectl get -o json|yaml` prints them.
//!
//! Promises: every object that comes out is complete ([`super::defaults`]) and valid
//! ([`super::validate`]); whatever else was in the text is a [`Fault`] with its place, or counted
//! as skipped. No text makes reading panic, nest deeply or take memory beyond a small multiple of
//! its own size. Equal pod specs and label sets of one reading share their memory.
//!
//! A document becomes a tree of values, `null`s are dropped (to Kubernetes they mean absent), and
//! the tree becomes the typed object, so that a fault knows its field. JSON goes straight from text
//! into the object where that succeeds; the tree is only made to find out what is wrong. A pod whose
//! text differs from an earlier one in its names alone is not read at all (`texts`).
//!
//! Long texts are read by several threads, each a part (`part`), and the findings put together in
//! the order of the text, so that the number of threads makes no difference.

mod configuration;
mod documents;
mod duplicates;
mod fault;
mod input;
mod kinds;
mod memo;
mod part;
mod place;
mod position;
mod reader;
mod sharing;
#[cfg(all(test, feature = "yaml"))]
mod tests;
mod texts;

pub use configuration::{fault_of, value};
pub use documents::{nests_too_deeply, whole_documents};
pub use fault::Fault;
pub use input::{Input, Located, Tally};
pub use reader::Reader;

/// Structures nested deeper than this are refused; the largest custom resource definitions get to
/// half of it, and reading this deep needs half the stack of a thread.
const DEPTH_MAX: usize = 64;

/// How many parts of a YAML document may come from its aliases. Ten lines of aliases to aliases
/// would make a million times a million.
#[cfg(feature = "yaml")]
const ALIASED_MAX: usize = 250_000;
