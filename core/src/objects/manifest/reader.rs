//! Reads texts one after the other.

use super::super::object::Object;
use super::documents::{self, Extent};
use super::duplicates::{duplicates, there_twice};
use super::fault::Fault;
use super::input::{Input, Located, Tally};
use super::part::{Counted, Finding, Part, Whole, in_parallel};
use super::place::Place;
use super::sharing::Sharing;
use crate::base::random::Random;
use std::collections::BTreeMap;
use std::sync::Arc;

/// More faults than this are counted only.
const FAULTS_MAX: usize = 1000;

/// How much text a thread reads at a time.
const PART_BYTES: usize = 512 << 10;

/// How many parts are read before their findings are put together.
const PARTS_MAX: usize = 16;

/// Reads texts one after the other into one [`Input`].
///
/// A long text can be fed in parts, each of whole documents: [`Reader::begin`] names the text,
/// [`Reader::feed`] takes a part, [`super::whole_documents`] finds where to cut. What is fed at
/// once is read by the threads of the `rayon` pool where it is long; how many they are makes no
/// difference to what is found.
#[derive(Debug)]
pub struct Reader {
    collected: Collected,
    sharing: Sharing,
    validates: bool,
    part_bytes: usize,
}

/// What was found so far, and how far the source is read.
#[derive(Debug)]
struct Collected {
    input: Input,
    faults_left_out: usize,
    source: Arc<str>,
    /// Lines and documents of the source so far.
    lines: usize,
    documents: usize,
    /// Bytes of the source that were fed before.
    fed_bytes: usize,
}

impl Default for Reader {
    fn default() -> Self {
        let collected = Collected {
            input: Input::default(),
            faults_left_out: 0,
            source: Arc::from(""),
            lines: 0,
            documents: 0,
            fed_bytes: 0,
        };
        Self { collected, sharing: Sharing::default(), validates: true, part_bytes: PART_BYTES }
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

    #[cfg(all(test, feature = "yaml"))]
    pub(super) fn with_part_bytes(part_bytes: usize) -> Self {
        Self { part_bytes, ..Self::default() }
    }

    /// Reads one whole text. `source` is what faults call it.
    pub fn read(&mut self, source: &str, text: &[u8]) {
        self.begin(source);
        self.feed(text);
    }

    /// Begins a text that will be fed in parts.
    pub fn begin(&mut self, source: &str) {
        self.collected.source = Arc::from(source);
        self.collected.lines = 0;
        self.collected.documents = 0;
        self.collected.fed_bytes = 0;
    }

    /// Reads a part of the text: any number of whole documents.
    pub fn feed(&mut self, bytes: &[u8]) {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.feed_text(text.strip_prefix('\u{feff}').unwrap_or(text)),
            Err(error) => self.collected.invalid_utf8(bytes, error.valid_up_to()),
        }
        self.collected.fed_bytes += bytes.len();
    }

    /// Everything that was read, after a look for objects that are there twice.
    pub fn finish(mut self) -> Input {
        self.collected.refuse_duplicates();
        let Collected { mut input, faults_left_out, source, .. } = self.collected;
        if faults_left_out > 0 {
            input.faults.push(Fault {
                source: source.to_string(),
                message: format!("{faults_left_out} more faults are not shown"),
                ..Fault::default()
            });
        }
        input
    }

    /// Reads window after window. A part that began inside of a document, since the one before went
    /// on further than thought, is read again from where the document ends.
    fn feed_text(&mut self, text: &str) {
        let source = self.collected.source.clone();
        let (sharing, validates) = (&self.sharing, self.validates);
        let whole = Whole { source: &source, fed: text, sharing, validates };
        let mut next = documents::skip_to_content(text, 0);
        let head = text.as_bytes().get(..next.unwrap_or(text.len())).unwrap_or_default();
        self.collected.lines += documents::newlines(head);
        while let Some(start) = next {
            let parts = documents::likely_parts(text, start, self.part_bytes, PARTS_MAX);
            for part in in_parallel(parts, |extent: Extent| Part::read(whole, extent)) {
                if next != Some(part.start) {
                    break;
                }
                next = part.next;
                self.collected.take(part, whole);
            }
        }
    }
}

impl Collected {
    /// Takes the findings of the part that follows.
    fn take<'t>(&mut self, part: Part<'t>, whole: Whole<'t>) {
        let (documents, lines) = (self.documents, self.lines);
        for finding in part.findings {
            self.find(finding.behind(documents, lines), whole);
        }
        self.documents += part.documents;
        self.lines += part.lines;
    }

    fn find<'t>(&mut self, finding: Finding<'t>, whole: Whole<'t>) {
        match finding {
            Finding::Object { object, document, line } => {
                let source = self.source.clone();
                self.input.objects.push(Located { object, source, document, line });
            }
            Finding::Unnamed(unnamed) => {
                let (place, object, path) = *unnamed;
                self.name_generated(&place, object, &path, whole);
            }
            Finding::Counted(what, line) => self.count(*what, line),
            Finding::Refused(fault) if self.input.faults.len() < FAULTS_MAX => {
                self.input.faults.push(*fault);
            }
            Finding::Refused(_) => self.faults_left_out += 1,
        }
    }

    /// Completes an object of whose name only the prefix is given, the same way in every run.
    fn name_generated<'t>(
        &mut self,
        place: &Place<'t>,
        mut object: Object,
        path: &str,
        whole: Whole<'t>,
    ) {
        const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        let meta = object.meta_mut();
        let mut random = Random::keyed(self.input.objects.len() as u64, &meta.generate_name);
        let suffix = (0..5).map(|_| char::from(LETTERS[random.below(LETTERS.len())]));
        meta.name = meta.generate_name.chars().take(58).chain(suffix).collect();
        let mut part = Part::new(whole, place.extent.start);
        part.complete(place, object, path);
        part.findings.into_iter().for_each(|finding| self.find(finding, whole));
    }

    fn count(&mut self, what: Counted, line: usize) {
        let none = Tally { count: 0, source: self.source.clone(), line };
        let tally = match what {
            Counted::Skipped(version, kind) => self.input.skipped.entry((version, kind)),
            Counted::Converted(version, kind) => self.input.converted.entry((version, kind)),
            Counted::UnresolvedRuntimeClass(class) => {
                let classes = &mut self.input.unresolved_runtime_classes;
                classes.entry(class).or_insert(none).count += 1;
                return;
            }
        };
        tally.or_insert(none).count += 1;
    }

    fn invalid_utf8(&mut self, bytes: &[u8], offset: usize) {
        let byte = bytes.get(offset).copied().unwrap_or_default();
        let offset_in_source = self.fed_bytes + offset;
        self.input.faults.push(Fault {
            source: self.source.to_string(),
            line: Some(self.lines + documents::newlines(&bytes[..offset]) + 1),
            message: format!("byte 0x{byte:02x} at offset {offset_in_source} is not UTF-8"),
            help: Some("save the text as UTF-8".to_owned()),
            ..Fault::default()
        });
        self.lines += documents::newlines(bytes);
    }

    /// An object may be there once; the first one stays.
    fn refuse_duplicates(&mut self) {
        let objects = &self.input.objects;
        let duplicates: BTreeMap<usize, usize> = duplicates(objects);
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
