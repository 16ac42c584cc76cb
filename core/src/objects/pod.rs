//! Pods.

use super::labels::{LabelSelector, NodeSelector, NodeSelectorTerm};
use super::meta::{Labels, ObjectMeta};
use super::node::{Taint, TaintEffect};
use super::quantity::ResourceList;
use super::storage::PersistentVolumeClaimSpec;
use crate::base::time::Timestamp;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Arc;

/// A pod. What replicas of one template share stands behind [`Arc`]s.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pod {
    /// Metadata.
    pub meta: ObjectMeta,
    /// The node it is bound to (`spec.nodeName`); `None` while it is pending.
    pub node_name: Option<Arc<str>>,
    /// The rest of `spec`; `spec.node_name` is always absent there.
    pub spec: Arc<PodSpec>,
    /// What the kubelet and the scheduler report.
    pub status: PodStatus,
}

impl<'de> Deserialize<'de> for Pod {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize, Default)]
        #[serde(default, rename_all = "camelCase")]
        struct Written {
            metadata: ObjectMeta,
            spec: PodSpec,
            status: PodStatus,
        }
        let Written { metadata, spec, status } = Written::deserialize(deserializer)?;
        Ok(Self::new(metadata, spec, status))
    }
}

impl Serialize for Pod {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Spec<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            node_name: Option<&'a str>,
            #[serde(flatten)]
            rest: &'a PodSpec,
        }
        let spec = Spec { node_name: self.node_name.as_deref(), rest: &self.spec };
        let mut written = serializer.serialize_struct("Pod", 3)?;
        written.serialize_field("metadata", &self.meta)?;
        written.serialize_field("spec", &spec)?;
        written.serialize_field("status", &self.status)?;
        written.end()
    }
}

impl Pod {
    /// A pod of its parts, the name of its node taken from the spec.
    pub fn new(meta: ObjectMeta, mut spec: PodSpec, status: PodStatus) -> Self {
        let node_name = spec.node_name.take().filter(|name| !name.is_empty()).map(Arc::from);
        Self { meta, node_name, spec: Arc::new(spec), status }
    }

    /// `spec.priority`, 0 where absent.
    pub fn priority(&self) -> i32 {
        self.spec.priority.unwrap_or(0)
    }

    /// Whether the pod has ended: it exists for nobody but its controller.
    pub fn is_terminal(&self) -> bool {
        matches!(self.status.phase, PodPhase::Succeeded | PodPhase::Failed)
    }

    /// Whether the pod waits for room on a node that others are to make.
    pub fn is_nominated(&self) -> bool {
        self.node_name.is_none()
            && !self.is_terminal()
            && !self.status.nominated_node_name.is_empty()
    }

    /// Whether deletion was asked for.
    pub fn is_terminating(&self) -> bool {
        self.meta.deletion_timestamp.is_some()
    }

    /// The containers that hold resources and ports all along: restartable init containers first,
    /// then the containers.
    pub fn long_running_containers(&self) -> impl Iterator<Item = &Container> {
        let sidecars = self.spec.init_containers.iter().filter(|c| c.is_sidecar());
        sidecars.chain(&self.spec.containers)
    }
}

/// `spec` of a pod, or of a pod template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodSpec {
    /// The node wished or bound; moved to [`Pod::node_name`] for pods, kept in templates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_name: Option<String>,
    /// Init containers, in order.
    pub init_containers: Vec<Container>,
    /// Containers.
    pub containers: Vec<Container>,
    /// Volumes.
    pub volumes: Vec<Volume>,
    /// Pairs that the node's labels must contain.
    pub node_selector: Labels,
    /// Affinities.
    pub affinity: Option<Affinity>,
    /// Tolerations.
    pub tolerations: Vec<Toleration>,
    /// Topology spread constraints.
    pub topology_spread_constraints: Vec<TopologySpreadConstraint>,
    /// Priority; set from the class on admission.
    pub priority: Option<i32>,
    /// Name of the priority class.
    pub priority_class_name: String,
    /// Whether the pod may preempt others.
    pub preemption_policy: Option<PreemptionPolicy>,
    /// Pod-level resources.
    pub resources: Option<ResourceRequirements>,
    /// What the sandbox itself needs, added to the requests.
    pub overhead: ResourceList,
    /// Whether the pod uses the node's network.
    pub host_network: bool,
    /// Which scheduler is asked.
    pub scheduler_name: Option<String>,
    /// Gates that keep the pod out of the queue.
    pub scheduling_gates: Vec<SchedulingGate>,
    /// What happens when a container exits: `Always`, `OnFailure` or `Never`.
    pub restart_policy: Option<RestartPolicy>,
    /// Seconds between the wish to stop and the kill.
    pub termination_grace_period_seconds: Option<i64>,
    /// Resource claims.
    pub resource_claims: Vec<PodResourceClaim>,
    /// Runtime class.
    pub runtime_class_name: Option<String>,
}

/// When containers are restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub enum RestartPolicy {
    /// Whenever they exit.
    Always,
    /// When they exit with an error.
    OnFailure,
    /// Never.
    Never,
}

/// Whether a pod may take the place of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub enum PreemptionPolicy {
    /// It may.
    PreemptLowerPriority,
    /// It waits.
    Never,
}

/// One scheduling gate.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub struct SchedulingGate {
    /// Its name.
    pub name: String,
}

/// A container or init container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Container {
    /// Name, unique in the pod.
    pub name: String,
    /// Image.
    pub image: String,
    /// Requests, limits and claims.
    pub resources: ResourceRequirements,
    /// Ports.
    pub ports: Vec<ContainerPort>,
    /// `Always` makes an init container a sidecar.
    pub restart_policy: Option<RestartPolicy>,
}

impl Container {
    /// Whether this init container is a sidecar: it starts in order and keeps running.
    pub fn is_sidecar(&self) -> bool {
        self.restart_policy == Some(RestartPolicy::Always)
    }
}

/// `resources` of a container or a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ResourceRequirements {
    /// What is reserved.
    pub requests: ResourceList,
    /// What is at most used.
    pub limits: ResourceList,
    /// Resource claims of the pod that this container uses.
    pub claims: Vec<ContainerResourceClaim>,
}

/// A container's use of a resource claim of its pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContainerResourceClaim {
    /// Name of the pod's claim entry.
    pub name: String,
    /// One request of it; empty means all.
    pub request: String,
}

/// A port of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContainerPort {
    /// Port inside the container.
    pub container_port: i32,
    /// Port on the node; 0 means none.
    pub host_port: i32,
    /// Address on the node; empty means all.
    #[serde(rename = "hostIP")]
    pub host_ip: String,
    /// Protocol; empty means TCP.
    pub protocol: String,
}

/// A toleration.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Toleration {
    /// Taint key; empty means every key.
    pub key: String,
    /// How the value is compared.
    pub operator: TolerationOperator,
    /// Operand.
    pub value: String,
    /// Taint effect; absent means every effect.
    #[serde(deserialize_with = "effect_or_empty")]
    pub effect: Option<TaintEffect>,
    /// How long a `NoExecute` taint is endured; absent means for ever.
    pub toleration_seconds: Option<i64>,
}

fn effect_or_empty<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<TaintEffect>, D::Error> {
    let text = Option::<std::borrow::Cow<str>>::deserialize(deserializer)?;
    match text.as_deref() {
        None | Some("") => Ok(None),
        Some(text) => {
            TaintEffect::deserialize(serde::de::value::StrDeserializer::new(text)).map(Some)
        }
    }
}

/// Operators of a toleration.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize,
)]
pub enum TolerationOperator {
    /// Values are equal; also what an absent operator means.
    #[default]
    #[serde(alias = "")]
    Equal,
    /// Any value.
    Exists,
    /// The taint's value is a greater integer; behind an alpha gate that is off, so never true.
    Gt,
    /// The taint's value is a smaller integer; behind an alpha gate that is off, so never true.
    Lt,
    /// An operator that nobody knows; never true.
    #[serde(other)]
    Unknown,
}

impl Toleration {
    /// Whether this toleration tolerates the taint.
    pub fn tolerates(&self, taint: &Taint) -> bool {
        self.effect.is_none_or(|effect| effect == taint.effect)
            && (self.key.is_empty() || self.key == taint.key)
            && match self.operator {
                TolerationOperator::Equal => self.value == taint.value,
                TolerationOperator::Exists => true,
                TolerationOperator::Gt | TolerationOperator::Lt | TolerationOperator::Unknown => {
                    false
                }
            }
    }
}

/// `spec.affinity`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Affinity {
    /// Which nodes.
    pub node_affinity: Option<NodeAffinity>,
    /// Near which pods.
    pub pod_affinity: Option<PodAffinity>,
    /// Away from which pods.
    pub pod_anti_affinity: Option<PodAffinity>,
}

/// Affinity to nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default)]
pub struct NodeAffinity {
    /// Must hold.
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution")]
    pub required: Option<NodeSelector>,
    /// Add to the score. An empty list lets every node score 0; without a list none is scored.
    #[serde(rename = "preferredDuringSchedulingIgnoredDuringExecution")]
    pub preferred: Option<Vec<PreferredSchedulingTerm>>,
}

/// A preferred node selector term.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub struct PreferredSchedulingTerm {
    /// 1 to 100, added where the preference holds.
    pub weight: i32,
    /// The preference.
    pub preference: NodeSelectorTerm,
}

/// Affinity or anti-affinity to pods.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default)]
pub struct PodAffinity {
    /// Must hold.
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution")]
    pub required: Vec<PodAffinityTerm>,
    /// Add to the score, or subtract for anti-affinity.
    #[serde(rename = "preferredDuringSchedulingIgnoredDuringExecution")]
    pub preferred: Vec<WeightedPodAffinityTerm>,
}

/// A weighted term.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WeightedPodAffinityTerm {
    /// 1 to 100.
    pub weight: i32,
    /// The term.
    pub pod_affinity_term: PodAffinityTerm,
}

/// Pods of some namespaces, chosen by labels, seen per topology domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodAffinityTerm {
    /// Which pods; absent means none.
    pub label_selector: Option<LabelSelector>,
    /// Namespaces by name.
    pub namespaces: Vec<String>,
    /// Namespaces by label, besides those by name; absent means none.
    pub namespace_selector: Option<LabelSelector>,
    /// Node label key whose values are the domains.
    pub topology_key: String,
    /// Keys whose values the API server adds to the selector as `In`.
    pub match_label_keys: Vec<String>,
    /// Keys whose values the API server adds to the selector as `NotIn`.
    pub mismatch_label_keys: Vec<String>,
}

impl PodAffinityTerm {
    /// Why upstream could not compile a selector of the term, if so.
    pub fn invalid(&self) -> Option<String> {
        let selectors = [&self.label_selector, &self.namespace_selector];
        selectors.into_iter().flatten().find_map(LabelSelector::invalid)
    }
}

/// A topology spread constraint.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TopologySpreadConstraint {
    /// Largest allowed difference to the emptiest domain.
    pub max_skew: i32,
    /// Node label key whose values are the domains.
    pub topology_key: String,
    /// What to do where the skew would be larger.
    pub when_unsatisfiable: WhenUnsatisfiable,
    /// Which pods count; absent means none.
    #[serde(default)]
    pub label_selector: Option<LabelSelector>,
    /// With fewer domains than this the emptiest one counts as empty.
    #[serde(default)]
    pub min_domains: Option<i32>,
    /// Whether node affinity decides which nodes count; absent means `Honor`.
    #[serde(default)]
    pub node_affinity_policy: Option<NodeInclusionPolicy>,
    /// Whether taints decide which nodes count; absent means `Ignore`.
    #[serde(default)]
    pub node_taints_policy: Option<NodeInclusionPolicy>,
    /// Keys whose values on the pod are added to the selector.
    #[serde(default)]
    pub match_label_keys: Vec<String>,
}

/// What a violated spread constraint means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub enum WhenUnsatisfiable {
    /// The node is refused.
    DoNotSchedule,
    /// The node scores lower.
    ScheduleAnyway,
}

/// Whether a node property is looked at when domains are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub enum NodeInclusionPolicy {
    /// Nodes that the pod cannot use for this reason do not count.
    Honor,
    /// They count.
    Ignore,
}

/// A volume of a pod; only the sources that can decide a placement are modelled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Volume {
    /// Name, unique in the pod.
    pub name: String,
    /// A claim.
    pub persistent_volume_claim: Option<PersistentVolumeClaimVolumeSource>,
    /// A claim made for this pod, named `<pod>-<volume>`.
    pub ephemeral: Option<EphemeralVolumeSource>,
    /// An inline GCE disk.
    pub gce_persistent_disk: Option<GcePersistentDisk>,
    /// An inline EBS volume.
    pub aws_elastic_block_store: Option<AwsElasticBlockStore>,
    /// An inline iSCSI target.
    pub iscsi: Option<Iscsi>,
    /// An inline RBD image.
    pub rbd: Option<Rbd>,
    /// An inline Azure disk.
    pub azure_disk: Option<AzureDisk>,
    /// An inline Cinder volume.
    pub cinder: Option<Cinder>,
    /// An inline Portworx volume.
    pub portworx_volume: Option<PortworxVolume>,
    /// An empty directory; lost when the pod goes.
    pub empty_dir: Option<EmptyDir>,
}

impl Volume {
    /// Whether the volume has a source that is modelled; others cannot decide anything.
    pub fn has_source(&self) -> bool {
        self.empty_dir.is_some() || self.needs_storage()
    }

    /// Whether the volume needs storage from outside the node, which can decide a placement.
    pub fn needs_storage(&self) -> bool {
        let Self { persistent_volume_claim, ephemeral, iscsi, rbd, .. } = self;
        persistent_volume_claim.is_some()
            || ephemeral.is_some()
            || iscsi.is_some()
            || rbd.is_some()
            || self.in_tree_disk().is_some()
    }
}

/// Reference to a claim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PersistentVolumeClaimVolumeSource {
    /// Name of the claim in the pod's namespace.
    pub claim_name: String,
    /// Mounted read-only.
    pub read_only: bool,
}

/// A generic ephemeral volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EphemeralVolumeSource {
    /// What the claim is made from.
    pub volume_claim_template: Option<EphemeralClaimTemplate>,
}

/// Template of the claim of a generic ephemeral volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EphemeralClaimTemplate {
    /// Spec of the claim.
    pub spec: PersistentVolumeClaimSpec,
}

/// A GCE persistent disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GcePersistentDisk {
    /// Disk name.
    pub pd_name: String,
    /// Mounted read-only.
    pub read_only: bool,
}

/// An EBS volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AwsElasticBlockStore {
    /// Volume id, `vol-…` or `aws://zone/vol-…`.
    #[serde(rename = "volumeID")]
    pub volume_id: String,
    /// Mounted read-only.
    pub read_only: bool,
}

/// An iSCSI target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Iscsi {
    /// Qualified name of the target.
    pub iqn: String,
    /// Mounted read-only.
    pub read_only: bool,
}

/// A RADOS block device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Rbd {
    /// Monitors.
    #[serde(alias = "monitors")]
    pub monitors: Vec<String>,
    /// Image.
    pub image: String,
    /// Pool; the API server fills in `rbd`.
    pub pool: String,
    /// Mounted read-only.
    pub read_only: bool,
}

/// An Azure disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AzureDisk {
    /// Disk name.
    pub disk_name: String,
    /// URI of the disk.
    #[serde(rename = "diskURI")]
    pub disk_uri: String,
}

/// A Cinder volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Cinder {
    /// Volume id.
    #[serde(rename = "volumeID")]
    pub volume_id: String,
}

/// A Portworx volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PortworxVolume {
    /// Volume id.
    #[serde(rename = "volumeID")]
    pub volume_id: String,
}

/// An empty directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EmptyDir {}

/// One entry of `spec.resourceClaims`: exactly one of the names is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodResourceClaim {
    /// Name that containers refer to.
    pub name: String,
    /// An existing claim.
    pub resource_claim_name: Option<String>,
    /// A template from which a claim is made for this pod.
    pub resource_claim_template_name: Option<String>,
}

/// `status` of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodStatus {
    /// Phase; `Pending` where absent.
    pub phase: PodPhase,
    /// Node on which preemption made room.
    pub nominated_node_name: String,
    /// When the kubelet accepted the pod.
    pub start_time: Option<Timestamp>,
    /// Conditions.
    pub conditions: Vec<PodCondition>,
    /// State of the containers.
    pub container_statuses: Vec<ContainerStatus>,
    /// State of the init containers.
    pub init_container_statuses: Vec<ContainerStatus>,
    /// Claims that were made from templates.
    pub resource_claim_statuses: Vec<PodResourceClaimStatus>,
}

/// Phase of a pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub enum PodPhase {
    /// Accepted, not all containers started.
    #[default]
    Pending,
    /// Bound and started.
    Running,
    /// Every container ended well.
    Succeeded,
    /// Every container ended, one of them not well.
    Failed,
    /// No longer reported by current releases.
    Unknown,
}

/// A condition of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodCondition {
    /// Type, e.g. `Ready`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// Reason, e.g. `PreemptionByScheduler`.
    pub reason: String,
}

/// State of one container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContainerStatus {
    /// Container name.
    pub name: String,
    /// Resources that are in force, where an in-place resize is known.
    pub resources: Option<ResourceRequirements>,
    /// Resources that the node has set aside.
    pub allocated_resources: ResourceList,
}

/// The claim that was made for an entry of `spec.resourceClaims`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodResourceClaimStatus {
    /// Name of the entry.
    pub name: String,
    /// Name of the claim; `None` means that none is needed.
    pub resource_claim_name: Option<String>,
}
