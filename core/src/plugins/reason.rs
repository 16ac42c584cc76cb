//! Why a node or a pod is rejected: typed reasons, from which every text is rendered.
//!
//! Source of the texts: `pkg/scheduler/framework/plugins/*` (v1.35).

use super::Plugin;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::fmt;

/// How a rejection is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// Removing pods from the node might help.
    Unschedulable,
    /// Removing pods from the node cannot help.
    UnschedulableAndUnresolvable,
    /// The plugin failed; the whole attempt ends.
    Error,
}

impl Code {
    /// The name that recordings and machine-readable output use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unschedulable => "Unschedulable",
            Self::UnschedulableAndUnresolvable => "UnschedulableAndUnresolvable",
            Self::Error => "Error",
        }
    }
}

/// A plugin's no to a node, or to a pod as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rejection {
    /// Who says no.
    pub plugin: Plugin,
    /// Whether preemption might help.
    pub code: Code,
    /// Why, in the order in which the plugin found out. Never empty.
    pub reasons: SmallVec<[Reason; 1]>,
}

impl Rejection {
    /// A rejection for one reason.
    pub fn new(plugin: Plugin, code: Code, reason: Reason) -> Self {
        Self { plugin, code, reasons: SmallVec::from_iter([reason]) }
    }

    /// All reasons as one text.
    pub fn text(&self) -> String {
        let reasons: Vec<_> = self.reasons.iter().map(Reason::to_string).collect();
        reasons.join(", ")
    }
}

/// One reason. [`fmt::Display`] is kube-scheduler's text, word for word.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The pod is gated; names of the gates.
    SchedulingGates(Box<[String]>),
    /// The node is cordoned.
    NodeUnschedulable,
    /// The pod names another node.
    NodeName,
    /// A taint is not tolerated.
    UntoleratedTaint,
    /// The pod's node selector or node affinity does not match.
    NodeAffinity,
    /// The profile's own node affinity does not match.
    EnforcedNodeAffinity,
    /// No node name satisfies all terms.
    NodeAffinityConflict,
    /// A host port is taken.
    HostPort,
    /// The node has as many pods as it takes.
    TooManyPods,
    /// Too little of a resource is left; its name.
    InsufficientResource(Cow<'static, str>),
    /// A spread constraint would be violated.
    TopologySpread,
    /// The node lacks the label of a spread constraint.
    TopologySpreadLabel,
    /// Required pod affinity does not hold.
    PodAffinity,
    /// Required pod anti-affinity does not hold.
    PodAntiAffinity,
    /// Required anti-affinity of a running pod does not hold.
    ExistingPodAntiAffinity,
    /// An inline disk of the pod is in use on the node.
    DiskConflict,
    /// A claim that only one pod may use is in use.
    ReadWriteOncePodConflict,
    /// There is no such claim; its name.
    ClaimNotFound(Box<str>),
    /// There is no such claim, found out by NodeVolumeLimits; its namespace and name.
    LookingUpClaim(Box<str>, Box<str>),
    /// There is no such volume; its name.
    VolumeNotFound(Box<str>),
    /// There is no such storage class; its name.
    StorageClassNotFound(Box<str>),
    /// A driver cannot attach that many volumes.
    TooManyVolumes,
    /// A claim should have been bound before.
    UnboundImmediateClaims,
    /// The claim of an ephemeral volume is not there yet; its name.
    AwaitedEphemeralClaim(Box<str>),
    /// A claim has lost its volume; the names of both.
    LostClaim(Box<str>, Box<str>),
    /// A claim is being deleted; its name.
    TerminatingClaim(Box<str>),
    /// A claim has the name of one made for this pod, but was not; `namespace/name` of claim and pod.
    ForeignClaim(Box<str>, Box<str>),
    /// No volume for a claim, and none can be made.
    VolumeBindConflict,
    /// A bound volume cannot be used on the node.
    VolumeNodeConflict,
    /// Too little space to make a volume.
    NotEnoughStorage,
    /// A claim is bound to a volume that is not there.
    BoundVolumeNotFound,
    /// A volume is in another zone.
    VolumeZoneConflict,
    /// A volume of the pod names no claim.
    ClaimWithoutName,
    /// A claim has neither a volume nor a class.
    ClaimWithoutVolumeAndClass,
    /// A claim that is bound at once has no volume.
    VolumeWithoutName,
    /// A storage class does not say when claims are bound; its name.
    BindingModeNotSet(Box<str>),
    /// The node does not have the devices that the claims without an allocation ask for.
    CannotAllocateClaims,
    /// The devices of an allocated claim cannot be used on the node.
    ClaimNotAvailable,
    /// Allocation failed where a pool of devices names one twice.
    InvalidResourcePools,
    /// The search for devices was given up.
    AllocationTimeout,
    /// A text that stems from a name or an error and stands for itself.
    Other(Box<str>),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SchedulingGates(gates) => {
                return write!(f, "waiting for scheduling gates: [{}]", gates.join(" "));
            }
            Self::InsufficientResource(name) => return write!(f, "Insufficient {name}"),
            Self::ClaimNotFound(claim) => {
                return write!(f, "persistentvolumeclaim \"{claim}\" not found");
            }
            Self::LookingUpClaim(namespace, claim) => {
                return write!(
                    f,
                    "looking up PVC {namespace}/{claim}: persistentvolumeclaim \"{claim}\" not found"
                );
            }
            Self::VolumeNotFound(volume) => {
                return write!(f, "persistentvolume \"{volume}\" not found");
            }
            Self::StorageClassNotFound(class) => {
                return write!(f, "storageclass.storage.k8s.io \"{class}\" not found");
            }
            Self::AwaitedEphemeralClaim(claim) => {
                return write!(
                    f,
                    "waiting for ephemeral volume controller to create the persistentvolumeclaim \
                     \"{claim}\""
                );
            }
            Self::LostClaim(claim, volume) => {
                return write!(
                    f,
                    "persistentvolumeclaim \"{claim}\" bound to non-existent persistentvolume \
                     \"{volume}\""
                );
            }
            Self::TerminatingClaim(claim) => {
                return write!(f, "persistentvolumeclaim \"{claim}\" is being deleted");
            }
            Self::ForeignClaim(claim, pod) => {
                return write!(f, "PVC {claim} was not created for pod {pod} (pod is not owner)");
            }
            Self::BindingModeNotSet(class) => {
                return write!(f, "VolumeBindingMode not set for StorageClass \"{class}\"");
            }
            Self::Other(text) => text,
            Self::DiskConflict => "node(s) had no available disk",
            Self::ReadWriteOncePodConflict => {
                "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access \
                 mode already in-use by another pod"
            }
            Self::TooManyVolumes => "node(s) exceed max volume count",
            Self::UnboundImmediateClaims => "pod has unbound immediate PersistentVolumeClaims",
            Self::VolumeBindConflict => "node(s) didn't find available persistent volumes to bind",
            Self::VolumeNodeConflict => "node(s) didn't match PersistentVolume's node affinity",
            Self::NotEnoughStorage => "node(s) did not have enough free storage",
            Self::BoundVolumeNotFound => {
                "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"
            }
            Self::VolumeZoneConflict => "node(s) had no available volume zone",
            Self::ClaimWithoutName => "PersistentVolumeClaim had no name",
            Self::ClaimWithoutVolumeAndClass => {
                "PersistentVolumeClaim had no pv name and storageClass name"
            }
            Self::VolumeWithoutName => "PersistentVolume had no name",
            Self::CannotAllocateClaims => "cannot allocate all claims",
            Self::ClaimNotAvailable => "resourceclaim not available on the node",
            Self::InvalidResourcePools => "invalid resource pools were encountered",
            Self::AllocationTimeout => "timed out trying to allocate devices",
            Self::NodeUnschedulable => "node(s) were unschedulable",
            Self::NodeName => "node(s) didn't match the requested node name",
            Self::UntoleratedTaint => "node(s) had untolerated taint(s)",
            Self::NodeAffinity => "node(s) didn't match Pod's node affinity/selector",
            Self::EnforcedNodeAffinity => "node(s) didn't match scheduler-enforced node affinity",
            Self::NodeAffinityConflict => "pod affinity terms conflict",
            Self::HostPort => "node(s) didn't have free ports for the requested pod ports",
            Self::TooManyPods => "Too many pods",
            Self::TopologySpread => "node(s) didn't match pod topology spread constraints",
            Self::TopologySpreadLabel => {
                "node(s) didn't match pod topology spread constraints (missing required label)"
            }
            Self::PodAffinity => "node(s) didn't match pod affinity rules",
            Self::PodAntiAffinity => "node(s) didn't match pod anti-affinity rules",
            Self::ExistingPodAntiAffinity => {
                "node(s) didn't satisfy existing pods anti-affinity rules"
            }
        })
    }
}
