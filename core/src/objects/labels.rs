//! Label selectors and node selectors: their data and what they match.
//!
//! Source: `k8s.io/apimachinery/pkg/labels`, `k8s.io/component-helpers/scheduling/corev1/nodeaffinity`.

use super::meta::Labels;
use serde::{Deserialize, Serialize};

/// `metav1.LabelSelector`. All pairs and all requirements must hold; an empty selector matches
/// everything (an absent one, `None` where it is used, matches nothing).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LabelSelector {
    /// Pairs that the labels must contain.
    pub match_labels: Labels,
    /// Further requirements.
    pub match_expressions: Vec<LabelRequirement>,
}

/// One requirement of a [`LabelSelector`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LabelRequirement {
    /// Label key.
    pub key: String,
    /// How the label's value is compared.
    pub operator: LabelOperator,
    /// Operands: at least one for `In` and `NotIn`, none otherwise.
    #[serde(default)]
    pub values: Vec<String>,
}

/// Operators of a label selector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub enum LabelOperator {
    /// Present, with one of the values.
    In,
    /// Absent, or with none of the values.
    NotIn,
    /// Present.
    Exists,
    /// Absent.
    DoesNotExist,
    /// An operator that nobody knows; the selector does not compile.
    #[serde(other)]
    Unknown,
}

/// `core/v1 NodeSelector`: any term may hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NodeSelector {
    /// Alternatives. An empty list matches no node.
    pub node_selector_terms: Vec<NodeSelectorTerm>,
}

/// One alternative of a [`NodeSelector`]: all requirements must hold; without any it matches
/// nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NodeSelectorTerm {
    /// Requirements on the node's labels.
    pub match_expressions: Vec<NodeRequirement>,
    /// Requirements on the node's fields; only `metadata.name` has a value.
    pub match_fields: Vec<NodeRequirement>,
}

/// One requirement of a [`NodeSelectorTerm`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeRequirement {
    /// Label key or field path.
    pub key: String,
    /// How the value is compared.
    pub operator: NodeOperator,
    /// Operands.
    #[serde(default)]
    pub values: Vec<String>,
}

/// Operators of a node selector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub enum NodeOperator {
    /// Present, with one of the values.
    In,
    /// Absent, or with none of the values.
    NotIn,
    /// Present.
    Exists,
    /// Absent.
    DoesNotExist,
    /// Present, an integer greater than the operand.
    Gt,
    /// Present, an integer less than the operand.
    Lt,
    /// An operator that nobody knows; the term does not compile.
    #[serde(other)]
    Unknown,
}

impl LabelSelector {
    /// Whether the labels satisfy the selector. A selector that upstream could not compile
    /// (see [`LabelSelector::invalid`]) matches nothing.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.invalid().is_none()
            && self.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.match_expressions.iter().all(|requirement| requirement.matches(labels))
    }

    /// Whether the selector has no requirement at all, and so matches everything.
    pub fn is_empty(&self) -> bool {
        self.match_labels.is_empty() && self.match_expressions.is_empty()
    }

    /// Why upstream could not compile the selector, if so.
    pub fn invalid(&self) -> Option<String> {
        let pairs = self
            .match_labels
            .iter()
            .find_map(|(key, value)| invalid_label_key(key).or_else(|| invalid_label_value(value)));
        pairs.or_else(|| self.match_expressions.iter().find_map(LabelRequirement::invalid))
    }
}

impl LabelRequirement {
    /// Whether the labels satisfy this requirement.
    pub fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        match self.operator {
            LabelOperator::In => value.is_some_and(|v| self.values.contains(v)),
            LabelOperator::NotIn => value.is_none_or(|v| !self.values.contains(v)),
            LabelOperator::Exists => value.is_some(),
            LabelOperator::DoesNotExist => value.is_none(),
            LabelOperator::Unknown => false,
        }
    }

    fn invalid(&self) -> Option<String> {
        let count = match self.operator {
            LabelOperator::In | LabelOperator::NotIn if self.values.is_empty() => Some(format!(
                "{}: for 'in', 'notin' operators, values set can't be empty",
                self.key
            )),
            LabelOperator::Exists | LabelOperator::DoesNotExist if !self.values.is_empty() => Some(
                format!("{}: values set must be empty for exists and does not exist", self.key),
            ),
            LabelOperator::Unknown => Some(format!("{}: not a valid selector operator", self.key)),
            _ => None,
        };
        invalid_label_key(&self.key)
            .or(count)
            .or_else(|| self.values.iter().find_map(|value| invalid_label_value(value)))
    }
}

impl NodeSelector {
    /// Whether some term holds for a node of this name and these labels.
    pub fn matches(&self, node_name: &str, labels: &Labels) -> bool {
        self.node_selector_terms.iter().any(|term| term.matches(node_name, labels))
    }
}

impl NodeSelectorTerm {
    /// Whether the term holds. An empty term and a term that upstream could not compile match
    /// nothing. Field requirements are not looked at when the node's name is empty.
    pub fn matches(&self, node_name: &str, labels: &Labels) -> bool {
        !self.is_empty()
            && self.invalid().is_none()
            && self.match_expressions.iter().all(|requirement| requirement.matches(labels))
            && (node_name.is_empty()
                || self.match_fields.iter().all(|requirement| requirement.matches_field(node_name)))
    }

    /// Whether the term has no requirement at all, and so matches nothing.
    pub fn is_empty(&self) -> bool {
        self.match_expressions.is_empty() && self.match_fields.is_empty()
    }

    /// Why upstream could not compile the term, if so.
    pub fn invalid(&self) -> Option<String> {
        let labels = self.match_expressions.iter().find_map(NodeRequirement::invalid);
        labels.or_else(|| self.match_fields.iter().find_map(NodeRequirement::invalid_field))
    }
}

impl NodeRequirement {
    /// Whether the node's labels satisfy this requirement.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.matches_value(labels.get(&self.key).map(String::as_str))
    }

    /// The same, for a node whose label of this key has this value; `None` where it has no such label.
    pub fn matches_value(&self, value: Option<&str>) -> bool {
        let compare = |order: fn(i64, i64) -> bool| {
            let operand = self.values.first().and_then(|v| parse_go_integer(v));
            let actual = value.and_then(parse_go_integer);
            matches!((actual, operand), (Some(a), Some(b)) if order(a, b))
        };
        let listed = |value: &str| self.values.iter().any(|it| it == value);
        match self.operator {
            NodeOperator::In => value.is_some_and(listed),
            NodeOperator::NotIn => !value.is_some_and(listed),
            NodeOperator::Exists => value.is_some(),
            NodeOperator::DoesNotExist => value.is_none(),
            NodeOperator::Gt => compare(|a, b| a > b),
            NodeOperator::Lt => compare(|a, b| a < b),
            NodeOperator::Unknown => false,
        }
    }

    /// Whether this field requirement lists the names of the nodes that may match.
    pub fn is_node_name_in(&self) -> bool {
        self.key == "metadata.name" && self.operator == NodeOperator::In
    }

    /// Whether a node of this name satisfies this field requirement. Fields other than
    /// `metadata.name` read as the empty string.
    pub fn matches_field(&self, node_name: &str) -> bool {
        let field = if self.key == "metadata.name" { node_name } else { "" };
        let equal = self.values.first().is_some_and(|v| v == field);
        match self.operator {
            NodeOperator::In => equal,
            NodeOperator::NotIn => !equal,
            _ => false,
        }
    }

    fn invalid(&self) -> Option<String> {
        let count = match self.operator {
            NodeOperator::In | NodeOperator::NotIn if self.values.is_empty() => Some(format!(
                "{}: for 'in', 'notin' operators, values set can't be empty",
                self.key
            )),
            NodeOperator::Exists | NodeOperator::DoesNotExist if !self.values.is_empty() => Some(
                format!("{}: values set must be empty for exists and does not exist", self.key),
            ),
            NodeOperator::Gt | NodeOperator::Lt
                if self.values.len() != 1 || parse_go_integer(&self.values[0]).is_none() =>
            {
                Some(format!(
                    "{}: for 'Gt', 'Lt' operators, exactly one integer is required",
                    self.key
                ))
            }
            NodeOperator::Unknown => Some(format!("{}: not a valid selector operator", self.key)),
            _ => None,
        };
        invalid_label_key(&self.key)
            .or(count)
            .or_else(|| self.values.iter().find_map(|value| invalid_label_value(value)))
    }

    fn invalid_field(&self) -> Option<String> {
        match self.operator {
            NodeOperator::In | NodeOperator::NotIn if self.values.len() == 1 => None,
            NodeOperator::In | NodeOperator::NotIn => {
                Some(format!("{}: must have one element", self.key))
            }
            _ => Some(format!("{}: not a valid selector operator", self.key)),
        }
    }
}

/// A decimal 64-bit integer as Go's `strconv.ParseInt(text, 10, 64)` reads it.
pub fn parse_go_integer(text: &str) -> Option<i64> {
    // Rust and Go agree: an optional sign, then decimal digits only.
    text.parse().ok()
}

/// Why `key` is not a label key (an optional DNS prefix and a name of at most 63 characters).
pub fn invalid_label_key(key: &str) -> Option<String> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let valid = prefix.is_none_or(is_dns_subdomain) && !name.is_empty() && is_label_text(name);
    (!valid).then(|| format!("\"{key}\" is not a valid label key"))
}

/// Why `value` is not a label value (at most 63 characters: alphanumerics, `-`, `_`, `.`, beginning
/// and ending with an alphanumeric; or empty).
pub fn invalid_label_value(value: &str) -> Option<String> {
    let valid = value.is_empty() || is_label_text(value);
    (!valid).then(|| format!("\"{value}\" is not a valid label value"))
}

fn is_label_text(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() <= 63
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// Whether `text` is a DNS-1123 subdomain: lower-case labels joined by dots, at most 253 characters.
pub fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= 253
        && text.split('.').all(|label| {
            let bytes = label.as_bytes();
            let edge =
                |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            edge(bytes.first())
                && edge(bytes.last())
                && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
        })
}
