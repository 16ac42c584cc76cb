//! Object metadata.

use crate::base::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Labels or annotations: key to value, in byte order of the keys.
pub type Labels = BTreeMap<String, String>;

/// `metadata`. Cluster-scoped objects have an empty namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ObjectMeta {
    /// Name, unique for its kind and namespace.
    pub name: String,
    /// Prefix of a name that the server completes; only where `name` is empty.
    pub generate_name: String,
    /// Namespace; empty for cluster-scoped objects.
    pub namespace: String,
    /// Unique identifier; may be empty in manifests.
    pub uid: String,
    /// Labels. Shared between the replicas of one template.
    pub labels: Arc<Labels>,
    /// Annotations. Shared between the replicas of one template.
    pub annotations: Arc<Labels>,
    /// Owners; the one with `controller: true` made the object.
    pub owner_references: Vec<OwnerReference>,
    /// When the object was created.
    pub creation_timestamp: Option<Timestamp>,
    /// When deletion was asked for; set means terminating.
    pub deletion_timestamp: Option<Timestamp>,
}

impl ObjectMeta {
    /// The owner that controls the object, if any.
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owner_references.iter().find(|owner| owner.controller)
    }

    /// `namespace/name`, or the name alone for a cluster-scoped object.
    pub fn key(&self) -> String {
        if self.namespace.is_empty() {
            self.name.clone()
        } else {
            format!("{}/{}", self.namespace, self.name)
        }
    }
}

/// One entry of `metadata.ownerReferences`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OwnerReference {
    /// Group and version of the owner, e.g. `apps/v1`.
    pub api_version: String,
    /// Kind of the owner, e.g. `ReplicaSet`.
    pub kind: String,
    /// Name of the owner, in the namespace of the object.
    pub name: String,
    /// Unique identifier of the owner; may be empty in manifests.
    pub uid: String,
    /// Whether this owner manages the object.
    pub controller: bool,
}
