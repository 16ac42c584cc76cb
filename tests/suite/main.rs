//! The rules of scheduling as tables: what the specification says, asked of every engine.

mod input;
mod rules;
