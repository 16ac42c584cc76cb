//! A text that is one document but no object, such as a scheduler's configuration: its value, and
//! the place of what is wrong with it.

use super::documents::{self, Extent};
use super::fault::{Cause, Fault};
use super::place::Place;
use serde_json::Value;

/// The value of the text, which is YAML or JSON.
///
/// # Errors
/// Where it is neither. `source` is what the fault calls the text.
pub fn value(source: &str, text: &str) -> Result<Value, Box<Fault>> {
    let read = match serde_json::from_str(text) {
        Ok(value) => Ok(value),
        Err(_) => documents::yaml(text),
    };
    read.map_err(|cause| Box::new(whole(source, text).fault(None, cause)))
}

/// The fault of a field of the text, with its place.
pub fn fault_of(source: &str, text: &str, field: &str, message: &str) -> Fault {
    whole(source, text).fault(None, Cause::new(field, message.to_owned()))
}

fn whole<'a>(source: &'a str, text: &'a str) -> Place<'a> {
    let extent = Extent { start: 0, end: text.len() };
    Place { fed: text, extent, source, document: 1, line: 1 }
}

#[cfg(all(test, feature = "yaml"))]
mod tests {
    use super::*;

    #[test]
    fn yaml_and_json_have_the_same_value() {
        let json = value("a.json", "{\"profiles\": [{\"schedulerName\": \"a\"}]}");
        let yaml = value("a.yaml", "profiles:\n- schedulerName: a\n");
        assert_eq!(json.expect("valid"), yaml.expect("valid"));
    }

    #[test]
    fn a_fault_has_its_place() {
        let fault = value("a.yaml", "profiles: [").expect_err("not closed");
        assert_eq!(fault.source, "a.yaml");
        let fault = fault_of("a.yaml", "kind: A\nprofiles:\n- x: 1\n", "profiles[0].x", "no");
        assert_eq!((fault.line, fault.column), (Some(3), Some(6)));
    }
}
