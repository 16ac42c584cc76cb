//! What ends the program early, and how it is said.

use anstyle::{AnsiColor, Style};
use std::fmt;
use std::io;

/// Why a command could not do its work.
#[derive(Debug)]
pub enum Fault {
    /// The user can mend this; the text says what, where and how.
    Bad(String),
    /// The user can mend this; all was said already.
    Said,
    /// Whoever read the output has gone, which is nobody's fault.
    NobodyReads,
}

impl Fault {
    /// A fault with this text.
    pub fn new(message: impl fmt::Display) -> Self {
        Self::Bad(message.to_string())
    }

    /// Prints the fault to the standard error.
    pub fn print(&self) {
        let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        if let Self::Bad(message) = self {
            anstream::eprintln!("{red}error:{red:#} {message}");
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::NobodyReads,
            _ => Self::new(format!("cannot write: {error}")),
        }
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::from(io::Error::from(error))
    }
}
