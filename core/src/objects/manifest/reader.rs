//! Reads texts one after the other.

use super::super::meta::ObjectMeta;
use super::super::object::{Kind, Object};
use super::super::pod::{Pod, PodSpec, PodStatus};
use super::super::validate::Violation;
use super::super::{defaults, validate};
use super::documents::{self, Document, Extent};
use super::fault::{Cause, Fault};
use super::input::{Input, Located, Tally};
use super::kinds::{self, Identity, Reading};
use super::place::Place;
use super::sharing::{Sharing, SpecText};
use crate::base::random::Random;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::Arc;

/// More faults than this are counted only.
const FAULTS_MAX: usize = 1000;

/// Reads texts one after the other into one [`Input`].
///
/// A long text can be fed in parts, each of whole documents: [`Reader::begin`] names the text,
/// [`Reader::feed`] takes a part, [`super::whole_documents`] finds where to cut.
#[derive(Debug)]
pub struct Reader {
    input: Input,
    faults_left_out: usize,
    source: Arc<str>,
    /// Lines and documents of the source so far.
    lines: usize,
    documents: usize,
    /// Bytes of the source that were fed before, and of the fed part those whose lines are counted.
    fed_bytes: usize,
    counted_bytes: usize,
    sharing: Sharing,
    validates: bool,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            input: Input::default(),
            faults_left_out: 0,
            source: Arc::from(""),
            lines: 0,
            documents: 0,
            fed_bytes: 0,
            counted_bytes: 0,
            sharing: Sharing::default(),
            validates: true,
        }
    }
}

impl Reader {
    /// A reader that has read nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// A reader that believes every object that it can read, also where the API server would
    /// refuse it: for recordings of what a scheduler was given.
    pub fn without_validation() -> Self {
        Self { validates: false, ..Self::default() }
    }

    /// Reads one whole text. `source` is what faults call it.
    pub fn read(&mut self, source: &str, text: &[u8]) {
        self.begin(source);
        self.feed(text);
    }

    /// Begins a text that will be fed in parts.
    pub fn begin(&mut self, source: &str) {
        self.source = Arc::from(source);
        self.lines = 0;
        self.documents = 0;
        self.fed_bytes = 0;
    }

    /// Reads a part of the text: any number of whole documents.
    pub fn feed(&mut self, bytes: &[u8]) {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.feed_text(text.strip_prefix('\u{feff}').unwrap_or(text)),
            Err(error) => self.invalid_utf8(bytes, error.valid_up_to()),
        }
        self.fed_bytes += bytes.len();
    }

    /// Everything that was read, after a look for objects that are there twice.
    pub fn finish(mut self) -> Input {
        self.refuse_duplicates();
        if self.faults_left_out > 0 {
            self.input.faults.push(Fault {
                source: self.source.to_string(),
                message: format!("{} more faults are not shown", self.faults_left_out),
                ..Fault::default()
            });
        }
        self.input
    }

    fn feed_text(&mut self, text: &str) {
        self.counted_bytes = 0;
        for document in documents::split(text) {
            self.documents += 1;
            match document {
                Document::Json(extent) => self.read_json(text, extent),
                Document::Yaml(extent) => self.read_yaml(text, extent),
                Document::Broken { extent, message, offset } => {
                    let place = self.place(text, extent);
                    let cause = Cause::new("", message.to_owned()).at(place.text(), offset);
                    self.refuse(&place, None, cause);
                }
            }
        }
        self.count_lines(text, text.len());
    }

    fn read_json(&mut self, text: &str, extent: Extent) {
        let place = self.place(text, extent);
        let outline: Outline<'_> = match serde_json::from_str(place.text()) {
            Ok(outline) => outline,
            Err(error) => return self.read_json_tree(&place, Some(&error)),
        };
        if let (Some(version), Some(kind)) = (outline.api_version, outline.kind)
            && kind.ends_with("List")
            && let Some(items) = &outline.items
        {
            let from_list = Identity::of_items(version, kind);
            for item in items {
                // The item is a part of the text; where it begins tells its line.
                let start = item.get().as_ptr().addr() - text.as_ptr().addr();
                let extent = Extent { start, end: start + item.get().len() };
                let place = self.place(text, extent);
                self.read_json_item(&place, &from_list);
            }
        } else if !self.read_outline(&place, &outline, None) {
            self.read_json_tree(&place, None);
        }
    }

    fn read_json_item(&mut self, place: &Place<'_>, from_list: &Identity) {
        let outline = serde_json::from_str(place.text()).ok();
        if outline.is_some_and(|outline| self.read_outline(place, &outline, Some(from_list))) {
            return;
        }
        match serde_json::from_str(place.text()) {
            Ok(value) => self.read_value(place, value, String::new(), Some(from_list)),
            Err(error) => self.refuse(place, None, Cause::json(&error)),
        }
    }

    /// The quick way for JSON, without a tree. Says whether it got there.
    fn read_outline(
        &mut self,
        place: &Place<'_>,
        outline: &Outline<'_>,
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
                return self.read_pod(place, outline).is_ok();
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
    fn read_pod(&mut self, place: &Place<'_>, outline: &Outline<'_>) -> serde_json::Result<()> {
        let meta: ObjectMeta = part(outline.metadata)?;
        let status: PodStatus = part(outline.status)?;
        let text = outline.spec.and_then(|spec| SpecText::new(spec.get()));
        if let Some(text) = &text
            && let Some(spec) = self.sharing.spec_of(text)
        {
            let pod = Pod { meta, node_name: text.node_name.map(Arc::from), spec, status };
            self.complete_meta(place, pod.into());
            return Ok(());
        }
        let spec: PodSpec = part(outline.spec)?;
        let pod = self.complete(place, Pod::new(meta, spec, status).into(), "");
        if let (Some(text), Some(Object::Pod(pod))) = (text, pod) {
            let (node_name, spec) = (pod.node_name.clone(), pod.spec.clone());
            self.sharing.remember(&text, node_name.as_deref(), &spec);
        }
        Ok(())
    }

    /// The slow way for JSON, which finds out what is wrong. Flow-style YAML begins like JSON.
    fn read_json_tree(&mut self, place: &Place<'_>, error: Option<&serde_json::Error>) {
        match serde_json::from_str::<Value>(place.text()) {
            Ok(value) => self.read_value(place, value, String::new(), None),
            Err(syntax) => match documents::yaml(place.text()) {
                Ok(value) => self.read_value(place, value, String::new(), None),
                Err(_) => self.refuse(place, None, Cause::json(error.unwrap_or(&syntax))),
            },
        }
    }

    fn read_yaml(&mut self, text: &str, extent: Extent) {
        let place = self.place(text, extent);
        match documents::yaml(place.text()) {
            Ok(Value::Null) => self.documents -= 1,
            Ok(value) => self.read_value(&place, value, String::new(), None),
            Err(cause) => self.refuse(&place, None, cause),
        }
    }

    /// Reads the value of a document, or of an item of its lists: `path` leads there.
    fn read_value(
        &mut self,
        place: &Place<'_>,
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
                    let key = (identity.version.clone(), identity.kind.clone());
                    tally(&mut self.input.converted, key, place);
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
    fn complete(&mut self, place: &Place<'_>, mut object: Object, path: &str) -> Option<&Object> {
        self.name_generated(&mut object);
        defaults::default_object(&mut object);
        let violations = if self.validates { validate::validate(&object) } else { Vec::new() };
        if let Object::Pod(pod) = &mut object {
            self.sharing.share(pod);
        }
        self.keep(place, object, violations, path)
    }

    /// The same for a pod whose spec is complete, valid and shared.
    fn complete_meta(&mut self, place: &Place<'_>, mut object: Object) {
        self.name_generated(&mut object);
        defaults::default_meta(&mut object);
        let meta = object.meta_mut();
        let violations = if self.validates { validate::validate_meta(meta) } else { Vec::new() };
        self.sharing.share_labels(meta);
        self.keep(place, object, violations, "");
    }

    fn keep(
        &mut self,
        place: &Place<'_>,
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
            tally(&mut self.input.unresolved_runtime_classes, class.clone(), place);
        }
        self.input.objects.push(Located {
            object,
            source: place.source.clone(),
            document: place.document,
            line: place.line,
        });
        self.input.objects.last().map(|located| &located.object)
    }

    /// Completes a name of which only the prefix is given, the same way in every run.
    fn name_generated(&self, object: &mut Object) {
        const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        let seed = self.input.objects.len() as u64;
        let meta = object.meta_mut();
        if meta.name.is_empty() && !meta.generate_name.is_empty() {
            let mut random = Random::keyed(seed, &meta.generate_name);
            let suffix = (0..5).map(|_| char::from(LETTERS[random.below(LETTERS.len())]));
            meta.name = meta.generate_name.chars().take(58).chain(suffix).collect();
        }
    }

    fn skip(&mut self, place: &Place<'_>, version: &str, kind: &str) {
        tally(&mut self.input.skipped, (version.to_owned(), kind.to_owned()), place);
    }

    fn refuse(&mut self, place: &Place<'_>, object: Option<String>, cause: Cause) {
        if self.input.faults.len() < FAULTS_MAX {
            self.input.faults.push(place.fault(object, cause));
        } else {
            self.faults_left_out += 1;
        }
    }

    /// The place of a document of the part that is being fed. Places are asked for in their order.
    fn place<'a>(&mut self, fed: &'a str, extent: Extent) -> Place<'a> {
        self.count_lines(fed, extent.start);
        let (source, document) = (self.source.clone(), self.documents);
        Place { fed, extent, source, document, line: self.lines + 1 }
    }

    /// Counts the lines of the fed text up to a byte.
    fn count_lines(&mut self, fed: &str, end: usize) {
        let behind = fed.as_bytes().get(self.counted_bytes..end).unwrap_or_default();
        self.lines += behind.iter().filter(|byte| **byte == b'\n').count();
        self.counted_bytes = self.counted_bytes.max(end);
    }

    fn invalid_utf8(&mut self, bytes: &[u8], offset: usize) {
        let newlines = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
        let byte = bytes.get(offset).copied().unwrap_or_default();
        let offset_in_source = self.fed_bytes + offset;
        self.input.faults.push(Fault {
            source: self.source.to_string(),
            line: Some(self.lines + newlines(&bytes[..offset]) + 1),
            message: format!("byte 0x{byte:02x} at offset {offset_in_source} is not UTF-8"),
            help: Some("save the text as UTF-8".to_owned()),
            ..Fault::default()
        });
        self.lines += newlines(bytes);
    }

    /// An object may be there once; the first one stays.
    fn refuse_duplicates(&mut self) {
        let objects = &self.input.objects;
        let key = |ix: &usize| {
            let object = &objects[*ix].object;
            (object.kind(), object.meta().namespace.as_str(), object.meta().name.as_str())
        };
        let mut order: Vec<usize> = (0..objects.len()).collect();
        order.sort_by(|a, b| key(a).cmp(&key(b)));
        let groups = order.chunk_by(|a, b| key(a) == key(b)).filter(|group| group.len() > 1);
        let mut duplicates = BTreeMap::new();
        for group in groups {
            duplicates.extend(group[1..].iter().map(|ix| (*ix, group[0])));
        }
        let room = FAULTS_MAX.saturating_sub(self.input.faults.len());
        self.faults_left_out += duplicates.len().saturating_sub(room);
        for (again, first) in duplicates.iter().take(room) {
            self.input.faults.push(there_twice(&objects[*again], &objects[*first]));
        }
        let mut ix = 0;
        self.input.objects.retain(|_| {
            ix += 1;
            !duplicates.contains_key(&(ix - 1))
        });
    }
}

fn there_twice(again: &Located, first: &Located) -> Fault {
    let name = format!("{} {}", again.object.kind().name(), again.object.meta().key());
    Fault {
        source: again.source.to_string(),
        document: again.document,
        line: Some(again.line),
        message: format!("{name} is there twice"),
        help: Some(format!(
            "the first is at {}:{}, document {}; remove or rename one of them",
            first.source, first.line, first.document
        )),
        object: Some(name),
        ..Fault::default()
    }
}

fn tally<K: Ord>(tallies: &mut BTreeMap<K, Tally>, key: K, place: &Place<'_>) {
    let none = || Tally { count: 0, source: place.source.clone(), line: place.line };
    tallies.entry(key).or_insert_with(none).count += 1;
}

/// A part of a JSON object; the default where it is absent.
fn part<'a, T: Default + Deserialize<'a>>(text: Option<&'a RawValue>) -> serde_json::Result<T> {
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
