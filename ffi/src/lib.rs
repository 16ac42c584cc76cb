//! The C library of bayplan. What C programmers read is `include/bayplan.h`, generated from this
//! crate; the rules that hold for every function stand at its top, in `cbindgen.toml`.
//!
//! How it is made: a handle is a number that `registry` knows the object of, so that stale and
//! foreign handles are errors; `memory` is the one place that follows pointers of the caller;
//! `error` is the one place that catches panics. Everything else is a translation.

// The functions are called from C; the rules for callers are at the top of the header.
#![allow(clippy::missing_safety_doc)]
// Shapes of arrays are separate arguments in C.
#![allow(clippy::too_many_arguments)]

mod capacity;
pub mod cluster;
pub mod columns;
mod decider;
pub mod decision;
pub mod diagnosis;
pub mod dump;
pub mod error;
pub mod extender;
mod fault;
mod handle;
pub mod memory;
pub mod numbers;
pub mod plan;
pub mod plugin;
pub mod question;
mod registry;
pub mod scheduler;
pub mod snapshot;
pub mod status;
pub mod template;
pub mod text;
pub mod transaction;
pub mod version;
mod world;
