//! Where in a document a field is. Looked for only when there is a fault, in its document alone.

/// A place in a document, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub line: usize,
    /// In characters.
    pub column: usize,
    /// How many characters are meant.
    pub width: usize,
}

/// The value at `field`, or the key of the innermost part of the path that is there. JSON is
/// found too: it is YAML.
#[cfg(feature = "yaml")]
pub(super) fn find(text: &str, field: &str) -> Option<Position> {
    use serde_saphyr::granit_parser::{Event, Parser};

    let mut events = Parser::new_from_str(text)
        .map_while(Result::ok)
        .filter(|(event, _)| !matches!(event, Event::StreamStart | Event::DocumentStart(..)));
    let mut rest = field;
    let (mut node, span) = events.next()?;
    let mut found = of_span(&span);
    loop {
        match node {
            Event::MappingStart(..) if !rest.is_empty() => loop {
                let (key, key_span) = events.next()?;
                let Event::Scalar(name, ..) = &key else { return Some(found) };
                let behind = behind_key(rest, name).map(str::len);
                let (value, value_span) = events.next()?;
                let Some(left) = behind else {
                    skip(&mut events, &value);
                    continue;
                };
                rest = &rest[rest.len() - left..];
                let scalar = matches!(value, Event::Scalar(..) | Event::Alias(..));
                let empty = value_span.start == value_span.end;
                found = of_span(if scalar && !empty { &value_span } else { &key_span });
                node = value;
                break;
            },
            Event::SequenceStart(..) if !rest.is_empty() => {
                let (ix, behind) = split_index(rest)?;
                for _ in 0..ix {
                    let (item, _) = events.next()?;
                    skip(&mut events, &item);
                }
                let (item, item_span) = events.next()?;
                rest = behind;
                found = of_span(&item_span);
                node = item;
            }
            _ => return Some(found),
        }
    }
}

/// Without the feature `yaml` a fault names the first line of its document.
#[cfg(not(feature = "yaml"))]
pub(super) fn find(_: &str, _: &str) -> Option<Position> {
    None
}

#[cfg(feature = "yaml")]
fn of_span(span: &serde_saphyr::granit_parser::Span) -> Position {
    let one_line = span.start.line() == span.end.line();
    let width = if one_line { span.end.col().saturating_sub(span.start.col()) } else { 1 };
    Position { line: span.start.line().saturating_sub(1), column: span.start.col(), width }
}

/// What follows `key` in a path. Keys may contain dots.
#[cfg(feature = "yaml")]
fn behind_key<'a>(path: &'a str, key: &str) -> Option<&'a str> {
    let behind = path.strip_prefix(key)?;
    match behind.as_bytes().first() {
        None | Some(b'[') => Some(behind),
        Some(b'.') => Some(&behind[1..]),
        Some(_) => None,
    }
}

/// The index at the start of a path, and what follows it.
#[cfg(feature = "yaml")]
fn split_index(path: &str) -> Option<(usize, &str)> {
    let (index, behind) = path.strip_prefix('[')?.split_once(']')?;
    Some((index.parse().ok()?, behind.strip_prefix('.').unwrap_or(behind)))
}

/// Passes over the rest of a node whose first event was taken.
#[cfg(feature = "yaml")]
fn skip<'a>(
    events: &mut impl Iterator<
        Item = (serde_saphyr::granit_parser::Event<'a>, serde_saphyr::granit_parser::Span),
    >,
    first: &serde_saphyr::granit_parser::Event<'a>,
) {
    use serde_saphyr::granit_parser::Event;
    let opens = |event: &Event<'_>| {
        matches!(event, Event::MappingStart(..) | Event::SequenceStart(..)) as usize
    };
    let closes =
        |event: &Event<'_>| matches!(event, Event::MappingEnd | Event::SequenceEnd) as usize;
    let mut depth = opens(first);
    while depth > 0 {
        let Some((event, _)) = events.next() else { return };
        depth = depth + opens(&event) - closes(&event);
    }
}
