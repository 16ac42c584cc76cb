//! Random pods.

use super::{APPS, Generator, NAMESPACES};
use bayplan::base::time::Timestamp;
use bayplan::objects::admission::admit_pod;
use bayplan::objects::pod::{
    Container, ContainerPort, ContainerStatus, PodCondition, PodPhase, PodStatus, PreemptionPolicy,
    ResourceRequirements, RestartPolicy, SchedulingGate, Toleration, TolerationOperator,
};
use bayplan::objects::{Labels, OwnerReference, Pod, PodSpec, ResourceList};
use std::sync::Arc;

/// Resources besides CPU and memory, with amounts.
pub(super) const SPECIAL_RESOURCES: [(&str, &[&str]); 4] = [
    ("ephemeral-storage", &["1Gi", "5Gi", "20Gi"]),
    ("example.com/gpu", &["0", "1", "2", "4"]),
    ("hugepages-2Mi", &["2Mi", "64Mi"]),
    ("nobody-tracks-this", &["1"]),
];

impl Generator {
    /// A pending pod of a new name.
    pub fn pod(&mut self) -> Pod {
        let known = if self.chance(5) { 3 } else { 2 };
        let namespace = self.text(&NAMESPACES[..known]);
        let mut meta = self.meta(&namespace, "p");
        meta.labels = self.shared_labels();
        meta.creation_timestamp = self.maybe(50, |g| Timestamp(g.below(100) as i64));
        if self.chance(40) {
            meta.owner_references = vec![self.owner()];
        }
        let spec = Arc::new(self.pod_spec());
        let mut pod = Pod { meta, node_name: None, spec, status: PodStatus::default() };
        if self.chance(self.admitted) {
            // A refused pod is as good as any other.
            let _refused = admit_pod(&mut pod, &self.admission);
        }
        pod.status.resource_claim_statuses = self.claim_statuses(&pod);
        pod
    }

    /// Another pod of the same template.
    pub fn replica(&mut self, pod: &Pod) -> Pod {
        let mut meta = self.meta(&pod.meta.namespace, "p");
        meta.labels = pod.meta.labels.clone();
        meta.owner_references = pod.meta.owner_references.clone();
        let spec = pod.spec.clone();
        let mut replica = Pod { meta, node_name: None, spec, status: PodStatus::default() };
        replica.status.resource_claim_statuses = self.claim_statuses(&replica);
        replica
    }

    /// The same pod in another state.
    pub fn changed_pod(&mut self, mut pod: Pod, nodes: &[String]) -> Pod {
        match self.below(9) {
            0 | 1 => pod.node_name = Some(self.pick(nodes).into()),
            2 => pod.node_name = Some("gone".into()),
            3 => self.terminate(&mut pod),
            4 => pod.status.phase = self.pick(&[PodPhase::Succeeded, PodPhase::Failed]),
            5 => pod.meta.labels = self.shared_labels(),
            6 => self.resize(&mut pod),
            7 => pod.node_name = None,
            _ => pod.spec = Arc::new(self.pod_spec()),
        }
        if pod.node_name.is_some() {
            pod.status.start_time = self.maybe(60, |g| Timestamp(g.below(50) as i64));
        }
        pod
    }

    /// Deletion was asked for, sometimes by the scheduler for a more important pod.
    fn terminate(&mut self, pod: &mut Pod) {
        pod.meta.deletion_timestamp = Some(Timestamp(1));
        if self.chance(60) {
            pod.status.conditions.push(PodCondition {
                kind: "DisruptionTarget".to_owned(),
                status: self.text(&["True", "True", "False"]),
                reason: self.text(&["PreemptionByScheduler", "EvictionByEvictionAPI"]),
            });
        }
    }

    fn resize(&mut self, pod: &mut Pod) {
        let mut statuses = |containers: &[Container]| -> Vec<ContainerStatus> {
            let status = |container: &Container| ContainerStatus {
                name: container.name.clone(),
                resources: self.maybe(80, Self::requirements),
                allocated_resources: self.resource_list(),
            };
            containers.iter().map(status).collect()
        };
        pod.status.container_statuses = statuses(&pod.spec.containers);
        pod.status.init_container_statuses = statuses(&pod.spec.init_containers);
        let reason = self.text(&["Infeasible", "Deferred"]);
        let condition =
            PodCondition { kind: "PodResizePending".to_owned(), status: "True".to_owned(), reason };
        pod.status.conditions = if self.chance(40) { vec![condition] } else { Vec::new() };
    }

    fn owner(&mut self) -> OwnerReference {
        let kind = self.text(&["ReplicaSet", "StatefulSet", "ReplicationController", "Job"]);
        OwnerReference {
            api_version: if kind == "ReplicationController" { "v1" } else { "apps/v1" }.to_owned(),
            kind,
            name: self.text(&APPS),
            controller: !self.chance(10),
            ..Default::default()
        }
    }

    fn pod_spec(&mut self) -> PodSpec {
        let rich = self.chance(60);
        let percent = |of| if rich { of } else { 2 };
        PodSpec {
            init_containers: if self.chance(percent(15)) {
                self.some(2, |g| g.container(true))
            } else {
                Vec::new()
            },
            containers: self.at_least_one(2, |g| g.container(false)),
            volumes: if self.chance(self.with_volumes) { self.volumes() } else { Vec::new() },
            resource_claims: if self.chance(self.with_devices) {
                self.pod_claims()
            } else {
                Vec::new()
            },
            node_selector: if self.chance(percent(10)) { self.node_pairs() } else { Labels::new() },
            affinity: self.maybe(percent(60), Self::affinity),
            tolerations: if self.chance(30) { self.some(3, Self::toleration) } else { Vec::new() },
            topology_spread_constraints: if self.chance(percent(40)) {
                self.some(3, |g| g.spread_constraint(true))
            } else {
                Vec::new()
            },
            priority: self.maybe(70, |g| g.pick(&[0, 0, 10, 100, -5])),
            preemption_policy: self.maybe(10, |g| {
                g.pick(&[PreemptionPolicy::Never, PreemptionPolicy::PreemptLowerPriority])
            }),
            resources: self.maybe(percent(8), Self::requirements),
            overhead: if self.chance(percent(6)) {
                self.resource_list()
            } else {
                ResourceList::new()
            },
            scheduling_gates: if self.chance(1) {
                self.at_least_one(2, |g| SchedulingGate { name: g.text(&["wait", "hold"]) })
            } else {
                Vec::new()
            },
            scheduler_name: self.maybe(30, |g| g.text(&["default-scheduler", "other"])),
            ..Default::default()
        }
    }

    fn container(&mut self, init: bool) -> Container {
        let name = self.name("c");
        Container {
            name,
            image: self.text(&["nginx", "redis:7", "example.com/app:1", "odd", "nowhere"]),
            resources: self.requirements(),
            ports: if self.chance(8) { self.some(2, Self::port) } else { Vec::new() },
            restart_policy: (init && self.chance(50)).then_some(RestartPolicy::Always),
        }
    }

    fn requirements(&mut self) -> ResourceRequirements {
        let limits = if self.chance(15) { self.resource_list() } else { ResourceList::new() };
        ResourceRequirements { requests: self.resource_list(), limits, ..Default::default() }
    }

    fn resource_list(&mut self) -> ResourceList {
        let mut list = ResourceList::new();
        if self.chance(75) {
            let cpu = self.quantity(&["100m", "250m", "500m", "1", "2", "333m", "0"]);
            list.insert("cpu".to_owned(), cpu);
        }
        if self.chance(70) {
            let memory = self.quantity(&["64Mi", "256Mi", "1Gi", "123456789", "0"]);
            list.insert("memory".to_owned(), memory);
        }
        for (name, amounts) in SPECIAL_RESOURCES {
            if self.chance(6) {
                list.insert(name.to_owned(), self.quantity(amounts));
            }
        }
        list
    }

    fn port(&mut self) -> ContainerPort {
        ContainerPort {
            container_port: 80,
            host_port: self.pick(&[0, 80, 80, 443]),
            host_ip: self.text(&["", "0.0.0.0", "127.0.0.1", "::"]),
            protocol: self.text(&["", "TCP", "UDP"]),
        }
    }

    fn toleration(&mut self) -> Toleration {
        use TolerationOperator::*;
        let taint = self.taint();
        Toleration {
            key: if self.chance(20) { String::new() } else { taint.key },
            operator: self.pick(&[Equal, Equal, Exists, Exists, Gt, Unknown]),
            value: taint.value,
            effect: (!self.chance(40)).then_some(taint.effect),
            toleration_seconds: self.maybe(5, |_| 30),
        }
    }
}
