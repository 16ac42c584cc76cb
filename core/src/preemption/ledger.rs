//! What a class of pods finds on every node that refuses it, and who would have to go.
//!
//! Where the verdict about a node depends on that node alone, an entry stays true until the node is
//! touched: pods that fail again and again then cost what has changed, not what exists. Rules about
//! pods nearby are held against the nodes that pass everything else, which are few where a cluster is
//! full.

use super::choose::Cost;
use super::plain::{NO_VICTIMS, NOT_HELPFUL};
use super::victims::{budget_violations, start_time};
use crate::base::bits::Bits;
use crate::base::index::{IndexVec, Ix, index_types};
use crate::base::intern::Interner;
use crate::base::map::Map;
use crate::column::Score;
use crate::cycle::evaluation::Verdict;
use crate::cycle::fit_error::FitError;
use crate::objects::Pod;
use crate::plugins::reason::{Code, Rejection};
use crate::state::Cluster;
use crate::state::ix::{NodeIx, PodIx};
use crate::state::log::{Epoch, Sequence};
use crate::view::barred::Barred;
use crate::view::examiner::Examiner;
use smallvec::{SmallVec, smallvec};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

index_types! {
    /// The place of a finding among those of a ledger.
    FindingIx;
}

/// What was found on every node.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    of_nodes: IndexVec<NodeIx, FindingIx>,
    /// Many nodes, few findings.
    findings: Interner<FindingIx, Finding>,
    /// On how many nodes each was made.
    numbers: IndexVec<FindingIx, usize>,
    /// The nodes on which nothing stands against the pod, rules about pods nearby apart.
    passing: Bits,
    /// What these say of the nodes that pass, and of how many; of the pod that was asked for last.
    nearby: Vec<(FindingIx, usize)>,
    /// What is found on nodes by what they lack, where that is all there is to it and no pod is less
    /// important.
    by_lack: Map<u64, FindingIx>,
    /// Where removing pods helps, by the node's place in byte order of the names.
    helped: BTreeMap<u32, Victims>,
    seen: Option<(Epoch, Sequence)>,
}

/// What may be found on a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Finding {
    verdict: Verdict,
    /// Why removing pods does not help, as texts; empty where it does or need not.
    unhelped: SmallVec<[Text; 1]>,
}

/// Pods whose removal helps.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Victims {
    cost: Cost,
    /// The most important first.
    pods: Vec<PodIx>,
    num_pdb_violations: usize,
}

/// Why removing pods does not help; mostly the same few words.
type Text = Cow<'static, str>;

/// A node on which removing pods helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<'l> {
    /// The node.
    pub node: NodeIx,
    /// What it costs.
    pub cost: Cost,
    /// The pods to remove, the most important first.
    pub victims: &'l [PodIx],
    /// How many of them a disruption budget protects.
    pub num_pdb_violations: usize,
}

impl Ledger {
    /// Brings the entries up to date for a pod of this priority, the same at every call. `barred`
    /// counts what rules about pods nearby say where they are asked apart.
    pub fn update<S: Score>(
        &mut self,
        examiner: &Examiner<'_, S>,
        cluster: &mut Cluster,
        priority: i32,
        barred: Option<&mut Barred>,
    ) {
        let count = cluster.nodes().len();
        let looks_at_one_node = barred.is_some() || examiner.looks_at_one_node(cluster);
        let by_lack = looks_at_one_node && !cluster.has_pods_below(priority);
        let (epoch, now) = (cluster.log().epoch().clone(), cluster.log().now());
        let seen = self.seen.as_ref().filter(|(seen, _)| *seen == epoch);
        let known = seen.map(|(_, sequence)| *sequence);
        let touched: Option<Vec<NodeIx>> = known
            .filter(|_| looks_at_one_node)
            .and_then(|then| Some(cluster.log().since(then, count)?.to_vec()));
        match touched {
            Some(mut touched) => {
                touched.sort_unstable();
                touched.dedup();
                for node in touched {
                    let finding = self.find_out(examiner, cluster, node, priority, by_lack);
                    let before = std::mem::replace(&mut self.of_nodes[node], finding);
                    if finding != before {
                        self.numbers[before] -= 1;
                        self.note(node, finding);
                    }
                }
            }
            None => {
                *self = Self { passing: Bits::none(count), ..Self::default() };
                for node in (0..count).map(NodeIx::new) {
                    let finding = self.find_out(examiner, cluster, node, priority, by_lack);
                    self.of_nodes.push(finding);
                    self.note(node, finding);
                }
            }
        }
        // What depends on other nodes is not to be trusted later.
        self.seen = looks_at_one_node.then_some((epoch, now));
        self.nearby.clear();
        if let Some(barred) = barred {
            for (verdict, number) in barred.verdicts(examiner, cluster, &self.passing) {
                let unhelped = unhelped_without_victims(&verdict);
                self.nearby.push((self.findings.intern(Finding { verdict, unhelped }), number));
            }
        }
    }

    /// Notes that this is what is found on a node now.
    fn note(&mut self, node: NodeIx, finding: FindingIx) {
        *self.numbers.grown(finding) += 1;
        let passes = self.findings.value(finding).verdict == Verdict::Feasible;
        self.passing.set(node.at(), passes);
    }

    /// Holds the pod against a node. Where the verdict depends on the node alone and no pod is less
    /// important it may be known `by_lack`: most nodes lack what others lack, and nobody has to find
    /// words for that again.
    fn find_out<S: Score>(
        &mut self,
        examiner: &Examiner<'_, S>,
        cluster: &mut Cluster,
        node: NodeIx,
        priority: i32,
        by_lack: bool,
    ) -> FindingIx {
        let rank = cluster.nodes().rank[node];
        // Mostly there is none, and nobody has to look for it.
        if !self.helped.is_empty() {
            self.helped.remove(&rank);
        }
        let lack = if by_lack { examiner.lacking(cluster, node) } else { None };
        if let Some(known) = lack.and_then(|lack| self.by_lack.get(&lack)) {
            return *known;
        }
        let verdict = match lack {
            Some(0) => Verdict::Feasible,
            _ if by_lack => examiner.verdict_of_node(cluster, node),
            _ => examiner.verdict(cluster, node),
        };
        let victims = match &verdict {
            // Mostly no pod anywhere has a lower priority, and nobody needs to look at them.
            Verdict::Rejected(Rejection { code: Code::Unschedulable, .. })
                if cluster.has_pods_below(priority) =>
            {
                Victims::select(examiner, cluster, node, priority)
            }
            verdict => Err(unhelped_without_victims(verdict)),
        };
        let unhelped = match victims {
            Ok(victims) => {
                self.helped.insert(rank, victims);
                SmallVec::new()
            }
            Err(unhelped) => unhelped,
        };
        let finding = self.findings.intern(Finding { verdict, unhelped });
        if let Some(lack) = lack {
            self.by_lack.insert(lack, finding);
        }
        finding
    }

    /// Nodes on which removing pods helps, in byte order of their names.
    pub fn candidates<'l>(&'l self, cluster: &'l Cluster) -> impl Iterator<Item = Found<'l>> {
        self.helped.iter().map(|(rank, victims)| Found {
            node: cluster.nodes().by_rank[*rank as usize],
            cost: victims.cost,
            victims: &victims.pods,
            num_pdb_violations: victims.num_pdb_violations,
        })
    }

    /// Everything that is found on some node, and on how many.
    fn found(&self) -> impl Iterator<Item = (&Finding, usize)> {
        let found = self.numbers.indices().map(|index| (index, self.numbers[index]));
        let found = found.chain(self.nearby.iter().copied()).filter(|(_, number)| *number > 0);
        found.map(|(index, number)| (self.findings.value(index), number))
    }

    /// Why no node takes the pod: the sentence without what PostFilter says. `excluded` is said of
    /// nodes that PreFilter left out.
    pub fn fit_error(&self, excluded: &str) -> FitError {
        let mut error = FitError { nodes: self.of_nodes.len(), ..FitError::default() };
        for (finding, number) in self.found() {
            let mut say = |text| *error.reasons.entry(text).or_default() += number;
            match &finding.verdict {
                Verdict::Feasible | Verdict::NotExamined => {}
                Verdict::Excluded => say(excluded.to_owned()),
                Verdict::Rejected(rejection) => {
                    rejection.reasons.iter().for_each(|reason| say(reason.to_string()));
                }
            }
        }
        error
    }

    /// Why preemption helps on no node.
    pub fn unhelped(&self) -> FitError {
        let mut error = FitError { nodes: self.of_nodes.len(), ..FitError::default() };
        for (finding, number) in self.found() {
            for text in &finding.unhelped {
                *error.reasons.entry(text.to_string()).or_default() += number;
            }
        }
        error
    }
}

/// Why removing pods does not help where none is less important.
fn unhelped_without_victims(verdict: &Verdict) -> SmallVec<[Text; 1]> {
    match verdict {
        Verdict::Feasible | Verdict::NotExamined => SmallVec::new(),
        Verdict::Rejected(Rejection { code: Code::Unschedulable, .. }) => {
            smallvec![NO_VICTIMS.into()]
        }
        Verdict::Rejected(_) | Verdict::Excluded => smallvec![NOT_HELPFUL.into()],
    }
}

impl Victims {
    /// The least important pods whose removal makes room on the node; the error says why none does.
    fn select<S: Score>(
        examiner: &Examiner<'_, S>,
        cluster: &mut Cluster,
        node: NodeIx,
        priority: i32,
    ) -> Result<Self, SmallVec<[Text; 1]>> {
        let is_lower = |pod: &PodIx| {
            let row = cluster.pods().get(*pod);
            row.is_some_and(|row| cluster.classes().get(row.class).priority < priority)
        };
        let lower: Vec<PodIx> =
            cluster.nodes().pods.of(node).into_iter().filter(is_lower).collect();
        if lower.is_empty() {
            return Err(smallvec![NO_VICTIMS.into()]);
        }
        let lower = by_importance(cluster, lower);
        let violating = {
            let objects: Vec<&Pod> = lower.iter().filter_map(|pod| object(cluster, *pod)).collect();
            budget_violations(cluster.store(), &objects)
        };
        let mut trial = cluster.try_on(node);
        lower.iter().for_each(|pod| trial.lift(*pod));
        if let Verdict::Rejected(rejection) = examiner.verdict(trial.cluster(), node) {
            return Err(rejection.reasons.iter().map(|reason| reason.to_string().into()).collect());
        }
        let mut pods = Vec::new();
        let mut num_pdb_violations = 0;
        for protected in [true, false] {
            let of_group = lower.iter().zip(&violating).filter(|(_, it)| **it == protected);
            for (pod, _) in of_group {
                trial.put_back(*pod);
                if examiner.verdict(trial.cluster(), node) != Verdict::Feasible {
                    trial.lift(*pod);
                    pods.push(*pod);
                    num_pdb_violations += usize::from(protected);
                }
            }
        }
        drop(trial);
        let pods = by_importance(cluster, pods);
        let objects: Vec<&Pod> = pods.iter().filter_map(|pod| object(cluster, *pod)).collect();
        Ok(Self { cost: Cost::new(&objects, num_pdb_violations), pods, num_pdb_violations })
    }
}

fn by_importance(cluster: &Cluster, mut pods: Vec<PodIx>) -> Vec<PodIx> {
    pods.sort_by_cached_key(|pod| {
        object(cluster, *pod).map(|pod| (Reverse(pod.priority()), start_time(pod)))
    });
    pods
}

fn object(cluster: &Cluster, pod: PodIx) -> Option<&Pod> {
    cluster.pods().get(pod).map(|row| &*row.pod)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::Node;
    use crate::profile::Profile;
    use crate::state::change::Change;
    use crate::view::View;
    use proptest::prelude::*;
    use serde_json::json;
    use std::sync::Arc;

    fn node(at: usize) -> Node {
        let disks = if at.is_multiple_of(3) { 2 } else { 0 };
        serde_json::from_value(
            json!({"metadata": {"name": format!("node-{at}")}, "status": {"allocatable":
            {"cpu": "4", "memory": "8Gi", "pods": "3", "example.com/disk": disks}}}),
        )
        .expect("a node")
    }

    fn pod(name: &str, milli_cpu: usize, disks: usize, priority: i32) -> Pod {
        let amounts =
            json!({"cpu": format!("{milli_cpu}m"), "memory": "1Gi", "example.com/disk": disks});
        serde_json::from_value(json!({"metadata": {"name": name, "namespace": "default"},
            "spec": {"priority": priority, "containers": [
                {"name": "main", "resources": {"requests": amounts, "limits": amounts}}]}}))
        .expect("a pod")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_ledger_that_is_kept_says_what_a_new_one_says(
            steps in prop::collection::vec(
                (0..6_usize, 0..3_usize, prop::bool::weighted(0.3), any::<bool>()), 1..60),
        ) {
            let mut cluster = Cluster::from_objects((0..6).map(|at| node(at).into())).expect("nodes");
            let put = |cluster: &mut Cluster, pod: Pod| {
                let name = pod.meta.name.clone();
                cluster.apply(Change::Put(pod.into())).expect("a pod");
                cluster.pods().find("default", &name).expect("it came")
            };
            let failing = put(&mut cluster, pod("failing", 3000, 1, 100));
            let mut view: View<i16> = View::new(Arc::new(Profile::default()));
            let mut kept = Ledger::default();
            for (number, (at, disks, is_lower, goes)) in steps.into_iter().enumerate() {
                if goes {
                    // Refused where the pod never came.
                    let _refused = cluster.unbind("default", &format!("pod-{}", number / 2));
                } else {
                    let priority = if is_lower { 0 } else { 100 };
                    let new = pod(&format!("pod-{number}"), 500 + 700 * disks, disks, priority);
                    let new = put(&mut cluster, new);
                    let node = cluster.nodes().find(&format!("node-{at}")).expect("a node");
                    cluster.bind(new, node, None).expect("sums are small");
                }
                let examiner = view.examiner(&mut cluster, failing).expect("columns cover it");
                kept.update(&examiner, &mut cluster, 100, None);
                let mut anew = Ledger::default();
                anew.update(&examiner, &mut cluster, 100, None);
                let errors = |ledger: &Ledger| (ledger.fit_error("").reasons, ledger.unhelped().reasons);
                prop_assert_eq!(errors(&kept), errors(&anew));
                prop_assert!(kept.candidates(&cluster).eq(anew.candidates(&cluster)));
            }
        }
    }
}
