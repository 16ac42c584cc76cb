//! PodTopologySpread: matching pods are spread over the domains of a topology, strictly
//! (`DoNotSchedule`) or preferably (`ScheduleAnyway`).
//!
//! Reasons: `node(s) didn't match pod topology spread constraints`, the same with `(missing required
//! label)`. A selector that does not compile ends the attempt.
//!
//! Argument: default constraints for pods without any of their own. They count the pods of the
//! services that select the pod and of the controller that owns it.
//!
//! Source: `pkg/scheduler/framework/plugins/podtopologyspread` (v1.35).

mod constraint;
pub mod fast;
pub mod plain;
