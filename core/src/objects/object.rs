//! Any object that the engine reads.

use super::devices::{DeviceClass, ResourceClaim, ResourceClaimTemplate, ResourceSlice};
use super::meta::ObjectMeta;
use super::node::Node;
use super::pod::{Pod, PodSpec};
use super::policy::{LimitRange, Namespace, PodDisruptionBudget, PriorityClass, Service};
use super::storage::{
    CsiDriver, CsiNode, CsiStorageCapacity, PersistentVolume, PersistentVolumeClaim, StorageClass,
    VolumeAttachment,
};
use super::workloads::{
    CronJob, DaemonSet, Deployment, HorizontalPodAutoscaler, Job, ReplicaSet,
    ReplicationController, StatefulSet,
};

macro_rules! kinds {
    ($($variant:ident($type:ty) $kind:literal $namespaced:literal,)*) => {
        /// One object of any kind that the engine reads.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Object {
            $(#[doc = concat!("A ", $kind, ".")] $variant(Box<$type>),)*
        }

        /// The kinds of [`Object`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $(#[doc = concat!("`", $kind, "`.")] $variant,)*
        }

        impl Object {
            /// The object's kind.
            pub fn kind(&self) -> Kind {
                match self { $(Self::$variant(_) => Kind::$variant,)* }
            }

            /// The object's metadata.
            pub fn meta(&self) -> &ObjectMeta {
                match self { $(Self::$variant(object) => &object.meta,)* }
            }

            /// Reads an object of this kind.
            ///
            /// # Errors
            /// Returns those of the deserializer.
            pub fn deserialize_as<'de, D>(kind: Kind, deserializer: D) -> Result<Self, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                use serde::Deserialize;
                match kind {
                    $(Kind::$variant => <$type>::deserialize(deserializer).map(Self::from),)*
                }
            }

            /// Writes the object, without its kind.
            ///
            /// # Errors
            /// Returns those of the serializer.
            pub fn serialize_as<S>(&self, serializer: S) -> Result<S::Ok, S::Error>
            where
                S: serde::Serializer,
            {
                use serde::Serialize;
                match self { $(Self::$variant(object) => object.serialize(serializer),)* }
            }

            /// The object's metadata, to be completed on admission.
            pub fn meta_mut(&mut self) -> &mut ObjectMeta {
                match self { $(Self::$variant(object) => &mut object.meta,)* }
            }
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name as manifests write it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $kind,)* }
            }

            /// Whether objects of this kind live in a namespace.
            pub const fn is_namespaced(self) -> bool {
                match self { $(Self::$variant => $namespaced,)* }
            }
        }

        $(impl From<$type> for Object {
            fn from(object: $type) -> Self {
                Self::$variant(Box::new(object))
            }
        })*
    };
}

kinds! {
    Node(Node) "Node" false,
    Pod(Pod) "Pod" true,
    Namespace(Namespace) "Namespace" false,
    PriorityClass(PriorityClass) "PriorityClass" false,
    Service(Service) "Service" true,
    ReplicationController(ReplicationController) "ReplicationController" true,
    ReplicaSet(ReplicaSet) "ReplicaSet" true,
    Deployment(Deployment) "Deployment" true,
    StatefulSet(StatefulSet) "StatefulSet" true,
    DaemonSet(DaemonSet) "DaemonSet" true,
    Job(Job) "Job" true,
    CronJob(CronJob) "CronJob" true,
    PodDisruptionBudget(PodDisruptionBudget) "PodDisruptionBudget" true,
    HorizontalPodAutoscaler(HorizontalPodAutoscaler) "HorizontalPodAutoscaler" true,
    LimitRange(LimitRange) "LimitRange" true,
    PersistentVolume(PersistentVolume) "PersistentVolume" false,
    PersistentVolumeClaim(PersistentVolumeClaim) "PersistentVolumeClaim" true,
    StorageClass(StorageClass) "StorageClass" false,
    CsiNode(CsiNode) "CSINode" false,
    CsiDriver(CsiDriver) "CSIDriver" false,
    CsiStorageCapacity(CsiStorageCapacity) "CSIStorageCapacity" true,
    VolumeAttachment(VolumeAttachment) "VolumeAttachment" false,
    ResourceSlice(ResourceSlice) "ResourceSlice" false,
    ResourceClaim(ResourceClaim) "ResourceClaim" true,
    ResourceClaimTemplate(ResourceClaimTemplate) "ResourceClaimTemplate" true,
    DeviceClass(DeviceClass) "DeviceClass" false,
}

impl Object {
    /// The spec of a pod, or of the pods that are made from a workload.
    pub fn pod_spec(&self) -> Option<&PodSpec> {
        Some(match self {
            Self::Pod(pod) => &pod.spec,
            Self::ReplicationController(controller) => &controller.spec.template.spec,
            Self::ReplicaSet(set) => &set.spec.template.spec,
            Self::Deployment(deployment) => &deployment.spec.template.spec,
            Self::StatefulSet(set) => &set.spec.template.spec,
            Self::DaemonSet(set) => &set.spec.template.spec,
            Self::Job(job) => &job.spec.template.spec,
            Self::CronJob(cron_job) => &cron_job.spec.job_template.spec.template.spec,
            _ => return None,
        })
    }

    /// Whether only the pods that are made from the object matter to placement, or nothing of it:
    /// such objects are not part of a cluster's state.
    pub fn is_workload(&self) -> bool {
        matches!(
            self,
            Self::Deployment(_)
                | Self::DaemonSet(_)
                | Self::Job(_)
                | Self::CronJob(_)
                | Self::HorizontalPodAutoscaler(_)
                | Self::LimitRange(_)
                | Self::PriorityClass(_)
        )
    }
}
