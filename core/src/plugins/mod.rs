//! The scheduler's plugins, a folder each, by their own names.
//!
//! Every plugin exists twice: `plain.rs` is the rule over objects, written straight from the
//! specification, slow and obviously right; `fast.rs` is the same over columns. The plain one
//! judges the fast one and is what `explain` prints.

pub mod contract;
pub mod dynamic_resources;
pub mod host;
pub mod image_locality;
pub mod inter_pod_affinity;
pub mod node_affinity;
pub mod node_name;
pub mod node_ports;
pub mod node_resources_balanced_allocation;
pub mod node_resources_fit;
pub mod node_unschedulable;
pub mod node_volume_limits;
pub mod pod_topology_spread;
pub mod reason;
pub mod remedy;
pub mod scheduling_gates;
pub mod taint_toleration;
pub mod volume_binding;
#[cfg(test)]
mod volume_cluster;
pub mod volume_restrictions;
pub mod volume_zone;

use contract::Plain;
use host::{HostRule, Hosts};
use std::fmt;

/// A plugin of the default scheduler that takes part in decisions. The order of the variants is
/// the order of the default profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Plugin {
    /// Keeps gated pods out of the queue.
    SchedulingGates,
    /// Refuses cordoned nodes.
    NodeUnschedulable,
    /// Refuses nodes other than the one the pod names.
    NodeName,
    /// Taints and tolerations.
    TaintToleration,
    /// `nodeSelector` and node affinity.
    NodeAffinity,
    /// Host ports.
    NodePorts,
    /// Resources fit; scores how much is left.
    NodeResourcesFit,
    /// Inline disks and ReadWriteOncePod claims.
    VolumeRestrictions,
    /// Attach limits of CSI drivers.
    NodeVolumeLimits,
    /// Claims can be bound.
    VolumeBinding,
    /// Zone labels of volumes.
    VolumeZone,
    /// Topology spread constraints.
    PodTopologySpread,
    /// Affinity and anti-affinity to pods.
    InterPodAffinity,
    /// Devices.
    DynamicResources,
    /// Makes room by removing pods of lower priority.
    DefaultPreemption,
    /// Scores how evenly resources are used.
    NodeResourcesBalancedAllocation,
    /// Scores images that are already there.
    ImageLocality,
    /// A plugin of the host, by its name; see [`host`].
    Host(&'static str),
}

impl Plugin {
    /// Every plugin.
    pub const ALL: &[Self] = &[
        Self::SchedulingGates,
        Self::NodeUnschedulable,
        Self::NodeName,
        Self::TaintToleration,
        Self::NodeAffinity,
        Self::NodePorts,
        Self::NodeResourcesFit,
        Self::VolumeRestrictions,
        Self::NodeVolumeLimits,
        Self::VolumeBinding,
        Self::VolumeZone,
        Self::PodTopologySpread,
        Self::InterPodAffinity,
        Self::DynamicResources,
        Self::DefaultPreemption,
        Self::NodeResourcesBalancedAllocation,
        Self::ImageLocality,
    ];

    /// The plugin of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|plugin| plugin.name() == name)
    }

    /// The name that configuration and messages use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SchedulingGates => "SchedulingGates",
            Self::NodeUnschedulable => "NodeUnschedulable",
            Self::NodeName => "NodeName",
            Self::TaintToleration => "TaintToleration",
            Self::NodeAffinity => "NodeAffinity",
            Self::NodePorts => "NodePorts",
            Self::NodeResourcesFit => "NodeResourcesFit",
            Self::VolumeRestrictions => "VolumeRestrictions",
            Self::NodeVolumeLimits => "NodeVolumeLimits",
            Self::VolumeBinding => "VolumeBinding",
            Self::VolumeZone => "VolumeZone",
            Self::PodTopologySpread => "PodTopologySpread",
            Self::InterPodAffinity => "InterPodAffinity",
            Self::DynamicResources => "DynamicResources",
            Self::DefaultPreemption => "DefaultPreemption",
            Self::NodeResourcesBalancedAllocation => "NodeResourcesBalancedAllocation",
            Self::ImageLocality => "ImageLocality",
            Self::Host(name) => name,
        }
    }
}

/// The plain rule of a plugin, for one attempt of one pod; `None` where the plugin takes part in
/// no question of [`Plain`].
pub fn plain<'a>(plugin: Plugin, hosts: &Hosts) -> Option<Box<dyn Plain<'a> + 'a>> {
    Some(match plugin {
        Plugin::SchedulingGates => Box::new(scheduling_gates::plain::SchedulingGates::new()),
        Plugin::NodeUnschedulable => Box::new(node_unschedulable::plain::NodeUnschedulable::new()),
        Plugin::NodeName => Box::new(node_name::plain::NodeName::new()),
        Plugin::TaintToleration => Box::new(taint_toleration::plain::TaintToleration::new()),
        Plugin::NodeAffinity => Box::new(node_affinity::plain::NodeAffinity::new()),
        Plugin::NodePorts => Box::new(node_ports::plain::NodePorts::new()),
        Plugin::NodeResourcesFit => Box::new(node_resources_fit::plain::NodeResourcesFit::new()),
        Plugin::VolumeRestrictions => {
            Box::new(volume_restrictions::plain::VolumeRestrictions::new())
        }
        Plugin::NodeVolumeLimits => Box::new(node_volume_limits::plain::NodeVolumeLimits::new()),
        Plugin::VolumeBinding => Box::new(volume_binding::plain::VolumeBinding::new()),
        Plugin::VolumeZone => Box::new(volume_zone::plain::VolumeZone::new()),
        Plugin::PodTopologySpread => Box::new(pod_topology_spread::plain::PodTopologySpread::new()),
        Plugin::InterPodAffinity => Box::new(inter_pod_affinity::plain::InterPodAffinity::new()),
        Plugin::NodeResourcesBalancedAllocation => {
            Box::new(node_resources_balanced_allocation::plain::NodeResourcesBalancedAllocation)
        }
        Plugin::ImageLocality => Box::new(image_locality::plain::ImageLocality::new()),
        Plugin::DynamicResources => Box::new(dynamic_resources::plain::DynamicResources::default()),
        Plugin::Host(_) => Box::new(HostRule::new(plugin, hosts)),
        Plugin::DefaultPreemption => return None,
    })
}

impl fmt::Display for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
