//! The rule over objects.

use crate::objects::claims::claims_of;
use crate::objects::migration::InTreePlugin;
use crate::objects::storage::{CsiNode, PersistentVolumeClaim};
use crate::objects::{NodeInfo, Pod, Store};
use crate::plugins::Plugin;
use crate::plugins::contract::{Context, Plain, PreFilter};
use crate::plugins::reason::{Code, Reason, Rejection};
use std::collections::{BTreeMap, BTreeSet};

/// Attach limits of CSI drivers.
#[derive(Clone, Debug, Default)]
pub struct NodeVolumeLimits;

impl NodeVolumeLimits {
    /// The plugin, for one attempt.
    pub fn new() -> Self {
        Self
    }
}

/// A volume as its driver knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Attachable {
    driver: String,
    handle: String,
}

fn rejection(code: Code, reason: Reason) -> Rejection {
    Rejection::new(Plugin::NodeVolumeLimits, code, reason)
}

impl<'a> Plain<'a> for NodeVolumeLimits {
    fn pre_filter(&mut self, context: &Context<'a>) -> PreFilter {
        let pod = context.pod;
        let concerned = claims_of(pod).next().is_some()
            || pod.spec.volumes.iter().any(|volume| volume.in_tree_disk().is_some());
        if concerned { PreFilter::Run } else { PreFilter::Skip }
    }

    fn filter(&self, context: &Context<'a>, node: &NodeInfo<'a>) -> Option<Rejection> {
        let store = context.snapshot.store;
        let csi_node = store.csi_nodes.get(node.node.name());
        let volumes = Volumes { store, csi_node };
        let mut new = BTreeSet::new();
        if let Err(rejection) = volumes.collect(context.pod, MissingClaim::Rejects, &mut new) {
            return Some(rejection);
        }
        let limits = limits(csi_node?);
        if new.is_empty() || limits.is_empty() {
            return None;
        }
        let mut in_use = BTreeSet::new();
        for pod in &node.pods {
            if let Err(rejection) = volumes.collect(pod, MissingClaim::IsIgnored, &mut in_use) {
                return Some(rejection);
            }
        }
        // A volume that only an attachment tells of is not deducted from the new ones.
        let new = count(new.difference(&in_use));
        let attached: BTreeSet<_> = attachments(store, node.node.name()).collect();
        let in_use = count(in_use.union(&attached));
        let exceeded = new.iter().any(|(driver, new)| {
            let used = in_use.get(driver).copied().unwrap_or(0);
            limits.get(driver).is_some_and(|limit| used + new > *limit)
        });
        exceeded.then(|| rejection(Code::Unschedulable, Reason::TooManyVolumes))
    }

    fn boxed_clone(&self) -> Box<dyn Plain<'a> + 'a> {
        Box::new(self.clone())
    }
}

/// Limits of the node by driver.
fn limits(csi_node: &CsiNode) -> BTreeMap<&str, i64> {
    let drivers = csi_node.spec.drivers.iter();
    let limits = drivers.filter_map(|driver| {
        Some((driver.name.as_str(), driver.allocatable.as_ref().and_then(|a| a.count)?))
    });
    limits.collect()
}

fn count<'v>(volumes: impl IntoIterator<Item = &'v Attachable>) -> BTreeMap<&'v str, i64> {
    let mut counts = BTreeMap::new();
    for volume in volumes {
        *counts.entry(volume.driver.as_str()).or_default() += 1;
    }
    counts
}

/// What VolumeAttachments say is on the node.
fn attachments(store: &Store, node_name: &str) -> impl Iterator<Item = Attachable> {
    let specs = store.volume_attachments.values().map(|attachment| &attachment.spec);
    specs.filter(move |spec| spec.node_name == node_name).filter_map(|spec| {
        let volume = store.volumes.get(spec.source.persistent_volume_name.as_ref()?)?;
        let handle = volume.spec.csi.as_ref()?.volume_handle.clone();
        Some(Attachable { driver: spec.attacher.clone(), handle })
    })
}

/// What a claim that is not there means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MissingClaim {
    /// The pod is to be placed and cannot be.
    Rejects,
    /// The pod is on the node already.
    IsIgnored,
}

/// Looks up what is attached on a node.
struct Volumes<'s> {
    store: &'s Store,
    csi_node: Option<&'s CsiNode>,
}

impl Volumes<'_> {
    /// Adds the volumes that the pod needs attached.
    fn collect(
        &self,
        pod: &Pod,
        missing: MissingClaim,
        found: &mut BTreeSet<Attachable>,
    ) -> Result<(), Rejection> {
        let namespace = pod.meta.namespace.as_str();
        for used in claims_of(pod) {
            let Some(claim) = self.store.claims.get(namespace, &used.name) else {
                if missing == MissingClaim::Rejects {
                    let reason = Reason::LookingUpClaim(namespace.into(), used.name.into());
                    return Err(rejection(Code::UnschedulableAndUnresolvable, reason));
                }
                continue;
            };
            if used.is_ephemeral && !claim.is_made_for(pod) {
                let reason = Reason::ForeignClaim(claim.meta.key().into(), pod.meta.key().into());
                return Err(rejection(Code::Error, reason));
            }
            found.extend(self.of_claim(claim));
        }
        let inline = pod.spec.volumes.iter().filter_map(|volume| volume.in_tree_disk());
        found.extend(inline.filter_map(|disk| {
            let handle = disk.volume_handle(&BTreeMap::new())?;
            self.migrated(disk.plugin(), handle)
        }));
        Ok(())
    }

    /// The volume of a claim, or a stand-in for the one that will be made; `None` where it does not
    /// count.
    fn of_claim(&self, claim: &PersistentVolumeClaim) -> Option<Attachable> {
        let volume = Some(claim.spec.volume_name.as_str()).filter(|name| !name.is_empty());
        let Some(volume) = volume.and_then(|name| self.store.volumes.get(name)) else {
            return self.of_class(claim);
        };
        let attachable = match &volume.spec.csi {
            Some(csi) => {
                Attachable { driver: csi.driver.clone(), handle: csi.volume_handle.clone() }
            }
            None => {
                let disk = volume.spec.in_tree_disk()?;
                self.migrated(disk.plugin(), disk.volume_handle(&volume.meta.labels)?)?
            }
        };
        let counts = !attachable.driver.is_empty() && !attachable.handle.is_empty();
        counts.then_some(attachable)
    }

    fn of_class(&self, claim: &PersistentVolumeClaim) -> Option<Attachable> {
        let class = self.store.storage_classes.get(claim.class())?;
        // No driver's handle has a NUL, so that no volume is taken for a stand-in.
        let handle = format!("\0{}", claim.meta.key());
        match InTreePlugin::from_name(&class.provisioner) {
            Some(plugin) => self.migrated(plugin, handle),
            None if class.provisioner.is_empty() => None,
            None => Some(Attachable { driver: class.provisioner.clone(), handle }),
        }
    }

    /// A volume of an in-tree plugin, where this node's driver counts it.
    fn migrated(&self, plugin: InTreePlugin, handle: String) -> Option<Attachable> {
        let driver = plugin.counted_driver(self.csi_node?)?;
        Some(Attachable { driver: driver.to_owned(), handle })
    }
}
