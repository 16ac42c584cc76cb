//! An embeddable Kubernetes scheduling and placement engine.
#![deny(missing_docs)]

pub mod audit;
pub mod base;
pub mod column;
pub mod controllers;
pub mod cycle;
pub mod explain;
pub mod objects;
pub mod plan;
pub mod plugins;
pub mod preemption;
pub mod profile;
pub mod queue;
pub mod scheduler;
pub mod state;
pub mod view;
