//! Text in columns, as wide as their widest cell.

use anstyle::Style;
use std::io::IsTerminal;
use std::io::{self, Write};

/// Where a column's cells stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// At the left.
    Left,
    /// At the right: numbers.
    Right,
}

/// A table with a head.
pub struct Columns {
    sides: Vec<Side>,
    rows: Vec<Vec<String>>,
}

const GAP: &str = "   ";

impl Columns {
    /// A table with these heads.
    pub fn new(heads: &[(&str, Side)]) -> Self {
        let names = heads.iter().map(|(name, _)| (*name).to_owned()).collect();
        Self { sides: heads.iter().map(|(_, side)| *side).collect(), rows: vec![names] }
    }

    /// Adds a row; one cell for each head.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Whether there is nothing under the heads.
    pub fn is_empty(&self) -> bool {
        self.rows.len() < 2
    }

    /// Writes the table; nothing where there are no rows.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        let width = |column: usize| {
            self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<_> = (0..self.sides.len()).map(width).collect();
        let bold = Style::new().bold();
        for (at, row) in self.rows.iter().enumerate() {
            let cells = row.iter().zip(&widths).zip(&self.sides);
            let line: Vec<_> = cells
                .map(|((cell, width), side)| match side {
                    Side::Left => format!("{cell:width$}"),
                    Side::Right => format!("{cell:>width$}"),
                })
                .collect();
            let line = line.join(GAP);
            match at {
                0 => writeln!(out, "{bold}{}{bold:#}", line.trim_end())?,
                _ => writeln!(out, "{}", line.trim_end())?,
            }
        }
        Ok(())
    }
}

/// Columns of the terminal behind the standard output; `None` where there is no terminal, and
/// nothing is to be wrapped.
pub fn terminal_width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0).max(60))
}

/// Writes `text` after `start`, with further lines under its first.
pub fn write_hanging(
    start: &str,
    text: &str,
    width: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let indent = start.chars().count();
    let room = width.unwrap_or(usize::MAX).saturating_sub(indent).max(30);
    write!(out, "{start}")?;
    let mut column = 0;
    for (at, word) in text.split(' ').enumerate() {
        let length = word.chars().count();
        if at > 0 && column + 1 + length > room {
            write!(out, "\n{:indent$}", "")?;
            column = 0;
        } else if at > 0 {
            write!(out, " ")?;
            column += 1;
        }
        write!(out, "{word}")?;
        column += length;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).expect("memory takes everything");
        anstream::adapter::strip_str(&String::from_utf8_lossy(&out)).to_string()
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut columns = Columns::new(&[("POD", Side::Left), ("SCORE", Side::Right)]);
        columns.row(vec!["web-0".to_owned(), "7".to_owned()]);
        columns.row(vec!["a".to_owned(), "482".to_owned()]);
        assert_eq!(text(|out| columns.write(out)), "POD     SCORE\nweb-0       7\na         482\n");
    }

    #[test]
    fn a_table_without_rows_is_not_there() {
        assert_eq!(text(|out| Columns::new(&[("POD", Side::Left)]).write(out)), "");
    }

    #[test]
    fn long_text_hangs_under_its_start() {
        let long = "one two three four five six seven eight nine";
        assert_eq!(
            text(|out| write_hanging("db-2  ", long, Some(36), out)),
            "db-2  one two three four five six\n      seven eight nine\n"
        );
        assert_eq!(text(|out| write_hanging("a ", "b  c", None, out)), "a b  c\n");
    }
}
