//! Documents against the schemas in the repository, with the few words of JSON Schema that it uses.

use serde_json::Value;

/// What `place` prints.
pub const PLACEMENT: &str = include_str!("../../schema/placement.v1.json");
/// What `explain` prints.
pub const EXPLANATION: &str = include_str!("../../schema/explanation.v1.json");

/// Panics where the document is not what the schema says, or has fields that it does not name.
pub fn check(document: &[u8], schema: &str) {
    let schema: Value = serde_json::from_str(schema).expect("the schema is JSON");
    let document: Value = serde_json::from_slice(document).expect("the document is JSON");
    Checker { root: &schema }.check("", &document, &schema);
}

struct Checker<'a> {
    root: &'a Value,
}

impl Checker<'_> {
    fn check(&self, path: &str, value: &Value, schema: &Value) {
        if let Some(reference) = schema["$ref"].as_str() {
            let target = self.root.pointer(reference.trim_start_matches('#'));
            return self.check(path, value, target.expect("the reference leads somewhere"));
        }
        if let Some(constant) = schema.get("const") {
            assert_eq!(value, constant, "{path}");
        }
        if let Some(values) = schema["enum"].as_array() {
            assert!(values.contains(value), "{path}: {value}");
        }
        match &schema["type"] {
            Value::String(name) => assert_eq!(type_of(value), name, "{path}"),
            Value::Array(names) => assert!(names.contains(&type_of(value).into()), "{path}"),
            _ => {}
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str().expect("names are text");
            assert!(value.get(name).is_some(), "{path} has no {name}");
        }
        for (name, field) in value.as_object().into_iter().flatten() {
            let known = schema["properties"].get(name).or(schema.get("additionalProperties"));
            let known = known.unwrap_or_else(|| panic!("{path}.{name} is not in the schema"));
            self.check(&format!("{path}.{name}"), field, known);
        }
        for (ix, item) in value.as_array().into_iter().flatten().enumerate() {
            self.check(&format!("{path}[{ix}]"), item, &schema["items"]);
        }
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
