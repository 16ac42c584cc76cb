//! The sentence that says why no node takes a pod, word for word as kube-scheduler writes it.
//!
//! Source: `FitError.Error` of `pkg/scheduler/framework/types.go` (v1.35).

use crate::plugins::reason::Reason;
use std::collections::BTreeMap;
use std::fmt;

/// Why no node takes a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FitError {
    /// How many nodes there are.
    pub nodes: usize,
    /// Why the pod was rejected as a whole; reasons of nodes are not printed then.
    pub pre_filter: Option<String>,
    /// Texts of reasons and how many nodes have each.
    pub reasons: BTreeMap<String, usize>,
    /// What PostFilter said; may be empty.
    pub post_filter: String,
}

impl FitError {
    /// Counts the reasons of one more node.
    pub fn count<'r>(&mut self, reasons: impl IntoIterator<Item = &'r Reason>) {
        reasons.into_iter().for_each(|reason| self.count_text(reason.to_string()));
    }

    /// Counts the text of a reason of one more node.
    pub fn count_text(&mut self, reason: impl Into<String>) {
        *self.reasons.entry(reason.into()).or_default() += 1;
    }
}

impl fmt::Display for FitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0/{} nodes are available:", self.nodes)?;
        if let Some(text) = &self.pre_filter {
            write!(f, " {text}.")?;
        } else if !self.reasons.is_empty() {
            // Sorted as texts with their counts: ten before two.
            let mut entries: Vec<_> =
                self.reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
            entries.sort_unstable();
            write!(f, " {}.", entries.join(", "))?;
        }
        if !self.post_filter.is_empty() {
            write!(f, " {}", self.post_filter)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(reasons: &[(&str, usize)], pre_filter: Option<&str>, post_filter: &str) -> String {
        let reasons = reasons.iter().map(|(text, count)| ((*text).to_owned(), *count)).collect();
        let pre_filter = pre_filter.map(str::to_owned);
        FitError { nodes: 12, pre_filter, reasons, post_filter: post_filter.to_owned() }.to_string()
    }

    #[test]
    fn the_grammar_of_the_sentence() {
        let none: &[(&str, usize)] = &[];
        for (reasons, pre_filter, post_filter, expected) in [
            (none, None, "", "0/12 nodes are available:"),
            (none, None, "later", "0/12 nodes are available: later"),
            (none, Some("no claim"), "not found", "0/12 nodes are available: no claim. not found"),
            (&[("a", 1)], Some("no claim"), "", "0/12 nodes are available: no claim."),
            (&[("a", 2), ("b", 10)], None, "", "0/12 nodes are available: 10 b, 2 a."),
            (&[("a", 1), ("B", 1)], None, "x", "0/12 nodes are available: 1 B, 1 a. x"),
        ] {
            assert_eq!(error(reasons, pre_filter, post_filter), expected);
        }
    }
}
