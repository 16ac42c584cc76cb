//! The commands, a file each.

pub mod generate;
pub mod shell;
