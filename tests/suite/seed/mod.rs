//! What the founding documents say of placement, one test a row. The name of a test begins with the
//! row; expected values were derived from the rules of the controllers and the scheduler
//! beforehand, never recorded from the engine.

mod daemon_sets;
mod deployments;
mod harness;
mod jobs;
mod nodes;
mod pending;
mod pods;
mod spread;
mod stateful_sets;
mod storage;
