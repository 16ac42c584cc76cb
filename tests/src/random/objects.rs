//! Random objects besides nodes and pods: what selects pods, what protects them, what admits them.

use super::{APPS, Generator, NAMESPACES};
use bayplan::objects::admission::AdmissionObjects;
use bayplan::objects::policy::{
    LimitRange, LimitRangeItem, LimitRangeSpec, Namespace, PodDisruptionBudget,
    PodDisruptionBudgetSpec, PodDisruptionBudgetStatus, PriorityClass, Service, ServiceSpec,
};
use bayplan::objects::workloads::{
    ReplicaSet, ReplicaSetSpec, ReplicationController, ReplicationControllerSpec, StatefulSet,
    StatefulSetSpec,
};
use bayplan::objects::{Kind, Labels, Object, ObjectMeta, ResourceList};

impl Generator {
    /// An object that bears on decisions, of a name out of few.
    pub fn object(&mut self) -> Object {
        if self.with_volumes > 0 && self.chance(25.max(self.with_volumes)) {
            return self.storage_object();
        }
        if self.with_devices > 0 && self.chance(25.max(self.with_devices)) {
            return self.device_object();
        }
        match self.below(9) {
            0 | 1 => self.namespace().into(),
            2 | 3 => self.service().into(),
            4..=6 => self.owning_workload(),
            _ => self.budget().into(),
        }
    }

    /// Kind, namespace and name of an object that may be there.
    pub(super) fn object_name(&mut self) -> (Kind, String, String) {
        if self.with_volumes > 0 && self.chance(40) {
            return self.storage_name();
        }
        if self.with_devices > 0 && self.chance(40) {
            return self.device_name();
        }
        let namespace = self.text(&NAMESPACES[..2]);
        let kind = self.pick(&[
            Kind::Namespace,
            Kind::Service,
            Kind::ReplicaSet,
            Kind::StatefulSet,
            Kind::ReplicationController,
            Kind::PodDisruptionBudget,
        ]);
        match kind {
            Kind::Namespace => (kind, String::new(), namespace),
            _ => (kind, namespace, self.app()),
        }
    }

    pub(super) fn one_of(&mut self, names: &[&str]) -> ObjectMeta {
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
        let disrupted = |g: &mut Self| {
            let pods = g.some(2, |g| format!("p{}-{}", g.below(10), g.below(20)));
            pods.into_iter().map(|name| (name, "2026-01-01T00:00:00Z".to_owned())).collect()
        };
        let status = PodDisruptionBudgetStatus {
            disruptions_allowed: self.pick(&[0, 0, 1, 2]),
            disrupted_pods: if self.chance(10) { disrupted(self) } else { Default::default() },
        };
        PodDisruptionBudget { meta: self.one_of(&APPS), spec, status }
    }

    /// What an API server completes pods by: limit ranges and priority classes.
    pub(super) fn admission_objects(&mut self) -> AdmissionObjects {
        let mut objects = AdmissionObjects::default();
        if self.chance(50) {
            objects.insert(&self.limit_range().into());
        }
        if self.chance(50) {
            let meta = ObjectMeta { name: "usual".to_owned(), ..Default::default() };
            let value = self.pick(&[0, 10, 50]);
            let class = PriorityClass { meta, value, global_default: true, ..Default::default() };
            objects.insert(&class.into());
        }
        objects
    }

    fn limit_range(&mut self) -> LimitRange {
        let list = |g: &mut Self, cpu: &[&str], memory: &[&str]| {
            let (cpu, memory) = (g.quantity(cpu), g.quantity(memory));
            ResourceList::from([("cpu".to_owned(), cpu), ("memory".to_owned(), memory)])
        };
        let item = LimitRangeItem {
            kind: "Container".to_owned(),
            default: list(self, &["500m", "2"], &["512Mi", "1Gi"]),
            default_request: list(self, &["50m", "100m"], &["64Mi", "300Mi"]),
            ..Default::default()
        };
        let meta = self.one_of(&["limits"]);
        LimitRange { meta, spec: LimitRangeSpec { limits: vec![item] } }
    }
}
