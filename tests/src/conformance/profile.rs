//! The profile of a case.

use anyhow::{Result, anyhow};
use bayplan::profile::Profile;
use serde_json::Value;

/// The profile that a case carries, or the default one.
pub(super) fn profile(written: Option<&Value>) -> Result<Profile> {
    let Some(written) = written else { return Ok(Profile::default()) };
    Profile::from_recorded(written.clone()).map_err(|faults| {
        let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
        anyhow!("the profile cannot be read: {}", faults.join("; "))
    })
}
