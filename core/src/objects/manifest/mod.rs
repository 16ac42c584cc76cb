//! Kubernetes objects from text: YAML, JSON and JSON lines, one or many documents, lists and typed
//! lists, as people write them and as `kubectl get -o json|yaml` prints them.
//!
//! Promises: every object that comes out is complete ([`super::defaults`]) and valid
//! ([`super::validate`]); whatever else was in the text is a [`Fault`] with its place, or counted
//! as skipped. No text makes reading panic, nest deeply or take memory beyond a small multiple of
//! its own size. Equal pod specs and label sets of one reading share their memory.
//!
//! A document becomes a tree of values, `null`s are dropped (to Kubernetes they mean absent), and
//! the tree becomes the typed object, so that a fault knows its field. JSON goes straight from text
//! into the object where that succeeds; the tree is only made to find out what is wrong.

mod documents;
mod fault;
mod kinds;
mod position;

pub use fault::Fault;

use self::documents::{Document, Extent};
use self::fault::Cause;
use self::kinds::{Identity, Reading};
use super::meta::Labels;
use super::object::Object;
use super::pod::{Pod, PodSpec};
use super::{defaults, validate};
use crate::base::random::Random;
use ahash::AHashSet;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Structures nested deeper than this are refused; no Kubernetes object comes near.
const DEPTH_MAX: usize = 120;

/// What was read.
#[derive(Debug, Default)]
pub struct Input {
    /// The objects, in the order of the text.
    pub objects: Vec<Located>,
    /// How many objects there were of each kind that the engine does not read, by apiVersion and
    /// kind.
    pub skipped: BTreeMap<(String, String), usize>,
    /// How many objects were read from an elder API version, by that version and kind.
    pub converted: BTreeMap<(String, String), usize>,
    /// Everything that could not be read.
    pub faults: Vec<Fault>,
}

impl Input {
    /// Remarks for the user: what was converted and what was skipped, one sentence each.
    pub fn notes(&self) -> Vec<String> {
        let objects = |count: &usize| if *count == 1 { "object" } else { "objects" };
        let converted = self.converted.iter().map(|((version, kind), count)| {
            format!("read {count} {kind} {} of the elder {version}", objects(count))
        });
        let skipped = self.skipped.iter().map(|((version, kind), count)| {
            format!("skipped {count} {kind} {} of {version}", objects(count))
        });
        converted.chain(skipped).collect()
    }
}

/// An object and where it was written.
#[derive(Clone, Debug)]
pub struct Located {
    /// The object, completed and valid.
    pub object: Object,
    /// Name of the text it is from.
    pub source: Arc<str>,
    /// Which document of the text, from 1.
    pub document: usize,
    /// Line of the text on which the object begins, from 1.
    pub line: usize,
}

/// Reads texts one after the other into one [`Input`].
///
/// A long text can be fed in parts, each of whole documents: [`Reader::begin`] names the text,
/// [`Reader::feed`] takes a part.
#[derive(Debug)]
pub struct Reader {
    input: Input,
    source: Arc<str>,
    /// Lines and documents of the source that were fed before.
    lines: usize,
    documents: usize,
    specs: AHashSet<Arc<PodSpec>>,
    labels: AHashSet<Arc<Labels>>,
    validates: bool,
}

impl Default for Reader {
    fn default() -> Self {
        // Fixed seeds: what is shared never depends on the order of the set.
        let hasher = || ahash::RandomState::with_seeds(1, 2, 3, 4);
        Self {
            input: Input::default(),
            source: Arc::from(""),
            lines: 0,
            documents: 0,
            specs: AHashSet::with_hasher(hasher()),
            labels: AHashSet::with_hasher(hasher()),
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
    }

    /// Reads a part of the text: any number of whole documents.
    pub fn feed(&mut self, bytes: &[u8]) {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => return self.invalid_utf8(bytes, error.valid_up_to()),
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for document in documents::split(text) {
            self.documents += 1;
            self.read_document(text, document);
        }
        self.lines += text.bytes().filter(|byte| *byte == b'\n').count();
    }

    /// Everything that was read, after a look for objects that are there twice.
    pub fn finish(mut self) -> Input {
        self.refuse_duplicates();
        self.input
    }

    fn read_document(&mut self, text: &str, document: Document) {
        match document {
            Document::Json(extent) => self.read_json(text, extent),
            Document::Yaml(extent) => self.read_yaml(text, extent),
            Document::Broken { extent, message, offset } => {
                let place = self.place(text, extent);
                let cause = Cause::new("", message.to_owned()).at(place.text, offset);
                self.input.faults.push(place.fault(None, cause));
            }
        }
    }

    fn read_json(&mut self, text: &str, extent: Extent) {
        let place = self.place(text, extent);
        let header: Header<'_> = match serde_json::from_str(place.text) {
            Ok(header) => header,
            Err(error) => return self.read_json_tree(&place, Some(&error)),
        };
        if let (Some(version), Some(kind)) = (&header.api_version, &header.kind) {
            if let (true, Some(items)) = (kind.ends_with("List"), &header.items) {
                let from_list = Identity::of_items(version, kind);
                for item in items {
                    // The item is a part of the text; where it begins tells its line.
                    let start = item.get().as_ptr().addr() - text.as_ptr().addr();
                    let extent = Extent { start, end: start + item.get().len() };
                    self.read_json_item(&self.place(text, extent), &from_list);
                }
                return;
            }
            match kinds::find(version, kind) {
                Reading::Skip => return self.skip(version, kind),
                Reading::Read { kind, served: true } => {
                    if let Ok(object) = kinds::from_json(kind, place.text) {
                        return self.keep(&place, object);
                    }
                }
                Reading::Read { .. } | Reading::Unknown => {}
            }
        }
        self.read_json_tree(&place, None);
    }

    fn read_json_item(&mut self, place: &Place<'_>, from_list: &Identity) {
        let header = serde_json::from_str::<Header<'_>>(place.text).ok();
        let identity = header.map(|header| Identity {
            version: header.api_version.map_or(from_list.version.clone(), Cow::into_owned),
            kind: header.kind.map_or(from_list.kind.clone(), Cow::into_owned),
        });
        let identity = identity.as_ref().unwrap_or(from_list);
        if let Reading::Read { kind, served: true } = kinds::find(&identity.version, &identity.kind)
            && let Ok(object) = kinds::from_json(kind, place.text)
        {
            return self.keep(place, object);
        }
        match serde_json::from_str(place.text) {
            Ok(value) => self.read_value(place, value, String::new(), Some(from_list)),
            Err(error) => self.refuse(place, None, Cause::json(&error)),
        }
    }

    /// The slow way for JSON, which finds out what is wrong. Flow-style YAML begins like JSON.
    fn read_json_tree(&mut self, place: &Place<'_>, error: Option<&serde_json::Error>) {
        match serde_json::from_str::<Value>(place.text) {
            Ok(value) => self.read_value(place, value, String::new(), None),
            Err(syntax) => match documents::yaml(place.text) {
                Ok(value) => self.read_value(place, value, String::new(), None),
                Err(_) => self.refuse(place, None, Cause::json(error.unwrap_or(&syntax))),
            },
        }
    }

    fn read_yaml(&mut self, text: &str, extent: Extent) {
        let place = self.place(text, extent);
        match documents::yaml(place.text) {
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
            Reading::Skip => self.skip(&identity.version, &identity.kind),
            Reading::Unknown => {
                let cause = kinds::unknown(&identity);
                self.refuse(place, Some(name), cause.under(&path));
            }
            Reading::Read { kind, served } => {
                if !served {
                    let key = (identity.version.clone(), identity.kind.clone());
                    *self.input.converted.entry(key).or_default() += 1;
                    kinds::convert(kind, &identity.version, &mut value);
                }
                documents::drop_nulls(&mut value);
                match kinds::from_value(kind, &value) {
                    Ok(object) => self.keep_at(place, object, &path),
                    Err(cause) => self.refuse(place, Some(name), cause.under(&path)),
                }
            }
        }
    }

    fn keep(&mut self, place: &Place<'_>, object: Object) {
        self.keep_at(place, object, "");
    }

    /// Completes, checks and keeps an object.
    fn keep_at(&mut self, place: &Place<'_>, mut object: Object, path: &str) {
        self.name_generated(&mut object);
        defaults::default_object(&mut object);
        let violations = if self.validates { validate::validate(&object) } else { Vec::new() };
        if !violations.is_empty() {
            let name = format!("{} {}", object.kind().name(), object.meta().key());
            for violation in violations {
                let cause = Cause::new(&violation.field, violation.message);
                self.refuse(place, Some(name.clone()), cause.under(path));
            }
            return;
        }
        if let Object::Pod(pod) = &mut object {
            self.intern(pod);
        }
        self.input.objects.push(Located {
            object,
            source: self.source.clone(),
            document: self.documents,
            line: place.line,
        });
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

    fn intern(&mut self, pod: &mut Pod) {
        share(&mut self.specs, &mut pod.spec);
        share(&mut self.labels, &mut pod.meta.labels);
        share(&mut self.labels, &mut pod.meta.annotations);
    }

    fn skip(&mut self, version: &str, kind: &str) {
        *self.input.skipped.entry((version.to_owned(), kind.to_owned())).or_default() += 1;
    }

    fn refuse(&mut self, place: &Place<'_>, object: Option<String>, cause: Cause) {
        self.input.faults.push(place.fault(object, cause));
    }

    fn place<'a>(&self, text: &'a str, extent: Extent) -> Place<'a> {
        let before = text[..extent.start].bytes().filter(|byte| *byte == b'\n').count();
        let line_start = text[..extent.start].rfind('\n').map_or(0, |newline| newline + 1);
        Place {
            text: &text[extent.start..extent.end],
            source: self.source.clone(),
            document: self.documents,
            line: self.lines + before + 1,
            column: text[line_start..extent.start].chars().count(),
        }
    }

    fn invalid_utf8(&mut self, bytes: &[u8], offset: usize) {
        let line = self.lines + bytes[..offset].iter().filter(|byte| **byte == b'\n').count() + 1;
        let byte = bytes.get(offset).copied().unwrap_or_default();
        let message = format!("byte 0x{byte:02x} at offset {offset} is not UTF-8");
        self.input.faults.push(Fault {
            source: self.source.to_string(),
            line: Some(line),
            message,
            help: Some("save the text as UTF-8".to_owned()),
            ..Fault::default()
        });
        self.lines += bytes.iter().filter(|byte| **byte == b'\n').count();
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
        for (ix, first) in &duplicates {
            let (again, first) = (&objects[*ix], &objects[*first]);
            let name = format!("{} {}", again.object.kind().name(), again.object.meta().key());
            self.input.faults.push(Fault {
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
            });
        }
        let mut ix = 0;
        self.input.objects.retain(|_| {
            ix += 1;
            !duplicates.contains_key(&(ix - 1))
        });
    }
}

/// The value of a text that is one document but no object, such as a configuration.
///
/// # Errors
/// Where the text is neither JSON nor YAML.
pub fn value(source: &str, text: &str) -> Result<Value, Fault> {
    let read = match serde_json::from_str(text) {
        Err(_) => documents::yaml(text),
        Ok(value) => Ok(value),
    };
    read.map_err(|cause| Place::whole(source, text).fault(None, cause))
}

/// A fault of a field of such a text, with its place.
pub fn fault_of(source: &str, text: &str, field: &str, message: &str) -> Fault {
    Place::whole(source, text).fault(None, Cause::new(field, message.to_owned()))
}

fn share<T: Eq + std::hash::Hash>(shared: &mut AHashSet<Arc<T>>, value: &mut Arc<T>) {
    match shared.get(value) {
        Some(known) => *value = known.clone(),
        None => {
            shared.insert(value.clone());
        }
    }
}

/// What tells how to read a JSON document.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header<'a> {
    #[serde(borrow)]
    api_version: Option<Cow<'a, str>>,
    #[serde(borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    items: Option<Vec<&'a RawValue>>,
}

/// Where a document is: what a fault needs to find its line.
struct Place<'a> {
    text: &'a str,
    source: Arc<str>,
    document: usize,
    /// Line on which the document begins, from 1.
    line: usize,
    /// Characters before it on that line.
    column: usize,
}

impl<'a> Place<'a> {
    fn whole(source: &str, text: &'a str) -> Self {
        Self { text, source: Arc::from(source), document: 1, line: 1, column: 0 }
    }

    fn fault(&self, object: Option<String>, cause: Cause) -> Fault {
        let found = match cause.position {
            Some(position) => Some(position),
            None => position::find(self.text, &cause.field),
        };
        let mut fault = Fault {
            source: self.source.to_string(),
            document: self.document,
            object,
            field: cause.field,
            message: cause.message,
            help: cause.help,
            line: Some(self.line),
            ..Fault::default()
        };
        if let Some(position) = found {
            let column = if position.line == 0 { self.column } else { 0 } + position.column;
            fault.line = Some(self.line + position.line);
            fault.column = Some(column + 1);
            fault.width = position.width;
            let excerpt = self.text.lines().nth(position.line).unwrap_or_default();
            // The line of an item of a list begins before the item.
            let margin = " ".repeat(column - position.column);
            fault.excerpt = Some(format!("{margin}{excerpt}"));
        }
        fault
    }
}

#[cfg(all(test, feature = "yaml"))]
mod tests {
    use super::*;

    fn read(text: &str) -> Input {
        let mut reader = Reader::new();
        reader.read("shop.yaml", text.as_bytes());
        reader.finish()
    }

    fn faults(text: &str) -> Vec<String> {
        read(text).faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_fault_shows_place_line_field_and_cure() {
        let text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n\
                    apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n\
                    spec:\n  selector: {matchLabels: {app: web}}\n  template:\n    \
                    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      \
                    - name: web\n        resources:\n          requests:\n            \
                    memory: 12Mo\n";
        let expected = r#"error: "12Mo" is not a quantity
  --> shop.yaml:17:21   document 2, Deployment shop/web
   |
17 |             memory: 12Mo
   |                     ^^^^  spec.template.spec.containers[0].resources.requests.memory
   = help: suffixes are n u m k M G T P E Ki Mi Gi Ti Pi Ei; did you mean 12Mi?"#;
        assert_eq!(faults(text), [expected]);
    }

    #[test]
    fn documents_lists_and_json_lines_give_objects_with_their_places() {
        let text = "\u{feff}# head\r\n---\r\napiVersion: v1\r\nkind: List\r\nitems:\r\n\
                    - {apiVersion: v1, kind: Namespace, metadata: {name: a}}\r\n---\r\n# none\r\n---\r\n\
                    {\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"b\",\"labels\":null}}\r\n\
                    {\"apiVersion\":\"v1\",\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"name\":\"p\"},\
                    \"spec\":{\"containers\":[{\"name\":\"c\"}]}}]}\r\n\
                    {\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"b\"}}\r\n";
        let input = read(text);
        assert_eq!(input.faults, []);
        let found: Vec<_> = input
            .objects
            .iter()
            .map(|o| (o.object.kind().name(), o.object.meta().key(), o.document, o.line))
            .collect();
        let expected = [
            ("Namespace", "a".to_owned(), 1, 3),
            ("Namespace", "b".to_owned(), 2, 10),
            ("Pod", "default/p".to_owned(), 3, 11),
        ];
        assert_eq!(found, expected);
        assert_eq!(input.notes(), ["skipped 1 Secret object of v1"]);
    }

    #[test]
    fn yaml_1_1_habits_anchors_and_merge_keys_are_kept() {
        let text = "apiVersion: v1\nkind: Node\nmetadata: {name: a, labels: &l {on: 'yes'}}\n\
                    spec: {unschedulable: yes}\nstatus:\n  capacity: &c {cpu: 010, memory: 1_000}\n  \
                    allocatable: {<<: *c, cpu: 4}\n";
        let input = read(text);
        assert_eq!(input.faults, []);
        let Object::Node(node) = &input.objects[0].object else { panic!("a node") };
        assert!(node.spec.unschedulable);
        assert_eq!(node.status.capacity["cpu"], super::super::Quantity::from_integer(8));
        let allocatable = node.status.allocatable.as_ref().unwrap();
        assert_eq!(allocatable["cpu"], super::super::Quantity::from_integer(4));
        assert_eq!(allocatable["memory"], super::super::Quantity::from_integer(1000));
    }

    #[test]
    fn broken_texts_give_one_clear_fault_each() {
        let deep = "[".repeat(100_000);
        let deep_block = "- ".repeat(100_000);
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n\
                    c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n\
                    e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n\
                    g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n";
        for text in [
            deep.as_str(),
            &deep_block,
            bomb,
            "a: &a [*a]\n",
            "{\"a\": \"b\n",
            "{\"a\": [1, 2}",
            "a: b: c\n",
            "a: *nowhere\n",
            "kind: Pod\n",
            "apiVersion: v1\nkind: Deployment\n",
            "just text\n",
        ] {
            let faults = faults(text);
            assert_eq!(faults.len(), 1, "{} {faults:?}", &text[..text.len().min(40)]);
            println!("{}", faults[0]);
        }
    }

    #[test]
    fn equal_pod_specs_share_their_memory() {
        let pod = |name| {
            format!(
                "{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{{\"name\":\"{name}\"}},\
                 \"spec\":{{\"nodeName\":\"{name}\",\"containers\":[{{\"name\":\"c\"}}]}}}}\n"
            )
        };
        let input = read(&(pod("a") + &pod("b")));
        let specs: Vec<_> = input
            .objects
            .iter()
            .map(|located| match &located.object {
                Object::Pod(pod) => pod.spec.clone(),
                other => panic!("{other:?} is no pod"),
            })
            .collect();
        assert!(Arc::ptr_eq(&specs[0], &specs[1]));
    }

    #[test]
    fn an_object_that_is_there_twice_is_refused_with_both_places() {
        let text = "apiVersion: v1\nkind: Node\nmetadata: {name: a}\n---\n\
                    apiVersion: v1\nkind: Node\nmetadata: {name: a}\n";
        let input = read(text);
        assert_eq!(input.objects.len(), 1);
        let expected = "error: Node a is there twice\n  --> shop.yaml:5   document 2, Node a\n  \
                        = help: the first is at shop.yaml:1, document 1; remove or rename one of them";
        assert_eq!(input.faults[0].to_string(), expected);
    }

    #[test]
    fn invalid_utf8_names_its_byte() {
        let mut reader = Reader::new();
        reader.read("a.yaml", b"kind: \xff");
        let fault = &reader.finish().faults[0];
        assert_eq!(fault.message, "byte 0xff at offset 6 is not UTF-8");
    }
}
