//! Volumes, claims, classes and drivers.

use super::labels::{LabelSelector, NodeSelector};
use super::meta::{Labels, ObjectMeta};
use super::pod::{AwsElasticBlockStore, AzureDisk, Cinder, GcePersistentDisk, PortworxVolume};
use super::quantity::{Quantity, ResourceList};
use serde::{Deserialize, Serialize};

/// Annotation that names the class of a claim or volume; it wins over the field.
pub const CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

/// A claim to storage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PersistentVolumeClaim {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// What is wanted.
    pub spec: PersistentVolumeClaimSpec,
    /// What is.
    pub status: PersistentVolumeClaimStatus,
}

/// `spec` of a claim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PersistentVolumeClaimSpec {
    /// Modes that the volume must offer.
    pub access_modes: Vec<AccessMode>,
    /// Which volumes may be bound.
    pub selector: Option<LabelSelector>,
    /// Size wanted.
    pub resources: VolumeResourceRequirements,
    /// The volume, once bound or chosen by hand.
    pub volume_name: String,
    /// Class; absent means the default class.
    pub storage_class_name: Option<String>,
    /// `Filesystem` where absent.
    pub volume_mode: Option<String>,
    /// Attributes class; absent means none.
    pub volume_attributes_class_name: Option<String>,
}

/// `resources` of a claim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default)]
pub struct VolumeResourceRequirements {
    /// `storage` is what counts.
    pub requests: ResourceList,
}

/// `status` of a claim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PersistentVolumeClaimStatus {
    /// `Pending`, `Bound` or `Lost`.
    pub phase: String,
}

/// How a volume may be mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub enum AccessMode {
    /// Written from one node.
    ReadWriteOnce,
    /// Read from many nodes.
    ReadOnlyMany,
    /// Written from many nodes.
    ReadWriteMany,
    /// Written by one pod.
    ReadWriteOncePod,
}

impl PersistentVolumeClaim {
    /// Storage asked for.
    pub fn requested(&self) -> Quantity {
        self.spec.resources.requests.get("storage").copied().unwrap_or_default()
    }

    /// Class of the claim, empty for none.
    pub fn class(&self) -> &str {
        class_of(&self.meta.annotations, self.spec.storage_class_name.as_deref())
    }
}

fn class_of<'a>(annotations: &'a Labels, field: Option<&'a str>) -> &'a str {
    annotations.get(CLASS_ANNOTATION).map(String::as_str).or(field).unwrap_or_default()
}

/// A volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PersistentVolume {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// What it is.
    pub spec: PersistentVolumeSpec,
    /// How it stands.
    pub status: PersistentVolumeStatus,
}

/// `spec` of a volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PersistentVolumeSpec {
    /// `storage` is the size.
    pub capacity: ResourceList,
    /// Modes it offers.
    pub access_modes: Vec<AccessMode>,
    /// The claim it is bound or reserved to.
    pub claim_ref: Option<ClaimReference>,
    /// What becomes of it when the claim goes.
    pub persistent_volume_reclaim_policy: String,
    /// Class.
    pub storage_class_name: Option<String>,
    /// `Filesystem` where absent.
    pub volume_mode: Option<String>,
    /// Attributes class; absent means none.
    pub volume_attributes_class_name: Option<String>,
    /// Where it can be used.
    pub node_affinity: Option<VolumeNodeAffinity>,
    /// CSI source.
    pub csi: Option<CsiPersistentVolumeSource>,
    /// In-tree GCE source.
    pub gce_persistent_disk: Option<GcePersistentDisk>,
    /// In-tree EBS source.
    pub aws_elastic_block_store: Option<AwsElasticBlockStore>,
    /// In-tree Azure source.
    pub azure_disk: Option<AzureDisk>,
    /// In-tree Cinder source.
    pub cinder: Option<Cinder>,
    /// In-tree Portworx source.
    pub portworx_volume: Option<PortworxVolume>,
}

/// `status` of a volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PersistentVolumeStatus {
    /// `Available`, `Bound`, `Released`, ...; the API server starts with `Pending`.
    pub phase: String,
}

/// Reference from a volume to its claim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct ClaimReference {
    /// Namespace of the claim.
    pub namespace: String,
    /// Name of the claim.
    pub name: String,
    /// Unique identifier of the claim; empty where reserved by name only.
    pub uid: String,
}

/// Where a volume can be used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct VolumeNodeAffinity {
    /// The nodes; absent means everywhere.
    pub required: Option<NodeSelector>,
}

/// A CSI volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CsiPersistentVolumeSource {
    /// Driver.
    pub driver: String,
    /// The driver's name for the volume.
    pub volume_handle: String,
}

impl TopologySelectorTerm {
    /// Whether a node with these labels satisfies the term; without requirements none does.
    pub fn matches(&self, labels: &Labels) -> bool {
        let expressions = &self.match_label_expressions;
        let holds = |requirement: &TopologySelectorRequirement| {
            labels.get(&requirement.key).is_some_and(|value| requirement.values.contains(value))
        };
        !expressions.is_empty() && expressions.iter().all(holds)
    }
}

impl VolumeNodeAffinity {
    /// Whether a node with these labels satisfies the affinity. Nothing but labels is looked at.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.required.as_ref().is_none_or(|selector| selector.matches("", labels))
    }
}

impl ClaimReference {
    /// Whether the claim is the one referred to.
    pub fn names(&self, claim: &PersistentVolumeClaim) -> bool {
        self.name == claim.meta.name
            && self.namespace == claim.meta.namespace
            && (self.uid.is_empty() || self.uid == claim.meta.uid)
    }
}

impl PersistentVolume {
    /// Size.
    pub fn capacity(&self) -> Quantity {
        self.spec.capacity.get("storage").copied().unwrap_or_default()
    }

    /// Class of the volume, empty for none.
    pub fn class(&self) -> &str {
        class_of(&self.meta.annotations, self.spec.storage_class_name.as_deref())
    }
}

/// A storage class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StorageClass {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// Who makes volumes; `kubernetes.io/no-provisioner` for nobody.
    pub provisioner: String,
    /// When claims are bound; the API server fills in `Immediate`.
    pub volume_binding_mode: Option<VolumeBindingMode>,
    /// Where volumes may be made; empty means everywhere.
    pub allowed_topologies: Vec<TopologySelectorTerm>,
}

/// When claims of a class are bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum VolumeBindingMode {
    /// At once.
    Immediate,
    /// When a pod that uses the claim is scheduled.
    WaitForFirstConsumer,
}

/// One alternative of `allowedTopologies`; without requirements it matches nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TopologySelectorTerm {
    /// Requirements, all of which must hold.
    pub match_label_expressions: Vec<TopologySelectorRequirement>,
}

/// One requirement: the node's label has one of the values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct TopologySelectorRequirement {
    /// Label key.
    pub key: String,
    /// Values.
    pub values: Vec<String>,
}

/// What CSI drivers a node has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct CsiNode {
    /// Metadata; the name is the node's.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// The drivers.
    pub spec: CsiNodeSpec,
}

/// `spec` of a CSINode.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct CsiNodeSpec {
    /// The drivers.
    pub drivers: Vec<CsiNodeDriver>,
}

/// One driver on a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CsiNodeDriver {
    /// Driver name.
    pub name: String,
    /// Label keys that say where a volume of this driver is usable.
    pub topology_keys: Vec<String>,
    /// How many volumes can be attached.
    pub allocatable: Option<VolumeNodeResources>,
}

/// Attach limit of a driver on a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct VolumeNodeResources {
    /// Volumes; absent means no limit.
    pub count: Option<i64>,
}

/// A CSI driver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct CsiDriver {
    /// Metadata; the name is the driver's.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// Options.
    pub spec: CsiDriverSpec,
}

/// `spec` of a CSIDriver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CsiDriverSpec {
    /// Whether the scheduler looks at CSIStorageCapacity objects.
    pub storage_capacity: bool,
}

/// How much a driver can still provision somewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CsiStorageCapacity {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// Class it speaks of.
    pub storage_class_name: String,
    /// Nodes it speaks of; absent means none.
    pub node_topology: Option<LabelSelector>,
    /// What is left in all.
    pub capacity: Option<Quantity>,
    /// Largest single volume.
    pub maximum_volume_size: Option<Quantity>,
}

/// The wish that a volume be attached to a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct VolumeAttachment {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// What, where.
    pub spec: VolumeAttachmentSpec,
}

/// `spec` of a VolumeAttachment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VolumeAttachmentSpec {
    /// Driver.
    pub attacher: String,
    /// Node.
    pub node_name: String,
    /// Volume.
    pub source: VolumeAttachmentSource,
}

/// What is attached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VolumeAttachmentSource {
    /// Name of the volume.
    pub persistent_volume_name: Option<String>,
}
