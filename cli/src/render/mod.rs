//! Decisions as text.

pub mod yaml;
