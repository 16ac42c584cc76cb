//! What a reason means for whoever has to act: a stable code, the changes that may cure it, and a
//! sentence of advice.
//!
//! Source of the cures: the events that each plugin registers for re-queueing
//! (`EventsToRegister` of `pkg/scheduler/framework/plugins/*`, v1.35).

use super::reason::{Code, Reason, Rejection};

/// A kind of change that may make a pod fit that did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cure {
    /// A node is added.
    NodeAdded,
    /// A node offers more.
    NodeAllocatable,
    /// A node's labels change.
    NodeLabels,
    /// A node's taints change, or it is uncordoned.
    NodeTaints,
    /// A pod is removed.
    PodRemoved,
    /// A pod is added, or its labels change.
    PodAdded,
    /// The pod itself is changed: fewer requests, other selectors, tolerations or gates.
    PodChanged,
    /// A claim, volume, storage class, driver or capacity is added or changed.
    Storage,
    /// A resource claim, device class or resource slice is added or changed.
    Devices,
}

impl Cure {
    /// The name that machine-readable output uses; it never changes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NodeAdded => "node-added",
            Self::NodeAllocatable => "node-allocatable",
            Self::NodeLabels => "node-labels",
            Self::NodeTaints => "node-taints",
            Self::PodRemoved => "pod-removed",
            Self::PodAdded => "pod-added",
            Self::PodChanged => "pod-changed",
            Self::Storage => "storage",
            Self::Devices => "devices",
        }
    }
}

impl Rejection {
    /// Whether removing pods of lower priority from the node might help.
    pub fn preemption_might_help(&self) -> bool {
        self.code == Code::Unschedulable
    }
}

/// Code, cures and advice of one reason.
type Facts = (&'static str, &'static [Cure], &'static str);

impl Reason {
    /// A code for programs; it never changes and is never used for something else.
    pub fn code(&self) -> &'static str {
        self.facts().0
    }

    /// The kinds of change that may cure it.
    pub fn cures(&self) -> &'static [Cure] {
        self.facts().1
    }

    /// What to do about it, a sentence for people.
    pub fn remedy(&self) -> &'static str {
        self.facts().2
    }

    fn facts(&self) -> Facts {
        use Cure::*;
        const STORAGE: &[Cure] = &[Storage, NodeAdded, NodeLabels];
        match self {
            Self::SchedulingGates(_) => {
                ("scheduling-gated", &[PodChanged], "remove the pod's scheduling gates")
            }
            Self::NodeUnschedulable => (
                "node-unschedulable",
                &[NodeTaints, NodeAdded],
                "uncordon the node, or tolerate node.kubernetes.io/unschedulable",
            ),
            Self::NodeName => {
                ("node-name", &[NodeAdded, PodChanged], "leave spec.nodeName to the scheduler")
            }
            Self::UntoleratedTaint => (
                "untolerated-taint",
                &[NodeTaints, NodeAdded, PodChanged],
                "tolerate the node's taints, or remove them",
            ),
            Self::NodeAffinity => (
                "node-affinity",
                &[NodeLabels, NodeAdded, PodChanged],
                "label the node as the pod's nodeSelector and node affinity want it, or relax them",
            ),
            Self::EnforcedNodeAffinity => (
                "enforced-node-affinity",
                &[NodeLabels, NodeAdded],
                "label the node as the profile's addedAffinity wants it",
            ),
            Self::NodeAffinityConflict => (
                "node-affinity-conflict",
                &[PodChanged],
                "no node can have all the names that one term requires; correct the pod's affinity",
            ),
            Self::HostPort => (
                "host-port",
                &[PodRemoved, NodeAdded, PodChanged],
                "free the host port, add a node, or do without hostPort",
            ),
            Self::TooManyPods => (
                "too-many-pods",
                &[PodRemoved, NodeAdded, NodeAllocatable],
                "remove pods, add a node, or raise the node's pod limit",
            ),
            Self::InsufficientResource(_) => (
                "insufficient-resource",
                &[PodRemoved, NodeAdded, NodeAllocatable, PodChanged],
                "lower the pod's requests, remove pods, or add a node that has the resource",
            ),
            Self::TopologySpread => (
                "topology-spread",
                &[PodRemoved, PodAdded, NodeAdded, NodeLabels],
                "fill the emptier domains first, add nodes to them, or raise maxSkew",
            ),
            Self::TopologySpreadLabel => (
                "topology-spread-label",
                &[NodeLabels, NodeAdded],
                "label the node with the constraint's topologyKey",
            ),
            Self::PodAffinity => (
                "pod-affinity",
                &[PodAdded, NodeLabels, NodeAdded],
                "place a pod that the affinity asks for in the node's domain first",
            ),
            Self::PodAntiAffinity => (
                "pod-anti-affinity",
                &[PodRemoved, NodeAdded, NodeLabels],
                "add a node in a domain without such pods, or make the anti-affinity preferred",
            ),
            Self::ExistingPodAntiAffinity => (
                "existing-pod-anti-affinity",
                &[PodRemoved, NodeAdded, NodeLabels],
                "a running pod refuses this one nearby: add a node in another domain",
            ),
            Self::DiskConflict => (
                "disk-conflict",
                &[PodRemoved, NodeAdded],
                "the disk is mounted there by another pod: use it read-only or remove that pod",
            ),
            Self::ReadWriteOncePodConflict => (
                "read-write-once-pod",
                &[PodRemoved],
                "only one pod at a time may use the claim: remove the other one",
            ),
            Self::ClaimNotFound(_) | Self::LookingUpClaim(..) => {
                ("claim-not-found", &[Storage], "create the PersistentVolumeClaim")
            }
            Self::VolumeNotFound(_) | Self::BoundVolumeNotFound => {
                ("volume-not-found", &[Storage], "restore the PersistentVolume of the claim")
            }
            Self::StorageClassNotFound(_) => {
                ("storage-class-not-found", &[Storage], "create the StorageClass")
            }
            Self::TooManyVolumes => (
                "too-many-volumes",
                &[PodRemoved, NodeAdded, Storage],
                "the driver can attach no more volumes to the node: remove pods or add a node",
            ),
            Self::UnboundImmediateClaims => (
                "unbound-immediate-claims",
                &[Storage],
                "bind the claims first, or use a class with volumeBindingMode WaitForFirstConsumer",
            ),
            Self::AwaitedEphemeralClaim(_) => {
                ("awaited-ephemeral-claim", &[Storage], "wait until the claim is created")
            }
            Self::LostClaim(..) => {
                ("lost-claim", &[Storage], "the claim has lost its volume: recreate it")
            }
            Self::TerminatingClaim(_) => {
                ("terminating-claim", &[Storage], "the claim is being deleted: use another one")
            }
            Self::ForeignClaim(..) => {
                ("foreign-claim", &[Storage], "rename the claim that stands in the pod's way")
            }
            Self::VolumeBindConflict => (
                "volume-binding",
                STORAGE,
                "create a PersistentVolume that matches the claim and is usable from the node",
            ),
            Self::VolumeNodeConflict => (
                "volume-node-affinity",
                STORAGE,
                "the claim's volume is usable from other nodes only",
            ),
            Self::NotEnoughStorage => {
                ("not-enough-storage", STORAGE, "free storage of the class, or ask for less")
            }
            Self::VolumeZoneConflict => {
                ("volume-zone", STORAGE, "the claim's volume is in another zone: add a node there")
            }
            Self::ClaimWithoutName => {
                ("claim-without-name", &[PodChanged], "name the claim of the volume")
            }
            Self::ClaimWithoutVolumeAndClass | Self::VolumeWithoutName => {
                ("claim-unbound", &[Storage], "bind the claim, or give it a storage class")
            }
            Self::BindingModeNotSet(_) => {
                ("binding-mode-not-set", &[Storage], "set volumeBindingMode of the StorageClass")
            }
            Self::CannotAllocateClaims => (
                "cannot-allocate-claims",
                &[Devices, NodeAdded, PodRemoved],
                "free devices that the claims ask for, or add a node that has them",
            ),
            Self::ClaimNotAvailable => (
                "claim-not-available",
                &[Devices, NodeAdded],
                "the claim's devices are usable from other nodes only",
            ),
            Self::InvalidResourcePools => {
                ("invalid-resource-pools", &[Devices], "correct the driver's ResourceSlices")
            }
            Self::AllocationTimeout => {
                ("allocation-timeout", &[Devices], "simplify the claims' requests")
            }
            Self::Other(_) => ("other", &[PodChanged], "see the text"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_a_word_for_programs_and_every_reason_has_a_cure_and_advice() {
        let reasons = [
            Reason::NodeUnschedulable,
            Reason::UntoleratedTaint,
            Reason::InsufficientResource("cpu".into()),
            Reason::TopologySpread,
            Reason::VolumeBindConflict,
            Reason::ClaimNotFound("data".into()),
            Reason::CannotAllocateClaims,
            Reason::Other("text".into()),
        ];
        for reason in reasons {
            let code = reason.code();
            assert!(code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{code}");
            assert!(!reason.cures().is_empty() && !reason.remedy().is_empty(), "{code}");
        }
    }
}
