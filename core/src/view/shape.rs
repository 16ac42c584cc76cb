//! Resources: what a class asks for, and how the nodes fare by it.
//!
//! Almost every pod asks for CPU and memory alone, and almost every profile scores both alike. That is
//! computed for several nodes at once; everything else node by node.

use super::Weights;
use super::facets::LiveColumn;
use crate::base::index::Ix;
use crate::column::{Blocks, Column, Score};
use crate::objects::Pod;
use crate::plugins::Plugin;
use crate::plugins::node_resources_balanced_allocation::fast::{Balance, BalanceOfTwo};
use crate::plugins::node_resources_fit::fast::{Fit, FitsTwo, LeastAllocated};
use crate::profile::{FitStrategy, Profile};
use crate::state::Cluster;
use crate::state::ix::NodeIx;
use crate::state::nodes::{Lanes, NodeRow};

/// What resources a class asks for, and how the nodes fare by them.
#[derive(Clone, Debug)]
pub(super) struct Shape<S> {
    pub(super) fit: Option<Fit>,
    pub(super) fit_scored: Option<Fit>,
    pub(super) balance: Option<Balance>,
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
        Self {
            fit: profile.filter.contains(&Plugin::NodeResourcesFit).then(|| fit.clone()),
            fit_scored: (weights.fit > 0).then_some(fit),
            balance: (weights.balance > 0 && !balance.is_skipped()).then_some(balance),
            column: LiveColumn::default(),
        }
    }

    /// How the nodes fare.
    pub(super) fn column(&self) -> &Column<S> {
        self.column.column()
    }

    /// Brings the column up to date.
    pub(super) fn repair(
        &mut self,
        cluster: &Cluster,
        blocks: &Blocks,
        profile: &Profile,
        weights: Weights,
    ) {
        let Self { fit, fit_scored, balance, column } = self;
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
        let Some(two) = Two::new(fit, fit_scored, balance, strategy, weights) else {
            return column.repair(log, blocks, nodes.len(), score);
        };
        let one = |node: NodeIx| {
            let row = &nodes.rows[node];
            if row.is_exact() { two.scores(&[*row])[0] } else { score(node) }
        };
        column.repair_or(log, blocks, nodes.len(), one, |_| {
            let rows = nodes.rows.as_slice();
            let mut scores: Vec<S> = Vec::with_capacity(rows.len());
            let (many, rest) = rows.as_chunks::<LANES>();
            many.iter().for_each(|rows| scores.extend::<[S; LANES]>(two.scores(rows)));
            rest.iter().for_each(|row| scores.extend::<[S; 1]>(two.scores(&[*row])));
            for (at, _) in rows.iter().enumerate().filter(|(_, row)| !row.is_exact()) {
                scores[at] = score(NodeIx::new(at));
            }
            scores
        });
    }
}

/// Nodes that are scored at once where all are.
const LANES: usize = 8;

/// What almost every pod asks for, nothing but CPU and memory, and how almost every profile scores it.
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
        let fit = fit.as_ref().filter(|fit| fit.asks_two())?;
        let exact = weights.fit <= WEIGHT_MAX && weights.balance <= WEIGHT_MAX;
        exact.then_some(Self {
            fits: fit.least(),
            left: fit_scored.as_ref()?.of_two(strategy)?,
            balance: balance.as_ref()?.of_two()?,
            weights: [weights.fit as f64, weights.balance as f64],
        })
    }

    /// The scores of nodes whose rows are exact.
    #[inline]
    fn scores<S: Score, const N: usize>(&self, rows: &[NodeRow; N]) -> [S; N] {
        let lanes = Lanes::of(rows);
        let mut scores = [S::default(); N];
        for (lane, score) in scores.iter_mut().enumerate() {
            let [fit, balance] = self.weights;
            let total =
                fit * self.left.score(&lanes, lane) + balance * self.balance.score(&lanes, lane);
            *score = if self.fits.fits(&lanes, lane) { S::of_whole(total) } else { S::REFUSED };
        }
        scores
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::Pod;
    use proptest::prelude::*;
    use serde_json::json;

    fn amounts() -> impl Strategy<Value = i64> {
        prop_oneof![0..9_i64, 0..200_000_i64, (0..64_i64).prop_map(|bits| i64::MAX >> bits)]
    }

    proptest! {
        #[test]
        fn many_nodes_at_once_score_as_one_by_one(
            rows in prop::collection::vec((amounts(), amounts(), amounts(), amounts(), amounts(),
                amounts(), 0..3_i64, 0..3_i64), LANES),
            cpu in 0..70_000_u32,
            memory in 0..70_000_u32,
        ) {
            let node = |at: usize| {
                let (cpu, memory, .., pods_allowed, _) = rows[at];
                json!({"metadata": {"name": format!("node-{at}")}, "status": {"allocatable":
                    {"cpu": format!("{cpu}m"), "memory": memory.to_string(), "pods": pods_allowed.to_string()}}})
            };
            let nodes = (0..LANES).map(|at| {
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
            let Some(two) = Two::new(&shape.fit, &shape.fit_scored, &shape.balance, strategy, weights)
            else {
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
            let lanes: &[NodeRow; LANES] = table.rows.as_slice().first_chunk().expect("all nodes");
            let scores: [i16; LANES] = two.scores(lanes);
            for (at, row) in lanes.iter().enumerate().filter(|(_, row)| row.is_exact()) {
                let node = NodeIx::new(at);
                let balance = shape.balance.as_ref().map_or(0, |it| it.score(&table, node));
                let total = weights.fit * scored.score(strategy, &table, node) + weights.balance * balance;
                let expected = if fit.fits(&table, node) { total as i16 } else { i16::REFUSED };
                prop_assert_eq!(scores[at], expected);
                prop_assert_eq!(two.scores::<i16, 1>(&[*row])[0], expected);
            }
        }
    }
}
