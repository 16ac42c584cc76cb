//! Pods that wait to be placed.

pub mod order;
