//! Foundations that know nothing of Kubernetes.

pub mod bits;
pub mod index;
pub mod intern;
pub mod map;
pub mod random;
pub mod recent;
pub mod time;
