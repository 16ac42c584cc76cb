//! Strict decoding: what is not known or written twice is an error, and the error says where.

use super::config::ConfigFault;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// A value whose objects have no member twice, from any format.
#[derive(Clone, Debug, PartialEq)]
pub struct UniqueKeys(pub Value);

impl<'de> Deserialize<'de> for UniqueKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Value;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_unit<E: Error>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }
            fn visit_none<E: Error>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
                let mut list = Vec::new();
                while let Some(UniqueKeys(item)) = items.next_element()? {
                    list.push(item);
                }
                Ok(Value::Array(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
                let mut object = Map::new();
                while let Some(key) = members.next_key::<String>()? {
                    if object.contains_key(&key) {
                        return Err(Error::custom(format!("duplicate field \"{key}\"")));
                    }
                    let UniqueKeys(value) = members.next_value()?;
                    object.insert(key, value);
                }
                Ok(Value::Object(object))
            }
        }
        deserializer.deserialize_any(Any).map(UniqueKeys)
    }
}

/// The value without members that are `null`, which mean the same as members that are absent.
pub(super) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key, without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        value => value,
    }
}

/// Decodes what stands at `path`.
pub(super) fn decode<T: DeserializeOwned>(path: &str, value: Value) -> Result<T, ConfigFault> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let within = error.path().to_string();
        let path = match (path, within.as_str()) {
            (path, ".") => path.to_owned(),
            ("", within) => within.to_owned(),
            (path, within) => format!("{path}.{within}"),
        };
        ConfigFault { path, message: error.into_inner().to_string() }
    })
}

/// The members that an object may have, with those of their values; lists are looked through.
pub(super) struct Members(pub &'static [(&'static str, &'static Members)]);

/// Whatever has no members of its own.
pub(super) static LEAF: Members = Members(&[]);

impl Members {
    /// The first member that must not be there.
    pub fn first_unknown(&self, path: &str, value: &Value) -> Option<ConfigFault> {
        match value {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .find_map(|(ix, item)| self.first_unknown(&format!("{path}[{ix}]"), item)),
            Value::Object(members) => members.iter().find_map(|(key, value)| {
                let path = format!("{path}.{key}");
                match self.0.iter().find(|(name, _)| name == key) {
                    Some((_, known)) => known.first_unknown(&path, value),
                    None => {
                        let message = format!("unknown field \"{key}\"");
                        Some(ConfigFault { path, message })
                    }
                }
            }),
            _ => None,
        }
    }
}
