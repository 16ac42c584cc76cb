//! bayplan seen from outside, and the judge that compares it with recorded decisions of
//! kube-scheduler.

pub mod conformance;
pub mod differential;
pub mod random;
