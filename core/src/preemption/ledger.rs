//! What a class of pods finds on every node that refuses it, and who would have to go.
//!
//! Where the verdict about a node depends on that node alone, an entry stays true until the node is
//! touched: pods that fail again and again then cost what has changed, not what exists.

use super::choose::Cost;
use super::plain::{NO_VICTIMS, NOT_HELPFUL};
use super::victims::{budget_violations, start_time};
use crate::base::index::{IndexVec, Ix};
use crate::column::Score;
use crate::cycle::evaluation::Verdict;
use crate::cycle::fit_error::FitError;
use crate::objects::Pod;
use crate::plugins::reason::{Code, Reason, Rejection};
use crate::state::Cluster;
use crate::state::ix::{NodeIx, PodIx};
use crate::state::log::{Epoch, Sequence};
use crate::view::examiner::Examiner;
use smallvec::{SmallVec, smallvec};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The entries of all nodes, and their sums.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    entries: IndexVec<NodeIx, Entry>,
    /// Why nodes refuse the pod: how many for each reason.
    reasons: Tally<Reason>,
    /// Why preemption does not help: how many for each text.
    unhelped: Tally<Text>,
    /// Nodes that PreFilter left out.
    excluded: usize,
    seen: Option<(Epoch, Sequence)>,
}

/// What is known of one node.
#[derive(Clone, Debug)]
struct Entry {
    verdict: Verdict,
    victims: Victims,
}

/// Whether removing pods from a node helps.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Victims {
    /// It does: these pods, the most important first.
    Some { cost: Cost, pods: Vec<PodIx>, num_pdb_violations: usize },
    /// It does not, for these reasons, as texts.
    None(SmallVec<[Text; 1]>),
    /// The node takes the pod as it is.
    NotNeeded,
}

/// Why removing pods does not help; mostly the same few words.
type Text = Cow<'static, str>;

/// How many of each.
#[derive(Clone, Debug)]
struct Tally<T>(BTreeMap<T, usize>);

impl<T> Default for Tally<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Ord + Clone> Tally<T> {
    fn add<'t>(&mut self, items: impl IntoIterator<Item = &'t T>)
    where
        T: 't,
    {
        for item in items {
            match self.0.get_mut(item) {
                Some(count) => *count += 1,
                None => {
                    self.0.insert(item.clone(), 1);
                }
            }
        }
    }

    fn subtract<'t>(&mut self, items: impl IntoIterator<Item = &'t T>)
    where
        T: 't,
    {
        for item in items {
            if let Some(count) = self.0.get_mut(item) {
                *count -= 1;
                if *count == 0 {
                    self.0.remove(item);
                }
            }
        }
    }
}

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
    /// Brings the entries up to date for a pod of this priority, the same at every call.
    pub fn update<S: Score>(
        &mut self,
        examiner: &Examiner<'_, S>,
        cluster: &mut Cluster,
        priority: i32,
    ) {
        let count = cluster.nodes().len();
        let (epoch, now) = (cluster.log().epoch().clone(), cluster.log().now());
        let seen = self.seen.as_ref().filter(|(seen, _)| *seen == epoch);
        let known = seen.map(|(_, sequence)| *sequence);
        let touched: Option<Vec<NodeIx>> = known
            .filter(|_| examiner.looks_at_one_node(cluster))
            .and_then(|then| Some(cluster.log().since(then, count)?.to_vec()));
        match touched {
            Some(mut touched) => {
                touched.sort_unstable();
                touched.dedup();
                for node in touched {
                    let entry = Entry::new(examiner, cluster, node, priority);
                    let old = std::mem::replace(&mut self.entries[node], entry);
                    self.take_out(&old);
                    self.put_in(node);
                }
            }
            None => {
                *self = Self::default();
                for node in (0..count).map(NodeIx::new) {
                    self.entries.push(Entry::new(examiner, cluster, node, priority));
                    self.put_in(node);
                }
            }
        }
        // What depends on other nodes is not to be trusted later.
        self.seen = examiner.looks_at_one_node(cluster).then_some((epoch, now));
    }

    fn put_in(&mut self, node: NodeIx) {
        let entry = &self.entries[node];
        match &entry.verdict {
            Verdict::Feasible | Verdict::NotExamined => {}
            Verdict::Excluded => self.excluded += 1,
            Verdict::Rejected(rejection) => self.reasons.add(&rejection.reasons),
        }
        if let Victims::None(texts) = &entry.victims {
            self.unhelped.add(texts);
        }
    }

    fn take_out(&mut self, entry: &Entry) {
        match &entry.verdict {
            Verdict::Feasible | Verdict::NotExamined => {}
            Verdict::Excluded => self.excluded -= 1,
            Verdict::Rejected(rejection) => self.reasons.subtract(&rejection.reasons),
        }
        if let Victims::None(texts) = &entry.victims {
            self.unhelped.subtract(texts);
        }
    }

    /// Nodes on which removing pods helps, in byte order of their names.
    pub fn candidates<'l>(&'l self, cluster: &'l Cluster) -> impl Iterator<Item = Found<'l>> {
        let by_rank = cluster.nodes().by_rank.iter();
        by_rank.filter_map(|node| match &self.entries[*node].victims {
            Victims::Some { cost, pods, num_pdb_violations } => Some(Found {
                node: *node,
                cost: *cost,
                victims: pods,
                num_pdb_violations: *num_pdb_violations,
            }),
            Victims::None(_) | Victims::NotNeeded => None,
        })
    }

    /// Why no node takes the pod: the sentence without what PostFilter says. `excluded` is said of
    /// nodes that PreFilter left out.
    pub fn fit_error(&self, excluded: &str) -> FitError {
        let mut error = FitError { nodes: self.entries.len(), ..FitError::default() };
        for (reason, count) in &self.reasons.0 {
            *error.reasons.entry(reason.to_string()).or_default() += count;
        }
        if self.excluded > 0 {
            *error.reasons.entry(excluded.to_owned()).or_default() += self.excluded;
        }
        error
    }

    /// Why preemption helps on no node.
    pub fn unhelped(&self) -> FitError {
        let reasons = self.unhelped.0.iter().map(|(text, count)| (text.to_string(), *count));
        let reasons = reasons.collect();
        FitError { nodes: self.entries.len(), reasons, ..FitError::default() }
    }
}

impl Entry {
    fn new<S: Score>(
        examiner: &Examiner<'_, S>,
        cluster: &mut Cluster,
        node: NodeIx,
        priority: i32,
    ) -> Self {
        let verdict = examiner.verdict(cluster, node);
        let victims = match &verdict {
            Verdict::Feasible | Verdict::NotExamined => Victims::NotNeeded,
            Verdict::Rejected(Rejection { code: Code::Unschedulable, .. }) => {
                Victims::select(examiner, cluster, node, priority)
            }
            Verdict::Rejected(_) | Verdict::Excluded => {
                Victims::None(smallvec![NOT_HELPFUL.into()])
            }
        };
        Self { verdict, victims }
    }
}

impl Victims {
    /// The least important pods whose removal makes room on the node.
    fn select<S: Score>(
        examiner: &Examiner<'_, S>,
        cluster: &mut Cluster,
        node: NodeIx,
        priority: i32,
    ) -> Self {
        // Mostly no pod anywhere has a lower priority, and nobody needs to look at them.
        let is_lower = |pod: &PodIx| {
            let row = cluster.pods().get(*pod);
            row.is_some_and(|row| cluster.classes().get(row.class).priority < priority)
        };
        let mut lower: Vec<PodIx> = Vec::new();
        if cluster.has_pods_below(priority) {
            lower.extend(cluster.nodes().pods.of(node).into_iter().filter(is_lower));
        }
        if lower.is_empty() {
            return Self::None(smallvec![NO_VICTIMS.into()]);
        }
        let lower = by_importance(cluster, lower);
        let violating = {
            let objects: Vec<&Pod> = lower.iter().filter_map(|pod| object(cluster, *pod)).collect();
            budget_violations(cluster.store(), &objects)
        };
        let mut trial = cluster.try_on(node);
        lower.iter().for_each(|pod| trial.lift(*pod));
        if let Verdict::Rejected(rejection) = examiner.verdict(trial.cluster(), node) {
            return Self::None(
                rejection.reasons.iter().map(|reason| reason.to_string().into()).collect(),
            );
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
        Self::Some { cost: Cost::new(&objects, num_pdb_violations), pods, num_pdb_violations }
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
