//! Pod templates: everything about a pod but its name and node, as text that is written many times.

use crate::generate::Options;
use crate::mix::Feature;
use bayplan::base::random::Random;
use serde_json::{Map, Value, json};

pub(crate) const HOST: &str = "kubernetes.io/hostname";
pub(crate) const ZONE: &str = "topology.kubernetes.io/zone";
pub(crate) const DISKS: [&str; 3] = ["hdd", "nvme", "ssd"];
pub(crate) const IMAGES: usize = 20;

/// One template.
pub(crate) struct Template {
    /// `app-7`: the value of the label `app`, and the name of the Deployment.
    pub app: String,
    /// What its pods request, for keeping running pods within their node.
    pub cpu_milli: i64,
    /// The same in MiB.
    pub memory_mib: i64,
    /// Whether a pod of it may run on any node without a second look.
    pub runs_anywhere: bool,
    /// `spec` of a pod.
    pub spec: Value,
    /// `spec` of a pod as text, without the closing brace.
    pub spec_text: String,
}

impl Template {
    /// The template with this number.
    pub fn new(options: &Options, number: usize, feature: Feature) -> Self {
        let mut random = Random::keyed(options.seed, &format!("template-{number}"));
        let scaled = |usual: i64| (usual * options.requests_percent as i64 / 100).max(1);
        let app = format!("app-{number}");
        let cpu_milli = scaled(pick(&mut random, &[100, 250, 500, 1000]));
        let memory_mib = scaled(pick(&mut random, &[128, 256, 512, 1024, 2048]));
        let mut spec = Map::new();
        spec.insert(
            "containers".to_owned(),
            json!([{
                "name": "main",
                "image": image(random.below(IMAGES)),
                "resources": {"requests": {
                    "cpu": format!("{cpu_milli}m"),
                    "memory": format!("{memory_mib}Mi"),
                }},
            }]),
        );
        add_feature(&mut spec, feature, &app, &mut random);
        let spec = Value::Object(spec);
        let mut spec_text = spec.to_string();
        spec_text.pop();
        let runs_anywhere =
            !matches!(feature, Feature::Gpu | Feature::Ports | Feature::NodeAffinity);
        Self { app, cpu_milli, memory_mib, runs_anywhere, spec, spec_text }
    }
}

/// A name of an image by its number.
pub(crate) fn image(number: usize) -> String {
    format!("registry.example/app-{number}:1.0")
}

/// One of several values.
pub(crate) fn pick<T: Copy>(random: &mut Random, values: &[T]) -> T {
    values[random.below(values.len())]
}

fn add_feature(spec: &mut Map<String, Value>, feature: Feature, app: &str, random: &mut Random) {
    let selector = json!({"matchLabels": {"app": app}});
    let term = |key: &str| json!({"topologyKey": key, "labelSelector": selector});
    let weighted = |weight: i64, key| json!({"weight": weight, "podAffinityTerm": term(key)});
    let spread = |skew: i64, key: &str, when: &str| {
        json!({"maxSkew": skew, "topologyKey": key, "whenUnsatisfiable": when,
               "labelSelector": selector})
    };
    let mut set = |field: &str, value| spec.insert(field.to_owned(), value);
    match feature {
        Feature::Basic => None,
        Feature::NodeAffinity => set("affinity", node_affinity(random)),
        Feature::Spread => set(
            "topologySpreadConstraints",
            json!([spread(1, ZONE, "DoNotSchedule"), spread(2, HOST, "DoNotSchedule")]),
        ),
        Feature::AntiAffinity => {
            set("affinity", json!({"podAntiAffinity": {REQUIRED: [term(HOST)]}}))
        }
        Feature::PodAffinity => set("affinity", json!({"podAffinity": {REQUIRED: [term(ZONE)]}})),
        Feature::Preferred => {
            set("topologySpreadConstraints", json!([spread(5, ZONE, "ScheduleAnyway")]));
            set(
                "affinity",
                json!({
                    "podAffinity": {PREFERRED: [weighted(50, ZONE)]},
                    "podAntiAffinity": {PREFERRED: [weighted(100, HOST)]},
                }),
            )
        }
        Feature::Tolerations => {
            set("tolerations", json!([{"key": "dedicated", "operator": "Exists"}]))
        }
        Feature::Gpu => {
            spec["containers"][0]["resources"]["requests"]["nvidia.com/gpu"] = json!("1");
            spec["containers"][0]["resources"]["limits"] = json!({"nvidia.com/gpu": "1"});
            let toleration = json!([{"key": "nvidia.com/gpu", "operator": "Exists"}]);
            spec.insert("tolerations".to_owned(), toleration)
        }
        Feature::Priority => set("priority", json!(pick(random, &[10, 100, 1000]))),
        Feature::Ports => {
            let port = 8000 + random.below(1000);
            spec["containers"][0]["ports"] = json!([{"containerPort": port, "hostPort": port}]);
            None
        }
    };
}

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

fn node_affinity(random: &mut Random) -> Value {
    let excluded = random.below(DISKS.len());
    let disks: Vec<_> =
        (0..DISKS.len()).filter(|disk| *disk != excluded).map(|disk| DISKS[disk]).collect();
    let newer_than = random.below(5).to_string();
    let zone = format!("zone-{}", random.below(3));
    json!({"nodeAffinity": {
        REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": [
            {"key": "disk", "operator": "In", "values": disks},
            {"key": "generation", "operator": "Gt", "values": [newer_than]},
        ]}]},
        PREFERRED: [
            {"weight": 50, "preference": {"matchExpressions": [
                {"key": ZONE, "operator": "In", "values": [zone]}]}},
            {"weight": 10, "preference": {"matchExpressions": [
                {"key": "generation", "operator": "NotIn", "values": ["5"]}]}},
        ],
    }})
}
