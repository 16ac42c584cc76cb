//! What is wrong with a text, where, and how to mend it.

use super::position::Position;
use std::fmt;

/// One thing that is wrong. Prints with its place, the line it is on and the cure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// Name of the text.
    pub source: String,
    /// Which document of the text, from 1; 0 where that is not known.
    pub document: usize,
    /// Line, from 1.
    pub line: Option<usize>,
    /// Column in characters, from 1.
    pub column: Option<usize>,
    /// Kind and name of the object.
    pub object: Option<String>,
    /// Path of the field; empty for the object as a whole.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
    /// The line, or of a long line the part that is meant.
    pub excerpt: Option<String>,
    /// How many characters of the excerpt stand before the column.
    pub indent: usize,
    /// How many characters of the line are meant.
    pub width: usize,
}

/// Longest part of a line that is kept and shown, in characters.
pub(super) const EXCERPT_WIDTH: usize = 160;

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}\n  --> {}", self.message, self.source)?;
        for number in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{number}")?;
        }
        let document = (self.document > 0).then(|| format!("document {}", self.document));
        let what: Vec<_> = document.into_iter().chain(self.object.clone()).collect();
        if !what.is_empty() {
            write!(f, "   {}", what.join(", "))?;
        }
        let margin = " ".repeat(self.line.map_or(1, |line| line.to_string().len()));
        match (&self.excerpt, self.line) {
            (Some(excerpt), Some(line)) => {
                let indent = " ".repeat(self.indent);
                let carets = "^".repeat(self.width.clamp(1, EXCERPT_WIDTH));
                write!(f, "\n{margin} |\n{line} | {excerpt}\n{margin} | {indent}{carets}")?;
                if !self.field.is_empty() {
                    write!(f, "  {}", self.field)?;
                }
            }
            _ if !self.field.is_empty() => write!(f, "\n{margin} = field: {}", self.field)?,
            _ => {}
        }
        match &self.help {
            Some(help) => write!(f, "\n{margin} = help: {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}

/// What is wrong with a document, before its place in the text is known.
#[derive(Debug)]
pub(super) struct Cause {
    pub field: String,
    pub message: String,
    pub help: Option<String>,
    pub position: Option<Position>,
}

impl Cause {
    /// `message` says what is wrong and, behind a semicolon, how to mend it.
    pub fn new(field: &str, message: String) -> Self {
        let (message, help) = match message.split_once("; ") {
            Some((message, help)) => (message.to_owned(), Some(help.to_owned())),
            None => (message, None),
        };
        Self { field: field.to_owned(), message, help, position: None }
    }

    /// What is wrong with a text that is no JSON.
    pub fn json(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
        let line = error.line().saturating_sub(1);
        let position = Position { line, column: error.column().saturating_sub(1), width: 1 };
        Self { position: Some(position), ..Self::new("", format!("no valid JSON: {message}")) }
    }

    /// The cause at a byte of the text.
    pub fn at(mut self, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        self.position = Some(Position {
            line: before.bytes().filter(|byte| *byte == b'\n').count(),
            column: before[line_start..].chars().count(),
            width: 1,
        });
        self
    }

    /// The cause where its field is inside the one that `path` names.
    pub fn under(mut self, path: &str) -> Self {
        if !path.is_empty() {
            let dot = if self.field.is_empty() { "" } else { "." };
            self.field = format!("{path}{dot}{}", self.field);
        }
        self
    }
}
