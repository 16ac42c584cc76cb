//! The product seen from outside: every test of the whole, one binary.

mod conformance;
mod input;
mod rules;
mod seed;
mod tidy;
