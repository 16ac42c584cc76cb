//! A device as the variable of an expression: maps in the order of their keys.

use super::quantity::QuantityValue;
use super::semver::Semver;
use crate::objects::devices::{Device, DeviceAttribute};
use cel::ExecutionError;
use cel::common::traits::{Container, Indexer, Iterable, Iterator as CelIterator, Sizer};
use cel::common::types::{CelBool, CelInt, CelString, MAP_TYPE, Type};
use cel::common::value::{CowVal, StaticVal, Val};
use std::any::Any;
use std::collections::BTreeMap;

/// The variable `device`.
///
/// # Errors
/// An attribute that is no semantic version though it says so.
pub(super) fn device(driver: &str, device: &Device) -> Result<Fields, String> {
    let mut attributes = Fields::with_empty_defaults();
    for (name, attribute) in &device.attributes {
        let value =
            attribute_value(attribute).map_err(|text| format!("attribute {name}: {text}"))?;
        attributes.insert_qualified(name, driver, value);
    }
    let mut capacity = Fields::with_empty_defaults();
    for (name, amount) in &device.capacity {
        capacity.insert_qualified(name, driver, Box::new(QuantityValue(amount.value)));
    }
    let mut device = Fields::default();
    device.insert("driver", Box::new(CelString::from(driver.to_owned())));
    device.insert("attributes", Box::new(attributes));
    device.insert("capacity", Box::new(capacity));
    Ok(device)
}

fn attribute_value(attribute: &DeviceAttribute) -> Result<Box<dyn Val>, String> {
    Ok(match attribute {
        DeviceAttribute::Int(number) => Box::new(CelInt::from(*number)),
        DeviceAttribute::Bool(value) => Box::new(CelBool::from(*value)),
        DeviceAttribute::String(text) => Box::new(CelString::from(text.clone())),
        DeviceAttribute::Version(text) => {
            Box::new(Semver::parse(text).map_err(|e| format!("parse semantic version: {e}"))?)
        }
    })
}

/// A value that borrows nothing.
type Value = dyn Val + 'static;

/// A map from texts to values.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    entries: BTreeMap<String, (CelString<'static>, Box<dyn Val>)>,
    /// What an absent key reads as; `None` makes it an error.
    default: Option<Box<Fields>>,
}

impl Fields {
    fn with_empty_defaults() -> Self {
        Self { entries: BTreeMap::new(), default: Some(Box::default()) }
    }

    fn insert(&mut self, name: &str, value: Box<dyn Val>) {
        self.entries.insert(name.to_owned(), (name.to_owned().into(), value));
    }

    /// Adds a value under its domain, which is the driver's unless the name says another.
    fn insert_qualified(&mut self, name: &str, driver: &str, value: Box<dyn Val>) {
        let (domain, identifier) = name.split_once('/').unwrap_or((driver, name));
        let empty = || (domain.to_owned().into(), Box::new(Fields::default()) as Box<dyn Val>);
        let (_, inner) = self.entries.entry(domain.to_owned()).or_insert_with(empty);
        let mut fields = inner.downcast_ref::<Fields>().cloned().unwrap_or_default();
        fields.insert(identifier, value);
        *inner = Box::new(fields);
    }

    fn find(&self, key: &dyn Val) -> Result<Option<&Value>, ExecutionError> {
        let Some(name) = key.downcast_ref::<CelString<'_>>() else {
            let got = key.get_type().name().to_owned();
            return Err(ExecutionError::UnexpectedType { got, want: "string".to_owned() });
        };
        let entry = self.entries.get(name.inner()).map(|(_, value)| value.as_ref());
        Ok(entry.or_else(|| self.default.as_deref().map(|empty| empty as &Value)))
    }

    fn get_owned(&self, key: &dyn Val) -> Result<Box<dyn Val>, ExecutionError> {
        let name = || key.downcast_ref::<CelString<'_>>().map_or("", |name| name.inner());
        let found = self.find(key)?.ok_or_else(|| ExecutionError::no_such_key(name()))?;
        Ok(found.clone_as_boxed())
    }
}

impl Val for Fields {
    fn get_type(&self) -> &Type {
        Self::cel_type()
    }

    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)> {
        Some(self)
    }

    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)> {
        Some(self)
    }

    fn as_sizer(&self) -> Option<&dyn Sizer> {
        Some(self)
    }

    fn equals(&self, other: &dyn Val) -> bool {
        let Some(other) = other.downcast_ref::<Self>() else { return false };
        let pairs = self.entries.iter().zip(&other.entries);
        self.entries.len() == other.entries.len()
            && pairs.into_iter().all(|(a, b)| a.0 == b.0 && a.1.1.equals(b.1.1.as_ref()))
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Fields {}

impl Container for Fields {
    fn contains(&self, key: &dyn Val) -> Result<bool, ExecutionError> {
        self.find(key).map(|found| found.is_some())
    }
}

impl Indexer for Fields {
    fn get<'b, 'v>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError> {
        self.get_owned(key).map(CowVal::from)
    }

    fn steal<'v>(self: Box<Self>, key: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError> {
        self.get_owned(key).map(|value| value as Box<dyn Val + 'v>)
    }
}

impl Iterable for Fields {
    fn iter<'b, 'v>(&'b self) -> Box<dyn CelIterator<'b, 'v> + 'b> {
        Box::new(Keys(self.entries.values()))
    }
}

impl Sizer for Fields {
    fn size(&self) -> CelInt {
        i64::try_from(self.entries.len()).unwrap_or(i64::MAX).into()
    }
}

type Entries<'b> =
    std::collections::btree_map::Values<'b, String, (CelString<'static>, Box<dyn Val>)>;

struct Keys<'b>(Entries<'b>);

impl<'b, 'v> CelIterator<'b, 'v> for Keys<'b> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        self.0.next().map(|(key, _)| key as &dyn Val)
    }
}
