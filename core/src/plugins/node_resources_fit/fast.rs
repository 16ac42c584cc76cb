//! The rule over columns: what a pod asks for, held against the numbers of a node.

use super::shape::score_at;
use crate::objects::Pod;
use crate::objects::requests::{RequestsOf, is_extended, pod_requests};
use crate::plugins::Plugin;
use crate::plugins::reason::{Code, Reason, Rejection};
use crate::profile::{FitArguments, FitStrategy};
use crate::state::Cluster;
use crate::state::ix::NodeIx;
use crate::state::nodes::{CpuAndMemory, EXACT, Nodes, Tracked, floor};
use smallvec::SmallVec;

/// What a pod asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fit {
    /// Amounts that must be left, none of them 0, in the order of the reasons.
    asked: SmallVec<[(Tracked, i64); 3]>,
    /// Of these, CPU and memory; 0 where not asked for.
    milli_cpu: i64,
    memory: i64,
    /// What else is asked for.
    more: SmallVec<[(Tracked, i64); 1]>,
    /// Resources that are scored: amount for scoring, weight.
    scored: SmallVec<[(Tracked, i64, i64); 2]>,
    /// The amounts again, where they are CPU and memory with equal weights as almost always.
    two: Option<[i64; 2]>,
}

impl Fit {
    /// What this pod asks for.
    pub fn new(pod: &Pod, arguments: &FitArguments, cluster: &mut Cluster) -> Self {
        let request = pod_requests(pod, RequestsOf::Incoming);
        let mut asked: SmallVec<_> = [
            (Tracked::Cpu, request.milli_cpu),
            (Tracked::Memory, request.memory),
            (Tracked::EphemeralStorage, request.ephemeral_storage),
        ]
        .into_iter()
        .filter(|(_, amount)| *amount > 0)
        .collect();
        for (name, amount) in request.scalars.iter().filter(|(_, amount)| **amount != 0) {
            let group = name.split_once('/').map_or("", |(group, _)| group);
            let ignored = is_extended(name)
                && (arguments.ignored_resources.contains(name)
                    || arguments.ignored_resource_groups.iter().any(|g| g == group));
            if let Some(resource) = cluster.tracked(name).filter(|_| !ignored) {
                asked.push((resource, *amount));
            }
        }
        let request = pod_requests(pod, RequestsOf::IncomingForScore);
        let scored = arguments.resources.iter().filter_map(|(name, weight)| {
            let resource = cluster.tracked(name)?;
            let amount = request.get(name);
            let counts = amount != 0 || !matches!(resource, Tracked::Scalar(_));
            counts.then_some((resource, amount, *weight))
        });
        let of =
            |wanted| asked.iter().find(|(it, _)| *it == wanted).map_or(0, |(_, amount)| *amount);
        let scored: SmallVec<[_; 2]> = scored.collect();
        Self {
            two: match scored.as_slice() {
                [(Tracked::Cpu, cpu, weight), (Tracked::Memory, memory, other)]
                    if weight == other && *weight > 0 =>
                {
                    Some([*cpu, *memory])
                }
                _ => None,
            },
            milli_cpu: of(Tracked::Cpu),
            memory: of(Tracked::Memory),
            more: asked
                .iter()
                .filter(|(it, _)| !matches!(it, Tracked::Cpu | Tracked::Memory))
                .copied()
                .collect(),
            asked,
            scored,
        }
    }

    /// Whether the pod fits the node.
    #[inline]
    pub fn fits(&self, nodes: &Nodes, node: NodeIx) -> bool {
        let row = &nodes.rows[node];
        // Nothing asked for fits, however much too much the node has.
        let fits = |asked: i64, offered: i64, requested: i64| {
            asked == 0 || asked <= offered.saturating_sub(requested)
        };
        row.pods < row.pods_allowed
            && fits(self.milli_cpu, row.allocatable_milli_cpu, row.requested_milli_cpu)
            && fits(self.memory, row.allocatable_memory, row.requested_memory)
            && self.leaves_more(nodes, node)
    }

    /// Whether something is asked for besides CPU and memory.
    pub fn asks_more(&self) -> bool {
        !self.more.is_empty()
    }

    /// Whether the node has left what is asked for besides CPU and memory.
    #[inline]
    pub fn leaves_more(&self, nodes: &Nodes, node: NodeIx) -> bool {
        self.more.iter().all(|it| is_left(it.1, nodes, node, it.0))
    }

    /// What the node lacks, as a number: nodes with the same one refuse the pod for the same reasons,
    /// and those with 0 take it. `None` where too much is asked for to tell that by one number.
    pub fn lacking(&self, nodes: &Nodes, node: NodeIx) -> Option<u64> {
        /// A bit for the number of pods, and two for each that is asked for.
        const ASKED_MAX: usize = 31;
        if self.asked.len() > ASKED_MAX {
            return None;
        }
        let row = &nodes.rows[node];
        let mut lacking = u64::from(row.pods >= row.pods_allowed);
        for (at, (resource, amount)) in self.asked.iter().enumerate() {
            if !is_left(*amount, nodes, node, *resource) {
                let for_good = u64::from(*amount > nodes.allocatable(node, *resource));
                lacking |= (1 | for_good << 1) << (2 * at + 1);
            }
        }
        Some(lacking)
    }

    /// Why the pod does not fit the node.
    pub fn rejection(&self, nodes: &Nodes, node: NodeIx) -> Option<Rejection> {
        let mut code = Code::Unschedulable;
        let mut reasons = SmallVec::new();
        let row = &nodes.rows[node];
        if row.pods >= row.pods_allowed {
            reasons.push(Reason::TooManyPods);
        }
        for (resource, amount) in &self.asked {
            if !is_left(*amount, nodes, node, *resource) {
                reasons.push(Reason::InsufficientResource(match resource {
                    Tracked::Cpu => "cpu".into(),
                    Tracked::Memory => "memory".into(),
                    Tracked::EphemeralStorage => "ephemeral-storage".into(),
                    Tracked::Scalar(resource) => nodes.resource_name(*resource).to_owned().into(),
                }));
                if *amount > nodes.allocatable(node, *resource) {
                    code = Code::UnschedulableAndUnresolvable;
                }
            }
        }
        let plugin = Plugin::NodeResourcesFit;
        (!reasons.is_empty()).then_some(Rejection { plugin, code, reasons })
    }

    /// The score by the strategy, where it takes CPU and memory with equal weights and prefers what
    /// is left.
    pub fn of_two(&self, strategy: &FitStrategy) -> Option<LeastAllocated> {
        let amounts = self.two.filter(|_| matches!(strategy, FitStrategy::LeastAllocated))?;
        Some(LeastAllocated { amounts: amounts.map(|amount| amount as f64) })
    }

    /// What of these amounts has to be left, to be held against [`CpuAndMemory`].
    pub fn least(&self) -> FitsTwo {
        // Nothing asked for fits, however much too much the node has.
        let asked = |amount: i64| if amount == 0 { f64::NEG_INFINITY } else { amount as f64 };
        FitsTwo { asked: [asked(self.milli_cpu), asked(self.memory)] }
    }

    /// The score of a node, 0 to 100.
    pub fn score(&self, strategy: &FitStrategy, nodes: &Nodes, node: NodeIx) -> i64 {
        match strategy {
            FitStrategy::LeastAllocated => self.average(nodes, node, |used, offered| {
                if used > offered { 0 } else { percent(offered - used, offered) }
            }),
            FitStrategy::MostAllocated => {
                self.average(nodes, node, |used, offered| percent(used.min(offered), offered))
            }
            FitStrategy::RequestedToCapacityRatio(shape) => {
                let score = |used: i64, offered: i64| {
                    score_at(shape, i128::from(percent(used.min(offered), offered))) as i64
                };
                let (sum, weights) = self.sums(nodes, node, score, |score| score > 0);
                if weights == 0 { 0 } else { (sum as f64 / weights as f64).round() as i64 }
            }
        }
    }

    #[inline]
    fn average(&self, nodes: &Nodes, node: NodeIx, score: impl Fn(i64, i64) -> i64) -> i64 {
        let (sum, weights) = self.sums(nodes, node, score, |_| true);
        if weights == 0 { 0 } else { sum / weights }
    }

    /// Weighted sum of the scores that count, and sum of their weights.
    #[inline]
    fn sums(
        &self,
        nodes: &Nodes,
        node: NodeIx,
        score: impl Fn(i64, i64) -> i64,
        counts: impl Fn(i64) -> bool,
    ) -> (i64, i64) {
        let mut sums = (0, 0);
        for (resource, amount, weight) in &self.scored {
            let offered = nodes.allocatable(node, *resource);
            if offered != 0 {
                let used = nodes.scored(node, *resource).saturating_add(*amount);
                let score = score(used, offered);
                if counts(score) {
                    sums.0 += weight * score;
                    sums.1 += weight;
                }
            }
        }
        sums
    }
}

/// The score that almost every pod gets on almost every node.
#[derive(Clone, Copy, Debug)]
pub struct LeastAllocated {
    amounts: [f64; 2],
}

impl LeastAllocated {
    /// The mean of what is left of CPU and memory on a node, each in percent and truncated.
    #[inline]
    pub fn score(&self, node: &CpuAndMemory) -> f64 {
        let left = |at: usize| {
            let offered = node.allocatable[at];
            let left = offered - (node.scored[at] + self.amounts[at]);
            floor((if left > 0.0 { left } else { 0.0 }) * 100.0 / offered)
        };
        floor((left(0) + left(1)) * 0.5)
    }
}

/// CPU and memory that have to be left on a node.
#[derive(Clone, Copy, Debug)]
pub struct FitsTwo {
    asked: [f64; 2],
}

impl FitsTwo {
    /// Whether they are left, and the node takes one more pod.
    #[inline]
    pub fn fits(&self, node: &CpuAndMemory) -> bool {
        let fits = |at: usize| node.requested[at] + self.asked[at] <= node.allocatable[at];
        node.takes_more & fits(0) & fits(1)
    }
}

#[inline]
fn is_left(amount: i64, nodes: &Nodes, node: NodeIx, resource: Tracked) -> bool {
    // A node may be over-committed and offer next to nothing; the difference still fits, because
    // neither number is below zero.
    amount <= nodes.allocatable(node, resource).saturating_sub(nodes.requested(node, resource))
}

/// `part` of `whole` in percent, truncated; neither is below 0, and `part` is not the larger.
#[inline]
fn percent(part: i64, whole: i64) -> i64 {
    if whole <= EXACT {
        // That is quicker than dividing whole numbers.
        return i64::from((part as f64 * 100.0 / whole as f64) as u32);
    }
    match part.checked_mul(100) {
        Some(product) => product / whole,
        None => (i128::from(part) * 100 / i128::from(whole)) as i64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::index::Ix;
    use crate::objects::Node;
    use proptest::prelude::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    /// What a node without anything lacks for a pod that asks for so many resources.
    fn lacking(count: usize) -> Option<u64> {
        let node = json!({"metadata": {"name": "node"}, "status": {"allocatable": {"pods": "1"}}});
        let node: Node = serde_json::from_value(node).expect("a node");
        let requests: serde_json::Map<_, _> =
            (0..count).map(|at| (format!("example.com/resource-{at}"), json!(1))).collect();
        let pod = json!({"metadata": {"name": "pod"}, "spec": {"containers":
            [{"name": "main", "resources": {"requests": requests, "limits": requests}}]}});
        let pod: Pod = serde_json::from_value(pod).expect("a pod");
        let mut cluster = Cluster::from_objects([node.into()]).expect("a node");
        let fit = Fit::new(&pod, &FitArguments::default(), &mut cluster);
        fit.lacking(cluster.nodes(), NodeIx::new(0))
    }

    #[test]
    fn more_is_asked_for_than_a_number_tells() {
        assert_eq!(lacking(0), Some(0));
        assert_eq!(lacking(31), Some((1 << 63) - 2));
        assert_eq!(lacking(32), None);
        assert_eq!(lacking(200), None);
    }

    proptest! {
        #[test]
        fn nodes_that_lack_the_same_refuse_alike(
            offers in prop::collection::vec([0..4_u8, 0..4_u8, 0..4_u8, 0..4_u8, 0..2_u8], 12),
            asked in [0..4_u8, 0..4_u8, 0..4_u8, 0..4_u8],
        ) {
            const NAMES: [&str; 4] = ["cpu", "memory", "ephemeral-storage", "example.com/disk"];
            let amounts = |amounts: &[u8]| -> serde_json::Map<_, _> {
                NAMES.iter().zip(amounts).map(|(name, it)| ((*name).to_owned(), json!(it))).collect()
            };
            let nodes = offers.iter().enumerate().map(|(at, offered)| {
                let mut allocatable = amounts(offered);
                allocatable.insert("pods".to_owned(), json!(offered[4]));
                let node: Node = serde_json::from_value(json!({"metadata": {"name": format!("node-{at}")},
                    "status": {"allocatable": allocatable}})).expect("a node");
                node.into()
            });
            let mut cluster = Cluster::from_objects(nodes).expect("nodes fit together");
            let pod: Pod = serde_json::from_value(json!({"metadata": {"name": "pod"}, "spec": {"containers":
                [{"name": "main", "resources": {"requests": amounts(&asked)}}]}})).expect("a pod");
            let fit = Fit::new(&pod, &FitArguments::default(), &mut cluster);
            let mut by_lack = BTreeMap::new();
            for node in (0..offers.len()).map(NodeIx::new) {
                let nodes = cluster.nodes();
                let lack = fit.lacking(nodes, node);
                prop_assert_eq!(lack == Some(0), fit.fits(nodes, node));
                let rejection = fit.rejection(nodes, node);
                prop_assert_eq!(by_lack.entry(lack).or_insert_with(|| rejection.clone()), &rejection);
            }
        }
    }
}
