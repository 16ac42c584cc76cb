//! InterPodAffinity: a pod runs in a topology domain with pods it has affinity to and without pods
//! it, or which, has anti-affinity; preferred terms of either side add to the score.
//!
//! Reasons, the first that applies: `node(s) didn't match pod affinity rules`, `node(s) didn't match
//! pod anti-affinity rules`, `node(s) didn't satisfy existing pods anti-affinity rules`; for the pod
//! as a whole `parsing pod: ...`.
//!
//! Arguments: what required affinity of a running pod adds to the score; whether preferences of
//! running pods count for a pod without preferences.
//!
//! Source: `pkg/scheduler/framework/plugins/interpodaffinity` (v1.35).

pub mod fast;
pub mod plain;
mod term;
