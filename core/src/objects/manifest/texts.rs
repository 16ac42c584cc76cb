//! Texts of pods, cut where the replicas of one template differ.
//!
//! What is cut out is a plain word; what it means is decided by the text around it. Once it is known
//! that the words of one text are the names of its pod, every text with the same parts is a pod that
//! differs in its names alone.

use super::super::pod::Pod;

/// The text of a document around the name of its pod and the name of the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PodText<'a> {
    /// Before the name, between the names, behind them.
    pub parts: [&'a str; 3],
    pub name: &'a str,
    pub node_name: Option<&'a str>,
}

impl<'a> PodText<'a> {
    /// `None` where no plain name shows.
    pub fn new(text: &'a str) -> Option<Self> {
        let (name_key, node_key, cut): (_, _, fn(_, _) -> _) = if text.starts_with('{') {
            ("\"name\"", "\"nodeName\"", cut_json)
        } else {
            (" name: ", " nodeName: ", cut_yaml)
        };
        let [before, name, behind] = cut(text, name_key)?;
        let (between, node_name, after) = match cut(behind, node_key) {
            Some([between, node_name, after]) => (between, Some(node_name), after),
            None => (behind, None, ""),
        };
        Some(Self { parts: [before, between, after], name, node_name })
    }

    /// Whether the words are the names of the pod that was read from the text, which is JSON or a
    /// YAML document, and nothing else came from them.
    pub fn names(&self, text: &str, pod: &Pod) -> bool {
        // In YAML a name may be a part of any word, and be taken from far away by an anchor.
        let is_json = text.starts_with('{');
        let (name, escape, anchor) = if is_json {
            (format!("\"{}\"", self.name), "\\u", None)
        } else {
            (self.name.to_owned(), "\\", Some('&'))
        };
        let node_keys = text.matches("nodeName").count();
        pod.meta.name == self.name
            && text.matches(&name).count() == 1
            && pod.node_name.as_deref() == self.node_name
            && self.node_name.is_none_or(|_| node_keys == 1)
            && !text.contains(escape)
            && anchor.is_none_or(|anchor| !text.contains(anchor))
    }
}

/// The JSON text of a pod spec around the name of its node.
///
/// Only a text with at most one key `nodeName` is taken apart. Where the spec that was read from it
/// has that very name, the key is the one of the spec, and so it is in every text that equals this
/// one but for the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SpecText<'a> {
    /// Before and behind the name.
    pub parts: [&'a str; 2],
    pub node_name: Option<&'a str>,
}

impl<'a> SpecText<'a> {
    /// `None` where the text is not so plain.
    pub fn new(text: &'a str) -> Option<Self> {
        const KEY: &str = "\"nodeName\"";
        // A key could be written with escapes too.
        if text.contains("\\u") {
            return None;
        }
        if find(text, KEY).is_none() {
            return Some(Self { parts: [text, ""], node_name: None });
        }
        let [before, name, after] = cut_json(text, KEY)?;
        find(after, KEY).is_none().then_some(Self { parts: [before, after], node_name: Some(name) })
    }
}

/// Cuts out the first value of a key, where it is a text of plain characters.
fn cut_json<'a>(text: &'a str, key: &str) -> Option<[&'a str; 3]> {
    let behind = &text[find(text, key)? + key.len()..];
    let value =
        behind.trim_ascii_start().strip_prefix(':')?.trim_ascii_start().strip_prefix('"')?;
    let (word, after) = value.split_at(value.find('"')?);
    let before = &text[..text.len() - value.len()];
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (!word.is_empty() && word.bytes().all(plain)).then_some([before, word, after])
}

/// Cuts out the rest of the line behind the first key, where YAML can only take it for a text: no
/// number, date or truth value begins with a letter and has a hyphen.
fn cut_yaml<'a>(text: &'a str, key: &str) -> Option<[&'a str; 3]> {
    let (before, behind) = text.split_at(find(text, key)? + key.len());
    let (word, after) = behind.split_at(behind.find('\n')?);
    let plain = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-')
    };
    let is_text = word.starts_with(|first: char| first.is_ascii_lowercase()) && word.contains('-');
    (is_text && word.bytes().all(plain)).then_some([before, word, after])
}

/// Where a key begins. Capitals are rare: to look for one is quicker than to look for the key.
fn find(text: &str, key: &str) -> Option<usize> {
    let Some((at, capital)) = key.char_indices().find(|(_, c)| c.is_ascii_uppercase()) else {
        return text.find(key);
    };
    let mut starts = text.match_indices(capital).filter_map(|(found, _)| found.checked_sub(at));
    starts.find(|start| text.as_bytes()[*start..].starts_with(key.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::super::super::meta::ObjectMeta;
    use super::*;
    use std::sync::Arc;

    #[test]
    fn the_text_of_a_spec_is_taken_apart_at_the_one_name_of_its_node() {
        for (text, expected) in [
            ("{}", Some((["{}", ""], None))),
            (
                r#"{"nodeName": "a", "x": 1}"#,
                Some((["{\"nodeName\": \"", "\", \"x\": 1}"], Some("a"))),
            ),
            (r#"{"x":["nodeName"]}"#, None),
            (r#"{"nodeName":null}"#, None),
            (r#"{"nodeName":""}"#, None),
            (r#"{"nodeName":"a\"b"}"#, None),
            (r#"{"nodeName":"a","nodeSelector":{"nodeName":"b"}}"#, None),
            (r#"{"node\u004eame":"a"}"#, None),
        ] {
            let expected = expected.map(|(parts, node_name)| SpecText { parts, node_name });
            assert_eq!(SpecText::new(text), expected, "{text}");
        }
    }

    #[test]
    fn a_pod_is_taken_apart_at_plain_names_only() {
        for (text, expected) in [
            (r#"{"name": "a", "x": 1}"#, Some(([r#"{"name": ""#, r#"", "x": 1}"#, ""], "a", None))),
            (
                r#"{"name":"a","nodeName":"Nb","x":1}"#,
                Some(([r#"{"name":""#, r#"","nodeName":""#, r#"","x":1}"#], "a", Some("Nb"))),
            ),
            ("m:\n  name: a-1\n", Some((["m:\n  name: ", "\n", ""], "a-1", None))),
            (
                "m:\n  name: a-1\ns:\n  nodeName: b-2\n",
                Some((["m:\n  name: ", "\ns:\n  nodeName: ", "\n"], "a-1", Some("b-2"))),
            ),
            (r#"{"name":7}"#, None),
            (r#"{"name":"ä"}"#, None),
            (r#"{"name":"a\"b"}"#, None),
            (r#"{"name":"a"#, None),
            ("m:\n  name: yes\n", None),
            ("m:\n  name: 1-2\n", None),
            ("m:\n  name: a-1 # first\n", None),
            ("m:\n  name: a-1\r\n", None),
            ("m:\n  name: &x a-1\n", None),
            ("m:\n  name: a-1", None),
        ] {
            let expected =
                expected.map(|(parts, name, node_name)| PodText { parts, name, node_name });
            assert_eq!(PodText::new(text), expected, "{text}");
        }
    }

    #[test]
    fn a_word_that_may_mean_something_else_too_is_no_name() {
        for (text, holds) in [
            (r#"{"name":"a","nodeName":"b"}"#, true),
            (r#"{"name":"a","nodeName":"b","x":"ab"}"#, true),
            (r#"{"name":"a","nodeName":"b","x":"a"}"#, false),
            (r#"{"name":"a","nodeName":"b","x":"\u0061"}"#, false),
            (r#"{"name":"a","nodeName":"b","x":{"nodeName":"c"}}"#, false),
            (r#"{"name":"c","nodeName":"b"}"#, false),
            (r#"{"name":"a","nodeName":"c"}"#, false),
            (r#"{"name":"a"}"#, false),
            ("m:\n  name: a-1\n  nodeName: b-1\n", true),
            ("m:\n  name: a-1\n  nodeName: b-1\n  x: a-10\n", false),
            ("m: &m\n  name: a-1\n  nodeName: b-1\n", false),
        ] {
            let in_yaml = if text.starts_with('{') { "" } else { "-1" };
            let pod = Pod {
                meta: ObjectMeta { name: format!("a{in_yaml}"), ..ObjectMeta::default() },
                node_name: Some(Arc::from(format!("b{in_yaml}"))),
                ..Pod::default()
            };
            let cut = PodText::new(text).expect("plain names");
            assert_eq!(cut.names(text, &pod), holds, "{text}");
        }
    }
}
