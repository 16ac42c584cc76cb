//! NodeAffinity: node selector and required node affinity must hold; preferred terms that hold add
//! their weights.
//!
//! Terms that all name nodes narrow the search to these nodes before any filter runs.
//!
//! Reasons: `node(s) didn't match Pod's node affinity/selector`, `node(s) didn't match
//! scheduler-enforced node affinity` (argument `addedAffinity`), `pod affinity terms conflict` (no
//! node name satisfies a term). A preferred term that does not compile ends the attempt; a required
//! one matches nothing.
//!
//! Source: `pkg/scheduler/framework/plugins/nodeaffinity` (v1.35).

pub mod fast;
pub mod plain;

use crate::objects::pod::PreferredSchedulingTerm;
use crate::objects::{NodeSelector, NodeSelectorTerm};
use std::collections::BTreeSet;

/// Terms that count at all, whether they compile or not.
fn counted(
    terms: Option<&[PreferredSchedulingTerm]>,
) -> impl Iterator<Item = &PreferredSchedulingTerm> {
    terms.unwrap_or_default().iter().filter(|term| term.weight != 0 && !term.preference.is_empty())
}

/// The only nodes that can match, if every term names some.
fn named_nodes(selector: &NodeSelector) -> Option<BTreeSet<String>> {
    let terms = &selector.node_selector_terms;
    let names: Option<Vec<_>> = terms.iter().map(named_nodes_of_term).collect();
    names.filter(|terms| !terms.is_empty()).map(|terms| terms.into_iter().flatten().collect())
}

fn named_nodes_of_term(term: &NodeSelectorTerm) -> Option<BTreeSet<String>> {
    let named = term.match_fields.iter().filter(|requirement| requirement.is_node_name_in());
    named
        .map(|requirement| requirement.values.iter().cloned().collect::<BTreeSet<_>>())
        .reduce(|names, more| names.intersection(&more).cloned().collect())
}
