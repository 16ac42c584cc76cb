//! What must hold between the devices of one claim.

use super::pools::Candidate;
use crate::objects::devices::{DeviceAttribute, DeviceConstraint};

/// A constraint of a claim, with the attribute values of the devices chosen so far.
#[derive(Clone, Debug)]
pub(super) struct Constraint<'a> {
    requests: &'a [String],
    attribute: &'a str,
    relation: Relation,
    values: Vec<&'a DeviceAttribute>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    AllEqual,
    AllDistinct,
}

impl<'a> Constraint<'a> {
    /// The constraint of a claim, without any device; `None` where it names no attribute.
    pub fn new(constraint: &'a DeviceConstraint) -> Option<Self> {
        let DeviceConstraint { requests, match_attribute, distinct_attribute } = constraint;
        let (attribute, relation) = match (match_attribute, distinct_attribute) {
            (Some(attribute), _) => (attribute, Relation::AllEqual),
            (None, Some(attribute)) => (attribute, Relation::AllDistinct),
            (None, None) => return None,
        };
        Some(Self { requests, attribute, relation, values: Vec::new() })
    }

    /// Takes in a device that is about to be chosen for a request (and its subrequest); `false`
    /// where the constraint refuses it.
    pub fn add(&mut self, request: &str, result: &str, candidate: &Candidate<'a>) -> bool {
        if !self.concerns(request, result) {
            return true;
        }
        let Some(value) = attribute(candidate, self.attribute) else { return false };
        let holds = match self.relation {
            Relation::AllEqual => self.values.first().is_none_or(|first| *first == value),
            Relation::AllDistinct => !self.values.contains(&value),
        };
        if holds {
            self.values.push(value);
        }
        holds
    }

    /// Lets go of the device that was taken in last.
    pub fn remove_last(&mut self, request: &str, result: &str) {
        if self.concerns(request, result) {
            self.values.pop();
        }
    }

    fn concerns(&self, request: &str, result: &str) -> bool {
        self.requests.is_empty()
            || self.requests.iter().any(|name| name == request || name == result)
    }
}

/// An attribute by its full name. The driver's own attributes need no domain.
fn attribute<'a>(candidate: &Candidate<'a>, name: &str) -> Option<&'a DeviceAttribute> {
    let attributes = &candidate.device.attributes;
    attributes.get(name).or_else(|| {
        let (domain, identifier) = name.split_once('/')?;
        if domain == candidate.id.pool.driver { attributes.get(identifier) } else { None }
    })
}
