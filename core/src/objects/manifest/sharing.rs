//! One copy of what replicas have in common.

use super::super::defaults;
use super::super::meta::{Labels, ObjectMeta};
use super::super::pod::{Pod, PodSpec};
use crate::base::map::Map;
use std::hash::Hash;
use std::sync::Arc;

/// How many bytes of texts of pod specs are remembered.
const TEXT_BYTES_MAX: usize = 32 << 20;

/// Pod specs and label sets that were read before.
#[derive(Debug, Default)]
pub(super) struct Sharing {
    specs: Map<Arc<PodSpec>, ()>,
    labels: Map<Arc<Labels>, ()>,
    /// Complete and valid specs by their text, see [`SpecText`].
    by_text: Map<String, Arc<PodSpec>>,
    text_bytes: usize,
    /// Room for a key, kept between pods.
    key: String,
}

impl Sharing {
    /// Replaces what the pod has in common with one before.
    pub fn share(&mut self, pod: &mut Pod) {
        share(&mut self.specs, &mut pod.spec);
        self.share_labels(&mut pod.meta);
    }

    pub fn share_labels(&mut self, meta: &mut ObjectMeta) {
        share(&mut self.labels, &mut meta.labels);
        share(&mut self.labels, &mut meta.annotations);
    }

    /// The complete spec of an earlier pod that was written just so.
    pub fn spec_of(&mut self, text: &SpecText<'_>) -> Option<Arc<PodSpec>> {
        text.write_key(&mut self.key);
        self.by_text.get(&self.key).cloned()
    }

    /// Keeps the complete and valid spec of a pod under its text, where the text decides it.
    pub fn remember(&mut self, text: &SpecText<'_>, node_name: Option<&str>, spec: &Arc<PodSpec>) {
        let length = text.before.len() + text.after.len();
        if text.node_name != node_name
            || defaults::takes_label_values(spec)
            || self.text_bytes + length > TEXT_BYTES_MAX
        {
            return;
        }
        text.write_key(&mut self.key);
        self.text_bytes += length;
        self.by_text.insert(self.key.clone(), spec.clone());
    }
}

fn share<T: Eq + Hash>(shared: &mut Map<Arc<T>, ()>, value: &mut Arc<T>) {
    match shared.get_key_value(value) {
        Some((known, ())) => *value = known.clone(),
        None => {
            shared.insert(value.clone(), ());
        }
    }
}

/// The JSON text of a pod spec around the name of its node, which differs between the running pods
/// of one template.
///
/// Only a text with at most one key `nodeName` is taken apart. Where the spec that was read from it
/// has that very name, the key is the one of the spec, and so it is in every text that equals this
/// one but for the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SpecText<'a> {
    before: &'a str,
    pub node_name: Option<&'a str>,
    after: &'a str,
}

impl<'a> SpecText<'a> {
    /// `None` where the text is not so plain.
    pub fn new(text: &'a str) -> Option<Self> {
        const KEY: &str = "\"nodeName\"";
        // A key could be written with escapes too.
        if text.contains("\\u") {
            return None;
        }
        let Some((before, behind)) = text.split_once(KEY) else {
            return Some(Self { before: text, node_name: None, after: "" });
        };
        let name = behind.trim_ascii_start().strip_prefix(':')?.trim_ascii_start();
        let (name, after) = name.strip_prefix('"')?.split_once('"')?;
        let plain = !name.is_empty() && !name.contains('\\') && !after.contains(KEY);
        plain.then_some(Self { before, node_name: Some(name), after })
    }

    fn write_key(&self, key: &mut String) {
        key.clear();
        key.push_str(self.before);
        // No JSON text contains this character.
        key.push('\0');
        key.push_str(self.after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_spec_is_taken_apart_at_the_one_name_of_its_node() {
        for (text, expected) in [
            ("{}", Some(("{}", None, ""))),
            (r#"{"nodeName": "a", "x": 1}"#, Some(("{", Some("a"), ", \"x\": 1}"))),
            (r#"{"x":["nodeName"]}"#, None),
            (r#"{"nodeName":null}"#, None),
            (r#"{"nodeName":""}"#, None),
            (r#"{"nodeName":"a\"b"}"#, None),
            (r#"{"nodeName":"a","nodeSelector":{"nodeName":"b"}}"#, None),
            (r#"{"node\u004eame":"a"}"#, None),
        ] {
            let expected =
                expected.map(|(before, node_name, after)| SpecText { before, node_name, after });
            assert_eq!(SpecText::new(text), expected, "{text}");
        }
    }

    #[test]
    fn a_text_whose_node_name_is_no_field_of_the_spec_is_not_remembered() {
        let mut sharing = Sharing::default();
        let spec = Arc::new(PodSpec::default());
        let nested = SpecText::new(r#"{"nodeSelector":{"nodeName":"a"}}"#).expect("plain");
        sharing.remember(&nested, None, &spec);
        assert_eq!(sharing.spec_of(&nested), None);
        let [own, other] = ["a", "b"].map(|name| format!(r#"{{"nodeName":"{name}"}}"#));
        sharing.remember(&SpecText::new(&own).expect("plain"), Some("a"), &spec);
        assert_eq!(sharing.spec_of(&SpecText::new(&other).expect("plain")), Some(spec));
    }
}
