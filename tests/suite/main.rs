//! The product seen from outside: every test of the whole, one binary.

mod input;
mod rules;
mod tidy;
mod seed;
