//! The product seen from outside: every test of the whole, one binary.

mod auditor;
mod conformance;
mod determinism;
mod devices;
mod input;
mod oracle;
mod rollback;
mod rules;
mod sampling;
mod seed;
mod tidy;
