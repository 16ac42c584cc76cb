//! The profile of a case.

use anyhow::{Result, bail};
use bayplan::profile::Profile;
use serde_json::Value;

/// The profile that a case carries, or the default one.
pub(super) fn profile(written: Option<&Value>) -> Result<Profile> {
    match written {
        None => Ok(Profile::default()),
        Some(_) => bail!("profiles cannot be read yet"),
    }
}
