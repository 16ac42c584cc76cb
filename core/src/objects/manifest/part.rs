//! Reads a part of a text: a row of documents, or of items of a list. Knows nothing of what stands
//! before it, so that several threads can read parts of one text.

use super::super::meta::ObjectMeta;
use super::super::object::{Kind, Object};
use super::super::pod::{Pod, PodSpec, PodStatus};
use super::super::validate::Violation;
use super::super::{defaults, validate};
use super::documents::{self, Document, Extent};
use super::fault::{Cause, Fault};
use super::kinds::{self, Identity, Reading};
use super::place::Place;
use super::sharing::Sharing;
use super::texts::SpecText;
use rayon::prelude::*;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;

/// How many items of a list are read by one thread.
const ITEMS_PER_PART: usize = 512;

/// What all parts of a text have in common.
#[derive(Clone, Copy)]
pub(super) struct Whole<'t> {
    /// Name of the text.
    pub source: &'t str,
    /// The text, as far as it was fed at once.
    pub fed: &'t str,
    pub sharing: &'t Sharing,
    pub validates: bool,
}

/// What came of reading, in the order of the text. Documents and lines count from the start of the
/// part.
pub(super) enum Finding<'t> {
    /// An object, complete and valid.
    Object {
        object: Object,
        document: usize,
        line: usize,
    },
    /// An object whose name is still to be made of its prefix: a matter of all objects before.
    Unnamed(Box<(Place<'t>, Object, String)>),
    /// Something to be counted, seen on a line.
    Counted(Box<Counted>, usize),
    Refused(Box<Fault>),
}

/// What is counted instead of, or besides, being kept.
pub(super) enum Counted {
    /// An object of this version and kind that is not read.
    Skipped(String, String),
    /// An object of this elder version and kind.
    Converted(String, String),
    /// Pods whose overhead depends on this class.
    UnresolvedRuntimeClass(String),
}

/// A part that is being read, or was.
pub(super) struct Part<'t> {
    whole: Whole<'t>,
    /// Where it begins.
    pub start: usize,
    /// Where the text goes on behind it; `None` where nothing comes.
    pub next: Option<usize>,
    /// How many documents there were.
    pub documents: usize,
    /// How many lines end in it.
    pub lines: usize,
    /// Up to which byte lines are counted.
    counted: usize,
    pub findings: Vec<Finding<'t>>,
}

impl<'t> Part<'t> {
    pub fn new(whole: Whole<'t>, start: usize) -> Self {
        Self {
            whole,
            start,
            next: None,
            documents: 0,
            lines: 0,
            counted: start,
            findings: Vec::new(),
        }
    }

    /// Reads the documents that begin in an extent; the first one where that begins.
    pub fn read(whole: Whole<'t>, extent: Extent) -> Self {
        let mut part = Self::new(whole, extent.start);
        let mut next = Some(extent.start);
        while let Some(start) = next
            && start < extent.end
        {
            let end = part.read_document(start);
            next = documents::skip_to_content(whole.fed, end);
        }
        part.count_lines(next.unwrap_or(whole.fed.len()));
        part.next = next;
        part
    }

    /// Reads one document and says where it ends.
    fn read_document(&mut self, start: usize) -> usize {
        self.documents += 1;
        let text = self.whole.fed;
        // What is known as a whole need not be looked at for its brackets again.
        let line = text[start..].split('\n').next().unwrap_or_default().trim_end();
        let line = Extent { start, end: start + line.len() };
        if line_is_json(&text[start..line.end]) && self.read_replica(line, None) {
            return line.end;
        }
        let (document, end) = documents::document_at(text, start);
        match document {
            Document::Json(extent) if extent != line && self.read_replica(extent, None) => {}
            Document::Json(extent) => self.read_json(extent),
            Document::Yaml(extent) => self.read_yaml(extent),
            Document::Broken { extent, message, offset } => {
                let place = self.place(extent);
                let cause = Cause::new("", message.to_owned()).at(place.text(), offset);
                self.refuse(&place, None, cause);
            }
        }
        end
    }

    /// A pod that differs from an earlier one in its names alone. Says whether it is one.
    fn read_replica(&mut self, extent: Extent, from_list: Option<&Identity>) -> bool {
        let text = &self.whole.fed[extent.start..extent.end];
        let Some(pod) = self.whole.sharing.pod_of(text, from_list) else { return false };
        if self.whole.validates && !validate::validate_meta(&pod.meta).is_empty() {
            return false;
        }
        let place = self.place(extent);
        self.keep(&place, Object::Pod(pod), Vec::new(), "");
        true
    }

    fn read_json(&mut self, extent: Extent) {
        let place = self.place(extent);
        let outline: Outline<'t> = match serde_json::from_str(place.text()) {
            Ok(outline) => outline,
            Err(error) => return self.read_json_tree(&place, Some(&error)),
        };
        if let (Some(version), Some(kind)) = (outline.api_version, outline.kind)
            && kind.ends_with("List")
            && let Some(items) = &outline.items
        {
            self.read_json_items(items, &Identity::of_items(version, kind));
        } else if !self.read_outline(&place, &outline, None) {
            self.read_json_tree(&place, None);
        }
    }

    fn read_json_items(&mut self, items: &[&'t RawValue], from_list: &Identity) {
        let whole = self.whole;
        // An item is a part of the text; where it begins tells its line.
        let start_of = |item: &RawValue| item.get().as_ptr().addr() - whole.fed.as_ptr().addr();
        let parts: Vec<_> = items.chunks(ITEMS_PER_PART).collect();
        let parts = in_parallel(parts, |items| {
            let mut part = Self::new(whole, items.first().map_or(0, |item| start_of(item)));
            for item in items {
                let start = start_of(item);
                part.read_json_item(Extent { start, end: start + item.get().len() }, from_list);
            }
            part
        });
        for part in parts {
            self.count_lines(part.start);
            let (documents, lines) = (self.documents, self.lines);
            let findings = part.findings.into_iter();
            self.findings.extend(findings.map(|finding| finding.behind(documents, lines)));
        }
    }

    fn read_json_item(&mut self, extent: Extent, from_list: &Identity) {
        if self.read_replica(extent, Some(from_list)) {
            return;
        }
        let place = self.place(extent);
        let outline = serde_json::from_str(place.text()).ok();
        if outline.is_some_and(|outline| self.read_outline(&place, &outline, Some(from_list))) {
            return;
        }
        match serde_json::from_str(place.text()) {
            Ok(value) => self.read_value(&place, value, String::new(), Some(from_list)),
            Err(error) => self.refuse(&place, None, Cause::json(&error)),
        }
    }

    /// The quick way for JSON, without a tree. Says whether it got there.
    fn read_outline(
        &mut self,
        place: &Place<'t>,
        outline: &Outline<'t>,
        from_list: Option<&Identity>,
    ) -> bool {
        let inherited = from_list.map(|identity| (&*identity.version, &*identity.kind));
        let version = outline.api_version.or(inherited.map(|(version, _)| version));
        let kind = outline.kind.or(inherited.map(|(_, kind)| kind));
        let (Some(version), Some(kind)) = (version, kind) else { return false };
        if version.is_empty() || kind.is_empty() || outline.items.is_some() {
            return false;
        }
        match kinds::find(version, kind) {
            Reading::Skip => self.skip(place, version, kind),
            Reading::Read { kind: Kind::Pod, served: true } => {
                return self.read_pod(place, outline, from_list).is_ok();
            }
            Reading::Read { kind, served: true } => match kinds::from_json(kind, place.text()) {
                Ok(object) => {
                    self.complete(place, object, "");
                }
                Err(_) => return false,
            },
            Reading::Read { .. } | Reading::Unknown => return false,
        }
        true
    }

    /// A pod whose spec is often the one of an earlier pod, complete and valid.
    fn read_pod(
        &mut self,
        place: &Place<'t>,
        outline: &Outline<'t>,
        from_list: Option<&Identity>,
    ) -> serde_json::Result<()> {
        let sharing = self.whole.sharing;
        let meta: ObjectMeta = part_of(outline.metadata)?;
        let status: PodStatus = part_of(outline.status)?;
        let text = outline.spec.and_then(|spec| SpecText::new(spec.get()));
        let known = text.and_then(|text| Some((sharing.spec_of(&text)?, text.node_name)));
        let pod = if let Some((spec, node_name)) = known {
            let pod = Pod { meta, node_name: node_name.map(Arc::from), spec, status };
            self.complete_meta(place, pod.into())
        } else {
            let spec: PodSpec = part_of(outline.spec)?;
            self.complete(place, Pod::new(meta, spec, status).into(), "")
        };
        if let Some(Object::Pod(pod)) = pod {
            sharing.remember_pod(place.text(), from_list, pod);
            if let Some(text) = text {
                sharing.remember_spec(&text, pod);
            }
        }
        Ok(())
    }

    /// The slow way for JSON, which finds out what is wrong. Flow-style YAML begins like JSON.
    fn read_json_tree(&mut self, place: &Place<'t>, error: Option<&serde_json::Error>) {
        match serde_json::from_str::<Value>(place.text()) {
            Ok(value) => self.read_value(place, value, String::new(), None),
            Err(syntax) => match documents::yaml(place.text()) {
                Ok(value) => self.read_value(place, value, String::new(), None),
                Err(_) => self.refuse(place, None, Cause::json(error.unwrap_or(&syntax))),
            },
        }
    }

    fn read_yaml(&mut self, extent: Extent) {
        let place = self.place(extent);
        // What begins like JSON and is none has a grammar of its own.
        let is_block = !place.text().starts_with('{');
        if is_block && self.read_replica(extent, None) {
            return;
        }
        let before = self.findings.len();
        match documents::yaml(place.text()) {
            Ok(Value::Null) => self.documents -= 1,
            Ok(value) => self.read_value(&place, value, String::new(), None),
            Err(cause) => self.refuse(&place, None, cause),
        }
        if let [Finding::Object { object: Object::Pod(pod), .. }] = &self.findings[before..]
            && is_block
        {
            self.whole.sharing.remember_pod(place.text(), None, pod);
        }
    }

    /// Reads the value of a document, or of an item of its lists: `path` leads there.
    fn read_value(
        &mut self,
        place: &Place<'t>,
        mut value: Value,
        path: String,
        from_list: Option<&Identity>,
    ) {
        if let Value::Array(items) = value {
            for (ix, item) in items.into_iter().enumerate() {
                self.read_value(place, item, format!("{path}[{ix}]"), from_list);
            }
            return;
        }
        let identity = match Identity::of(&value, from_list) {
            Ok(identity) => identity,
            Err(cause) => return self.refuse(place, None, cause.under(&path)),
        };
        if identity.kind.ends_with("List")
            && let Some(Value::Array(items)) = value.get_mut("items").map(Value::take)
        {
            let from_list = Identity::of_items(&identity.version, &identity.kind);
            let path = if path.is_empty() { path } else { format!("{path}.") };
            for (ix, item) in items.into_iter().enumerate() {
                self.read_value(place, item, format!("{path}items[{ix}]"), Some(&from_list));
            }
            return;
        }
        let name = identity.name_of(&value);
        match kinds::find(&identity.version, &identity.kind) {
            Reading::Skip => self.skip(place, &identity.version, &identity.kind),
            Reading::Unknown => {
                let cause = kinds::unknown(&identity);
                self.refuse(place, Some(name), cause.under(&path));
            }
            Reading::Read { kind, served } => {
                if !served {
                    let Identity { version, kind: name } = identity.clone();
                    self.count(place, Counted::Converted(version, name));
                    kinds::convert(kind, &identity.version, &mut value);
                }
                documents::drop_nulls(&mut value);
                match kinds::from_value(kind, &value) {
                    Ok(object) => {
                        self.complete(place, object, &path);
                    }
                    Err(cause) => self.refuse(place, Some(name), cause.under(&path)),
                }
            }
        }
    }

    /// Completes, checks and keeps an object; gives back the one that was kept.
    pub fn complete(
        &mut self,
        place: &Place<'t>,
        mut object: Object,
        path: &str,
    ) -> Option<&Object> {
        if awaits_name(object.meta()) {
            return self.set_aside(place, object, path);
        }
        defaults::default_object(&mut object);
        let validates = self.whole.validates;
        let violations = if validates { validate::validate(&object) } else { Vec::new() };
        if let Object::Pod(pod) = &mut object {
            self.whole.sharing.share(pod);
        }
        self.keep(place, object, violations, path)
    }

    /// The same for a pod whose spec is complete, valid and shared.
    fn complete_meta(&mut self, place: &Place<'t>, mut object: Object) -> Option<&Object> {
        if awaits_name(object.meta()) {
            return self.set_aside(place, object, "");
        }
        defaults::default_meta(&mut object);
        let meta = object.meta_mut();
        let validates = self.whole.validates;
        let violations = if validates { validate::validate_meta(meta) } else { Vec::new() };
        self.whole.sharing.share_labels(meta);
        self.keep(place, object, violations, "")
    }

    fn set_aside(&mut self, place: &Place<'t>, object: Object, path: &str) -> Option<&Object> {
        self.findings.push(Finding::Unnamed(Box::new((*place, object, path.to_owned()))));
        None
    }

    fn keep(
        &mut self,
        place: &Place<'t>,
        object: Object,
        violations: Vec<Violation>,
        path: &str,
    ) -> Option<&Object> {
        if !violations.is_empty() {
            let name = format!("{} {}", object.kind().name(), object.meta().key());
            for violation in violations {
                let cause = Cause::new(&violation.field, violation.message);
                self.refuse(place, Some(name.clone()), cause.under(path));
            }
            return None;
        }
        if let Some(spec) = object.pod_spec()
            && let Some(class) = spec.runtime_class_name.as_ref().filter(|name| !name.is_empty())
            && spec.overhead.is_empty()
        {
            self.count(place, Counted::UnresolvedRuntimeClass(class.clone()));
        }
        let Place { document, line, .. } = *place;
        self.findings.push(Finding::Object { object, document, line });
        match self.findings.last() {
            Some(Finding::Object { object, .. }) => Some(object),
            _ => None,
        }
    }

    fn skip(&mut self, place: &Place<'t>, version: &str, kind: &str) {
        self.count(place, Counted::Skipped(version.to_owned(), kind.to_owned()));
    }

    fn count(&mut self, place: &Place<'t>, what: Counted) {
        self.findings.push(Finding::Counted(Box::new(what), place.line));
    }

    fn refuse(&mut self, place: &Place<'t>, object: Option<String>, cause: Cause) {
        self.findings.push(Finding::Refused(Box::new(place.fault(object, cause))));
    }

    /// The place of a document. Places are asked for in their order.
    fn place(&mut self, extent: Extent) -> Place<'t> {
        self.count_lines(extent.start);
        let Whole { source, fed, .. } = self.whole;
        Place { fed, extent, source, document: self.documents, line: self.lines + 1 }
    }

    /// Counts the lines up to a byte of the text.
    fn count_lines(&mut self, end: usize) {
        let behind = self.whole.fed.as_bytes().get(self.counted..end).unwrap_or_default();
        self.lines += documents::newlines(behind);
        self.counted = self.counted.max(end);
    }
}

/// Whether the name of an object is to be made from its prefix.
fn awaits_name(meta: &ObjectMeta) -> bool {
    meta.name.is_empty() && !meta.generate_name.is_empty()
}

fn line_is_json(line: &str) -> bool {
    line.starts_with('{') && line.ends_with('}')
}

impl Finding<'_> {
    /// The same with documents and lines that count from further before.
    pub fn behind(mut self, documents: usize, lines: usize) -> Self {
        match &mut self {
            Self::Object { document, line, .. } => {
                *document += documents;
                *line += lines;
            }
            Self::Unnamed(unnamed) => {
                unnamed.0.document += documents;
                unnamed.0.line += lines;
            }
            Self::Counted(_, line) => *line += lines,
            Self::Refused(fault) => {
                fault.document += documents;
                fault.line = fault.line.map(|line| line + lines);
            }
        }
        self
    }
}

/// What becomes of all items, in their order. The pool of threads is left alone for one item.
pub(super) fn in_parallel<T, R, F>(items: Vec<T>, of: F) -> Vec<R>
where
    T: Send,
    R: Send,
    F: Fn(T) -> R + Sync + Send,
{
    if items.len() < 2 {
        items.into_iter().map(of).collect()
    } else {
        items.into_par_iter().map(of).collect()
    }
}

/// A part of a JSON object; the default where it is absent.
fn part_of<'a, T: Default + Deserialize<'a>>(text: Option<&'a RawValue>) -> serde_json::Result<T> {
    text.map_or(Ok(T::default()), |text| serde_json::from_str(text.get()))
}

/// The fields of a JSON object as texts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outline<'a> {
    api_version: Option<&'a str>,
    kind: Option<&'a str>,
    #[serde(borrow)]
    items: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    spec: Option<&'a RawValue>,
    #[serde(borrow)]
    status: Option<&'a RawValue>,
}
