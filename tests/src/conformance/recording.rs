//! What a recording holds: a case, and what became of each of its pods.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// One line of a recording.
#[derive(Debug, Deserialize)]
pub(super) struct Line {
    pub(super) case: Case,
    pub(super) expected: Expected,
}

#[derive(Debug, Deserialize)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) profile: Option<Value>,
    pub(super) objects: Vec<Box<RawValue>>,
    pub(super) pending: Vec<Box<RawValue>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Expected {
    pub(super) pods: Vec<Entry>,
}

/// What became of one pod.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Entry {
    pub(super) pod: String,
    pub(super) pre_enqueue: Option<Refusal>,
    pub(super) pre_filter: Option<Refusal>,
    /// Absent in recordings that leave out what each node said.
    pub(super) nodes: Option<BTreeMap<String, NodeEntry>>,
    pub(super) nominated_fast_path: bool,
    pub(super) scores: Option<BTreeMap<String, BTreeMap<String, i64>>>,
    pub(super) best: Option<Vec<String>>,
    pub(super) bound: Option<String>,
    pub(super) message: Option<String>,
    pub(super) error: Option<String>,
    pub(super) preemption: Option<PreemptionEntry>,
    pub(super) volumes: Option<VolumesEntry>,
    pub(super) claims: Option<BTreeMap<String, Vec<DeviceEntry>>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct NodeEntry {
    pub(super) filter: Option<Refusal>,
}

/// A plugin's no.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Refusal {
    pub(super) plugin: String,
    pub(super) code: String,
    /// Sorted.
    pub(super) reasons: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PreemptionEntry {
    pub(super) nominated_node: String,
    pub(super) victims: Vec<String>,
    #[serde(rename = "numPDBViolations")]
    pub(super) num_pdb_violations: usize,
    pub(super) candidates: Option<Vec<CandidateEntry>>,
    pub(super) candidate_count: Option<usize>,
    pub(super) ties: Option<Vec<String>>,
    pub(super) fits_after_eviction: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct CandidateEntry {
    pub(super) node: String,
    pub(super) victims: Vec<String>,
    #[serde(rename = "numPDBViolations")]
    pub(super) num_pdb_violations: usize,
}

/// Volumes bound with the pod; each list sorted by claim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct VolumesEntry {
    #[serde(rename = "static")]
    pub(super) existing: Vec<BTreeMap<String, String>>,
    pub(super) provision: Vec<BTreeMap<String, String>>,
}

/// One allocated device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct DeviceEntry {
    pub(super) request: String,
    pub(super) driver: String,
    pub(super) pool: String,
    pub(super) device: String,
}

/// Whether these lines record placements of throughput inputs, which come without their objects.
pub(super) fn is_perf(lines: &[String]) -> bool {
    #[derive(Deserialize)]
    struct Probe {
        case: Option<serde::de::IgnoredAny>,
    }
    let first = lines.first().and_then(|line| serde_json::from_str::<Probe>(line).ok());
    first.is_some_and(|probe| probe.case.is_none())
}
