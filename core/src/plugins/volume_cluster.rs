//! Small clusters with volumes, written as manifests, for the tests of the volume plugins.

use super::contract::{Context, Plain, PreFilter};
use crate::objects::{Node, Pod, Snapshot, Store};
use crate::profile::Profile;
use serde_json::{Value, from_value, json};

/// One node `n` and what is written.
#[derive(Default)]
pub struct Cluster {
    pub store: Store,
    pub labels: Value,
    pub running: Vec<Pod>,
}

macro_rules! read {
    ($value:expr) => {
        from_value($value).expect("a manifest of a test")
    };
}

impl Cluster {
    pub fn claim(mut self, name: &str, claim: Value) -> Self {
        let mut claim: crate::objects::storage::PersistentVolumeClaim = read!(claim);
        claim.meta.namespace = "ns".to_owned();
        claim.meta.name = name.to_owned();
        self.store.claims.insert("ns", name, claim);
        self
    }

    pub fn volume(mut self, name: &str, volume: Value) -> Self {
        let mut volume: crate::objects::storage::PersistentVolume = read!(volume);
        volume.meta.name = name.to_owned();
        self.store.volumes.insert(name.to_owned(), volume);
        self
    }

    pub fn class(mut self, name: &str, class: Value) -> Self {
        let mut class: crate::objects::storage::StorageClass = read!(class);
        class.meta.name = name.to_owned();
        self.store.storage_classes.insert(name.to_owned(), class);
        self
    }

    pub fn csi_node(mut self, csi_node: Value) -> Self {
        self.store.csi_nodes.insert("n".to_owned(), read!(csi_node));
        self
    }

    pub fn driver(mut self, name: &str, spec: Value) -> Self {
        self.store.csi_drivers.insert(name.to_owned(), read!(json!({"spec": spec})));
        self
    }

    pub fn capacity(mut self, name: &str, capacity: Value) -> Self {
        self.store.storage_capacities.insert("ns", name, read!(capacity));
        self
    }

    pub fn labels(mut self, labels: Value) -> Self {
        self.labels = labels;
        self
    }

    pub fn running(mut self, namespace: &str, volumes: Value) -> Self {
        let mut running = pod(volumes);
        running.meta.namespace = namespace.to_owned();
        running.node_name = Some("n".into());
        self.running.push(running);
        self
    }

    /// Asks about a context; the node is the snapshot's only one.
    pub fn with<T>(&self, pod: &Pod, ask: impl FnOnce(&Context<'_>) -> T) -> T {
        let labels = if self.labels.is_null() { json!({}) } else { self.labels.clone() };
        let node: Node = read!(json!({"metadata": {"name": "n", "labels": labels}}));
        let snapshot = Snapshot::new(&self.store, [&node], &self.running);
        let profile = Profile::default();
        ask(&Context { pod, snapshot: &snapshot, profile: &profile })
    }
}

/// A pod `ns/p` with these volumes.
pub fn pod(volumes: Value) -> Pod {
    let meta = json!({"name": "p", "namespace": "ns", "uid": "pod-uid"});
    read!(json!({"metadata": meta, "spec": {"volumes": volumes}}))
}

/// A volume that stands for a claim.
pub fn uses(claim: &str) -> Value {
    json!({"name": "v", "persistentVolumeClaim": {"claimName": claim}})
}

/// What the plugin says about node `n`: `skip`, `ok`, or the reasons.
pub fn answer<'a>(mut plugin: impl Plain<'a>, context: &Context<'a>) -> String {
    let rejection = match plugin.pre_filter(context) {
        PreFilter::Skip => return "skip".to_owned(),
        PreFilter::Reject(rejection) => Some(rejection),
        _ => plugin.filter(context, &context.snapshot.nodes[0]),
    };
    let Some(rejection) = rejection else { return "ok".to_owned() };
    let reasons: Vec<_> = rejection.reasons.iter().map(ToString::to_string).collect();
    reasons.join("; ")
}
