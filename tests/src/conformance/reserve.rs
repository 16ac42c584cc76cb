//! What a placed pod binds besides its node, in the words of a recording.

use super::recording::{DeviceEntry, VolumesEntry};
use bayplan::objects::{NodeInfo, Object};
use bayplan::plugins::contract::Context;
use bayplan::plugins::{Plugin, dynamic_resources, volume_binding};
use std::collections::BTreeMap;

/// Volumes and devices of a pod, and the objects that change with them.
#[derive(Debug, Default)]
pub(super) struct Reserved {
    pub(super) volumes: Option<VolumesEntry>,
    pub(super) claims: Option<BTreeMap<String, Vec<DeviceEntry>>>,
    pub(super) objects: Vec<Object>,
}

/// Reserves volumes and devices for the pod on the node.
pub(super) fn reserve<'a>(context: &Context<'a>, node: &NodeInfo<'a>) -> Reserved {
    let mut reserved = Reserved::default();
    for plugin in &context.profile.reserve {
        match plugin {
            Plugin::VolumeBinding => reserved.volumes(context, node),
            Plugin::DynamicResources => reserved.devices(context, node),
            _ => {}
        }
    }
    reserved
}

impl Reserved {
    fn volumes<'a>(&mut self, context: &Context<'a>, node: &NodeInfo<'a>) {
        let decision = volume_binding::reserve(context, node);
        if decision.objects.is_empty() {
            return;
        }
        let entry = |(claim, volume): &(String, String)| {
            let names = [("pvc", claim), ("pv", volume)];
            names.map(|(key, name)| (key.to_owned(), name.clone())).into_iter().collect()
        };
        self.volumes = Some(VolumesEntry {
            existing: decision.bindings.iter().map(entry).collect(),
            provision: decision.provisions.iter().map(entry).collect(),
        });
        self.objects.extend(decision.objects);
    }

    fn devices<'a>(&mut self, context: &Context<'a>, node: &NodeInfo<'a>) {
        let Ok(decision) = dynamic_resources::reserve(context, node) else { return };
        if decision.claims.is_empty() {
            return;
        }
        let entry = |device: &bayplan::objects::devices::AllocatedDevice| DeviceEntry {
            request: device.request.clone(),
            driver: device.driver.clone(),
            pool: device.pool.clone(),
            device: device.device.clone(),
        };
        let claims = decision.claims.into_iter();
        let claims = claims.map(|(claim, devices)| (claim, devices.iter().map(entry).collect()));
        self.claims = Some(claims.collect());
        self.objects.extend(decision.objects);
    }
}
