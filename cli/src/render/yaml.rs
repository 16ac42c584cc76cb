//! JSON values as block YAML, so that every reader of YAML 1.1 or 1.2 sees the same values.

use serde_json::Value;
use std::io::{self, Write};

/// Writes a value as the content of one document.
pub fn write(value: &Value, out: &mut dyn Write) -> io::Result<()> {
    match value {
        Value::Object(_) | Value::Array(_) if !is_empty(value) => write_block(value, 0, false, out),
        _ => {
            write_scalar(value, out)?;
            writeln!(out)
        }
    }
}

/// Writes the entries of a list or map, each on a line that starts with `indent` spaces; the first
/// goes on a line that is begun already where `inline`.
fn write_block(value: &Value, indent: usize, inline: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut first = inline;
    let mut start = |out: &mut dyn Write| match std::mem::take(&mut first) {
        true => Ok(()),
        false => write!(out, "{:indent$}", ""),
    };
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                start(out)?;
                write_text(name, out)?;
                write!(out, ":")?;
                if is_empty(value) {
                    write!(out, " ")?;
                    write_scalar(value, out)?;
                    writeln!(out)?;
                } else {
                    writeln!(out)?;
                    write_block(value, indent + 2, false, out)?;
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                start(out)?;
                write!(out, "- ")?;
                if is_empty(item) {
                    write_scalar(item, out)?;
                    writeln!(out)?;
                } else {
                    write_block(item, indent + 2, true, out)?;
                }
            }
        }
        scalar => write_scalar(scalar, out)?,
    }
    Ok(())
}

/// Whether the value fits on the line of its name: a scalar, or nothing inside.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => true,
    }
}

fn write_scalar(value: &Value, out: &mut dyn Write) -> io::Result<()> {
    match value {
        Value::String(text) => write_text(text, out),
        other => write!(out, "{other}"),
    }
}

/// Plain where no reader could take the text for anything else, quoted as in JSON otherwise.
fn write_text(text: &str, out: &mut dyn Write) -> io::Result<()> {
    let first = text.chars().next().unwrap_or(' ');
    let plain = first.is_ascii_alphabetic()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
        && !["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
            .contains(&text.to_ascii_lowercase().as_str());
    match plain {
        true => write!(out, "{text}"),
        false => write!(out, "{}", Value::from(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(value: &Value, expected: &str) {
        let mut text = Vec::new();
        write(value, &mut text).expect("memory takes everything");
        assert_eq!(String::from_utf8_lossy(&text), expected);
    }

    #[test]
    fn maps_and_lists_are_blocks() {
        check(
            &json!({"a": [{"b": 1, "c": [2, [3]]}, "d"], "e": {"f": {}}}),
            "a:\n  - b: 1\n    c:\n      - 2\n      - - 3\n  - d\ne:\n  f: {}\n",
        );
    }

    #[test]
    fn what_could_be_taken_for_something_else_is_quoted() {
        check(
            &json!(["no", "1", "1e3", "", "0/3 nodes: none", "x\ny", "~"]),
            "- \"no\"\n- \"1\"\n- \"1e3\"\n- \"\"\n- \"0/3 nodes: none\"\n- \"x\\ny\"\n- \"~\"\n",
        );
        check(
            &json!({"nodes": "n-1", "taken": true, "none": null}),
            "nodes: n-1\nnone: null\ntaken: true\n",
        );
    }
}
