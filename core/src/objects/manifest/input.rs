//! What comes out of reading.

use super::super::object::Object;
use super::fault::Fault;
use super::kinds;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What was read.
#[derive(Debug, Default)]
pub struct Input {
    /// The objects, in the order of the text.
    pub objects: Vec<Located>,
    /// Objects of each kind that the engine does not read, by apiVersion and kind.
    pub skipped: BTreeMap<(String, String), Tally>,
    /// Objects that were read from an elder API version, by that version and kind.
    pub converted: BTreeMap<(String, String), Tally>,
    /// Objects whose pods name a RuntimeClass but do not state its overhead, by that name.
    pub unresolved_runtime_classes: BTreeMap<String, Tally>,
    /// Everything that could not be read; the last entry says so where there were too many.
    pub faults: Vec<Fault>,
}

impl Input {
    /// Remarks for the user: what was converted, skipped and not resolved, one sentence each.
    pub fn notes(&self) -> Vec<String> {
        let converted = self.converted.iter().map(|((version, kind), tally)| {
            format!("read {} of the elder {version} ({tally})", tally.objects(kind))
        });
        let skipped = self.skipped.iter().map(|((version, kind), tally)| {
            let loss = kinds::loss(version, kind).map_or(String::new(), |loss| format!(": {loss}"));
            format!("skipped {} of {version} ({tally}){loss}", tally.objects(kind))
        });
        let unresolved = self.unresolved_runtime_classes.iter().map(|(class, tally)| {
            format!("the overhead of runtime class {class} is not counted ({tally})")
        });
        converted.chain(skipped).chain(unresolved).collect()
    }

    /// The skipped kinds that would change placements, by apiVersion and kind: what a strict
    /// reader must not leave aside.
    pub fn skipped_with_effect(&self) -> impl Iterator<Item = (&(String, String), &Tally)> {
        self.skipped.iter().filter(|((version, kind), _)| kinds::loss(version, kind).is_some())
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

/// How many objects there were, and where the first one is. Prints the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub count: usize,
    /// Name of the text of the first one.
    pub source: Arc<str>,
    /// Line on which the first one begins, from 1.
    pub line: usize,
}

impl Tally {
    fn objects(&self, kind: &str) -> String {
        let plural = if self.count == 1 { "" } else { "s" };
        format!("{} {kind} object{plural}", self.count)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = if self.count == 1 { "" } else { "the first at " };
        write!(f, "{first}{}:{}", self.source, self.line)
    }
}
