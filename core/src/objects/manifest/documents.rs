//! The documents of a text, and their values.
//!
//! A line `---` ends a YAML document, as it does for `kubectl`; JSON documents end with their last
//! bracket, so JSON lines need no separator.

use super::DEPTH_MAX;
use super::fault::Cause;
use serde_json::Value;

const TOO_DEEP: &str = "brackets nest too deeply";

/// A part of a text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub start: usize,
    pub end: usize,
}

/// One document of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Document {
    /// A value that looks like JSON, its brackets matched.
    Json(Extent),
    /// Anything else.
    Yaml(Extent),
    /// Begins like JSON and has no end: why, and how many bytes from its start that shows.
    Broken { extent: Extent, message: &'static str, offset: usize },
}

/// The document that begins at a byte of the text, which [`skip_to_content`] gave, and where it
/// ends.
pub(super) fn document_at(text: &str, start: usize) -> (Document, usize) {
    if !looks_like_json(&text[start..]) {
        let end = yaml_end(text, start);
        return (Document::Yaml(Extent { start, end }), end);
    }
    match json_length(&text.as_bytes()[start..]) {
        Ok(length) => (Document::Json(Extent { start, end: start + length }), start + length),
        Err((message, offset)) => {
            let end = next_start(text, start);
            let extent = Extent { start, end: end.max(start + offset) };
            (Document::Broken { extent, message, offset }, end)
        }
    }
}

/// Parts of a text for several threads, about as long as `length` and not more than `parts_max`:
/// where each begins and the next one may. That each begins with a document is likely, not certain.
pub(super) fn likely_parts(
    text: &str,
    start: usize,
    length: usize,
    parts_max: usize,
) -> Vec<Extent> {
    let mut parts = Vec::new();
    let (mut from, mut seen) = (start, start);
    while seen < text.len() && seen - start < length.saturating_mul(parts_max) {
        let to = seen.saturating_add(length).min(text.len());
        let whole = whole_documents(&text.as_bytes()[from..to], seen - from);
        seen = to;
        let next = (whole > 0).then(|| skip_to_content(text, from + whole)).flatten();
        if let Some(end) = next {
            parts.push(Extent { start: from, end });
            (from, seen) = (end, seen.max(end));
        }
    }
    if parts.is_empty() || seen == text.len() {
        parts.push(Extent { start: from, end: seen });
    }
    parts
}

/// How many bytes at the start of a text are whole documents for certain, where the text goes on
/// behind `bytes`; 0 where no end of a document shows behind the first `seen` bytes.
///
/// A line `---` ends a document, and so does the last bracket of JSON with the next one below it.
pub fn whole_documents(bytes: &[u8], seen: usize) -> usize {
    let fresh = seen.saturating_sub(8).min(bytes.len());
    let newlines = (fresh..bytes.len()).rev().filter(|at| bytes[*at] == b'\n');
    let mut ends = newlines.filter(|at| {
        let (before, behind) = (&bytes[..*at], &bytes[at + 1..]);
        let before = before.strip_suffix(b"\r").unwrap_or(before);
        behind.starts_with(b"---\n")
            || behind.starts_with(b"---\r\n")
            || (behind.starts_with(b"{") && before.ends_with(b"}"))
    });
    ends.next().map_or(0, |at| at + 1)
}

/// Whether the JSON document at the start of a text nests too deeply, however it goes on.
pub fn nests_too_deeply(bytes: &[u8]) -> bool {
    let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
    let is_json = bytes.get(start).is_some_and(|byte| matches!(byte, b'{' | b'['));
    is_json && json_length(&bytes[start..]).is_err_and(|(message, _)| message == TOO_DEEP)
}

/// Where the next document begins: past blank lines, comments, directives and separators.
pub(super) fn skip_to_content(text: &str, mut at: usize) -> Option<usize> {
    while at < text.len() {
        let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1);
        let line = text[at..end].trim();
        let behind = separator(line).unwrap_or(line).trim_start();
        if !(behind.is_empty() || behind.starts_with('#') || line.starts_with('%')) {
            let spaces = text[at..].len() - text[at..].trim_start().len();
            // Indentation belongs to YAML, not to JSON.
            let json = looks_like_json(&text[at + spaces..]);
            return Some(if json { at + spaces } else { at });
        }
        at = end;
    }
    None
}

/// What follows on a line that separates documents.
fn separator(line: &str) -> Option<&str> {
    let behind = line.strip_prefix("---").or_else(|| line.strip_prefix("..."))?;
    (behind.is_empty() || behind.starts_with([' ', '\t', '\r'])).then_some(behind)
}

fn yaml_end(text: &str, start: usize) -> usize {
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        if at > start && separator(line.trim_end()).is_some() {
            break;
        }
        at += line.len();
    }
    at
}

/// Where reading goes on after a broken JSON document: at the next line that begins one.
fn next_start(text: &str, start: usize) -> usize {
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        if at > start && (line.starts_with('{') || separator(line.trim_end()).is_some()) {
            break;
        }
        at += line.len();
    }
    at
}

fn looks_like_json(text: &str) -> bool {
    let mut tokens = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    match tokens.next() {
        Some(b'{') => matches!(tokens.next(), Some(b'"' | b'}')),
        Some(b'[') => matches!(tokens.next(), Some(b'{' | b'[' | b']' | b'"')),
        _ => false,
    }
}

/// Length of the bracketed value at the start of `bytes`, or why there is none and where that
/// shows. Takes no memory and stops at the first bracket too many.
fn json_length(bytes: &[u8]) -> Result<usize, (&'static str, usize)> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (ix, byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'\n' if in_string => return Err(("a string has no end", ix)),
            _ if in_string => {}
            b'{' | b'[' if depth == DEPTH_MAX => return Err((TOO_DEEP, ix)),
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 1 => return Ok(ix + 1),
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    Err(("a bracket is not closed", bytes.len()))
}

/// To Kubernetes a field that is `null` is absent.
pub(super) fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// The value of a YAML document, by the rules of YAML 1.1 that Kubernetes keeps to.
#[cfg(feature = "yaml")]
pub(super) fn yaml(text: &str) -> Result<Value, Cause> {
    use super::{ALIASED_MAX, position::Position};

    // The defaults of the library stop real dumps; what remains bounds depth and alias expansion.
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            flow_nesting_limit: DEPTH_MAX,
            max_depth: DEPTH_MAX,
            max_documents: 2,
            max_events: usize::MAX,
            max_nodes: usize::MAX,
            max_total_scalar_bytes: usize::MAX,
            max_merge_keys: 1_000_000,
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: ALIASED_MAX },
        legacy_octal_numbers: true,
        strict_booleans: false,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let text = error.without_snippet().to_string();
        let message = text.split(" at line ").next().unwrap_or_default();
        let message = message.rsplit_once("line ").map_or(message, |(_, tail)| {
            tail.split_once(": ").map_or(message, |(_, message)| message)
        });
        let position = error.location().filter(|location| location.line() > 0);
        let position = position.map(|location| Position {
            line: location.line() as usize - 1,
            column: (location.column() as usize).saturating_sub(1),
            width: 1,
        });
        Cause { position, ..Cause::new("", format!("no valid YAML: {}", in_plain_words(message))) }
    })
}

/// What the library says of a text, for those who do not know the library.
#[cfg(feature = "yaml")]
fn in_plain_words(message: &str) -> &str {
    if message.starts_with("recursive references") {
        "an alias stands inside of what it refers to"
    } else if message.contains("RecordedAnchorEvents") || message.contains("replay") {
        "its aliases make it too large"
    } else if message.contains("Depth") || message.contains("nesting") {
        "it nests too deeply"
    } else {
        message.split(", set DuplicateKeyPolicy").next().unwrap_or_default()
    }
}

/// Without the feature `yaml` only JSON is read.
#[cfg(not(feature = "yaml"))]
pub(super) fn yaml(_: &str) -> Result<Value, Cause> {
    Err(Cause::new("", "no JSON; this build does not read YAML".to_owned()))
}

/// How many lines end in a text.
pub(super) fn newlines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}
