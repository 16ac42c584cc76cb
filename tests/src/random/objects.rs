//! Random objects besides nodes and pods.

use super::{APPS, Generator, HOST, NAMESPACES, ZONE, ZONES};
use bayplan::objects::labels::{NodeOperator, NodeRequirement};
use bayplan::objects::policy::{
    Namespace, PodDisruptionBudget, PodDisruptionBudgetSpec, PodDisruptionBudgetStatus, Service,
    ServiceSpec,
};
use bayplan::objects::storage::{
    AccessMode, PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimSpec,
    PersistentVolumeSpec, StorageClass, VolumeBindingMode, VolumeNodeAffinity,
    VolumeResourceRequirements,
};
use bayplan::objects::workloads::{
    ReplicaSet, ReplicaSetSpec, ReplicationController, ReplicationControllerSpec, StatefulSet,
    StatefulSetSpec,
};
use bayplan::objects::{Labels, NodeSelector, NodeSelectorTerm, Object, ObjectMeta, ResourceList};

impl Generator {
    /// An object that bears on decisions, of a name out of few.
    pub fn object(&mut self) -> Object {
        match self.below(12) {
            0 | 1 => self.namespace().into(),
            2 | 3 => self.service().into(),
            4..=6 => self.owning_workload(),
            7 | 8 => self.budget().into(),
            9 => self.storage_class().into(),
            10 => self.volume_object().into(),
            _ => self.claim().into(),
        }
    }

    fn one_of(&mut self, names: &[&str]) -> ObjectMeta {
        let namespace = self.text(&NAMESPACES[..2]);
        let name = self.text(names);
        ObjectMeta { namespace, uid: name.clone(), name, ..Default::default() }
    }

    fn namespace(&mut self) -> Namespace {
        let mut labels = Labels::new();
        if self.chance(70) {
            labels.insert("team".to_owned(), self.text(&["x", "y"]));
        }
        if self.chance(20) {
            labels.insert("app".to_owned(), self.text(&APPS));
        }
        let name = self.text(&NAMESPACES[..2]);
        Namespace { meta: ObjectMeta { name, labels: labels.into(), ..Default::default() } }
    }

    fn service(&mut self) -> Service {
        let selector =
            self.maybe(90, |g| if g.chance(90) { g.app_labels() } else { Labels::new() });
        Service { meta: self.one_of(&APPS), spec: ServiceSpec { selector } }
    }

    fn app_labels(&mut self) -> Labels {
        Labels::from([("app".to_owned(), self.text(&APPS))])
    }

    /// What controls pods: spreading by default asks for its selector.
    fn owning_workload(&mut self) -> Object {
        let meta = self.one_of(&APPS);
        match self.below(3) {
            0 => {
                let spec = ReplicaSetSpec { selector: Some(self.selector()), ..Default::default() };
                ReplicaSet { meta, spec }.into()
            }
            1 => {
                let spec =
                    StatefulSetSpec { selector: Some(self.selector()), ..Default::default() };
                StatefulSet { meta, spec }.into()
            }
            _ => {
                let spec = ReplicationControllerSpec {
                    selector: Some(self.app_labels()),
                    ..Default::default()
                };
                ReplicationController { meta, spec }.into()
            }
        }
    }

    fn budget(&mut self) -> PodDisruptionBudget {
        let spec = PodDisruptionBudgetSpec {
            selector: self.maybe(95, Self::selector),
            ..Default::default()
        };
        let status = PodDisruptionBudgetStatus {
            disruptions_allowed: self.pick(&[0, 0, 1, 2]),
            ..Default::default()
        };
        PodDisruptionBudget { meta: self.one_of(&APPS), spec, status }
    }

    fn storage_class(&mut self) -> StorageClass {
        use VolumeBindingMode::*;
        let name = self.text(&["now", "later"]);
        let mode = if name == "now" { Immediate } else { WaitForFirstConsumer };
        StorageClass {
            meta: ObjectMeta { name, ..Default::default() },
            provisioner: self.text(&["example.com/disks", "kubernetes.io/no-provisioner"]),
            volume_binding_mode: Some(mode),
            allowed_topologies: Vec::new(),
        }
    }

    fn volume_object(&mut self) -> PersistentVolume {
        let name = self.text(&["volume-1", "volume-2"]);
        let (key, values) = match self.below(2) {
            0 => (ZONE, vec![self.text(&ZONES)]),
            _ => (HOST, vec![self.text(&["n0", "n1", "n2"])]),
        };
        let operator = NodeOperator::In;
        let requirement = NodeRequirement { key: key.to_owned(), operator, values };
        let term =
            NodeSelectorTerm { match_expressions: vec![requirement], match_fields: Vec::new() };
        let near =
            VolumeNodeAffinity { required: Some(NodeSelector { node_selector_terms: vec![term] }) };
        let spec = PersistentVolumeSpec {
            capacity: self.storage(),
            access_modes: vec![AccessMode::ReadWriteOnce],
            storage_class_name: Some(self.text(&["now", "later"])),
            node_affinity: self.maybe(70, |_| near),
            ..Default::default()
        };
        let meta = ObjectMeta { name, ..Default::default() };
        PersistentVolume { meta, spec, ..Default::default() }
    }

    fn claim(&mut self) -> PersistentVolumeClaim {
        use AccessMode::*;
        let bound = self.chance(30);
        let spec = PersistentVolumeClaimSpec {
            access_modes: vec![self.pick(&[ReadWriteOnce, ReadWriteOncePod])],
            resources: VolumeResourceRequirements { requests: self.storage() },
            volume_name: if bound { self.text(&["volume-1", "volume-2"]) } else { String::new() },
            storage_class_name: Some(self.text(&["now", "later"])),
            ..Default::default()
        };
        let meta = self.one_of(&["claim-1", "claim-2", "claim-3"]);
        PersistentVolumeClaim { meta, spec, ..Default::default() }
    }

    fn storage(&mut self) -> ResourceList {
        ResourceList::from([("storage".to_owned(), self.quantity(&["1Gi", "5Gi"]))])
    }
}
