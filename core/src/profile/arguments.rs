//! Arguments of plugins: decoded, completed, checked.
//!
//! Source: `kube-scheduler/config/v1/types_pluginargs.go`, `pkg/scheduler/apis/config/v1/defaults.go`,
//! `pkg/scheduler/apis/config/validation/validation_pluginargs.go` (v1.35). Upstream checks the
//! arguments of NodeResourcesFit only when it makes the plugin; here they are checked with the rest.

use super::strict::{LEAF, Members, decode};
use super::validation::Faults;
use super::{Arguments, FitStrategy, SpreadArguments};
use crate::objects::pod::{
    NodeAffinity, NodeInclusionPolicy, TopologySpreadConstraint, WhenUnsatisfiable,
};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use std::collections::BTreeSet;

/// Reads the arguments of one plugin. Those of plugins that are not known are not looked at.
pub(super) fn read(
    plugin: &str,
    value: Value,
    path: &str,
    arguments: &mut Arguments,
    faults: &mut Faults,
) {
    let mut reader = Reader { path, faults };
    match plugin {
        "DefaultPreemption" => reader.preemption(value, arguments),
        "InterPodAffinity" => reader.inter_pod_affinity(value, arguments),
        "NodeAffinity" => reader.node_affinity(value, arguments),
        "NodeResourcesFit" => reader.fit(value, arguments),
        "NodeResourcesBalancedAllocation" => reader.balanced(value, arguments),
        "PodTopologySpread" => reader.spread(value, arguments),
        "VolumeBinding" => reader.volume_binding(value),
        "DynamicResources" => reader.dynamic_resources(value),
        _ => {}
    }
}

struct Reader<'r> {
    path: &'r str,
    faults: &'r mut Faults,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Preemption {
    min_candidate_nodes_percentage: Option<i32>,
    min_candidate_nodes_absolute: Option<i32>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct InterPod {
    hard_pod_affinity_weight: Option<i32>,
    ignore_preferred_terms_of_existing_pods: bool,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Affinity {
    added_affinity: Option<NodeAffinity>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Fit {
    ignored_resources: Vec<String>,
    ignored_resource_groups: Vec<String>,
    scoring_strategy: Option<Strategy>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Strategy {
    #[serde(rename = "type")]
    kind: String,
    resources: Vec<ResourceWeight>,
    requested_to_capacity_ratio: Option<Ratio>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct ResourceWeight {
    name: String,
    weight: i64,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Ratio {
    shape: Vec<ShapePoint>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct ShapePoint {
    utilization: i32,
    score: i32,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Balanced {
    resources: Vec<ResourceWeight>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Spread {
    defaulting_type: Option<String>,
    default_constraints: Vec<Constraint>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Constraint {
    max_skew: i32,
    topology_key: String,
    when_unsatisfiable: String,
    label_selector: Option<IgnoredAny>,
    min_domains: Option<i32>,
    node_affinity_policy: Option<NodeInclusionPolicy>,
    node_taints_policy: Option<NodeInclusionPolicy>,
    match_label_keys: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct VolumeBinding {
    bind_timeout_seconds: Option<i64>,
    shape: Option<Vec<ShapePoint>>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct DynamicResources {
    filter_timeout: Option<String>,
    binding_timeout: Option<String>,
}

impl Reader<'_> {
    fn at(&self, field: &str) -> String {
        format!("{}.{field}", self.path)
    }

    fn decode<T: DeserializeOwned + Default>(&mut self, value: Value) -> T {
        decode(self.path, value).unwrap_or_else(|fault| {
            self.faults.0.push(fault);
            T::default()
        })
    }

    fn preemption(&mut self, value: Value, arguments: &mut Arguments) {
        let written: Preemption = self.decode(value);
        let percentage = i64::from(written.min_candidate_nodes_percentage.unwrap_or(10));
        let absolute = i64::from(written.min_candidate_nodes_absolute.unwrap_or(100));
        let of_percentage = self.at("minCandidateNodesPercentage");
        let of_absolute = self.at("minCandidateNodesAbsolute");
        if percentage == 0 && absolute == 0 {
            let detail = |other: &str| format!("cannot be zero at the same time as {other}");
            self.faults.invalid(&of_percentage, percentage, &detail(&of_absolute));
            self.faults.invalid(&of_absolute, absolute, &detail(&of_percentage));
        }
        if !(0..=100).contains(&percentage) {
            self.faults.invalid(of_percentage, percentage, "not in valid range [0, 100]");
        }
        if absolute < 0 {
            self.faults.invalid(of_absolute, absolute, "not in valid range [0, inf)");
        }
        arguments.preemption.min_candidate_nodes_percentage = percentage;
        arguments.preemption.min_candidate_nodes_absolute = absolute;
    }

    fn inter_pod_affinity(&mut self, value: Value, arguments: &mut Arguments) {
        let written: InterPod = self.decode(value);
        let weight = i64::from(written.hard_pod_affinity_weight.unwrap_or(1));
        self.faults.in_range(self.at("hardPodAffinityWeight"), weight, (0, 100));
        arguments.inter_pod.hard_pod_affinity_weight = weight;
        arguments.inter_pod.ignore_preferred_terms_of_existing_pods =
            written.ignore_preferred_terms_of_existing_pods;
    }

    fn node_affinity(&mut self, value: Value, arguments: &mut Arguments) {
        if let Some(added) = value.get("addedAffinity") {
            let path = self.at("addedAffinity");
            self.faults.0.extend(NODE_AFFINITY.first_unknown(&path, added));
        }
        let written: Affinity = self.decode(value);
        let Some(affinity) = written.added_affinity else { return };
        let required = self.at("addedAffinity.requiredDuringSchedulingIgnoredDuringExecution");
        if let Some(selector) = &affinity.required {
            let terms = format!("{required}.nodeSelectorTerms");
            if selector.node_selector_terms.is_empty() {
                self.faults.required(&terms, "must have at least one node selector term");
            }
            for (ix, term) in selector.node_selector_terms.iter().enumerate() {
                if let Some(fault) = term.invalid() {
                    self.faults.push(format!("{terms}[{ix}]"), fault);
                }
            }
        }
        let preferred = self.at("addedAffinity.preferredDuringSchedulingIgnoredDuringExecution");
        for (ix, term) in affinity.preferred.iter().flatten().enumerate() {
            if let Some(fault) = term.preference.invalid() {
                self.faults.push(format!("{preferred}[{ix}].preference"), fault);
            }
        }
        arguments.added_affinity = Some(affinity);
    }

    fn fit(&mut self, value: Value, arguments: &mut Arguments) {
        let written: Fit = self.decode(value);
        for (ix, name) in written.ignored_resources.iter().enumerate() {
            self.faults.label_name(self.at(&format!("ignoredResources[{ix}]")), name);
        }
        for (ix, name) in written.ignored_resource_groups.iter().enumerate() {
            let path = self.at(&format!("ignoredResourceGroups[{ix}]"));
            if name.contains('/') {
                let detail = "resource group name can't contain '/'";
                self.faults.invalid(path, format!("\"{name}\""), detail);
            } else {
                self.faults.label_name(path, name);
            }
        }
        arguments.fit.ignored_resources = written.ignored_resources;
        arguments.fit.ignored_resource_groups = written.ignored_resource_groups;
        let Some(strategy) = written.scoring_strategy else { return };
        arguments.fit.resources = self.fit_resources(&strategy.resources);
        arguments.fit.strategy = self.fit_strategy(&strategy);
    }

    fn fit_resources(&mut self, written: &[ResourceWeight]) -> Vec<(String, i64)> {
        let resources = with_default_resources(written);
        for (ix, (_, weight)) in resources.iter().enumerate() {
            if !(1..=100).contains(weight) {
                let path = self.at(&format!("scoringStrategy.resources[{ix}].weight"));
                let detail = format!("resource weight of {weight} not in valid range (0, 100]");
                self.faults.invalid(path, weight, &detail);
            }
        }
        resources
    }

    fn fit_strategy(&mut self, strategy: &Strategy) -> FitStrategy {
        const RATIO: &str = "RequestedToCapacityRatio";
        match strategy.kind.as_str() {
            "LeastAllocated" => FitStrategy::LeastAllocated,
            "MostAllocated" => FitStrategy::MostAllocated,
            RATIO => {
                let path = self.at("scoringStrategy.requestedToCapacityRatio.shape");
                let shape = strategy.requested_to_capacity_ratio.as_ref();
                let shape = shape.map_or(&[][..], |ratio| &ratio.shape);
                self.shape(&path, shape);
                let point = |p: &ShapePoint| (i64::from(p.utilization), i64::from(p.score) * 10);
                FitStrategy::RequestedToCapacityRatio(shape.iter().map(point).collect())
            }
            other => {
                let path = self.at("scoringStrategy.type");
                self.faults.unsupported(path, other, &["LeastAllocated", "MostAllocated", RATIO]);
                FitStrategy::LeastAllocated
            }
        }
    }

    fn shape(&mut self, path: &str, shape: &[ShapePoint]) {
        if shape.is_empty() {
            self.faults.required(path, "at least one point must be specified");
        }
        for (ix, point) in shape.iter().enumerate() {
            let utilization = format!("{path}[{ix}].utilization");
            let is_ascending = ix == 0 || shape[ix - 1].utilization < point.utilization;
            if !is_ascending {
                let detail = "utilization values must be sorted in increasing order";
                self.faults.invalid(&utilization, point.utilization, detail);
            }
            self.faults.in_range(utilization, point.utilization.into(), (0, 100));
            self.faults.in_range(format!("{path}[{ix}].score"), point.score.into(), (0, 10));
        }
    }

    fn balanced(&mut self, value: Value, arguments: &mut Arguments) {
        let written: Balanced = self.decode(value);
        let mut seen = BTreeSet::new();
        let resources = with_default_resources(&written.resources);
        for (ix, (name, weight)) in resources.iter().enumerate() {
            if *weight != 1 {
                let path = self.at(&format!("resources[{ix}].weight"));
                self.faults.invalid(path, weight, "resource weight not in valid range [1, 1]");
            }
            if !seen.insert(name) {
                let path = self.at(&format!("resources[{ix}].name"));
                self.faults.duplicate(path, format!("\"{name}\""));
            }
        }
        arguments.balanced_resources = resources.into_iter().map(|(name, _)| name).collect();
    }

    fn spread(&mut self, value: Value, arguments: &mut Arguments) {
        let written: Spread = self.decode(value);
        let path = self.at("defaultingType");
        match written.defaulting_type.as_deref() {
            None | Some("System") => {
                if !written.default_constraints.is_empty() {
                    let detail = "when .defaultConstraints are not empty";
                    self.faults.invalid(path, "\"System\"", detail);
                }
                arguments.spread = SpreadArguments::System;
            }
            Some("List") => {
                let list = self.constraints(&written.default_constraints);
                arguments.spread = SpreadArguments::List(list);
            }
            Some(other) => self.faults.unsupported(path, other, &["System", "List"]),
        }
    }

    fn constraints(&mut self, written: &[Constraint]) -> Vec<TopologySpreadConstraint> {
        let mut seen = BTreeSet::new();
        let mut constraints = Vec::new();
        for (ix, constraint) in written.iter().enumerate() {
            let path = self.at(&format!("defaultConstraints[{ix}]"));
            let key = (&constraint.topology_key, &constraint.when_unsatisfiable);
            if !seen.insert(key) {
                self.faults.duplicate(&path, format!("{{{}, {}}}", key.0, key.1));
            }
            constraints.extend(self.constraint(&path, constraint));
        }
        constraints
    }

    fn constraint(&mut self, path: &str, written: &Constraint) -> Option<TopologySpreadConstraint> {
        if written.max_skew <= 0 {
            let detail = "not in valid range (0-inf)";
            self.faults.invalid(format!("{path}.maxSkew"), written.max_skew, detail);
        }
        let topology_key = format!("{path}.topologyKey");
        if written.topology_key.is_empty() {
            self.faults.required(topology_key, "can not be empty");
        } else {
            self.faults.label_name(topology_key, &written.topology_key);
        }
        if written.label_selector.is_some() {
            let detail = "constraint must not define a selector, as they deduced for each pod";
            self.faults.forbidden(format!("{path}.labelSelector"), detail);
        }
        let when_unsatisfiable = match written.when_unsatisfiable.as_str() {
            "DoNotSchedule" => WhenUnsatisfiable::DoNotSchedule,
            "ScheduleAnyway" => WhenUnsatisfiable::ScheduleAnyway,
            other => {
                let path = format!("{path}.whenUnsatisfiable");
                if other.is_empty() {
                    self.faults.required(path, "can not be empty");
                } else {
                    self.faults.unsupported(path, other, &["DoNotSchedule", "ScheduleAnyway"]);
                }
                return None;
            }
        };
        Some(TopologySpreadConstraint {
            max_skew: written.max_skew,
            topology_key: written.topology_key.clone(),
            when_unsatisfiable,
            label_selector: None,
            min_domains: written.min_domains,
            node_affinity_policy: written.node_affinity_policy,
            node_taints_policy: written.node_taints_policy,
            match_label_keys: written.match_label_keys.clone(),
        })
    }

    /// Nothing of it bears on decisions: binding takes no time here.
    fn volume_binding(&mut self, value: Value) {
        let written: VolumeBinding = self.decode(value);
        if let Some(seconds) = written.bind_timeout_seconds.filter(|seconds| *seconds < 0) {
            let detail = "invalid BindTimeoutSeconds, should not be a negative value";
            self.faults.invalid(self.at("bindTimeoutSeconds"), seconds, detail);
        }
        if written.shape.is_some() {
            let detail = "unexpected field `shape`, remove it or turn on the feature gate \
                          StorageCapacityScoring";
            self.faults.forbidden(self.at("shape"), detail);
        }
    }

    /// Nothing of it bears on decisions: the search for devices is not timed.
    fn dynamic_resources(&mut self, value: Value) {
        let written: DynamicResources = self.decode(value);
        let path = self.at("filterTimeout");
        if let Some(text) = &written.filter_timeout {
            match duration_seconds(text) {
                None => self.faults.push(path, format!("\"{text}\" is not a duration")),
                Some(seconds) if seconds < 0.0 => {
                    self.faults.invalid(path, text, "must be a non-negative duration");
                }
                Some(_) => {}
            }
        }
        if written.binding_timeout.is_some() {
            let detail = "requires the feature gates DRADeviceBindingConditions and \
                          DRAResourceClaimDeviceStatus";
            self.faults.forbidden(self.at("bindingTimeout"), detail);
        }
    }
}

/// The resources, CPU and memory where there are none; a weight of 0 means 1.
fn with_default_resources(written: &[ResourceWeight]) -> Vec<(String, i64)> {
    if written.is_empty() {
        return vec![("cpu".to_owned(), 1), ("memory".to_owned(), 1)];
    }
    let weight = |weight| if weight == 0 { 1 } else { weight };
    written.iter().map(|entry| (entry.name.clone(), weight(entry.weight))).collect()
}

/// The seconds of a duration as Go writes it, such as `1m30s`.
pub(super) fn duration_seconds(text: &str) -> Option<f64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0.0);
    }
    let mut seconds = 0.0;
    loop {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(end);
        let end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let scale = match unit {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * scale;
        rest = tail;
        if rest.is_empty() {
            return Some(sign * seconds);
        }
    }
}

static NODE_AFFINITY: Members = Members(&[
    (
        "requiredDuringSchedulingIgnoredDuringExecution",
        &Members(&[("nodeSelectorTerms", &SELECTOR_TERM)]),
    ),
    (
        "preferredDuringSchedulingIgnoredDuringExecution",
        &Members(&[("weight", &LEAF), ("preference", &SELECTOR_TERM)]),
    ),
]);
static SELECTOR_TERM: Members =
    Members(&[("matchExpressions", &REQUIREMENT), ("matchFields", &REQUIREMENT)]);
static REQUIREMENT: Members = Members(&[("key", &LEAF), ("operator", &LEAF), ("values", &LEAF)]);
