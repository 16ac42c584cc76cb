//! Faults of a configuration, in the words of upstream's field validation.

use super::config::ConfigFault;
use crate::objects::labels::invalid_label_key;
use std::fmt::Display;

/// Collects faults.
#[derive(Debug, Default)]
pub(super) struct Faults(pub Vec<ConfigFault>);

impl Faults {
    /// A fault in any words.
    pub fn push(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(ConfigFault { path: path.into(), message: message.into() });
    }

    /// A value that is not allowed.
    pub fn invalid(&mut self, path: impl Into<String>, value: impl Display, detail: &str) {
        self.push(path, format!("Invalid value: {value}: {detail}"));
    }

    /// A value that is missing.
    pub fn required(&mut self, path: impl Into<String>, detail: &str) {
        let separator = if detail.is_empty() { "" } else { ": " };
        self.push(path, format!("Required value{separator}{detail}"));
    }

    /// A value that must not be there.
    pub fn forbidden(&mut self, path: impl Into<String>, detail: &str) {
        self.push(path, format!("Forbidden: {detail}"));
    }

    /// A value that is there twice.
    pub fn duplicate(&mut self, path: impl Into<String>, value: impl Display) {
        self.push(path, format!("Duplicate value: {value}"));
    }

    /// A text that is none of those allowed.
    pub fn unsupported(&mut self, path: impl Into<String>, value: &str, allowed: &[&str]) {
        let allowed: Vec<_> = allowed.iter().map(|text| format!("\"{text}\"")).collect();
        let allowed = allowed.join(", ");
        self.push(path, format!("Unsupported value: \"{value}\": supported values: {allowed}"));
    }

    /// Asks for a number from `min` to `max`.
    pub fn in_range(&mut self, path: impl Into<String>, value: i64, (min, max): (i64, i64)) {
        if !(min..=max).contains(&value) {
            self.invalid(path, value, &format!("not in valid range [{min}-{max}]"));
        }
    }

    /// Asks for a name with the syntax of a label key.
    pub fn label_name(&mut self, path: impl Into<String>, name: &str) {
        if let Some(fault) = invalid_label_key(name) {
            self.invalid(path, format!("\"{name}\""), &fault);
        }
    }
}
