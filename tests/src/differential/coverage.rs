//! What a random run came across.

use bayplan::cycle::decision::Decision;
use bayplan::objects::Pod;
use bayplan::objects::pod::PodSpec;
use bayplan::scheduler::ScheduleError;
use bayplan::state::Cluster;
use bayplan::state::change::Change;
use std::collections::BTreeMap;
use std::fmt;

/// How many decisions there were, and of what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Decisions that were compared.
    pub decisions: u64,
    /// How often each thing was met, by its name.
    met: BTreeMap<&'static str, u64>,
}

impl Coverage {
    /// Counts one more of something.
    pub fn count(&mut self, what: &'static str) {
        *self.met.entry(what).or_default() += 1;
    }

    /// How often something was met.
    pub fn of(&self, what: &str) -> u64 {
        self.met.get(what).copied().unwrap_or(0)
    }

    /// Both together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.decisions += other.decisions;
        for (what, count) in other.met {
            *self.met.entry(what).or_default() += count;
        }
        self
    }

    pub(super) fn count_cluster(&mut self, cluster: &Cluster) {
        self.count(match cluster.nodes().len() {
            0..=7 => "cluster of up to 7 nodes",
            8..=29 => "cluster of 8 to 29 nodes",
            30..=99 => "cluster of 30 to 99 nodes",
            _ => "cluster of 100 nodes or more",
        });
    }

    pub(super) fn count_change(&mut self, change: &Change) {
        self.count(match change {
            Change::Put(object) => object.kind().name(),
            Change::Delete { .. } => "deletion",
            Change::Bind { .. } => "binding by hand",
            Change::Nominate { .. } => "nomination by hand",
        });
    }

    pub(super) fn count_decision(&mut self, pod: &Pod, decision: &Result<Decision, ScheduleError>) {
        self.decisions += 1;
        self.count(match decision {
            Ok(Decision::Bound { volumes, .. }) if !volumes.is_empty() => "bound with volumes",
            Ok(Decision::Bound { .. }) if !pod.spec.resource_claims.is_empty() => {
                "bound with devices"
            }
            Ok(Decision::Bound { .. }) => "bound",
            Ok(Decision::Nominated { .. }) => "nominated",
            Ok(Decision::Unschedulable(_)) => "unschedulable",
            Ok(Decision::Gated(_)) => "gated",
            Ok(Decision::Skipped(_)) => "skipped",
            Err(_) => "refused with an error",
        });
        if !pod.status.nominated_node_name.is_empty() {
            self.count("pod with a nomination");
        }
        features(&pod.spec)
            .into_iter()
            .filter(|(_, has)| *has)
            .for_each(|(what, _)| self.count(what));
    }
}

/// What a decided pod asks for.
fn features(spec: &PodSpec) -> [(&'static str, bool); 15] {
    let affinity = spec.affinity.as_ref();
    let containers = || spec.init_containers.iter().chain(&spec.containers);
    let terms = affinity.into_iter().flat_map(|it| [&it.pod_affinity, &it.pod_anti_affinity]);
    let mut terms = terms.flatten().flat_map(|it| {
        it.required.iter().chain(it.preferred.iter().map(|weighted| &weighted.pod_affinity_term))
    });
    [
        ("pod with volumes", !spec.volumes.is_empty()),
        ("pod with device claims", !spec.resource_claims.is_empty()),
        ("pod with gates", !spec.scheduling_gates.is_empty()),
        ("pod with host ports", containers().any(|it| it.ports.iter().any(|p| p.host_port > 0))),
        ("pod with init containers", !spec.init_containers.is_empty()),
        ("pod with pod-level resources", spec.resources.is_some()),
        ("pod with overhead", !spec.overhead.is_empty()),
        ("pod with tolerations", !spec.tolerations.is_empty()),
        ("pod with node affinity", affinity.is_some_and(|it| it.node_affinity.is_some())),
        ("pod with pod affinity", affinity.is_some_and(|it| it.pod_affinity.is_some())),
        ("pod with pod anti-affinity", affinity.is_some_and(|it| it.pod_anti_affinity.is_some())),
        (
            "pod with label keys in affinity",
            terms.any(|it| !it.match_label_keys.is_empty() || !it.mismatch_label_keys.is_empty()),
        ),
        ("pod with spread constraints", !spec.topology_spread_constraints.is_empty()),
        ("pod that never preempts", spec.preemption_policy.is_some()),
        ("pod of another scheduler", spec.scheduler_name.as_deref() == Some("other")),
    ]
}

/// One line a thing.
impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.met.iter().try_for_each(|(what, count)| writeln!(f, "{count:>12}  {what}"))
    }
}
