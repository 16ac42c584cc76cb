//! Nodes.

use super::meta::ObjectMeta;
use super::quantity::ResourceList;
use serde::{Deserialize, Serialize};

/// Label that tells single nodes apart.
pub const HOSTNAME: &str = "kubernetes.io/hostname";
/// Zone of a node or volume.
pub const ZONE: &str = "topology.kubernetes.io/zone";
/// Region of a node or volume.
pub const REGION: &str = "topology.kubernetes.io/region";
/// Zone, by its former name.
pub const BETA_ZONE: &str = "failure-domain.beta.kubernetes.io/zone";
/// Region, by its former name.
pub const BETA_REGION: &str = "failure-domain.beta.kubernetes.io/region";

/// A node and what it offers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Node {
    /// Metadata; the name is the identity.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// What the operator wants.
    pub spec: NodeSpec,
    /// What the kubelet reports.
    pub status: NodeStatus,
}

impl Node {
    /// The node's name.
    pub fn name(&self) -> &str {
        &self.meta.name
    }
}

/// `spec` of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NodeSpec {
    /// Cordoned.
    pub unschedulable: bool,
    /// Taints, in the order given.
    pub taints: Vec<Taint>,
}

/// One taint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Taint {
    /// Key.
    pub key: String,
    /// Value; may be empty.
    #[serde(default)]
    pub value: String,
    /// What happens to pods that do not tolerate it.
    pub effect: TaintEffect,
}

/// What a taint does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub enum TaintEffect {
    /// New pods are not placed.
    NoSchedule,
    /// New pods are placed elsewhere if that is possible.
    PreferNoSchedule,
    /// New pods are not placed and running ones are evicted.
    NoExecute,
}

/// `status` of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NodeStatus {
    /// Everything the machine has.
    pub capacity: ResourceList,
    /// What pods may use. Defaults to `capacity` where absent as a whole.
    pub allocatable: Option<ResourceList>,
    /// Images present on the node.
    pub images: Vec<ContainerImage>,
    /// Features that the kubelet declares, sorted.
    pub declared_features: Vec<String>,
}

/// An image on a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContainerImage {
    /// Every name of the image: tags and digests.
    pub names: Vec<String>,
    /// Size in bytes.
    pub size_bytes: i64,
}
