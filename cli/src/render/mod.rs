//! Decisions as text: for people as tables, for programs as documents.

pub mod columns;
pub mod explanation;
pub mod placement;
pub mod quantity;
pub mod yaml;

use crate::fault::Fault;
use serde::Serialize;
use std::io::Write;

/// Writes a document as indented JSON.
pub fn json(document: &impl Serialize, out: &mut dyn Write) -> Result<(), Fault> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    writeln!(out)?;
    Ok(())
}

/// Writes a document as YAML.
pub fn yaml(document: &impl Serialize, out: &mut dyn Write) -> Result<(), Fault> {
    Ok(yaml::write(&serde_json::to_value(document)?, out)?)
}
