//! The product seen from outside: every test of the whole, one binary.

mod auditor;
mod conformance;
mod determinism;
mod input;
mod oracle;
mod rollback;
mod rules;
mod seed;
mod tidy;
