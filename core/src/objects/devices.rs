//! Devices for dynamic resource allocation: classes, slices, claims and their templates.

use super::meta::ObjectMeta;
use serde::Deserialize;

/// A class of devices.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct DeviceClass {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
}

/// Devices that a driver offers.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ResourceSlice {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
}

/// A claim to devices.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ResourceClaim {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
}

/// A template of claims.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ResourceClaimTemplate {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
}
