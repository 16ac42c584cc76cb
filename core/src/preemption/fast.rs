//! PostFilter from ledgers: the same answers as the plain rules give, for classes that columns
//! cover.

use super::Nomination;
use super::ledger::{Found, Ledger};
use crate::base::recent::Recent;
use crate::column::Score;
use crate::explain::message;
use crate::objects::Pod;
use crate::objects::pod::PreemptionPolicy;
use crate::plugins::{Plugin, dynamic_resources};
use crate::profile::Profile;
use crate::state::Cluster;
use crate::state::log::Epoch;
use crate::view::barred::Barred;
use crate::view::examiner::{Asked, AskedNearby, Examiner};

/// The ledgers of the classes that failed lately. Classes of which nodes are asked the same share one.
#[derive(Clone, Debug, Default)]
pub struct Ledgers {
    /// The time in which what is asked has had the same meaning.
    epoch: Epoch,
    /// By what a node is asked and the pod's priority.
    ledgers: Recent<(Asked, i32), Ledger>,
    /// What rules about pods nearby say of the nodes that pass the rest.
    barred: Recent<(Asked, AskedNearby), Barred>,
}

/// How many nodes all ledgers have together at most, four bytes each, and all that is barred, a byte
/// each.
const ENTRIES_MAX: [usize; 2] = [1 << 25, 1 << 26];
/// How many of them there are at most.
const NUMBER_MAX: usize = 4096;

/// What PostFilter came to for a pod that no node takes.
#[derive(Clone, Debug)]
pub struct Failure<'l> {
    /// Why no node takes the pod, without what PostFilter says.
    pub fit_error: crate::cycle::fit_error::FitError,
    /// What PostFilter says; empty where a node was found.
    pub text: String,
    /// What becomes of the pod's nomination.
    pub nomination: Nomination,
    ledger: Option<&'l Ledger>,
}

impl<'l> Failure<'l> {
    /// Every node on which removing pods helps, in byte order of the names; none where the pod may
    /// not preempt.
    pub fn candidates(&self, cluster: &'l Cluster) -> Vec<Found<'l>> {
        self.ledger.map(|ledger| ledger.candidates(cluster).collect()).unwrap_or_default()
    }

    /// The candidate that costs least, the first by name where several do.
    pub fn chosen(&self, cluster: &'l Cluster) -> Option<Found<'l>> {
        self.ledger?.candidates(cluster).min_by_key(|found| found.cost)
    }
}

impl Ledgers {
    /// Asks PostFilter about a pod that no node takes; `None` where only the plain rules can tell.
    pub fn post_filter<S: Score>(
        &mut self,
        examiner: &Examiner<'_, S>,
        profile: &Profile,
        cluster: &mut Cluster,
        pod: &Pod,
    ) -> Option<Failure<'_>> {
        let uncounted =
            cluster.has_pods_below(pod.priority()) && !examiner.removal_is_told_by_counts(cluster);
        if uncounted || needs_plain_rules(examiner, profile) {
            return None;
        }
        if self.epoch != *examiner.epoch() {
            *self = Self { epoch: examiner.epoch().clone(), ..Self::default() };
        }
        let (asked, priority) = (examiner.asked(cluster, pod.priority()), pod.priority());
        let [ledgers_max, barred_max] =
            ENTRIES_MAX.map(|entries| NUMBER_MAX.min(entries / cluster.nodes().len().max(1)));
        let ledger = self.ledgers.get((asked, priority), ledgers_max);
        let apart = examiner.asks_nearby_apart(cluster, priority);
        let barred = apart.then(|| self.barred.get((asked, examiner.asked_nearby()), barred_max));
        ledger.update(examiner, cluster, priority, barred);
        let ledger = &*ledger;
        let may_preempt = may_preempt(profile, pod);
        let found = may_preempt && ledger.candidates(cluster).next().is_some();
        let said = profile.post_filter.iter().filter_map(|plugin| match plugin {
            Plugin::DynamicResources => Some(dynamic_resources::NO_NEW_CLAIMS.to_owned()),
            Plugin::DefaultPreemption if !may_preempt => {
                Some("preemption: not eligible due to preemptionPolicy=Never.".to_owned())
            }
            Plugin::DefaultPreemption => Some(format!("preemption: {}", ledger.unhelped())),
            _ => None,
        });
        let narrowed = if examiner.is_narrowed() { vec![Plugin::NodeAffinity] } else { Vec::new() };
        Some(Failure {
            fit_error: ledger.fit_error(&message::excluded(&narrowed)),
            text: if found { String::new() } else { said.collect::<Vec<_>>().join(", ") },
            nomination: if found { Nomination::Set } else { Nomination::of_unhelped(profile, pod) },
            ledger: may_preempt.then_some(ledger),
        })
    }
}

impl Nomination {
    /// What becomes of the nomination of a pod for which removing others does not help.
    pub fn of_unhelped(profile: &Profile, pod: &Pod) -> Self {
        if may_preempt(profile, pod) || profile.post_filter.is_empty() {
            Self::Clear
        } else {
            Self::Keep
        }
    }
}

/// Whether only the plain rules can tell what PostFilter does for the class: PreFilter rejects it as a
/// whole, or devices may be taken back.
pub fn needs_plain_rules<S: Score>(examiner: &Examiner<'_, S>, profile: &Profile) -> bool {
    examiner.rejected().is_some()
        || (profile.post_filter.contains(&Plugin::DynamicResources)
            && !profile.pre_filter.contains(&Plugin::DynamicResources))
}

/// Whether PostFilter looks for pods to remove.
fn may_preempt(profile: &Profile, pod: &Pod) -> bool {
    profile.post_filter.contains(&Plugin::DefaultPreemption)
        && pod.spec.preemption_policy != Some(PreemptionPolicy::Never)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::index::Ix;
    use crate::cycle::evaluation::Verdict;
    use crate::cycle::fit_error::FitError;
    use crate::objects::Node;
    use crate::plugins::reason::{Code, Rejection};
    use crate::state::change::Change;
    use crate::state::ix::NodeIx;
    use crate::view::View;
    use proptest::prelude::*;
    use serde_json::json;
    use std::sync::Arc;

    const HOST: &str = "kubernetes.io/hostname";
    const ZONE: &str = "topology.kubernetes.io/zone";
    /// Nodes by the label that names racks, in which no rule about zones or nodes helps.
    const RACK: &str = "example.com/rack";

    /// One zone lacks the label.
    fn node(at: usize) -> Node {
        let name = format!("node-{at}");
        let mut labels = json!({HOST: name, RACK: format!("rack-{}", at % 4)});
        if !at.is_multiple_of(3) {
            labels[ZONE] = json!(format!("zone-{}", at % 3));
        }
        serde_json::from_value(json!({"metadata": {"name": name, "labels": labels},
            "status": {"allocatable": {"cpu": format!("{}", 1 + at % 4), "memory": "8Gi", "pods": "3"}}}))
        .expect("a node")
    }

    const KINDS: usize = 6;

    /// Pods with rules about zones, nodes and racks.
    fn pod(kind: usize, app: usize, name: &str, priority: i32) -> Pod {
        let labels = json!({"app": app.to_string()});
        let selector = json!({"matchLabels": labels});
        let term = |key: &str| json!({"labelSelector": selector, "topologyKey": key});
        let required =
            |key: &str| json!({"requiredDuringSchedulingIgnoredDuringExecution": [term(key)]});
        let spread = |key: &str, skew: u32| {
            json!({"labelSelector": selector, "topologyKey": key,
            "maxSkew": skew, "whenUnsatisfiable": "DoNotSchedule"})
        };
        let (affinity, constraints) = match kind {
            0 => (json!({}), json!([])),
            1 => (json!({"podAntiAffinity": required(HOST)}), json!([])),
            2 => (json!({}), json!([spread(ZONE, 1), spread(HOST, 2)])),
            3 => (json!({"podAffinity": required(ZONE)}), json!([spread(HOST, 1)])),
            4 => (json!({"podAntiAffinity": required(RACK)}), json!([])),
            _ => (json!({"podAntiAffinity": required(ZONE)}), json!([spread(HOST, 1)])),
        };
        serde_json::from_value(json!({"metadata": {"name": name, "namespace": "default", "labels": labels},
            "spec": {"priority": priority, "affinity": affinity, "topologySpreadConstraints": constraints,
                "containers": [{"name": "main", "resources": {"requests": {"cpu": "700m"}}}]}}))
        .expect("a pod")
    }

    /// What all nodes say, asked one by one.
    fn reasons<S: Score>(examiner: &Examiner<'_, S>, cluster: &Cluster) -> [FitError; 2] {
        let [mut why, mut unhelped] = [FitError::default(), FitError::default()];
        for node in (0..cluster.nodes().len()).map(NodeIx::new) {
            if let Verdict::Rejected(Rejection { code, reasons, .. }) =
                examiner.verdict(cluster, node)
            {
                why.count(&reasons);
                unhelped.count_text(match code {
                    Code::Unschedulable => super::super::plain::NO_VICTIMS,
                    _ => super::super::plain::NOT_HELPFUL,
                });
            }
        }
        [why, unhelped]
    }

    /// What a pod that no node takes is told in this cluster, where it is added.
    fn told(
        view: &mut View<i16>,
        ledgers: &mut Ledgers,
        cluster: &mut Cluster,
        name: &str,
        requests: serde_json::Value,
    ) -> Vec<String> {
        let pod: Pod =
            serde_json::from_value(json!({"metadata": {"name": name, "namespace": "default"},
            "spec": {"containers": [{"name": "main", "resources": {"requests": requests}}]}}))
            .expect("a pod");
        let _known = cluster.apply(Change::Put(pod.clone().into()));
        let index = cluster.pods().find("default", name).expect("it came");
        let examiner = view.examiner(cluster, index).expect("columns cover it");
        let told = ledgers.post_filter(&examiner, &Profile::default(), cluster, &pod);
        told.expect("counts tell it").fit_error.reasons.into_keys().collect()
    }

    #[test]
    fn what_is_kept_of_one_cluster_says_nothing_when_another_was_asked_about() {
        let new = || Cluster::from_objects((0..3).map(|at| node(at).into())).expect("nodes");
        let (mut one, mut other) = (new(), new());
        let mut view: View<i16> = View::new(Arc::new(Profile::default()));
        let mut ledgers = Ledgers::default();
        let (cpu, memory) = (json!({"cpu": "99"}), json!({"memory": "99Gi"}));
        let mut told = |cluster: &mut Cluster, name: &str, requests: &serde_json::Value| {
            told(&mut view, &mut ledgers, cluster, name, requests.clone())
        };
        assert_eq!(told(&mut one, "cpu", &cpu), ["Insufficient cpu"]);
        assert_eq!(told(&mut one, "memory", &memory), ["Insufficient memory"]);
        assert_eq!(told(&mut other, "memory", &memory), ["Insufficient memory"]);
        // What was the second thing to be asked is the first one now.
        assert_eq!(told(&mut one, "memory", &memory), ["Insufficient memory"]);
        assert_eq!(told(&mut one, "cpu", &cpu), ["Insufficient cpu"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_kept_says_what_every_node_says(
            steps in prop::collection::vec(
                (0..9_usize, 0..KINDS, 0..2_usize, prop::bool::weighted(0.4), prop::bool::weighted(0.02)),
                1..60),
            nearby_first in prop::bool::weighted(0.1),
        ) {
            let mut cluster = Cluster::from_objects((0..9).map(|at| node(at).into())).expect("nodes");
            let mut profile = Profile::default();
            if nearby_first {
                profile.filter.reverse();
            }
            let put = |cluster: &mut Cluster, pod: Pod| {
                let name = pod.meta.name.clone();
                cluster.apply(Change::Put(pod.into())).expect("a pod");
                cluster.pods().find("default", &name).expect("it came")
            };
            let failing: Vec<_> = (0..2 * KINDS)
                .map(|at| put(&mut cluster, pod(at / 2, at % 2, &format!("failing-{at}"), 100)))
                .collect();
            let mut view: View<i16> = View::new(Arc::new(profile.clone()));
            let mut ledgers = Ledgers::default();
            for (number, (at, kind, app, goes, lower)) in steps.into_iter().enumerate() {
                if goes {
                    // Refused where the pod never came.
                    let _refused = cluster.unbind("default", &format!("pod-{}", number / 2));
                } else {
                    let priority = if lower { 0 } else { 100 };
                    let new = put(&mut cluster, pod(kind, app, &format!("pod-{number}"), priority));
                    let node = cluster.nodes().find(&format!("node-{at}")).expect("a node");
                    cluster.bind(new, node, None).expect("sums are small");
                }
                let savepoint = cluster.savepoint();
                if number % 4 == 3 {
                    // Something that is undone below, after others were asked.
                    let new = put(&mut cluster, pod(kind, app, "tried", 100));
                    let node = cluster.nodes().find(&format!("node-{}", number % 9)).expect("a node");
                    cluster.bind(new, node, None).expect("sums are small");
                }
                for failing in failing.iter().skip(number % 3).step_by(3) {
                    let examiner = view.examiner(&mut cluster, *failing).expect("columns cover it");
                    let [why, unhelped] = reasons(&examiner, &cluster);
                    let object = cluster.pods().get(*failing).expect("it waits").pod.clone();
                    let told = ledgers.post_filter(&examiner, &profile, &mut cluster, &object);
                    let told = told.expect("counts tell it");
                    prop_assert_eq!(told.fit_error.reasons, why.reasons);
                    if !cluster.has_pods_below(100) {
                        let unhelped = FitError { nodes: 9, ..unhelped };
                        prop_assert!(told.text.ends_with(&format!("preemption: {unhelped}")), "{}", told.text);
                    }
                }
                if number % 4 == 3 {
                    cluster.rollback(savepoint);
                } else {
                    cluster.commit(savepoint);
                }
            }
        }
    }
}
