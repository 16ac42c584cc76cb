//! Foundations that know nothing of Kubernetes.

pub mod random;
pub mod time;
