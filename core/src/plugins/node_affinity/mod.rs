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

pub mod plain;
