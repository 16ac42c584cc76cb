//! SchedulingGates: a pod with `spec.schedulingGates` is not attempted.
//!
//! Reason: `waiting for scheduling gates: [a b]`, at PreEnqueue. No arguments.
//!
//! Source: `pkg/scheduler/framework/plugins/schedulinggates` (v1.35).

pub mod plain;
