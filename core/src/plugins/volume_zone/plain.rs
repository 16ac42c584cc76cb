//! The rule over objects.

use crate::objects::claims::named_claims_of;
use crate::objects::node::{BETA_REGION, BETA_ZONE, REGION, ZONE};
use crate::objects::storage::{PersistentVolume, VolumeBindingMode};
use crate::objects::{Labels, NodeInfo};
use crate::plugins::Plugin;
use crate::plugins::contract::{Context, Plain, PreFilter};
use crate::plugins::reason::{Code, Reason, Rejection};
use std::collections::BTreeSet;

/// The labels that are compared.
const LABELS: [&str; 4] = [BETA_ZONE, BETA_REGION, ZONE, REGION];

/// Zone labels of volumes.
#[derive(Clone, Debug, Default)]
pub struct VolumeZone<'a> {
    /// What the pod's volumes demand; `None` where PreFilter was not asked.
    demands: Option<Vec<Demand<'a>>>,
}

/// One label of one volume.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Demand<'a> {
    label: &'static str,
    /// Any of them will do.
    values: BTreeSet<&'a str>,
}

impl VolumeZone<'_> {
    /// The plugin, for one attempt.
    pub fn new() -> Self {
        Self::default()
    }
}

fn rejection(reason: Reason) -> Rejection {
    Rejection::new(Plugin::VolumeZone, Code::UnschedulableAndUnresolvable, reason)
}

impl<'a> Plain<'a> for VolumeZone<'a> {
    fn pre_filter(&mut self, context: &Context<'a>) -> PreFilter {
        match demands_of_pod(context) {
            Err(reason) => PreFilter::Reject(rejection(reason)),
            Ok(demands) if demands.is_empty() => PreFilter::Skip,
            Ok(demands) => {
                self.demands = Some(demands);
                PreFilter::Run
            }
        }
    }

    fn filter(&self, context: &Context<'a>, node: &NodeInfo<'a>) -> Option<Rejection> {
        let labels = &*node.node.meta.labels;
        let fits = |demands: &[Demand<'_>]| demands.iter().all(|demand| demand.is_met_by(labels));
        let has_any = LABELS.iter().any(|label| labels.contains_key(*label));
        let fit = match &self.demands {
            Some(demands) => !has_any || fits(demands),
            None => match demands_of_pod(context) {
                Err(reason) => return Some(rejection(reason)),
                Ok(demands) => !has_any || fits(&demands),
            },
        };
        (!fit).then(|| rejection(Reason::VolumeZoneConflict))
    }

    fn boxed_clone(&self) -> Box<dyn Plain<'a> + 'a> {
        Box::new(self.clone())
    }
}

impl Demand<'_> {
    /// A beta label of the volume is also compared with the current label of the node, but not the
    /// other way round.
    fn is_met_by(&self, labels: &Labels) -> bool {
        let current = match self.label {
            BETA_ZONE => ZONE,
            BETA_REGION => REGION,
            label => label,
        };
        let value = labels.get(self.label).or_else(|| labels.get(current));
        value.is_some_and(|value| self.values.contains(value.as_str()))
    }
}

/// The demands of all volumes that the pod's claims are bound to.
fn demands_of_pod<'a>(context: &Context<'a>) -> Result<Vec<Demand<'a>>, Reason> {
    let store = context.snapshot.store;
    let mut demands = Vec::new();
    for name in named_claims_of(context.pod) {
        if name.is_empty() {
            return Err(Reason::ClaimWithoutName);
        }
        let claim = store.claims.get(&context.pod.meta.namespace, name);
        let claim = claim.ok_or_else(|| Reason::ClaimNotFound(name.into()))?;
        let volume = claim.spec.volume_name.as_str();
        if volume.is_empty() {
            let class = claim.class();
            if class.is_empty() {
                return Err(Reason::ClaimWithoutVolumeAndClass);
            }
            let class = store
                .storage_classes
                .get(class)
                .ok_or_else(|| Reason::StorageClassNotFound(class.into()))?;
            match class.volume_binding_mode {
                None => return Err(Reason::BindingModeNotSet(class.meta.name.as_str().into())),
                Some(VolumeBindingMode::WaitForFirstConsumer) => continue,
                Some(VolumeBindingMode::Immediate) => return Err(Reason::VolumeWithoutName),
            }
        }
        let volume =
            store.volumes.get(volume).ok_or_else(|| Reason::VolumeNotFound(volume.into()))?;
        demands.extend(demands_of_volume(volume));
    }
    Ok(demands)
}

/// What the volume's labels demand. A label with an empty item says nothing.
fn demands_of_volume(volume: &PersistentVolume) -> impl Iterator<Item = Demand<'_>> {
    LABELS.iter().filter_map(|label| {
        let values: BTreeSet<&str> =
            volume.meta.labels.get(*label)?.split("__").map(str::trim).collect();
        (!values.contains("")).then_some(Demand { label, values })
    })
}
