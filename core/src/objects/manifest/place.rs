//! Where a document is: what a fault needs to find its line.

use super::documents::Extent;
use super::fault::{Cause, EXCERPT_WIDTH, Fault};
use super::position;

/// A document, or an item of a list, in its text.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The part of the text that was fed at once.
    pub fed: &'a str,
    pub extent: Extent,
    pub source: &'a str,
    /// Which document, from 1, of the text or of the part of it that is being read.
    pub document: usize,
    /// Line on which it begins, likewise.
    pub line: usize,
}

impl<'a> Place<'a> {
    pub fn text(&self) -> &'a str {
        &self.fed[self.extent.start..self.extent.end]
    }

    /// Characters before the document on its first line.
    fn indent(&self) -> usize {
        let before = &self.fed[..self.extent.start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        before[line_start..].chars().count()
    }

    pub fn fault(&self, object: Option<String>, cause: Cause) -> Fault {
        let found = cause.position.or_else(|| position::find(self.text(), &cause.field));
        let mut fault = Fault {
            source: self.source.to_string(),
            document: self.document,
            object,
            field: cause.field,
            message: cause.message,
            help: cause.help,
            line: Some(self.line),
            ..Fault::default()
        };
        if let Some(position) = found {
            let indent = if position.line == 0 { self.indent() } else { 0 };
            fault.line = Some(self.line + position.line);
            fault.column = Some(indent + position.column + 1);
            fault.width = position.width;
            // A line of JSON may be a whole cluster: keep the part that is meant.
            let far = position.column > EXCERPT_WIDTH;
            let skipped = if far { position.column - EXCERPT_WIDTH / 2 } else { 0 };
            let line = self.text().lines().nth(position.line).unwrap_or_default();
            fault.excerpt = Some(line.chars().skip(skipped).take(EXCERPT_WIDTH).collect());
            fault.indent = position.column - skipped;
        }
        fault
    }
}
