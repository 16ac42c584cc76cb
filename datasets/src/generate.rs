//! Clusters and workloads from a seed, one JSON object at a time.
//!
//! Memory does not grow with nodes or pods, only with templates: every node is drawn from the seed
//! and its own number, and a pod is its template with a name.

use crate::mix::Mix;
use crate::shapes::{self, InstanceType};
use crate::templates::{DISKS, HOST, IMAGES, Template, ZONE, image, pick};
use bayplan::base::random::Random;
use serde_json::{Value, json};
use std::fmt;

/// What to generate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Nodes, at most 100,000.
    pub nodes: usize,
    /// Pending pods, at most 1,000,000; those of DaemonSets come on top.
    pub pods: usize,
    /// Pod templates, at least 1; replicas of one template differ in their names alone.
    pub templates: usize,
    /// What the templates ask for.
    pub mix: Mix,
    /// What pods request of CPU and memory, in percent of the usual amounts.
    pub requests_percent: usize,
    /// Running pods per node, as far as the node has room.
    pub running_per_node: usize,
    /// DaemonSets.
    pub daemon_sets: usize,
    /// Zones, at least 1.
    pub zones: usize,
    /// Racks per zone, at least 1.
    pub racks: usize,
    /// How many nodes in a hundred carry the taint `dedicated`.
    pub tainted_percent: usize,
    /// Whether pending pods come bare or through Deployments.
    pub owners: Owners,
    /// Everything random follows from it.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            nodes: 100,
            pods: 1000,
            templates: 20,
            mix: Mix::default(),
            requests_percent: 100,
            running_per_node: 0,
            daemon_sets: 0,
            zones: 3,
            racks: 4,
            tainted_percent: 5,
            owners: Owners::None,
            seed: 0,
        }
    }
}

/// Who makes the pending pods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Owners {
    /// Nobody: every pod is an object of its own.
    #[default]
    None,
    /// One Deployment per template.
    Deployments,
}

/// An option that is out of bounds; [`fmt::Display`] says which, and the bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionsError {
    option: &'static str,
    value: usize,
    least: usize,
    most: usize,
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { option, value, least, most } = self;
        write!(f, "{option} is {value}; it must be {least} to {most}")
    }
}

impl std::error::Error for OptionsError {}

/// Makes the objects of a cluster and its workload: nodes, DaemonSets, running pods, then pending
/// pods. Every item is one object as one line of JSON, without the line's end.
pub struct Generator {
    options: Options,
    templates: Vec<Template>,
    random: Random,
    next: Stage,
}

/// The object that comes next.
#[derive(Clone, Copy)]
enum Stage {
    Node(usize),
    DaemonSet(usize),
    Running { node: usize, on_node: usize, cpu_left: i64, memory_left: i64 },
    Pending(usize),
    Deployment(usize),
}

impl Generator {
    /// A generator of these objects.
    ///
    /// # Errors
    /// Names an option that is out of bounds.
    pub fn new(options: Options) -> Result<Self, OptionsError> {
        check(&options)?;
        let mut random = Random::keyed(options.seed, "mix");
        let draw = |number| {
            let feature = options.mix.draw(random.below(options.mix.total()));
            Template::new(&options, number, feature)
        };
        let templates = (0..options.templates).map(draw).collect();
        let random = Random::keyed(options.seed, "pods");
        Ok(Self { options, templates, random, next: Stage::Node(0) })
    }

    /// How many objects there will be at most; running pods may be fewer where a node is full.
    pub fn objects_max(&self) -> usize {
        let options = &self.options;
        let pending = match options.owners {
            Owners::None => options.pods,
            Owners::Deployments => options.templates,
        };
        options.nodes * (1 + options.running_per_node) + options.daemon_sets + pending
    }

    fn first_of_pending(&self) -> Stage {
        match self.options.owners {
            Owners::None => Stage::Pending(0),
            Owners::Deployments => Stage::Deployment(0),
        }
    }

    fn first_running_of(&self, node: usize) -> Stage {
        let shape = NodeDraw::new(&self.options, node).shape;
        Stage::Running {
            node,
            on_node: 0,
            cpu_left: shape.allocatable_cpu_milli,
            memory_left: shape.allocatable_memory_mib,
        }
    }
}

fn check(options: &Options) -> Result<(), OptionsError> {
    let bounds = [
        ("nodes", options.nodes, 0, 100_000),
        ("pods", options.pods, 0, 1_000_000),
        ("templates", options.templates, 1, 1_000_000),
        ("requests", options.requests_percent, 1, 10_000),
        ("running-per-node", options.running_per_node, 0, 1000),
        ("daemonsets", options.daemon_sets, 0, 1000),
        ("zones", options.zones, 1, 100_000),
        ("racks", options.racks, 1, 100_000),
        ("tainted", options.tainted_percent, 0, 100),
    ];
    for (option, value, least, most) in bounds {
        if !(least..=most).contains(&value) {
            return Err(OptionsError { option, value, least, most });
        }
    }
    Ok(())
}

impl Iterator for Generator {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        loop {
            match self.next {
                Stage::Node(number) if number < self.options.nodes => {
                    self.next = Stage::Node(number + 1);
                    return Some(node(&self.options, number));
                }
                Stage::Node(_) => self.next = Stage::DaemonSet(0),
                Stage::DaemonSet(number) if number < self.options.daemon_sets => {
                    self.next = Stage::DaemonSet(number + 1);
                    return Some(daemon_set(number));
                }
                Stage::DaemonSet(_) => {
                    let runs = self.options.running_per_node > 0 && self.options.nodes > 0;
                    self.next =
                        if runs { self.first_running_of(0) } else { self.first_of_pending() };
                }
                Stage::Running { node, on_node, cpu_left, memory_left } => {
                    let template = &self.templates[self.random.below(self.templates.len())];
                    let cpu_left = cpu_left - template.cpu_milli;
                    let memory_left = memory_left - template.memory_mib;
                    let full =
                        on_node == self.options.running_per_node || cpu_left < 0 || memory_left < 0;
                    if !full {
                        self.next =
                            Stage::Running { node, on_node: on_node + 1, cpu_left, memory_left };
                        if template.runs_anywhere {
                            return Some(running(&self.options, template, node, on_node));
                        }
                    } else if node + 1 < self.options.nodes {
                        self.next = self.first_running_of(node + 1);
                    } else {
                        self.next = self.first_of_pending();
                    }
                }
                Stage::Pending(number) if number < self.options.pods => {
                    self.next = Stage::Pending(number + 1);
                    let template = &self.templates[self.random.below(self.templates.len())];
                    return Some(pending(&self.options, template, number));
                }
                Stage::Deployment(number) if number < self.templates.len() => {
                    self.next = Stage::Deployment(number + 1);
                    let (pods, templates) = (self.options.pods, self.templates.len());
                    let replicas = pods / templates + usize::from(number < pods % templates);
                    return Some(deployment(&self.templates[number], replicas));
                }
                Stage::Pending(_) | Stage::Deployment(_) => return None,
            }
        }
    }
}

/// Name of a node; as many digits as the last one needs, so that name order is number order.
fn node_name(options: &Options, number: usize) -> String {
    let width = options.nodes.saturating_sub(1).max(1).ilog10() as usize + 1;
    format!("node-{number:0width$}")
}

/// What is random about a node.
struct NodeDraw {
    shape: &'static InstanceType,
    random: Random,
}

impl NodeDraw {
    fn new(options: &Options, number: usize) -> Self {
        let mut random = Random::keyed(options.seed, &format!("node-{number}"));
        Self { shape: shapes::draw(random.below(100)), random }
    }
}

fn node(options: &Options, number: usize) -> String {
    let NodeDraw { shape, mut random } = NodeDraw::new(options, number);
    let name = node_name(options, number);
    let zone = number % options.zones;
    let rack = number / options.zones % options.racks;
    let labels = json!({
        HOST: name,
        ZONE: format!("zone-{zone}"),
        "topology.kubernetes.io/region": "region-0",
        "topology.example.com/rack": format!("zone-{zone}-rack-{rack}"),
        "node.kubernetes.io/instance-type": shape.name,
        "kubernetes.io/arch": shape.arch,
        "kubernetes.io/os": "linux",
        "disk": pick(&mut random, &DISKS),
        "generation": (1 + random.below(9)).to_string(),
    });
    let first_image = random.below(IMAGES);
    let images: Vec<_> = (0..5)
        .map(|step| (first_image + step * 3) % IMAGES)
        .map(|number| json!({"names": [image(number)], "sizeBytes": 50_000_000 * (number + 1)}))
        .collect();
    let object = json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "spec": spec_of_node(options, shape, &mut random),
        "status": {
            "capacity": resources(shape, shape.cpu * 1000, shape.memory_mib),
            "allocatable":
                resources(shape, shape.allocatable_cpu_milli, shape.allocatable_memory_mib),
            "images": images,
        },
    });
    object.to_string()
}

fn spec_of_node(options: &Options, shape: &InstanceType, random: &mut Random) -> Value {
    if shape.gpus > 0 {
        json!({"taints": [{"key": "nvidia.com/gpu", "value": "", "effect": "NoSchedule"}]})
    } else if random.below(100) < options.tainted_percent {
        let value = pick(random, &["batch", "data"]);
        let effect = pick(random, &["NoSchedule", "PreferNoSchedule"]);
        json!({"taints": [{"key": "dedicated", "value": value, "effect": effect}]})
    } else {
        json!({})
    }
}

fn resources(shape: &InstanceType, cpu_milli: i64, memory_mib: i64) -> Value {
    let mut list = json!({
        "cpu": format!("{cpu_milli}m"),
        "memory": format!("{memory_mib}Mi"),
        "ephemeral-storage": format!("{}Mi", shape.ephemeral_storage_mib),
        "pods": shape.pods.to_string(),
    });
    if shape.gpus > 0 {
        list["nvidia.com/gpu"] = json!(shape.gpus.to_string());
    }
    list
}

fn running(options: &Options, template: &Template, node: usize, number: usize) -> String {
    let Template { app, spec_text, .. } = template;
    let node = node_name(options, node);
    format!(
        r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"running-{node}-{number}","namespace":"default","labels":{{"app":"{app}"}}}},"spec":{spec_text},"nodeName":"{node}"}},"status":{{"phase":"Running"}}}}"#
    )
}

fn pending(options: &Options, template: &Template, number: usize) -> String {
    let Template { app, spec_text, .. } = template;
    let width = options.pods.saturating_sub(1).max(1).ilog10() as usize + 1;
    format!(
        r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"pod-{number:0width$}","namespace":"default","labels":{{"app":"{app}"}}}},"spec":{spec_text}}}}}"#
    )
}

fn deployment(template: &Template, replicas: usize) -> String {
    let app = &template.app;
    let object = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": app, "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": app}},
            "template": {"metadata": {"labels": {"app": app}}, "spec": template.spec},
        },
    });
    object.to_string()
}

fn daemon_set(number: usize) -> String {
    let name = format!("agent-{number}");
    let object = json!({
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {
                    "tolerations": [{"operator": "Exists"}],
                    "containers": [{
                        "name": "agent",
                        "image": "registry.example/agent:1.0",
                        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}},
                    }],
                },
            },
        },
    });
    object.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mix::Feature;

    fn generate(options: Options) -> Vec<Value> {
        let texts = Generator::new(options).expect("options are in bounds");
        texts.map(|text| serde_json::from_str(&text).expect("every line is JSON")).collect()
    }

    fn count(objects: &[Value], kind: &str) -> usize {
        objects.iter().filter(|object| object["kind"] == kind).count()
    }

    #[test]
    fn the_same_seed_gives_the_same_objects_and_another_seed_others() {
        let options = Options { running_per_node: 3, ..Options::default() };
        let other = Options { seed: 1, ..options.clone() };
        assert_eq!(generate(options.clone()), generate(options.clone()));
        assert_ne!(generate(options), generate(other));
    }

    #[test]
    fn as_many_objects_come_as_were_asked_for() {
        let options =
            Options { nodes: 7, pods: 31, templates: 4, daemon_sets: 2, ..Options::default() };
        let objects = generate(options.clone());
        assert_eq!(objects.len(), Generator::new(options).unwrap().objects_max());
        assert_eq!(count(&objects, "Node"), 7);
        assert_eq!(count(&objects, "DaemonSet"), 2);
        assert_eq!(count(&objects, "Pod"), 31);
    }

    #[test]
    fn larger_requests_change_nothing_else() {
        let options = Options { nodes: 2, ..Options::default() };
        let usual = generate(options.clone());
        let doubled = generate(Options { requests_percent: 200, ..options });
        let requests = "/spec/containers/0/resources/requests";
        let amount = |pod: &Value, resource: &str| -> u32 {
            let text = pod.pointer(requests).unwrap()[resource].as_str().unwrap();
            text.trim_end_matches(char::is_alphabetic).parse().unwrap()
        };
        for (usual, doubled) in usual.into_iter().zip(doubled) {
            if usual["kind"] == "Pod" {
                for resource in ["cpu", "memory"] {
                    assert_eq!(amount(&doubled, resource), 2 * amount(&usual, resource));
                }
            }
            let [usual, doubled] = [usual, doubled].map(|mut object| {
                for resource in ["cpu", "memory"] {
                    object.pointer_mut(requests).map(|it| it[resource].take());
                }
                object
            });
            assert_eq!(usual, doubled);
        }
    }

    #[test]
    fn replicas_of_deployments_add_up_to_the_pods() {
        let owners = Owners::Deployments;
        let objects = generate(Options { pods: 31, templates: 4, owners, ..Options::default() });
        let deployments = objects.iter().filter(|object| object["kind"] == "Deployment");
        let replicas = deployments.map(|object| object["spec"]["replicas"].as_u64().unwrap());
        assert_eq!(replicas.collect::<Vec<_>>(), [8, 8, 8, 7]);
    }

    #[test]
    fn running_pods_leave_their_node_within_its_bounds() {
        let options = Options { nodes: 20, running_per_node: 1000, pods: 0, ..Options::default() };
        let objects = generate(options);
        for node in objects.iter().filter(|object| object["kind"] == "Node") {
            let on_node =
                objects.iter().filter(|pod| pod["spec"]["nodeName"] == node["metadata"]["name"]);
            let milli = |text: &Value| text.as_str().unwrap().trim_end_matches('m').parse::<i64>();
            let cpu =
                |pod: &Value| milli(&pod["spec"]["containers"][0]["resources"]["requests"]["cpu"]);
            let requested: i64 = on_node.map(|pod| cpu(pod).unwrap()).sum();
            assert!(requested > 0);
            assert!(requested <= milli(&node["status"]["allocatable"]["cpu"]).unwrap());
        }
    }

    #[test]
    fn every_feature_shows_in_the_pods_that_ask_for_it() {
        for feature in Feature::ALL {
            let mix = Mix::only(*feature);
            let pods = generate(Options { nodes: 0, pods: 1, mix, ..Options::default() });
            let text = pods[0]["spec"].to_string();
            let shows = match feature {
                Feature::Basic => "cpu",
                Feature::NodeAffinity => "nodeAffinity",
                Feature::Spread => "DoNotSchedule",
                Feature::AntiAffinity => "podAntiAffinity",
                Feature::PodAffinity => "podAffinity",
                Feature::Preferred => "ScheduleAnyway",
                Feature::Tolerations => "dedicated",
                Feature::Gpu => "nvidia.com/gpu",
                Feature::Priority => "priority",
                Feature::Ports => "hostPort",
            };
            assert!(text.contains(shows), "{}: {text}", feature.name());
        }
    }

    #[test]
    fn an_option_out_of_bounds_is_named() {
        let error = Generator::new(Options { nodes: 100_001, ..Options::default() }).err();
        assert_eq!(error.unwrap().to_string(), "nodes is 100001; it must be 0 to 100000");
    }
}
