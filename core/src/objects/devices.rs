//! Devices for dynamic resource allocation: classes, slices, claims and their templates.
//!
//! Source: `k8s.io/api/resource/v1`. The older shapes of `v1beta1` (fields of a device under
//! `basic`, fields of a request beside its name) and `v1beta2` are read into the same types.
//! Opaque driver configuration, allocated device status and `extendedResourceName` (a gate that is
//! off by default) are not modelled.

use super::labels::NodeSelector;
use super::meta::ObjectMeta;
use super::quantity::Quantity;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// A class of devices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct DeviceClass {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// What makes a device belong to the class.
    pub spec: DeviceClassSpec,
}

/// `spec` of a device class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct DeviceClassSpec {
    /// A device must satisfy all of them.
    pub selectors: Vec<DeviceSelector>,
}

/// One condition on a device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct DeviceSelector {
    /// A CEL expression; the only kind of selector that exists.
    pub cel: Option<CelDeviceSelector>,
}

/// A condition written in CEL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct CelDeviceSelector {
    /// The expression over the variable `device`.
    pub expression: String,
}

/// Devices that a driver offers: a pool, or a part of one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct ResourceSlice {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// The devices and where they can be used.
    pub spec: ResourceSliceSpec,
}

/// `spec` of a resource slice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ResourceSliceSpec {
    /// Name of the driver.
    pub driver: String,
    /// The pool that the slice is a part of.
    pub pool: ResourcePool,
    /// Where all devices of the slice can be used.
    #[serde(flatten)]
    pub placement: DevicePlacement,
    /// Every device says for itself where it can be used.
    pub per_device_node_selection: Option<bool>,
    /// The devices, in the order in which they are tried.
    pub devices: Vec<Device>,
    /// Counters that several devices draw from.
    pub shared_counters: Vec<CounterSet>,
}

/// Where devices can be used: at most one field is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DevicePlacement {
    /// On this node.
    pub node_name: Option<String>,
    /// On the nodes that this selects.
    pub node_selector: Option<NodeSelector>,
    /// On every node.
    pub all_nodes: Option<bool>,
}

/// A pool of devices: what a driver updates at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ResourcePool {
    /// Name, unique for the driver.
    pub name: String,
    /// Only slices of the highest generation count.
    pub generation: i64,
    /// How many slices of that generation there are.
    pub resource_slice_count: i64,
}

/// A set of shared counters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct CounterSet {
    /// Name, unique in the pool.
    pub name: String,
}

/// A device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// Name, unique in the pool.
    pub name: String,
    /// What is known of it: `[domain/]identifier` to value.
    pub attributes: BTreeMap<String, DeviceAttribute>,
    /// What it has: `[domain/]identifier` to quantity.
    pub capacity: BTreeMap<String, DeviceCapacity>,
    /// Where it can be used, if its slice leaves that to it.
    #[serde(flatten)]
    pub placement: DevicePlacement,
    /// Sets of counters that it draws from.
    pub consumes_counters: Vec<DeviceCounterConsumption>,
    /// Conditions to wait for before a pod is bound.
    pub binding_conditions: Vec<String>,
}

/// An attribute of a device. Versions are semantic versions.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DeviceAttribute {
    /// A number.
    Int(i64),
    /// True or false.
    Bool(bool),
    /// A text.
    String(String),
    /// A semantic version.
    Version(String),
}

/// How much of something a device has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct DeviceCapacity {
    /// The amount.
    pub value: Quantity,
}

impl<'de> Deserialize<'de> for DeviceCapacity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            value: Quantity,
        }
        Wire::deserialize(deserializer).map(|Wire { value }| Self { value })
    }
}

/// That a device draws from a set of counters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DeviceCounterConsumption {
    /// Name of the set.
    pub counter_set: String,
}

impl<'de> Deserialize<'de> for Device {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        struct Fields {
            attributes: BTreeMap<String, DeviceAttribute>,
            capacity: BTreeMap<String, DeviceCapacity>,
            #[serde(flatten)]
            placement: DevicePlacement,
            consumes_counters: Vec<DeviceCounterConsumption>,
            binding_conditions: Vec<String>,
        }
        #[derive(Deserialize)]
        struct Wire {
            #[serde(default)]
            name: String,
            /// The fields in `v1beta1`.
            basic: Option<Fields>,
            #[serde(flatten)]
            fields: Fields,
        }
        let Wire { name, basic, fields } = Wire::deserialize(deserializer)?;
        let fields = basic.unwrap_or(fields);
        Ok(Self {
            name,
            attributes: fields.attributes,
            capacity: fields.capacity,
            placement: fields.placement,
            consumes_counters: fields.consumes_counters,
            binding_conditions: fields.binding_conditions,
        })
    }
}

/// A claim to devices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct ResourceClaim {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// What is asked for.
    pub spec: ResourceClaimSpec,
    /// What was given, and to whom.
    pub status: ResourceClaimStatus,
}

/// A template of claims.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct ResourceClaimTemplate {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// What the claims are made from.
    pub spec: ResourceClaimTemplateSpec,
}

/// `spec` of a template of claims.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct ResourceClaimTemplateSpec {
    /// Labels and annotations of the claims.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// Spec of the claims.
    pub spec: ResourceClaimSpec,
}

/// `spec` of a claim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct ResourceClaimSpec {
    /// The devices asked for.
    pub devices: DeviceClaim,
}

/// The devices that a claim asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct DeviceClaim {
    /// Requests; all must be satisfied together.
    pub requests: Vec<DeviceRequest>,
    /// What must hold between the devices.
    pub constraints: Vec<DeviceConstraint>,
}

/// One request of a claim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceRequest {
    /// Name, unique in the claim.
    pub name: String,
    /// What devices it asks for.
    pub kind: RequestKind,
}

/// What a request asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RequestKind {
    /// Exactly these devices.
    Exactly(ExactDeviceRequest),
    /// The first of several subrequests that can be satisfied.
    FirstAvailable(Vec<DeviceSubRequest>),
    /// Nothing that is known here.
    #[default]
    Unknown,
}

/// One alternative of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct DeviceSubRequest {
    /// Name, unique in the request.
    pub name: String,
    /// What devices it asks for. It never has admin access.
    #[serde(flatten)]
    pub devices: ExactDeviceRequest,
}

/// Devices asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ExactDeviceRequest {
    /// The class that the devices must belong to.
    pub device_class_name: String,
    /// A device must satisfy all of them, besides those of the class.
    pub selectors: Vec<DeviceSelector>,
    /// Whether some or all devices are asked for.
    pub allocation_mode: AllocationMode,
    /// How many, in the mode that counts.
    pub count: Option<i64>,
    /// Access for monitoring: devices in use may be given too, and stay free for others.
    pub admin_access: Option<bool>,
}

impl ExactDeviceRequest {
    /// How many devices are asked for in the mode that counts: 1 where nothing positive is said.
    pub fn count(&self) -> usize {
        usize::try_from(self.count.unwrap_or(1).max(1)).unwrap_or(usize::MAX)
    }

    /// Whether devices in use may be given.
    pub fn has_admin_access(&self) -> bool {
        self.admin_access == Some(true)
    }
}

/// How many devices a request asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub enum AllocationMode {
    /// As many as it says.
    #[default]
    ExactCount,
    /// All that satisfy it in the pools of a node.
    All,
}

impl<'de> Deserialize<'de> for DeviceRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            #[serde(default)]
            name: String,
            exactly: Option<ExactDeviceRequest>,
            #[serde(default)]
            first_available: Vec<DeviceSubRequest>,
            /// The fields of `exactly` in `v1beta1`.
            #[serde(flatten)]
            flat: ExactDeviceRequest,
        }
        let wire = Wire::deserialize(deserializer)?;
        let kind = match wire.exactly {
            Some(exactly) => RequestKind::Exactly(exactly),
            None if !wire.first_available.is_empty() => {
                RequestKind::FirstAvailable(wire.first_available)
            }
            None if !wire.flat.device_class_name.is_empty() => RequestKind::Exactly(wire.flat),
            None => RequestKind::Unknown,
        };
        Ok(Self { name: wire.name, kind })
    }
}

impl Serialize for DeviceRequest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut written = serializer.serialize_struct("DeviceRequest", 2)?;
        written.serialize_field("name", &self.name)?;
        match &self.kind {
            RequestKind::Exactly(exactly) => written.serialize_field("exactly", exactly)?,
            RequestKind::FirstAvailable(all) => written.serialize_field("firstAvailable", all)?,
            RequestKind::Unknown => {}
        }
        written.end()
    }
}

/// What must hold between the devices of a claim: one of the attributes is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DeviceConstraint {
    /// Names of the requests (or `request/subrequest`) it is about; none means all.
    pub requests: Vec<String>,
    /// `domain/identifier` of an attribute that all devices share.
    pub match_attribute: Option<String>,
    /// `domain/identifier` of an attribute that no two devices share.
    pub distinct_attribute: Option<String>,
}

/// `status` of a claim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ResourceClaimStatus {
    /// The devices given; `None` while there are none.
    pub allocation: Option<AllocationResult>,
    /// Who uses the claim.
    pub reserved_for: Vec<ConsumerReference>,
}

/// Devices given to a claim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AllocationResult {
    /// The devices.
    pub devices: DeviceAllocationResult,
    /// Where they can be used; `None` means on every node.
    pub node_selector: Option<NodeSelector>,
}

/// The devices of an [`AllocationResult`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct DeviceAllocationResult {
    /// One entry per device, in the order in which they were found.
    pub results: Vec<AllocatedDevice>,
}

/// A device given to a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AllocatedDevice {
    /// `request` or `request/subrequest`.
    pub request: String,
    /// Name of the driver.
    pub driver: String,
    /// Name of the pool.
    pub pool: String,
    /// Name of the device.
    pub device: String,
    /// Given for monitoring: the device stays free for others.
    pub admin_access: Option<bool>,
}

/// A user of a claim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ConsumerReference {
    /// API group; empty for pods.
    pub api_group: String,
    /// Resource, e.g. `pods`.
    pub resource: String,
    /// Name, in the namespace of the claim.
    pub name: String,
    /// Unique identifier.
    pub uid: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_request_of_v1beta1_reads_like_one_of_v1() {
        let v1 = json!({"name": "r", "exactly": {"deviceClassName": "gpu", "count": 2}});
        let flat = json!({"name": "r", "deviceClassName": "gpu", "count": 2});
        let read = |value| serde_json::from_value::<DeviceRequest>(value).expect("a request");
        assert_eq!(read(v1.clone()), read(flat));
        let RequestKind::Exactly(exactly) = read(v1).kind else { panic!("not exact") };
        assert_eq!((exactly.count(), exactly.allocation_mode), (2, AllocationMode::ExactCount));
    }

    #[test]
    fn a_device_of_v1beta1_reads_like_one_of_v1() {
        let fields = json!({
            "attributes": {"index": {"int": 3}, "version": {"version": "1.2.3"}},
            "capacity": {"memory": {"value": "40Gi"}},
            "nodeName": "n",
        });
        let mut v1 = fields.clone();
        v1["name"] = json!("dev-0");
        let nested = json!({"name": "dev-0", "basic": fields});
        let read = |value| serde_json::from_value::<Device>(value).expect("a device");
        let device = read(v1);
        assert_eq!(device, read(nested));
        assert_eq!(device.attributes["index"], DeviceAttribute::Int(3));
        assert_eq!(device.placement.node_name.as_deref(), Some("n"));
    }

    #[test]
    fn a_count_that_is_absent_or_not_positive_is_one() {
        for (count, expected) in [(None, 1), (Some(0), 1), (Some(7), 7), (Some(-1), 1)] {
            let request = ExactDeviceRequest { count, ..Default::default() };
            assert_eq!(request.count(), expected, "{count:?}");
        }
    }

    #[test]
    fn a_slice_says_where_its_devices_can_be_used() {
        let slice: ResourceSlice = serde_json::from_value(json!({
            "metadata": {"name": "s"},
            "spec": {
                "driver": "d", "allNodes": true, "perDeviceNodeSelection": null,
                "pool": {"name": "p", "generation": 2, "resourceSliceCount": 1},
                "devices": [{"name": "dev-0", "consumesCounters": [{"counterSet": "c"}]}],
                "sharedCounters": [],
            },
        }))
        .expect("a slice");
        assert_eq!(slice.spec.placement.all_nodes, Some(true));
        assert_eq!(slice.spec.pool.generation, 2);
        assert_eq!(slice.spec.devices[0].consumes_counters.len(), 1);
    }
}
