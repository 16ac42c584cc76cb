//! Namespaces, services, priority classes, budgets and limits.

use super::labels::LabelSelector;
use super::meta::{Labels, ObjectMeta};
use super::pod::PreemptionPolicy;
use super::quantity::ResourceList;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Namespace {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
}

/// A service; only its selector matters (default spread constraints, reports).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Service {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// Spec.
    pub spec: ServiceSpec,
}

/// `spec` of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct ServiceSpec {
    /// Pods behind it; absent means none.
    pub selector: Option<Labels>,
}

/// A priority class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PriorityClass {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// Priority of the pods of the class.
    pub value: i32,
    /// Whether pods without a class get this one.
    pub global_default: bool,
    /// Preemption policy of the pods of the class.
    pub preemption_policy: Option<PreemptionPolicy>,
}

/// A disruption budget.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct PodDisruptionBudget {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// What must hold.
    pub spec: PodDisruptionBudgetSpec,
    /// What is allowed now.
    pub status: PodDisruptionBudgetStatus,
}

/// `spec` of a budget.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodDisruptionBudgetSpec {
    /// How many must stay: a number or a percentage.
    pub min_available: Option<IntOrPercent>,
    /// How many may go: a number or a percentage.
    pub max_unavailable: Option<IntOrPercent>,
    /// Which pods; absent means none, empty means all of the namespace.
    pub selector: Option<LabelSelector>,
}

/// `status` of a budget.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodDisruptionBudgetStatus {
    /// How many pods may be evicted now.
    pub disruptions_allowed: i32,
    /// Pods whose eviction was already granted.
    pub disrupted_pods: BTreeMap<String, String>,
}

/// A number or a percentage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IntOrPercent {
    /// A number.
    Int(i32),
    /// A percentage.
    Percent(i32),
}

impl IntOrPercent {
    /// The number that this is of `base`, percentages rounded up.
    pub fn of_rounded_up(self, base: i64) -> i64 {
        match self {
            Self::Int(value) => i64::from(value),
            Self::Percent(percent) => {
                (base * i64::from(percent)).div_euclid(100)
                    + i64::from((base * i64::from(percent)).rem_euclid(100) != 0)
            }
        }
    }

    /// The number that this is of `base`, percentages rounded down.
    pub fn of_rounded_down(self, base: i64) -> i64 {
        match self {
            Self::Int(value) => i64::from(value),
            Self::Percent(percent) => (base * i64::from(percent)).div_euclid(100),
        }
    }
}

impl<'de> Deserialize<'de> for IntOrPercent {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Int(i32),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Int(value) => Ok(Self::Int(value)),
            Written::Text(text) => {
                let number = text.strip_suffix('%').and_then(|n| n.parse().ok());
                number.map(Self::Percent).ok_or_else(|| {
                    serde::de::Error::custom(format!("\"{text}\" is not a percentage such as 25%"))
                })
            }
        }
    }
}

impl Serialize for IntOrPercent {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Int(value) => serializer.serialize_i32(*value),
            Self::Percent(percent) => serializer.collect_str(&format_args!("{percent}%")),
        }
    }
}

/// Default requests and limits of a namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct LimitRange {
    /// Metadata.
    #[serde(rename = "metadata")]
    pub meta: ObjectMeta,
    /// Spec.
    pub spec: LimitRangeSpec,
}

/// `spec` of a limit range.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct LimitRangeSpec {
    /// One entry per kind of thing that is limited.
    pub limits: Vec<LimitRangeItem>,
}

/// One entry of a limit range.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LimitRangeItem {
    /// `Container`, `Pod` or `PersistentVolumeClaim`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Default limits.
    pub default: ResourceList,
    /// Default requests.
    pub default_request: ResourceList,
    /// Smallest allowed.
    pub min: ResourceList,
    /// Largest allowed.
    pub max: ResourceList,
    /// Largest allowed ratio of limit to request.
    pub max_limit_request_ratio: ResourceList,
}
