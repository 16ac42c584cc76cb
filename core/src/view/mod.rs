//! What one profile remembers about the cluster and the classes of its pods.
//!
//! A decision adds a handful of columns, most of them kept and repaired from the change log, and
//! takes the best node. Nothing here depends on how a plugin works; which columns a class needs is
//! decided in one place, `Tables::class`.

pub mod barred;
mod best;
mod bounds;
mod class;
mod counted;
mod evaluate;
pub mod examiner;
mod facets;
mod grades;
mod hosts;
mod kept;
mod normalized;
mod race;
mod relations;
mod shape;
mod tables;
#[cfg(test)]
mod tests;
mod twins;

use crate::base::index::{Ix, SparseVec};
use crate::column::{Blocks, Score, add, add_to_all};
use crate::plugins::Plugin;
use crate::profile::Profile;
use crate::state::Cluster;
use crate::state::ix::{ClassIx, NodeIx, PodIx};
use crate::state::log::Epoch;
use best::Memory;
use class::ClassView;
use grades::Spans;
use kept::Kept;
use std::sync::Arc;
use tables::Tables;

/// The columns of one profile.
#[derive(Clone, Debug)]
pub struct View<S> {
    profile: Arc<Profile>,
    weights: Weights,
    epoch: Option<Epoch>,
    blocks: Blocks,
    tables: Tables<S>,
    classes: SparseVec<ClassIx, Known<S>>,
    /// Some class had terms about other pods when the first of these was looked at.
    carried: bool,
    memory: Memory<S>,
    /// Totals of the decision at hand, below zero where a node is infeasible.
    totals: Vec<S>,
    /// Memory for raw scores.
    raw: Vec<i64>,
}

/// What is known of a class that somebody asked for.
#[derive(Clone, Debug)]
struct Known<S> {
    /// What it is made of.
    view: ClassView,
    /// A pod of it was decided.
    decided: bool,
    /// What its feasible nodes are like, where it is graded again and again.
    spans: Option<Box<Spans<S>>>,
    /// How large the totals of the blocks may be, where it comes again and again.
    kept: Option<Box<Kept<S>>>,
}

/// Weights by plugin, 0 where the profile does not score by it; and who filters.
#[derive(Clone, Copy, Debug, Default)]
struct Weights {
    taints: i64,
    affinity: i64,
    fit: i64,
    spread: i64,
    inter_pod: i64,
    balance: i64,
    images: i64,
    spread_filters: bool,
    inter_pod_filters: bool,
}

impl Weights {
    fn of(profile: &Profile) -> Self {
        let weight = |plugin| {
            let entry = profile.score.iter().find(|(scored, _)| *scored == plugin);
            entry.map_or(0, |(_, weight)| *weight)
        };
        Self {
            taints: weight(Plugin::TaintToleration),
            affinity: weight(Plugin::NodeAffinity),
            fit: weight(Plugin::NodeResourcesFit),
            spread: weight(Plugin::PodTopologySpread),
            inter_pod: weight(Plugin::InterPodAffinity),
            balance: weight(Plugin::NodeResourcesBalancedAllocation),
            images: weight(Plugin::ImageLocality),
            spread_filters: profile.filter.contains(&Plugin::PodTopologySpread),
            inter_pod_filters: profile.filter.contains(&Plugin::InterPodAffinity),
        }
    }
}

/// Why a class cannot be decided by columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeedsPlainRules;

impl<S: Score> View<S> {
    /// Nothing remembered yet.
    pub fn new(profile: Arc<Profile>) -> Self {
        Self {
            weights: Weights::of(&profile),
            profile,
            epoch: None,
            blocks: Blocks::default(),
            tables: Tables::default(),
            classes: SparseVec::default(),
            carried: false,
            memory: Memory::default(),
            totals: Vec::new(),
            raw: Vec::new(),
        }
    }

    /// The feasible node with the highest total, the first by name where several share it, and that
    /// total; `None` where no node is feasible.
    ///
    /// # Errors
    /// The class has something that columns do not cover.
    pub fn best(
        &mut self,
        cluster: &mut Cluster,
        pod: PodIx,
    ) -> Result<Option<(NodeIx, i64)>, NeedsPlainRules> {
        let (index, class) = self.class_of(cluster, pod)?;
        if class.rejected {
            return Ok(None);
        }
        self.keep(index);
        let found = self.best_by_blocks(cluster, index, &class);
        if let Some(known) = self.classes.get_mut(index) {
            known.decided = true;
        }
        if let Some(found) = found {
            return Ok(found);
        }
        self.score_all(cluster, &class, pod);
        Ok(first_of_best(&self.totals, cluster).map(|(node, total)| (node, total.get())))
    }

    /// The nodes that share the highest total, in byte order of their names, and that total.
    ///
    /// # Errors
    /// The class has something that columns do not cover.
    pub fn all_best(
        &mut self,
        cluster: &mut Cluster,
        pod: PodIx,
    ) -> Result<(Vec<NodeIx>, i64), NeedsPlainRules> {
        let (_, class) = self.class_of(cluster, pod)?;
        if class.rejected {
            return Ok((Vec::new(), 0));
        }
        self.score_all(cluster, &class, pod);
        let best = crate::column::max(&self.totals);
        let by_rank = cluster.nodes().by_rank.iter().copied();
        let all = by_rank.filter(|node| best.is_feasible() && self.totals[node.at()] == best);
        Ok((all.collect(), best.get()))
    }

    /// Fills the totals.
    fn score_all(&mut self, cluster: &Cluster, class: &ClassView, pod: PodIx) {
        self.filter(cluster, class, pod);
        self.score(cluster, class, pod, &mut |_, _| {});
    }

    /// Fills the totals: resource scores, below zero where a filter refuses the node.
    fn filter(&mut self, cluster: &Cluster, class: &ClassView, pod: PodIx) {
        let Self { tables, blocks, totals, weights, profile, .. } = self;
        tables.repair(class, cluster, blocks, profile, *weights);
        totals.clear();
        totals.resize(cluster.nodes().len(), S::default());
        for column in tables.filters(class) {
            add(totals, column.scores());
        }
        if weights.spread_filters {
            let rules = tables.spread.get(class.spread).rule.rules(cluster);
            rules.for_each(|rule| rule.refuse(totals));
        }
        if weights.inter_pod_filters
            && let Some(inter_pod) = class.inter_pod
        {
            let rules = tables.inter_pod.get(inter_pod).rule.rules(cluster);
            rules.for_each(|rule| rule.refuse(totals));
        }
        self.filter_by_hosts(cluster, pod);
    }

    /// Adds the scores that depend on which nodes are feasible, and the images'. `observe` sees the
    /// totals after each plugin that takes part.
    fn score(
        &mut self,
        cluster: &Cluster,
        class: &ClassView,
        pod: PodIx,
        observe: &mut dyn FnMut(Plugin, &[S]),
    ) {
        let Self { totals, raw, weights, profile, tables, blocks, .. } = self;
        if weights.taints > 0 {
            match class.disliked.and_then(|facet| tables.disliked.get_mut(facet).as_mut()) {
                Some(disliked) => {
                    let max = disliked.max_over(totals);
                    disliked.normalize(blocks, max, weights.taints, true);
                    add(totals, disliked.column().scores());
                }
                None => add_to_all(totals, S::new(100 * weights.taints)),
            }
            observe(Plugin::TaintToleration, totals);
        }
        if let Some(preferred) =
            class.preferred.and_then(|facet| tables.preferred.get_mut(facet).as_mut())
        {
            preferred.normalize(blocks, preferred.max_over(totals), weights.affinity, false);
            add(totals, preferred.column().scores());
            observe(Plugin::NodeAffinity, totals);
        }
        let spread = &tables.spread.get(class.spread).rule;
        if weights.spread > 0 && !spread.scores_nothing() {
            spread.score(weights.spread, totals, raw, cluster);
            observe(Plugin::PodTopologySpread, totals);
        }
        if let Some(inter_pod) = class.inter_pod
            && weights.inter_pod > 0
        {
            let arguments = &profile.arguments.inter_pod;
            let inter_pod = &tables.inter_pod.get(inter_pod).rule;
            if inter_pod.score(weights.inter_pod, arguments, totals, raw, cluster) {
                observe(Plugin::InterPodAffinity, totals);
            }
        }
        if weights.images > 0 {
            if let Some(column) = class.images.and_then(|facet| tables.images.get(facet).as_ref()) {
                add(totals, column.scores());
            }
            observe(Plugin::ImageLocality, totals);
        }
        self.score_by_hosts(cluster, pod, observe);
    }

    /// The class of a pod, and what it is made of.
    fn class_of(
        &mut self,
        cluster: &mut Cluster,
        pod: PodIx,
    ) -> Result<(ClassIx, ClassView), NeedsPlainRules> {
        let index = cluster.pods().get(pod).map(|row| row.class).ok_or(NeedsPlainRules)?;
        if self.epoch.as_ref() != Some(cluster.log().epoch()) {
            self.start_anew(cluster);
        }
        if self.carried != cluster.counters().anything_carried() {
            // Classes that nobody else concerned have to look at the terms of others now.
            self.forget_classes(cluster);
        }
        if let Some(known) = self.classes.get(index) {
            return Ok((index, known.view));
        }
        let Self { tables, blocks, profile, weights, .. } = self;
        let class = tables.class(cluster, blocks, index, profile, *weights)?;
        self.classes.insert(index, Known { view: class, decided: false, spans: None, kept: None });
        Ok((index, class))
    }

    fn start_anew(&mut self, cluster: &Cluster) {
        self.epoch = Some(cluster.log().epoch().clone());
        let nodes = cluster.nodes();
        self.blocks = Blocks::new(&nodes.zones, nodes.rank.as_slice());
        self.tables = Tables::default();
        self.forget_classes(cluster);
    }

    fn forget_classes(&mut self, cluster: &Cluster) {
        self.carried = cluster.counters().anything_carried();
        self.classes = SparseVec::default();
        self.memory = Memory::default();
    }
}

/// The first node by name among those with the highest total.
fn first_of_best<S: Score>(totals: &[S], cluster: &Cluster) -> Option<(NodeIx, S)> {
    /// Nodes that are searched at once; small enough to stay in the first-level cache.
    const BLOCK: usize = 512;
    let nodes = cluster.nodes();
    let mut best: Option<(NodeIx, S)> = None;
    // Within a zone nodes are in order of their names.
    for zone in &nodes.zones {
        let totals = &totals[zone.clone()];
        let mut best_here: Option<(usize, S)> = None;
        for (block, totals) in totals.chunks(BLOCK).enumerate() {
            let max = crate::column::max(totals);
            if max.is_feasible() && best_here.is_none_or(|(_, best)| max > best) {
                best_here = Some((block, max));
            }
        }
        if let Some((block, max)) = best_here
            && best.is_none_or(|(_, best)| max >= best)
        {
            let in_block = totals[block * BLOCK..].iter().position(|total| *total == max);
            let node = NodeIx::new(zone.start + block * BLOCK + in_block.unwrap_or(0));
            let comes_first =
                best.is_none_or(|(other, best)| max > best || nodes.rank[node] < nodes.rank[other]);
            if comes_first {
                best = Some((node, max));
            }
        }
    }
    best
}
