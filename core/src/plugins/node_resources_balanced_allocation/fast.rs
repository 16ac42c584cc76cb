//! The rule over columns.

use super::deviation;
use crate::objects::Pod;
use crate::objects::requests::{RequestsOf, pod_requests};
use crate::state::Cluster;
use crate::state::ix::NodeIx;
use crate::state::nodes::{CpuAndMemory, Nodes, Tracked, floor};
use smallvec::SmallVec;

/// What a pod asks for of the resources that are looked at; nothing where the pod is not scored.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Balance {
    resources: SmallVec<[(Tracked, i64); 2]>,
    /// These again, where they are CPU and memory as almost always.
    two: Option<[i64; 2]>,
}

impl Balance {
    /// What this pod asks for.
    pub fn new(pod: &Pod, names: &[String], cluster: &mut Cluster) -> Self {
        let request = pod_requests(pod, RequestsOf::Bound);
        let tracked = |name: &String| Some((cluster.tracked(name)?, request.get(name)));
        let mut resources: SmallVec<[_; 2]> = names.iter().filter_map(tracked).collect();
        if resources.iter().all(|(_, amount)| *amount == 0) {
            resources.clear();
        }
        resources
            .retain(|(resource, amount)| *amount != 0 || !matches!(resource, Tracked::Scalar(_)));
        let two = match resources.as_slice() {
            [(Tracked::Cpu, cpu), (Tracked::Memory, memory)] => Some([*cpu, *memory]),
            _ => None,
        };
        Self { resources, two }
    }

    /// Whether the pod is not scored.
    pub fn is_skipped(&self) -> bool {
        self.resources.is_empty()
    }

    /// The score, where CPU and memory are looked at.
    pub fn of_two(&self) -> Option<BalanceOfTwo> {
        let amounts = self.two?;
        Some(BalanceOfTwo { amounts: amounts.map(|amount| amount as f64) })
    }

    /// The score of a node, 0 to 100.
    pub fn score(&self, nodes: &Nodes, node: NodeIx) -> i64 {
        let fraction = |used: i64, offered: i64| {
            let fraction = used as f64 / offered as f64;
            if fraction > 1.0 { 1.0 } else { fraction }
        };
        let fractions = self.resources.iter().filter_map(|(resource, amount)| {
            let offered = nodes.allocatable(node, *resource);
            let used = nodes.requested(node, *resource).saturating_add(*amount);
            (offered != 0).then(|| fraction(used, offered))
        });
        let deviation = deviation(&fractions.collect::<SmallVec<[f64; 2]>>());
        // Between 0 and 100.
        i64::from(((1.0 - deviation) * 100.0) as u32)
    }
}

/// The score that almost every pod gets on almost every node.
#[derive(Clone, Copy, Debug)]
pub struct BalanceOfTwo {
    amounts: [f64; 2],
}

impl BalanceOfTwo {
    /// The score of a node for CPU and memory, 0 to 100.
    #[inline]
    pub fn score(&self, node: &CpuAndMemory) -> f64 {
        let fraction = |at: usize| {
            let fraction = (node.requested[at] + self.amounts[at]) / node.allocatable[at];
            // More than there is counts as all.
            if fraction < 1.0 { fraction } else { 1.0 }
        };
        floor((1.0 - deviation(&[fraction(0), fraction(1)])) * 100.0)
    }
}
