//! Resources: what a class asks for, and how the nodes fare by it.
//!
//! Almost every pod asks for CPU and memory alone, and almost every profile scores both alike. That is
//! computed for both at once; everything else one by one.

use super::Weights;
use super::facets::LiveColumn;
use crate::column::{Blocks, Column, Score};
use crate::objects::Pod;
use crate::plugins::Plugin;
use crate::plugins::node_resources_balanced_allocation::fast::{Balance, BalanceOfTwo};
use crate::plugins::node_resources_fit::fast::{Fit, FitsTwo, LeastAllocated};
use crate::profile::{FitStrategy, Profile};
use crate::state::Cluster;
use crate::state::ix::NodeIx;
use crate::state::log::Journal;
use crate::state::nodes::CpuAndMemory;

/// What resources a class asks for, and how the nodes fare by them.
#[derive(Clone, Debug)]
pub(super) struct Shape<S> {
    pub(super) fit: Option<Fit>,
    pub(super) fit_scored: Option<Fit>,
    pub(super) balance: Option<Balance>,
    /// CPU and memory of these at once, where nothing else is scored.
    two: Option<Two>,
    column: LiveColumn<S>,
}

impl<S: Score> Shape<S> {
    /// What this pod asks for.
    pub(super) fn new(
        pod: &Pod,
        profile: &Profile,
        weights: Weights,
        cluster: &mut Cluster,
    ) -> Self {
        let arguments = &profile.arguments;
        let fit = Fit::new(pod, &arguments.fit, cluster);
        let balance = Balance::new(pod, &arguments.balanced_resources, cluster);
        let filters = profile.filter.contains(&Plugin::NodeResourcesFit);
        let fit_scored = (weights.fit > 0).then(|| fit.clone());
        let fit = filters.then_some(fit);
        let balance = (weights.balance > 0 && !balance.is_skipped()).then_some(balance);
        let two = Two::new(&fit, &fit_scored, &balance, &arguments.fit.strategy, weights);
        Self { fit, fit_scored, balance, two, column: LiveColumn::default() }
    }

    /// How the nodes fare.
    pub(super) fn column(&self) -> &Column<S> {
        self.column.column()
    }

    /// Nodes that fare better than before.
    pub(super) fn risen(&self) -> &Journal<NodeIx> {
        self.column.risen()
    }

    /// Nodes that became infeasible.
    pub(super) fn lost(&self) -> &Journal<NodeIx> {
        self.column.lost()
    }

    /// Brings the column up to date.
    pub(super) fn repair(
        &mut self,
        cluster: &Cluster,
        blocks: &Blocks,
        profile: &Profile,
        weights: Weights,
    ) {
        let Self { fit, fit_scored, balance, two, column } = self;
        let (log, nodes) = (cluster.log(), cluster.nodes());
        let strategy = &profile.arguments.fit.strategy;
        let score = |node: NodeIx| {
            if fit.as_ref().is_some_and(|fit| !fit.fits(nodes, node)) {
                return S::REFUSED;
            }
            let fit = fit_scored.as_ref().map_or(0, |fit| fit.score(strategy, nodes, node));
            let balance = balance.as_ref().map_or(0, |balance| balance.score(nodes, node));
            S::new(weights.fit * fit + weights.balance * balance)
        };
        let Some(two) = two else {
            return column.repair(log, blocks, nodes.len(), score);
        };
        if let Some(fit) = fit.as_ref().filter(|fit| fit.asks_more()) {
            // Few nodes have what is rare.
            return column.repair(log, blocks, nodes.len(), |node| {
                let leaves_more = fit.leaves_more(nodes, node);
                if leaves_more {
                    two.score(nodes.measures(node), || score(node))
                } else {
                    S::REFUSED
                }
            });
        }
        column.repair(log, blocks, nodes.len(), |node| {
            two.score(nodes.measures(node), || score(node))
        })
    }
}

/// What almost every pod asks for, CPU and memory, and how almost every profile scores it.
#[derive(Clone, Debug)]
struct Two {
    fits: FitsTwo,
    left: LeastAllocated,
    balance: BalanceOfTwo,
    weights: [f64; 2],
}

impl Two {
    fn new(
        fit: &Option<Fit>,
        fit_scored: &Option<Fit>,
        balance: &Option<Balance>,
        strategy: &FitStrategy,
        weights: Weights,
    ) -> Option<Self> {
        /// Up to here floating point has every total.
        const WEIGHT_MAX: i64 = 1 << 40;
        let fit = fit.as_ref()?;
        let exact = weights.fit <= WEIGHT_MAX && weights.balance <= WEIGHT_MAX;
        exact.then_some(Self {
            fits: fit.least(),
            left: fit_scored.as_ref()?.of_two(strategy)?,
            balance: balance.as_ref()?.of_two()?,
            weights: [weights.fit as f64, weights.balance as f64],
        })
    }

    /// The score of a node; `otherwise` where floating point does not tell it. A part of the loop that
    /// asks it for every node touched.
    #[inline(always)]
    fn score<S: Score>(&self, node: &CpuAndMemory, otherwise: impl FnOnce() -> S) -> S {
        if !node.exact {
            return otherwise();
        }
        if !self.fits.fits(node) {
            return S::REFUSED;
        }
        let [fit, balance] = self.weights;
        S::of_whole(fit * self.left.score(node) + balance * self.balance.score(node))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::index::Ix;
    use crate::objects::Pod;
    use crate::state::nodes::EXACT;
    use proptest::prelude::*;
    use serde_json::json;

    fn amounts() -> impl Strategy<Value = i64> {
        prop_oneof![0..9_i64, 0..200_000_i64, (0..64_i64).prop_map(|bits| i64::MAX >> bits)]
    }

    proptest! {
        #[test]
        fn both_at_once_score_as_one_by_one(
            rows in prop::collection::vec((amounts(), amounts(), amounts(), amounts(), amounts(),
                amounts(), 0..3_i64, 0..3_i64), 8),
            cpu in 0..70_000_u32,
            memory in 0..70_000_u32,
        ) {
            let node = |at: usize| {
                let (cpu, memory, .., pods_allowed, _) = rows[at];
                json!({"metadata": {"name": format!("node-{at}")}, "status": {"allocatable":
                    {"cpu": format!("{cpu}m"), "memory": memory.to_string(), "pods": pods_allowed.to_string()}}})
            };
            let nodes = (0..rows.len()).map(|at| {
                let node: crate::objects::Node = serde_json::from_value(node(at)).expect("a node");
                node.into()
            });
            let Ok(mut cluster) = Cluster::from_objects(nodes) else { return Ok(()) };
            let requests = json!({"cpu": format!("{cpu}m"), "memory": memory.to_string()});
            let pod: Pod = serde_json::from_value(json!({"metadata": {"name": "pod"},
                "spec": {"containers": [{"name": "main", "resources": {"requests": requests}}]}}))
                .expect("a pod");
            let profile = Profile::default();
            let weights = Weights::of(&profile);
            let shape: Shape<i16> = Shape::new(&pod, &profile, weights, &mut cluster);
            let strategy = &profile.arguments.fit.strategy;
            let (Some(fit), Some(scored)) = (&shape.fit, &shape.fit_scored) else {
                return Err(TestCaseError::fail("the profile filters and scores by resources"));
            };
            let Some(two) = &shape.two else {
                // Pods without requests are not scored by their balance.
                prop_assert_eq!((cpu, memory), (0, 0));
                return Ok(());
            };
            let mut table = cluster.nodes().clone();
            for (at, (_, _, cpu, memory, scored_cpu, scored_memory, _, pods)) in rows.iter().enumerate() {
                let row = &mut table.rows[NodeIx::new(at)];
                row.requested_milli_cpu = *cpu;
                row.requested_memory = *memory;
                row.scored_milli_cpu = *scored_cpu;
                row.scored_memory = *scored_memory;
                row.pods = *pods;
            }
            for (at, row) in table.rows.iter().enumerate() {
                let node = NodeIx::new(at);
                let balance = shape.balance.as_ref().map_or(0, |it| it.score(&table, node));
                let total = weights.fit * scored.score(strategy, &table, node) + weights.balance * balance;
                let expected = if fit.fits(&table, node) { total as i16 } else { i16::REFUSED };
                let measures = row.cpu_and_memory();
                prop_assert_eq!(two.score(&measures, || expected), expected);
                let largest = rows[at].0.max(rows[at].1).max(rows[at].2).max(rows[at].3);
                let largest = largest.max(rows[at].4).max(rows[at].5);
                prop_assert_eq!(measures.exact, largest < EXACT && rows[at].0 > 0 && rows[at].1 > 0);
            }
        }
    }
}
