//! Workloads: objects from which controllers make pods.

use super::labels::LabelSelector;
use super::meta::{Labels, ObjectMeta};
use super::pod::PodSpec;
use super::policy::IntOrPercent;
use super::storage::PersistentVolumeClaim;
use serde::{Deserialize, Serialize};

/// Template of the pods of a workload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct PodTemplate {
    /// Metadata that pods get; only labels and annotations are used.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// Spec that pods get.
    pub spec: PodSpec,
}

/// Replicas of one template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct ReplicaSet {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// Spec.
    pub spec: ReplicaSetSpec,
}

/// `spec` of a ReplicaSet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ReplicaSetSpec {
    /// How many; 1 where absent.
    pub replicas: Option<i32>,
    /// Which pods are its own.
    pub selector: Option<LabelSelector>,
    /// Template.
    pub template: PodTemplate,
}

/// The elder form of a ReplicaSet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct ReplicationController {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// Spec.
    pub spec: ReplicationControllerSpec,
}

/// `spec` of a ReplicationController.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ReplicationControllerSpec {
    /// How many; 1 where absent.
    pub replicas: Option<i32>,
    /// Which pods are its own; the template's labels where absent.
    pub selector: Option<Labels>,
    /// Template.
    pub template: PodTemplate,
}

/// A Deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Deployment {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// Spec.
    pub spec: DeploymentSpec,
}

/// `spec` of a Deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DeploymentSpec {
    /// How many; 1 where absent.
    pub replicas: Option<i32>,
    /// Which pods are its own.
    pub selector: Option<LabelSelector>,
    /// Template.
    pub template: PodTemplate,
    /// How a new template replaces the old one.
    pub strategy: DeploymentStrategy,
    /// Seconds a pod must be ready to count as available.
    pub min_ready_seconds: i32,
    /// Whether roll-outs are held.
    pub paused: bool,
    /// Seconds without progress after which a roll-out is reported as stuck.
    pub progress_deadline_seconds: Option<i32>,
}

/// `strategy` of a Deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DeploymentStrategy {
    /// `RollingUpdate` (default) or `Recreate`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Bounds of a rolling update.
    pub rolling_update: Option<RollingUpdate>,
}

/// Bounds of a rolling update.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RollingUpdate {
    /// How many may be missing.
    pub max_unavailable: Option<IntOrPercent>,
    /// How many may be there in excess.
    pub max_surge: Option<IntOrPercent>,
    /// StatefulSets: ordinals below keep the old revision.
    pub partition: Option<i32>,
}

/// A StatefulSet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct StatefulSet {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// Spec.
    pub spec: StatefulSetSpec,
}

/// `spec` of a StatefulSet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StatefulSetSpec {
    /// How many; 1 where absent.
    pub replicas: Option<i32>,
    /// Which pods are its own.
    pub selector: Option<LabelSelector>,
    /// Template.
    pub template: PodTemplate,
    /// One claim per pod and entry.
    pub volume_claim_templates: Vec<PersistentVolumeClaim>,
    /// Headless service that names the pods.
    pub service_name: String,
    /// `OrderedReady` (default) or `Parallel`.
    pub pod_management_policy: Option<String>,
    /// How a new template replaces the old one.
    pub update_strategy: UpdateStrategy,
    /// First ordinal.
    pub ordinals: Option<Ordinals>,
    /// Seconds a pod must be ready to count as available.
    pub min_ready_seconds: i32,
}

/// `ordinals` of a StatefulSet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Ordinals {
    /// First ordinal.
    pub start: i32,
}

/// `updateStrategy` of a StatefulSet or DaemonSet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct UpdateStrategy {
    /// `RollingUpdate` (default) or `OnDelete`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Bounds of a rolling update.
    pub rolling_update: Option<RollingUpdate>,
}

/// A DaemonSet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct DaemonSet {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// Spec.
    pub spec: DaemonSetSpec,
}

/// `spec` of a DaemonSet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DaemonSetSpec {
    /// Which pods are its own.
    pub selector: Option<LabelSelector>,
    /// Template.
    pub template: PodTemplate,
    /// How a new template replaces the old one.
    pub update_strategy: UpdateStrategy,
    /// Seconds a pod must be ready to count as available.
    pub min_ready_seconds: i32,
}

/// A Job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Job {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// Spec.
    pub spec: JobSpec,
    /// Status.
    pub status: JobStatus,
}

/// `spec` of a Job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct JobSpec {
    /// How many pods run at a time; 1 where absent.
    pub parallelism: Option<i32>,
    /// How many must succeed.
    pub completions: Option<i32>,
    /// `NonIndexed` (default) or `Indexed`.
    pub completion_mode: Option<String>,
    /// Whether no pod may run.
    pub suspend: bool,
    /// Template.
    pub template: PodTemplate,
    /// Which pods are its own; generated where absent.
    pub selector: Option<LabelSelector>,
    /// Failures that are endured.
    pub backoff_limit: Option<i32>,
    /// Failures that are endured per index.
    pub backoff_limit_per_index: Option<i32>,
    /// Another controller that looks after the Job.
    pub managed_by: Option<String>,
}

/// `status` of a Job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct JobStatus {
    /// Pods that succeeded.
    pub succeeded: i32,
    /// Indexes that succeeded, e.g. `1,3-5`.
    pub completed_indexes: String,
    /// Indexes that failed for good, in the same form.
    pub failed_indexes: String,
    /// Conditions; `Complete` or `Failed` end the Job.
    pub conditions: Vec<super::pod::PodCondition>,
}

/// A CronJob.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct CronJob {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// Spec.
    pub spec: CronJobSpec,
}

/// `spec` of a CronJob.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CronJobSpec {
    /// When, in five fields.
    pub schedule: String,
    /// Zone of the schedule; UTC where absent.
    pub time_zone: Option<String>,
    /// Whether no Job is started.
    pub suspend: bool,
    /// Template of the Jobs.
    pub job_template: JobTemplate,
    /// `Allow` (default), `Forbid` or `Replace`.
    pub concurrency_policy: Option<String>,
    /// Seconds after which a missed run is given up.
    pub starting_deadline_seconds: Option<i64>,
}

/// Template of the Jobs of a CronJob.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct JobTemplate {
    /// Metadata that Jobs get.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// Spec that Jobs get.
    pub spec: JobSpec,
}

/// An autoscaler. Its effect is simulated over time; at one instant it changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct HorizontalPodAutoscaler {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// Spec.
    pub spec: HorizontalPodAutoscalerSpec,
}

/// `spec` of an autoscaler.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HorizontalPodAutoscalerSpec {
    /// What is scaled.
    pub scale_target_ref: ScaleTarget,
    /// Smallest size; 1 where absent.
    pub min_replicas: Option<i32>,
    /// Largest size.
    pub max_replicas: i32,
}

/// What an autoscaler scales.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ScaleTarget {
    /// Group and version.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
}
