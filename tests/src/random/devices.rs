//! Random devices: classes, slices, claims and what pods claim.

use super::storage::pod_as_owner;
use super::{Generator, NAMESPACES, ZONE, ZONES};
use bayplan::base::time::Timestamp;
use bayplan::objects::devices::{
    AllocatedDevice, AllocationMode, AllocationResult, CelDeviceSelector, ConsumerReference,
    CounterSet, Device, DeviceAllocationResult, DeviceAttribute, DeviceCapacity, DeviceClaim,
    DeviceClass, DeviceClassSpec, DeviceConstraint, DeviceCounterConsumption, DevicePlacement,
    DeviceRequest, DeviceSelector, DeviceSubRequest, ExactDeviceRequest, RequestKind,
    ResourceClaim, ResourceClaimSpec, ResourceClaimStatus, ResourceClaimTemplate,
    ResourceClaimTemplateSpec, ResourcePool, ResourceSlice, ResourceSliceSpec,
};
use bayplan::objects::labels::{NodeOperator, NodeRequirement};
use bayplan::objects::pod::{PodResourceClaim, PodResourceClaimStatus};
use bayplan::objects::{Kind, NodeSelector, NodeSelectorTerm, Object, ObjectMeta, Pod};
use std::collections::BTreeMap;

const DRIVER: &str = "gpu.example.com";
const DEVICE_CLASSES: [&str; 3] = ["gpu", "large", "plain"];
const CLAIMS: [&str; 4] = ["devices-1", "devices-2", "devices-3", "devices-4"];
const TEMPLATES: [&str; 2] = ["one", "two"];
/// Slices for nodes, for zones and for all nodes.
const SLICES: [&str; 8] = [
    "slice-n0",
    "slice-n1",
    "slice-n2",
    "slice-n3",
    "slice-n4",
    "slice-b",
    "slice-zone",
    "slice-all",
];
const MODEL: &str = "gpu.example.com/model";

/// Selectors, the last two of which fail: one where it is compiled, one where it runs.
const SELECTORS: [&str; 7] = [
    r#"device.driver == "gpu.example.com""#,
    r#"device.attributes["gpu.example.com"].model == "a""#,
    r#"device.attributes["gpu.example.com"].model in ["a", "b"]"#,
    r#"device.capacity["gpu.example.com"].memory.compareTo(quantity("10Gi")) >= 0"#,
    r#"device.attributes["gpu.example.com"].index > 0"#,
    "device.attributes[",
    r#"device.attributes["gpu.example.com"].unknown == "x""#,
];

impl Generator {
    /// An object about devices, of a name out of few.
    pub(super) fn device_object(&mut self) -> Object {
        match self.below(12) {
            0 | 1 => self.device_class().into(),
            2..=6 => self.slice().into(),
            7..=10 => self.resource_claim().into(),
            _ => self.claim_template().into(),
        }
    }

    /// The name of an object about devices that may be there, with its namespace.
    pub(super) fn device_name(&mut self) -> (Kind, String, String) {
        let namespace = self.text(&NAMESPACES[..2]);
        match self.below(5) {
            0 => (Kind::DeviceClass, String::new(), self.text(&DEVICE_CLASSES)),
            1 | 2 => (Kind::ResourceSlice, String::new(), self.text(&SLICES)),
            3 => (Kind::ResourceClaim, namespace, self.text(&CLAIMS)),
            _ => (Kind::ResourceClaimTemplate, namespace, self.text(&TEMPLATES)),
        }
    }

    /// What a pod claims.
    pub(super) fn pod_claims(&mut self) -> Vec<PodResourceClaim> {
        let count = self.pick(&[1, 1, 1, 2, 3]);
        let entry = |(g, at): (&mut Self, usize)| {
            let by_template = g.chance(35);
            let missing = g.chance(2);
            let name = if missing { "missing".to_owned() } else { g.text(&CLAIMS) };
            PodResourceClaim {
                name: format!("c{at}"),
                resource_claim_name: (!by_template).then_some(name),
                resource_claim_template_name: by_template.then(|| g.text(&TEMPLATES)),
            }
        };
        (0..count).map(|at| entry((&mut *self, at))).collect()
    }

    /// Names of the claims made for a pod's templates: mostly there, sometimes none is needed.
    pub(super) fn claim_statuses(&mut self, pod: &Pod) -> Vec<PodResourceClaimStatus> {
        let entries = pod.spec.resource_claims.iter();
        let by_template = entries.filter(|entry| entry.resource_claim_template_name.is_some());
        let mut statuses = Vec::new();
        for entry in by_template {
            if self.chance(95) {
                let claim = format!("{}-{}", pod.meta.name, entry.name);
                let resource_claim_name = self.maybe(95, |_| claim);
                statuses
                    .push(PodResourceClaimStatus { name: entry.name.clone(), resource_claim_name });
            }
        }
        statuses
    }

    /// The claims that were made for the pod from templates.
    pub(super) fn claims_from_templates(&mut self, pod: &Pod) -> Vec<Object> {
        let made = pod.status.resource_claim_statuses.iter();
        let names = made.filter_map(|status| status.resource_claim_name.clone());
        names.map(|name| self.claim_made_for(pod, name).into()).collect()
    }

    fn claim_made_for(&mut self, pod: &Pod, name: String) -> ResourceClaim {
        let mut claim = self.resource_claim();
        claim.meta.namespace.clone_from(&pod.meta.namespace);
        claim.meta.uid.clone_from(&name);
        claim.meta.name = name;
        if self.chance(96) {
            claim.meta.owner_references = vec![pod_as_owner(pod)];
        }
        claim
    }

    fn device_class(&mut self) -> DeviceClass {
        let name = self.text(&DEVICE_CLASSES);
        let selectors = match name.as_str() {
            "gpu" => vec![selector(SELECTORS[0])],
            "large" => vec![selector(SELECTORS[3])],
            _ => self.selectors(),
        };
        let meta = ObjectMeta { name, ..Default::default() };
        DeviceClass { meta, spec: DeviceClassSpec { selectors } }
    }

    fn selectors(&mut self) -> Vec<DeviceSelector> {
        let odd = self.chance(3);
        let from = if odd { &SELECTORS[..] } else { &SELECTORS[..5] };
        self.some(2, |g| selector(g.pick(from)))
    }

    fn slice(&mut self) -> ResourceSlice {
        let name = self.text(&SLICES);
        let (placement, pool) = match name.as_str() {
            "slice-all" => (DevicePlacement { all_nodes: Some(true), ..Default::default() }, "all"),
            "slice-zone" => {
                let node_selector = Some(self.in_a_zone());
                (DevicePlacement { node_selector, ..Default::default() }, "zone")
            }
            "slice-b" => (on("n0"), "n0"),
            node => (on(&node["slice-".len()..]), &node["slice-".len()..]),
        };
        let pool = ResourcePool {
            name: pool.to_owned(),
            generation: self.pick(&[0, 0, 0, 1]),
            resource_slice_count: self.pick(&[1, 1, 1, 1, 1, 2]),
        };
        let count = 1 + self.below(4);
        let spec = ResourceSliceSpec {
            driver: DRIVER.to_owned(),
            pool,
            placement,
            per_device_node_selection: self.maybe(1, |_| true),
            devices: (0..count).map(|at| self.device(at)).collect(),
            shared_counters: if self.chance(2) {
                vec![CounterSet { name: "set".to_owned() }]
            } else {
                Vec::new()
            },
        };
        ResourceSlice { meta: ObjectMeta { name, ..Default::default() }, spec }
    }

    fn in_a_zone(&mut self) -> NodeSelector {
        let requirement = NodeRequirement {
            key: ZONE.to_owned(),
            operator: NodeOperator::In,
            values: vec![self.text(&ZONES)],
        };
        let term =
            NodeSelectorTerm { match_expressions: vec![requirement], match_fields: Vec::new() };
        NodeSelector { node_selector_terms: vec![term] }
    }

    fn device(&mut self, at: usize) -> Device {
        let mut attributes = BTreeMap::new();
        if self.chance(92) {
            let model = DeviceAttribute::String(self.text(&["a", "b"]));
            attributes.insert("model".to_owned(), model);
        }
        attributes.insert("index".to_owned(), DeviceAttribute::Int(at as i64));
        let memory = self.quantity(&["5Gi", "10Gi", "40Gi"]);
        let twice = self.chance(1);
        Device {
            name: format!("device-{}", if twice { 0 } else { at }),
            attributes,
            capacity: BTreeMap::from([("memory".to_owned(), DeviceCapacity { value: memory })]),
            placement: DevicePlacement::default(),
            consumes_counters: if self.chance(2) {
                vec![DeviceCounterConsumption { counter_set: "set".to_owned() }]
            } else {
                Vec::new()
            },
            binding_conditions: if self.chance(2) { vec!["ready".to_owned()] } else { Vec::new() },
        }
    }

    fn resource_claim(&mut self) -> ResourceClaim {
        let mut meta = self.one_of(&CLAIMS);
        if self.chance(2) {
            meta.deletion_timestamp = Some(Timestamp(1));
        }
        let spec = self.claim_spec();
        let allocation = self.maybe(25, Self::allocation);
        let reserved = allocation.is_some() && self.chance(60);
        let reserved_for = if reserved { self.some(2, Self::consumer) } else { Vec::new() };
        ResourceClaim { meta, spec, status: ResourceClaimStatus { allocation, reserved_for } }
    }

    fn claim_template(&mut self) -> ResourceClaimTemplate {
        let spec = ResourceClaimTemplateSpec { spec: self.claim_spec(), ..Default::default() };
        ResourceClaimTemplate { meta: self.one_of(&TEMPLATES), spec }
    }

    fn claim_spec(&mut self) -> ResourceClaimSpec {
        let count = self.pick(&[1, 1, 1, 2]);
        let requests = (0..count).map(|at| self.request(format!("r{at}"))).collect();
        let constrained = self.chance(25);
        let constraint = |g: &mut Self| {
            let same = g.chance(70);
            let attribute = MODEL.to_owned();
            DeviceConstraint {
                requests: if g.chance(20) { vec!["r0".to_owned()] } else { Vec::new() },
                match_attribute: same.then(|| attribute.clone()),
                distinct_attribute: (!same).then_some(attribute),
            }
        };
        let constraints = if constrained { vec![constraint(self)] } else { Vec::new() };
        ResourceClaimSpec { devices: DeviceClaim { requests, constraints } }
    }

    fn request(&mut self, name: String) -> DeviceRequest {
        let kind = match self.below(40) {
            0 => RequestKind::Unknown,
            1..=9 => {
                let count = 1 + self.below(3);
                let alternative = |(g, at): (&mut Self, usize)| DeviceSubRequest {
                    name: format!("s{at}"),
                    devices: ExactDeviceRequest { admin_access: None, ..g.exactly() },
                };
                let all = (0..count).map(|at| alternative((&mut *self, at))).collect();
                RequestKind::FirstAvailable(all)
            }
            _ => RequestKind::Exactly(self.exactly()),
        };
        DeviceRequest { name, kind }
    }

    fn exactly(&mut self) -> ExactDeviceRequest {
        let all = self.chance(12);
        let unknown = self.chance(2);
        ExactDeviceRequest {
            device_class_name: if unknown {
                "unknown".to_owned()
            } else {
                self.text(&DEVICE_CLASSES)
            },
            selectors: if self.chance(40) { self.selectors() } else { Vec::new() },
            allocation_mode: if all { AllocationMode::All } else { AllocationMode::ExactCount },
            count: if all { None } else { self.maybe(40, |g| g.pick(&[1, 2, 2, 3, 40])) },
            admin_access: self.maybe(4, |_| true),
        }
    }

    fn allocation(&mut self) -> AllocationResult {
        let place = self.below(4);
        let pool = match place {
            0 => "all".to_owned(),
            _ => self.node_of_few(),
        };
        let device = |g: &mut Self| AllocatedDevice {
            request: "r0".to_owned(),
            driver: DRIVER.to_owned(),
            pool: pool.clone(),
            device: format!("device-{}", g.below(3)),
            admin_access: g.maybe(4, |_| true),
        };
        let results = self.at_least_one(2, device);
        let node_selector = match place {
            0 => None,
            1 => Some(self.in_a_zone()),
            _ => {
                let by_name = NodeRequirement {
                    key: "metadata.name".to_owned(),
                    operator: NodeOperator::In,
                    values: vec![pool],
                };
                let term =
                    NodeSelectorTerm { match_fields: vec![by_name], match_expressions: Vec::new() };
                Some(NodeSelector { node_selector_terms: vec![term] })
            }
        };
        AllocationResult { devices: DeviceAllocationResult { results }, node_selector }
    }

    fn consumer(&mut self) -> ConsumerReference {
        let name = self.text(&["somebody", "another"]);
        ConsumerReference {
            api_group: String::new(),
            resource: "pods".to_owned(),
            uid: name.clone(),
            name,
        }
    }
}

fn selector(expression: &str) -> DeviceSelector {
    DeviceSelector { cel: Some(CelDeviceSelector { expression: expression.to_owned() }) }
}

fn on(node: &str) -> DevicePlacement {
    DevicePlacement { node_name: Some(node.to_owned()), ..Default::default() }
}
