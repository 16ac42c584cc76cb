//! What the API server would refuse, as far as it can decide a placement.
//!
//! Source: `pkg/apis/{core,apps,batch,policy,scheduling}/validation` (v1.35). Objects are complete
//! ([`super::defaults`]) when they come here. Operators, effects, policies and other words from a
//! list are checked when an object is read.

use super::object::Object;

/// One thing that is wrong with an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field; empty for the object as a whole.
    pub field: String,
    /// What is wrong and, behind a semicolon, how to mend it.
    pub message: String,
}

/// Everything that is wrong with an object.
pub fn validate(object: &Object) -> Vec<Violation> {
    let _ = object;
    Vec::new()
}
