//! From decisions to words.

pub mod message;
