//! Six kinds of load with knobs: how large the cluster is and how full, how many templates, groups
//! and domains there are.
//!
//! Nodes come in three sizes, with 10 zones and 5 of 20 images. A pod draws its group, its amounts
//! (16 shapes) and its image (20), so that with as many templates as pods nearly every pod is a
//! class of its own. All pending pods have what the kind is about, and one in five running ones.

use crate::input::Input;
use anyhow::Result;
use bayplan::base::random::Random;
use bayplan::batch::Template;
use bayplan::objects::Object;
use bayplan::objects::node::TaintEffect;
use bayplan::objects::requests::{RequestsOf, pod_requests};
use bayplan::state::Cluster;
use bayplan::state::change::Change;
use bayplan::state::nodes::Tracked;
use bayplan_datasets::make::{self, MakePod};
use serde_json::{Value, json};

/// The host of a node, as a topology key.
pub const HOST: &str = "kubernetes.io/hostname";
/// The zone of a node, as a topology key.
pub const ZONE: &str = "topology.kubernetes.io/zone";
/// A rack, as a topology key: a domain that is neither zone nor host.
pub const RACK: &str = "topology.example.com/rack";

/// What the pods ask for besides CPU and memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Basic,
    /// Required and preferred node affinity.
    NodeAffinity,
    /// Spread over domains and hosts, required.
    Spread,
    /// No two pods of a group on a host.
    AntiAffinity,
    /// Rather in domains where the group is.
    PodAffinity,
    /// Each of the others in turn by lot; a tenth of the nodes is tainted.
    Mixed,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 6] = [
        Self::Basic,
        Self::NodeAffinity,
        Self::Spread,
        Self::AntiAffinity,
        Self::PodAffinity,
        Self::Mixed,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::NodeAffinity => "node-affinity",
            Self::Spread => "spread",
            Self::AntiAffinity => "anti-affinity",
            Self::PodAffinity => "pod-affinity",
            Self::Mixed => "mixed",
        }
    }
}

/// How many pods run before the first one is placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Running {
    /// So many on each node.
    PerNode(usize),
    /// As many as request so many percent of the CPU of each node.
    CpuPercent(i64),
}

/// A cluster and the pods to place on it.
#[derive(Clone, Debug)]
pub struct Load {
    /// What the pods ask for.
    pub kind: Kind,
    /// Nodes.
    pub nodes: usize,
    /// Pending pods.
    pub pods: usize,
    /// Running pods.
    pub running: Running,
    /// How many templates pods are made after, pending and running ones each.
    pub templates: usize,
    /// How many values the label `app` has: terms of spread and affinity are about one each.
    pub groups: usize,
    /// Zones.
    pub zones: usize,
    /// Racks of all zones together.
    pub racks: usize,
    /// What spread and affinity to pods are about.
    pub topology_key: &'static str,
}

impl Load {
    /// 10,000 pods of 100 groups, nearly all different, on 5,000 nodes with five running pods each.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            nodes: 5000,
            pods: 10_000,
            running: Running::PerNode(5),
            templates: 10_000,
            groups: 100,
            zones: 10,
            racks: 100,
            topology_key: ZONE,
        }
    }

    /// The cluster with its running and pending pods; the same every time.
    ///
    /// # Errors
    /// Some object is not taken.
    pub fn input(&self) -> Result<Input> {
        let mut random = Random::keyed(1, self.kind.name());
        let nodes: Vec<Object> = (0..self.nodes).map(|at| self.node(at, &mut random)).collect();
        let mut cluster = Cluster::from_objects(nodes)?;
        self.run_pods(&mut cluster, &mut random)?;
        let templates = self.templates(&mut random, |_| true);
        let mut pending = Vec::with_capacity(self.pods);
        for number in 0..self.pods {
            let name = format!("pending-{number}");
            let template = &templates[random.below(templates.len())];
            cluster.apply(Change::Put(template.named(name.clone()).into()))?;
            pending.extend(cluster.pods().find(&template.pod().meta.namespace, &name));
        }
        Ok(Input { cluster, pending })
    }

    fn node(&self, at: usize, random: &mut Random) -> Object {
        let name = format!("node-{at:06}");
        let cpu = [16, 32, 64][random.below(3)];
        let mut node = make::node(&name)
            .cpu(&cpu.to_string())
            .memory(&format!("{}Gi", 4 * cpu))
            .pods(250)
            .label(ZONE, &format!("zone-{}", at % self.zones))
            .label(RACK, &format!("rack-{}", at % self.racks))
            .label("disk", DISKS[random.below(DISKS.len())])
            .label("generation", &(1 + random.below(9)).to_string());
        let first_image = random.below(IMAGES);
        for step in 0..5 {
            let number = (first_image + 3 * step) % IMAGES;
            node = node.image(&image(number), 50_000_000 * (1 + number as i64));
        }
        if self.kind == Kind::Mixed && random.below(10) == 0 {
            let effects = [TaintEffect::NoSchedule, TaintEffect::PreferNoSchedule];
            node = node.taint("dedicated", "batch", effects[random.below(2)]);
        }
        node.into()
    }

    fn run_pods(&self, cluster: &mut Cluster, random: &mut Random) -> Result<()> {
        let templates = self.templates(random, |random| random.below(5) == 0);
        let mut number = 0;
        for node in cluster.nodes().by_rank.clone() {
            let name = cluster.nodes().name(node).clone();
            let allocatable = cluster.nodes().allocatable(node, Tracked::Cpu);
            let (count, mut left) = match self.running {
                Running::PerNode(count) => (count, i64::MAX),
                Running::CpuPercent(percent) => (usize::MAX, allocatable * percent / 100),
            };
            for _ in 0..count {
                let template = &templates[random.below(templates.len())];
                left -= pod_requests(template.pod(), RequestsOf::Bound).milli_cpu;
                if left < 0 {
                    break;
                }
                number += 1;
                let mut pod = template.named(format!("running-{number}"));
                pod.node_name = Some(name.clone());
                cluster.apply(Change::Put(pod.into()))?;
            }
        }
        Ok(())
    }

    fn templates(
        &self,
        random: &mut Random,
        mut has_feature: impl FnMut(&mut Random) -> bool,
    ) -> Vec<Template> {
        let template = |_| {
            let kind = if has_feature(random) { self.kind } else { Kind::Basic };
            Template::new(self.pod(kind, random).make())
        };
        (0..self.templates).map(template).collect()
    }

    fn pod(&self, kind: Kind, random: &mut Random) -> MakePod {
        let app = format!("app-{}", random.below(self.groups));
        let pod = make::pod("")
            .label("app", &app)
            .image(&image(random.below(IMAGES)))
            .cpu(["100m", "250m", "500m", "1"][random.below(4)])
            .memory(["128Mi", "256Mi", "512Mi", "1Gi"][random.below(4)]);
        let selector = json!({"matchLabels": {"app": app}});
        let term = |topology_key| json!({"topologyKey": topology_key, "labelSelector": selector});
        match kind {
            Kind::Basic => pod,
            Kind::NodeAffinity => pod.spec(self.node_affinity(random)),
            Kind::Spread => {
                let over = |topology_key, skew| {
                    json!({"maxSkew": skew, "topologyKey": topology_key,
                        "whenUnsatisfiable": "DoNotSchedule", "labelSelector": selector})
                };
                pod.spread(over(self.topology_key, 1)).spread(over(HOST, 2))
            }
            Kind::AntiAffinity => {
                let terms = json!({REQUIRED: [term(HOST)]});
                pod.spec(json!({"affinity": {"podAntiAffinity": terms}}))
            }
            Kind::PodAffinity => {
                let near = json!({"weight": 100, "podAffinityTerm": term(self.topology_key)});
                pod.spec(json!({"affinity": {"podAffinity": {PREFERRED: [near]}}}))
            }
            Kind::Mixed => {
                let pod = self.pod(Kind::ALL[random.below(5)], random);
                let tolerates = random.below(10) < 3;
                let toleration = json!({"key": "dedicated", "operator": "Exists"});
                if tolerates { pod.tolerates(toleration) } else { pod }
            }
        }
    }

    fn node_affinity(&self, random: &mut Random) -> Value {
        let without = random.below(DISKS.len());
        let disks: Vec<_> =
            (0..DISKS.len()).filter(|it| *it != without).map(|it| DISKS[it]).collect();
        let newer_than = random.below(5).to_string();
        let first = random.below(self.zones);
        let zones: Vec<_> =
            (0..3).map(|step| format!("zone-{}", (first + 3 * step) % self.zones)).collect();
        json!({"affinity": {"nodeAffinity": {
            REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": [
                {"key": "disk", "operator": "In", "values": disks},
                {"key": "generation", "operator": "Gt", "values": [newer_than]},
            ]}]},
            PREFERRED: [
                {"weight": 50, "preference": {"matchExpressions": [
                    {"key": ZONE, "operator": "In", "values": zones}]}},
                {"weight": 10, "preference": {"matchExpressions": [
                    {"key": "generation", "operator": "NotIn", "values": ["5"]}]}},
            ],
        }}})
    }
}

const DISKS: [&str; 3] = ["hdd", "nvme", "ssd"];
const IMAGES: usize = 20;
const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

fn image(number: usize) -> String {
    format!("registry.example/app-{number}:1.0")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Run;
    use bayplan::scheduler::{Engine, Scheduler};
    use std::time::Duration;

    fn small(kind: Kind) -> Load {
        Load { nodes: 40, pods: 30, templates: 30, groups: 8, racks: 4, ..Load::new(kind) }
    }

    fn run(load: &Load, engine: Engine) -> Run {
        let mut input = load.input().expect("the load is well formed");
        let mut scheduler = Scheduler::default().with_engine(engine);
        Run::new(&mut input, &mut scheduler, Duration::MAX).expect("every pod can be attempted")
    }

    #[test]
    fn both_engines_place_every_kind_alike() {
        for kind in Kind::ALL {
            for topology_key in [ZONE, RACK] {
                let load = Load { topology_key, ..small(kind) };
                let [fast, plain] = [Engine::Fast, Engine::Plain].map(|engine| run(&load, engine));
                assert_eq!(fast.digest, plain.digest, "{} by {topology_key}", kind.name());
                assert!(fast.bound > 0, "{} by {topology_key}", kind.name());
            }
        }
    }

    #[test]
    fn running_pods_fill_the_nodes_as_far_as_was_asked_for() {
        for percent in [10, 50, 100] {
            let running = Running::CpuPercent(percent);
            let cluster = Load { running, ..small(Kind::Basic) }.input().unwrap().cluster;
            let nodes = cluster.nodes();
            for node in &nodes.by_rank {
                let allocatable = nodes.allocatable(*node, Tracked::Cpu);
                let left = allocatable * percent / 100 - nodes.requested(*node, Tracked::Cpu);
                assert!((0..1000).contains(&left), "{left} of {allocatable} at {percent} percent");
            }
        }
    }
}
