//! Objects that are there twice.

use super::fault::Fault;
use super::input::Located;
use crate::base::map::hash_of;
use std::collections::BTreeMap;

/// Positions of the objects that were there before, each with that of the first one.
pub(super) fn duplicates(objects: &[Located]) -> BTreeMap<usize, usize> {
    let key = |at: usize| {
        let object = &objects[at].object;
        (object.kind(), object.meta().namespace.as_str(), object.meta().name.as_str())
    };
    // Sorting a million numbers costs a fraction of sorting as many names.
    let mut order: Vec<(u64, usize)> =
        (0..objects.len()).map(|at| (hash_of(&key(at)), at)).collect();
    order.sort_unstable();
    let mut found = BTreeMap::new();
    for group in order.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
        let mut group: Vec<usize> = group.iter().map(|(_, at)| *at).collect();
        group.sort_by_key(|at| key(*at));
        for same in group.chunk_by(|a, b| key(*a) == key(*b)) {
            found.extend(same[1..].iter().map(|again| (*again, same[0])));
        }
    }
    found
}

pub(super) fn there_twice(again: &Located, first: &Located) -> Fault {
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
