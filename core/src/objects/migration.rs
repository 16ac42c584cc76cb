//! In-tree disks as the volumes of the CSI drivers that have taken their place.
//!
//! Source: `k8s.io/csi-translation-lib/plugins`, `pkg/scheduler/framework/plugins/nodevolumelimits`
//! (v1.35).

use super::labels::{NodeOperator, NodeRequirement, NodeSelectorTerm};
use super::meta::Labels;
use super::node::{BETA_REGION, BETA_ZONE, REGION, ZONE};
use super::pod::{
    AwsElasticBlockStore, AzureDisk, Cinder, GcePersistentDisk, PortworxVolume, Volume,
};
use super::storage::{CsiNode, PersistentVolume, PersistentVolumeSpec, VolumeNodeAffinity};
use std::borrow::Cow;
use std::collections::BTreeSet;

const MIGRATED_PLUGINS: &str = "storage.alpha.kubernetes.io/migrated-plugins";

/// An in-tree volume plugin that a CSI driver has replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InTreePlugin {
    /// Amazon EBS.
    AwsEbs,
    /// Google persistent disks.
    GcePd,
    /// Azure disks.
    AzureDisk,
    /// Azure files; never counted as attached.
    AzureFile,
    /// OpenStack Cinder.
    Cinder,
    /// Portworx.
    Portworx,
    /// vSphere; never counted as attached.
    Vsphere,
}

impl InTreePlugin {
    /// The plugin of that name, as a class's provisioner has it.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "kubernetes.io/aws-ebs" => Self::AwsEbs,
            "kubernetes.io/gce-pd" => Self::GcePd,
            "kubernetes.io/azure-disk" => Self::AzureDisk,
            "kubernetes.io/azure-file" => Self::AzureFile,
            "kubernetes.io/cinder" => Self::Cinder,
            "kubernetes.io/portworx-volume" => Self::Portworx,
            "kubernetes.io/vsphere-volume" => Self::Vsphere,
            _ => return None,
        })
    }

    /// The plugin's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AwsEbs => "kubernetes.io/aws-ebs",
            Self::GcePd => "kubernetes.io/gce-pd",
            Self::AzureDisk => "kubernetes.io/azure-disk",
            Self::AzureFile => "kubernetes.io/azure-file",
            Self::Cinder => "kubernetes.io/cinder",
            Self::Portworx => "kubernetes.io/portworx-volume",
            Self::Vsphere => "kubernetes.io/vsphere-volume",
        }
    }

    /// The driver whose attach limit on this node counts volumes of the plugin; `None` where they
    /// are not counted. The node's annotation decides for Portworx only.
    pub fn counted_driver(self, csi_node: &CsiNode) -> Option<&'static str> {
        match self {
            Self::AwsEbs => Some("ebs.csi.aws.com"),
            Self::GcePd => Some("pd.csi.storage.gke.io"),
            Self::AzureDisk => Some("disk.csi.azure.com"),
            Self::Cinder => Some("cinder.csi.openstack.org"),
            Self::Portworx => csi_node.has_migrated(self).then_some("pxd.portworx.com"),
            Self::AzureFile | Self::Vsphere => None,
        }
    }

    /// The label key by which the driver says where a disk is; `None` where the affinity of a
    /// volume is left as it is.
    const fn topology_key(self) -> Option<&'static str> {
        match self {
            Self::AwsEbs => Some("topology.ebs.csi.aws.com/zone"),
            Self::GcePd => Some("topology.gke.io/zone"),
            Self::Cinder => Some("topology.cinder.csi.openstack.org/zone"),
            Self::AzureDisk | Self::AzureFile | Self::Portworx | Self::Vsphere => None,
        }
    }
}

impl CsiNode {
    /// Whether the node's annotation lists the plugin as migrated.
    pub fn has_migrated(&self, plugin: InTreePlugin) -> bool {
        let listed = self.meta.annotations.get(MIGRATED_PLUGINS);
        listed.is_some_and(|names| names.split(',').any(|name| name == plugin.name()))
    }
}

/// A disk of an in-tree plugin.
#[derive(Clone, Copy, Debug)]
pub enum InTreeDisk<'a> {
    /// Amazon EBS.
    AwsEbs(&'a AwsElasticBlockStore),
    /// Google persistent disk.
    GcePd(&'a GcePersistentDisk),
    /// Azure disk.
    AzureDisk(&'a AzureDisk),
    /// OpenStack Cinder.
    Cinder(&'a Cinder),
    /// Portworx.
    Portworx(&'a PortworxVolume),
}

macro_rules! in_tree_disk {
    ($owner:ty) => {
        impl $owner {
            /// The in-tree disk, where the source is one.
            pub fn in_tree_disk(&self) -> Option<InTreeDisk<'_>> {
                let disk = self.aws_elastic_block_store.as_ref().map(InTreeDisk::AwsEbs);
                disk.or_else(|| self.gce_persistent_disk.as_ref().map(InTreeDisk::GcePd))
                    .or_else(|| self.azure_disk.as_ref().map(InTreeDisk::AzureDisk))
                    .or_else(|| self.cinder.as_ref().map(InTreeDisk::Cinder))
                    .or_else(|| self.portworx_volume.as_ref().map(InTreeDisk::Portworx))
            }
        }
    };
}

in_tree_disk!(Volume);
in_tree_disk!(PersistentVolumeSpec);

impl InTreeDisk<'_> {
    /// The disk's plugin.
    pub const fn plugin(self) -> InTreePlugin {
        match self {
            Self::AwsEbs(_) => InTreePlugin::AwsEbs,
            Self::GcePd(_) => InTreePlugin::GcePd,
            Self::AzureDisk(_) => InTreePlugin::AzureDisk,
            Self::Cinder(_) => InTreePlugin::Cinder,
            Self::Portworx(_) => InTreePlugin::Portworx,
        }
    }

    /// The driver's name for the disk; `labels` are those of its volume, none for an inline disk.
    /// `None` where the disk cannot be translated.
    pub fn volume_handle(self, labels: &Labels) -> Option<String> {
        match self {
            Self::AwsEbs(disk) => {
                let id = disk.volume_id.as_str();
                // `aws://zone/vol-x` names the zone; `aws:///vol-x` does not.
                let path = id.strip_prefix("aws://").and_then(|rest| rest.split_once('/'));
                Some(path.map_or(id, |(_, path)| path.trim_matches('/')).to_owned())
            }
            Self::GcePd(disk) => Some(format!("{}/disks/{}", gce_location(labels)?, disk.pd_name)),
            Self::AzureDisk(disk) => Some(disk.disk_uri.clone()),
            Self::Cinder(disk) => Some(disk.volume_id.clone()),
            Self::Portworx(disk) => Some(disk.volume_id.clone()),
        }
    }
}

/// Where a Google disk is, as its handle has it: a zone, or a region where the label has several.
fn gce_location(labels: &Labels) -> Option<String> {
    let zones = labels.get(BETA_ZONE).or_else(|| labels.get(ZONE)).map_or("", String::as_str);
    let zones = split_zones(zones);
    match zones.len() {
        0 => Some("projects/UNSPECIFIED/zones/UNSPECIFIED".to_owned()),
        1 => zones.first().map(|zone| format!("projects/UNSPECIFIED/zones/{zone}")),
        _ => {
            let regions: Option<BTreeSet<String>> = zones.iter().map(|z| gce_region(z)).collect();
            let regions = regions.filter(|regions| regions.len() == 1)?;
            regions.first().map(|region| format!("projects/UNSPECIFIED/regions/{region}"))
        }
    }
}

/// The region of a zone `x-y-z`.
fn gce_region(zone: &str) -> Option<String> {
    let (region, _) = zone.rsplit_once('-')?;
    (region.split('-').count() == 2).then(|| region.to_owned())
}

/// The zones of a label value, which may name several.
fn split_zones(label: &str) -> BTreeSet<&str> {
    label.split("__").map(str::trim).filter(|zone| !zone.is_empty()).collect()
}

impl PersistentVolume {
    /// Where the volume can be used, as the node's driver sees it: an in-tree disk that the node
    /// has migrated speaks of zones in the driver's words.
    pub fn affinity_on(&self, csi_node: Option<&CsiNode>) -> Option<Cow<'_, VolumeNodeAffinity>> {
        let written = self.spec.node_affinity.as_ref();
        let plugin = self.spec.in_tree_disk().map(InTreeDisk::plugin);
        let topology_key = plugin
            .filter(|plugin| csi_node.is_some_and(|node| node.has_migrated(*plugin)))
            .and_then(InTreePlugin::topology_key);
        match topology_key {
            None => written.map(Cow::Borrowed),
            Some(key) => {
                let mut affinity = written.cloned().unwrap_or_default();
                translate_topology(&mut affinity, &self.meta.labels, key);
                Some(Cow::Owned(affinity))
            }
        }
    }
}

/// Says zones by the driver's topology key and regions by their current name.
fn translate_topology(affinity: &mut VolumeNodeAffinity, labels: &Labels, topology_key: &str) {
    let in_affinity = |key: &str| requirements(affinity).any(|requirement| requirement.key == key);
    let beta_label = labels.contains_key(BETA_ZONE) && !labels.contains_key(ZONE);
    let is_beta = !in_affinity(ZONE) && (in_affinity(BETA_ZONE) || beta_label);
    let zone_key = if is_beta { BETA_ZONE } else { ZONE };
    let has_zones = requirements(affinity).any(|r| r.key == zone_key && !r.values.is_empty());
    if has_zones {
        rename_key(affinity, zone_key, topology_key);
    } else if let Some(label) = labels.get(zone_key) {
        add_requirement(affinity, topology_key, split_zones(label));
    }
    if is_beta {
        rename_key(affinity, BETA_REGION, REGION);
    }
}

fn requirements(affinity: &VolumeNodeAffinity) -> impl Iterator<Item = &NodeRequirement> {
    let terms = affinity.required.iter().flat_map(|selector| &selector.node_selector_terms);
    terms.flat_map(|term| &term.match_expressions)
}

fn rename_key(affinity: &mut VolumeNodeAffinity, from: &str, to: &str) {
    let terms = affinity.required.iter_mut().flat_map(|selector| &mut selector.node_selector_terms);
    for requirement in terms.flat_map(|term| &mut term.match_expressions) {
        if requirement.key == from {
            requirement.key = to.to_owned();
        }
    }
}

fn add_requirement(affinity: &mut VolumeNodeAffinity, key: &str, zones: BTreeSet<&str>) {
    if zones.is_empty() {
        return;
    }
    let terms = &mut affinity.required.get_or_insert_default().node_selector_terms;
    if terms.is_empty() {
        terms.push(NodeSelectorTerm::default());
    }
    for term in terms {
        term.match_expressions.push(NodeRequirement {
            key: key.to_owned(),
            operator: NodeOperator::In,
            values: zones.iter().map(|zone| (*zone).to_owned()).collect(),
        });
    }
}
