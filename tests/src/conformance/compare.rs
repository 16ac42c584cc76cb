//! Where a decision differs from the recorded one.

use super::recording::{Entry, NodeEntry, PreemptionEntry};
use super::report::{Aspect, Comparison};
use serde::Serialize;
use std::collections::BTreeMap;

/// Compares one decision. What the recording leaves out is not compared; recordings that list the
/// nodes leave nothing out.
pub(super) fn compare(recorded: &Entry, decided: &Entry) -> Vec<Comparison> {
    let mut found = Vec::new();
    if let (Some(recorded), Some(decided)) = (&recorded.nodes, &decided.nodes) {
        compare_rows(&mut found, Aspect::Filter, recorded, decided, NodeEntry::text);
    }
    if let (Some(recorded), Some(decided)) = (&recorded.scores, &decided.scores) {
        compare_rows(&mut found, Aspect::Scores, recorded, decided, json);
    }
    let complete = recorded.nodes.is_some();
    let mut field = |aspect, is_recorded: bool, recorded: String, decided: String| {
        if complete || is_recorded {
            found.push(Comparison::of(aspect, "", recorded, decided));
        }
    };
    let before =
        |entry: &Entry| json(&(&entry.pre_enqueue, &entry.pre_filter, entry.nominated_fast_path));
    field(Aspect::Before, false, before(recorded), before(decided));
    field(Aspect::Best, recorded.best.is_some(), json(&recorded.best), json(&decided.best));
    field(Aspect::Bound, true, json(&recorded.bound), json(&decided.bound));
    field(Aspect::Message, true, json(&recorded.message), json(&decided.message));
    if recorded.error.is_some() || decided.error.is_some() {
        field(Aspect::Message, false, json(&recorded.error), json(&decided.error));
    }
    if let Some(preemption) = &recorded.preemption {
        let like = decided.preemption.as_ref().map(|decided| decided.reduced_to(preemption));
        field(Aspect::Preemption, true, json(&Some(preemption)), json(&like));
    } else if decided.preemption.is_some() {
        field(Aspect::Preemption, false, json(&recorded.preemption), json(&decided.preemption));
    }
    if recorded.volumes.is_some() || decided.volumes.is_some() {
        field(Aspect::Volumes, true, json(&recorded.volumes), json(&decided.volumes));
    }
    if recorded.claims.is_some() || decided.claims.is_some() {
        field(Aspect::Claims, true, json(&recorded.claims), json(&decided.claims));
    }
    found
}

/// Compares node by node.
fn compare_rows<T>(
    found: &mut Vec<Comparison>,
    aspect: Aspect,
    recorded: &BTreeMap<String, T>,
    decided: &BTreeMap<String, T>,
    text: impl Fn(&T) -> String,
) {
    let absent = || "absent".to_owned();
    let extra = decided.keys().filter(|node| !recorded.contains_key(*node));
    for node in recorded.keys().chain(extra) {
        let [recorded, decided] =
            [recorded, decided].map(|rows| rows.get(node).map_or_else(absent, &text));
        found.push(Comparison::of(aspect, node, recorded, decided));
    }
}

impl NodeEntry {
    fn text(&self) -> String {
        match &self.filter {
            None => "passes".to_owned(),
            Some(refusal) => {
                format!("{} {} {:?}", refusal.plugin, refusal.code, refusal.reasons)
            }
        }
    }
}

impl PreemptionEntry {
    /// Without what the recording leaves out.
    fn reduced_to(&self, recorded: &Self) -> Self {
        let mut reduced = self.clone();
        reduced.candidates.take_if(|_| recorded.candidates.is_none());
        reduced.candidate_count.take_if(|_| recorded.candidate_count.is_none());
        reduced.ties.take_if(|_| recorded.ties.is_none());
        reduced
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| error.to_string())
}
