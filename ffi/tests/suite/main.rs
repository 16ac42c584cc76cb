//! The C library as its users see it: programs in their languages, compiled and run.

mod build;
mod conformance;
mod header;
mod random;
mod sanitizers;
mod symbols;
mod tutorial;
