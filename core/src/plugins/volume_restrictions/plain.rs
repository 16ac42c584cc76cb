//! The rule over objects.

use crate::objects::claims::named_claims_of;
use crate::objects::pod::Volume;
use crate::objects::storage::AccessMode;
use crate::objects::{NodeInfo, Pod};
use crate::plugins::Plugin;
use crate::plugins::contract::{Context, Plain, PreFilter};
use crate::plugins::reason::{Code, Reason, Rejection};
use std::collections::BTreeSet;

/// Inline disks and ReadWriteOncePod claims.
#[derive(Clone, Debug, Default)]
pub struct VolumeRestrictions {
    /// Names of the pod's ReadWriteOncePod claims.
    exclusive_claims: BTreeSet<String>,
    /// How often they are in use. Below zero where pods of other namespaces were taken away.
    conflicts: i64,
}

impl VolumeRestrictions {
    /// The plugin, for one attempt.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many volumes of the pod have the name of an exclusive claim. As upstream, namespaces are
    /// not compared.
    fn conflicts_with(&self, pod: &Pod) -> i64 {
        named_claims_of(pod).filter(|name| self.exclusive_claims.contains(*name)).count() as i64
    }
}

fn rejection(code: Code, reason: Reason) -> Rejection {
    Rejection::new(Plugin::VolumeRestrictions, code, reason)
}

impl<'a> Plain<'a> for VolumeRestrictions {
    fn pre_filter(&mut self, context: &Context<'a>) -> PreFilter {
        let pod = context.pod;
        for name in named_claims_of(pod) {
            let Some(claim) = context.snapshot.store.claims.get(&pod.meta.namespace, name) else {
                let reason = Reason::ClaimNotFound(name.into());
                return PreFilter::Reject(rejection(Code::UnschedulableAndUnresolvable, reason));
            };
            if claim.spec.access_modes.contains(&AccessMode::ReadWriteOncePod) {
                self.exclusive_claims.insert(name.to_owned());
            }
        }
        let running = context.snapshot.nodes.iter().flat_map(|node| &node.pods);
        let used: BTreeSet<&str> = running
            .filter(|other| other.meta.namespace == pod.meta.namespace)
            .flat_map(|other| named_claims_of(other))
            .collect();
        let conflicts = self.exclusive_claims.iter().filter(|name| used.contains(name.as_str()));
        self.conflicts = conflicts.count() as i64;
        if self.conflicts == 0 && !pod.spec.volumes.iter().any(is_restricted_disk) {
            return PreFilter::Skip;
        }
        PreFilter::Run
    }

    fn filter(&self, context: &Context<'a>, node: &NodeInfo<'a>) -> Option<Rejection> {
        let mut in_use = node.pods.iter().flat_map(|pod| &pod.spec.volumes);
        let volumes = &context.pod.spec.volumes;
        let reason = if in_use.any(|theirs| volumes.iter().any(|ours| disks_clash(ours, theirs))) {
            Reason::DiskConflict
        } else if self.conflicts > 0 {
            Reason::ReadWriteOncePodConflict
        } else {
            return None;
        };
        Some(rejection(Code::Unschedulable, reason))
    }

    fn add_pod(&mut self, _context: &Context<'a>, pod: &'a Pod, _node: &NodeInfo<'a>) {
        self.conflicts += self.conflicts_with(pod);
    }

    fn remove_pod(&mut self, _context: &Context<'a>, pod: &'a Pod, _node: &NodeInfo<'a>) {
        self.conflicts -= self.conflicts_with(pod);
    }

    fn boxed_clone(&self) -> Box<dyn Plain<'a> + 'a> {
        Box::new(self.clone())
    }
}

fn is_restricted_disk(volume: &Volume) -> bool {
    volume.gce_persistent_disk.is_some()
        || volume.aws_elastic_block_store.is_some()
        || volume.iscsi.is_some()
        || volume.rbd.is_some()
}

/// Whether two volumes are the same disk and cannot be mounted on one node together.
fn disks_clash(a: &Volume, b: &Volume) -> bool {
    if let (Some(a), Some(b)) = (&a.gce_persistent_disk, &b.gce_persistent_disk)
        && a.pd_name == b.pd_name
        && !(a.read_only && b.read_only)
    {
        return true;
    }
    if let (Some(a), Some(b)) = (&a.aws_elastic_block_store, &b.aws_elastic_block_store)
        && a.volume_id == b.volume_id
    {
        return true;
    }
    if let (Some(a), Some(b)) = (&a.iscsi, &b.iscsi)
        && a.iqn == b.iqn
        && !(a.read_only && b.read_only)
    {
        return true;
    }
    matches!((&a.rbd, &b.rbd), (Some(a), Some(b)) if a.pool == b.pool
        && a.image == b.image
        && a.monitors.iter().any(|monitor| b.monitors.contains(monitor))
        && !(a.read_only && b.read_only))
}
