//! What one profile remembers about the cluster and the classes of its pods.
//!
//! A decision adds a handful of columns, most of them kept and repaired from the change log, and
//! takes the best node. Nothing here depends on how a plugin works; which columns a class needs is
//! decided in one place, `View::class`.

mod class;
mod evaluate;
pub mod examiner;
mod facets;
mod hosts;

use crate::base::bits::Bits;
use crate::base::index::Ix;
use crate::column::{Score, add, add_to_all};
use crate::objects::Pod;
use crate::objects::pod::{PreferredSchedulingTerm, Toleration, Volume};
use crate::plugins::Plugin;
use crate::plugins::image_locality::fast::Images;
use crate::plugins::inter_pod_affinity::fast::InterPod;
use crate::plugins::node_affinity;
use crate::plugins::node_ports;
use crate::plugins::node_resources_balanced_allocation::fast::Balance;
use crate::plugins::node_resources_fit::fast::Fit;
use crate::plugins::node_unschedulable;
use crate::plugins::pod_topology_spread::fast::Spread;
use crate::plugins::reason::{Code, Reason, Rejection};
use crate::plugins::taint_toleration;
use crate::profile::Profile;
use crate::state::Cluster;
use crate::state::ix::{ClassIx, LabelSetIx, NodeIx, PodIx, PortIx};
use crate::state::log::Epoch;
use crate::state::node_sets::Requirements;
use class::{ClassView, Fixed};
use facets::{FacetIx, Facets, LiveColumn, Normalized};
use smallvec::SmallVec;
use std::sync::Arc;

/// The columns of one profile.
#[derive(Clone, Debug)]
pub struct View<S> {
    profile: Arc<Profile>,
    weights: Weights,
    epoch: Option<Epoch>,
    classes: Vec<Option<Arc<ClassView>>>,
    fixed: Facets<FixedKey, Fixed<S>>,
    shapes: Facets<Shape, LiveColumn<S>>,
    ports: Facets<SmallVec<[PortIx; 2]>, LiveColumn<S>>,
    images: Facets<Images, Option<Vec<S>>>,
    disliked: Facets<Vec<Toleration>, Option<Normalized<S>>>,
    preferred: Facets<Vec<PreferredSchedulingTerm>, Normalized<S>>,
    /// Totals of the decision at hand, below zero where a node is infeasible.
    totals: Vec<S>,
    /// Memory for raw scores.
    raw: Vec<i64>,
}

/// What labels, names and taints a class requires.
type FixedKey = (Requirements, Vec<Toleration>);

/// What resources a class asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Shape {
    fit: Option<Fit>,
    fit_scored: Option<Fit>,
    balance: Option<Balance>,
}

/// Weights by plugin; 0 where the profile does not score by it.
#[derive(Clone, Copy, Debug, Default)]
struct Weights {
    taints: i64,
    affinity: i64,
    fit: i64,
    spread: i64,
    inter_pod: i64,
    balance: i64,
    images: i64,
}

/// Why a class cannot be decided by columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeedsPlainRules;

impl<S: Score> View<S> {
    /// Nothing remembered yet.
    pub fn new(profile: Arc<Profile>) -> Self {
        let weight = |plugin| {
            let entry = profile.score.iter().find(|(scored, _)| *scored == plugin);
            entry.map_or(0, |(_, weight)| *weight)
        };
        let weights = Weights {
            taints: weight(Plugin::TaintToleration),
            affinity: weight(Plugin::NodeAffinity),
            fit: weight(Plugin::NodeResourcesFit),
            spread: weight(Plugin::PodTopologySpread),
            inter_pod: weight(Plugin::InterPodAffinity),
            balance: weight(Plugin::NodeResourcesBalancedAllocation),
            images: weight(Plugin::ImageLocality),
        };
        Self {
            profile,
            weights,
            epoch: None,
            classes: Vec::new(),
            fixed: Facets::default(),
            shapes: Facets::default(),
            ports: Facets::default(),
            images: Facets::default(),
            disliked: Facets::default(),
            preferred: Facets::default(),
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
        let class = self.class_of(cluster, pod)?;
        if class.rejected.is_some() {
            return Ok(None);
        }
        self.filter(cluster, &class, pod);
        self.score(cluster, &class, pod, &mut |_, _| {});
        Ok(first_of_best(&self.totals, cluster).map(|(node, total)| (node, total.get())))
    }

    /// The nodes that share the highest total, in byte order of their names, and that total. Call
    /// it after [`View::best`] for the same class.
    pub fn all_best(&self, cluster: &Cluster, total: i64) -> Vec<NodeIx> {
        let best = S::new(total);
        let by_rank = cluster.nodes().by_rank.iter().copied();
        by_rank.filter(|node| self.totals[node.at()] == best).collect()
    }

    /// Fills the totals: resource scores, below zero where a filter refuses the node.
    fn filter(&mut self, cluster: &Cluster, class: &ClassView, pod: PodIx) {
        let nodes = cluster.nodes();
        let (shape, column) = self.shapes.get_mut(class.shape);
        let strategy = &self.profile.arguments.fit.strategy;
        let weights = self.weights;
        column.repair(cluster.log(), nodes.len(), |node| {
            if shape.fit.as_ref().is_some_and(|fit| !fit.fits(nodes, node)) {
                return S::REFUSED;
            }
            let fit = shape.fit_scored.as_ref().map_or(0, |fit| fit.score(strategy, nodes, node));
            let balance = shape.balance.as_ref().map_or(0, |balance| balance.score(nodes, node));
            S::new(weights.fit * fit + weights.balance * balance)
        });
        self.totals.clear();
        self.totals.extend_from_slice(&column.scores);
        add(&mut self.totals, &self.fixed.get(class.fixed).column);
        if let Some(ports) = class.ports {
            let (wanted, column) = self.ports.get_mut(ports);
            column.repair(cluster.log(), nodes.len(), |node| {
                if node_ports::fast::taken(wanted, nodes, node) { S::REFUSED } else { S::default() }
            });
            add(&mut self.totals, &column.scores);
        }
        if self.filters_by(Plugin::PodTopologySpread) {
            class.spread.refuse(&mut self.totals, cluster);
        }
        if let Some(inter_pod) = &class.inter_pod
            && self.filters_by(Plugin::InterPodAffinity)
        {
            inter_pod.refuse(&mut self.totals, cluster);
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
        let Self { totals, raw, weights, profile, .. } = self;
        if weights.taints > 0 {
            match class.disliked.and_then(|facet| self.disliked.get_mut(facet).1.as_mut()) {
                Some(disliked) => {
                    let column = disliked.over(totals, weights.taints, true);
                    add(totals, column);
                }
                None => add_to_all(totals, S::new(100 * weights.taints)),
            }
            observe(Plugin::TaintToleration, totals);
        }
        if let Some(facet) = class.preferred
            && weights.affinity > 0
        {
            let column = self.preferred.get_mut(facet).1.over(totals, weights.affinity, false);
            add(totals, column);
            observe(Plugin::NodeAffinity, totals);
        }
        if weights.spread > 0 && !class.spread.scores_nothing() {
            class.spread.score(weights.spread, totals, raw, cluster);
            observe(Plugin::PodTopologySpread, totals);
        }
        if let Some(inter_pod) = &class.inter_pod
            && weights.inter_pod > 0
        {
            let arguments = &profile.arguments.inter_pod;
            if inter_pod.score(weights.inter_pod, arguments, totals, raw, cluster) {
                observe(Plugin::InterPodAffinity, totals);
            }
        }
        if weights.images > 0 {
            if let Some(column) = class.images.and_then(|facet| self.images.get(facet).as_ref()) {
                add(totals, column);
            }
            observe(Plugin::ImageLocality, totals);
        }
        self.score_by_hosts(cluster, pod, observe);
    }

    /// The class of a pod.
    fn class_of(
        &mut self,
        cluster: &mut Cluster,
        pod: PodIx,
    ) -> Result<Arc<ClassView>, NeedsPlainRules> {
        let class = cluster.pods().get(pod).map(|row| row.class);
        self.class(cluster, class.ok_or(NeedsPlainRules)?)
    }

    fn filters_by(&self, plugin: Plugin) -> bool {
        self.profile.filter.contains(&plugin)
    }

    /// The facets of a class: the one place that decides which columns a class is made of.
    fn class(
        &mut self,
        cluster: &mut Cluster,
        class: ClassIx,
    ) -> Result<Arc<ClassView>, NeedsPlainRules> {
        if self.epoch.as_ref() != Some(cluster.log().epoch()) {
            self.start_anew(cluster.log().epoch().clone());
        }
        if let Some(Some(known)) = self.classes.get(class.at()) {
            return Ok(known.clone());
        }
        let sample = cluster.classes().get(class).pod.clone();
        let labels = cluster.classes().get(class).labels;
        let made = Arc::new(self.make_class(cluster, &sample, labels)?);
        if self.classes.len() <= class.at() {
            self.classes.resize(class.at() + 1, None);
        }
        self.classes[class.at()] = Some(made.clone());
        Ok(made)
    }

    fn start_anew(&mut self, epoch: Epoch) {
        self.epoch = Some(epoch);
        self.classes.clear();
        self.fixed.clear();
        self.shapes.clear();
        self.ports.clear();
        self.images.clear();
        self.disliked.clear();
        self.preferred.clear();
    }

    fn make_class(
        &mut self,
        cluster: &mut Cluster,
        pod: &Pod,
        labels: LabelSetIx,
    ) -> Result<ClassView, NeedsPlainRules> {
        if needs_plain_rules(pod) || cluster.nodes().is_empty() {
            return Err(NeedsPlainRules);
        }
        let profile = self.profile.clone();
        let arguments = &profile.arguments;
        let filters = |plugin| profile.filter.contains(&plugin);
        let tolerations = taint_toleration::fast::canonical(pod);
        let requirements = Requirements::of(pod);
        let fixed = self.fixed_facet(cluster, pod, requirements, tolerations.clone());
        let fit = Fit::new(pod, &arguments.fit, cluster);
        let balance = Balance::new(pod, &arguments.balanced_resources, cluster);
        let shape = Shape {
            fit: filters(Plugin::NodeResourcesFit).then(|| fit.clone()),
            fit_scored: (self.weights.fit > 0).then_some(fit),
            balance: (self.weights.balance > 0 && !balance.is_skipped()).then_some(balance),
        };
        let wanted = cluster.ports_of(pod);
        let ports = (filters(Plugin::NodePorts) && !wanted.is_empty())
            .then(|| self.ports.find_or_make(wanted, |_| LiveColumn::default()));
        let weighted = |scores: Vec<i64>, weight: i64| -> Vec<S> {
            scores.into_iter().map(|score| S::new(weight * score)).collect()
        };
        let image_weight = self.weights.images;
        let images = (image_weight > 0).then(|| {
            self.images.find_or_make(Images::new(pod), |images| {
                images.scores(cluster).map(|scores| weighted(scores, image_weight))
            })
        });
        let disliked = (self.weights.taints > 0).then(|| {
            self.disliked.find_or_make(tolerations.clone(), |tolerations| {
                taint_toleration::fast::disliked(tolerations, cluster).map(Normalized::new)
            })
        });
        let added = arguments.added_affinity.as_ref();
        let terms = node_affinity::fast::preferred(pod, added).map_err(|_| NeedsPlainRules)?;
        let preferred = terms.filter(|_| self.weights.affinity > 0).map(|terms| {
            self.preferred.find_or_make(terms, |terms| {
                Normalized::new(node_affinity::fast::scores(terms, cluster))
            })
        });
        let spread = Spread::new(pod, &tolerations, &arguments.spread, cluster)
            .map_err(|_| NeedsPlainRules)?;
        let inter_pod = InterPod::new(pod, labels, cluster).map_err(|_| NeedsPlainRules)?;
        let wanted = filters(Plugin::InterPodAffinity) || self.weights.inter_pod > 0;
        let conflict = self.fixed.get(fixed).conflict.then(|| {
            let code = Code::UnschedulableAndUnresolvable;
            Rejection::new(Plugin::NodeAffinity, code, Reason::NodeAffinityConflict)
        });
        Ok(ClassView {
            rejected: conflict,
            fixed,
            shape: self.shapes.find_or_make(shape, |_| LiveColumn::default()),
            ports,
            images,
            disliked,
            preferred,
            spread,
            inter_pod: wanted.then_some(inter_pod),
        })
    }

    fn fixed_facet(
        &mut self,
        cluster: &mut Cluster,
        pod: &Pod,
        requirements: Requirements,
        tolerations: Vec<Toleration>,
    ) -> FacetIx {
        let profile = &self.profile;
        let filters = |plugin| profile.filter.contains(&plugin);
        self.fixed.find_or_make((requirements, tolerations), |(requirements, tolerations)| {
            let names = profile
                .pre_filter
                .contains(&Plugin::NodeAffinity)
                .then(|| node_affinity::fast::narrowed(requirements))
                .flatten();
            let added = profile.arguments.added_affinity.as_ref();
            let by_affinity = filters(Plugin::NodeAffinity);
            let mut fixed = Fixed {
                column: Vec::new(),
                schedulable: filters(Plugin::NodeUnschedulable)
                    .then(|| node_unschedulable::fast::allowed(pod, cluster))
                    .flatten(),
                tolerated: filters(Plugin::TaintToleration)
                    .then(|| cluster.tolerating(tolerations)),
                enforced: by_affinity
                    .then(|| node_affinity::fast::enforced(added, cluster))
                    .flatten(),
                meeting: (by_affinity && !requirements.is_empty())
                    .then(|| cluster.meeting(requirements)),
                conflict: names.as_ref().is_some_and(|names| names.is_empty()),
                narrowed: names.map(|names| {
                    let nodes = &cluster.nodes().objects;
                    Bits::of(nodes.len(), |node| names.contains(nodes[NodeIx::new(node)].name()))
                }),
            };
            fixed.column = fixed.combined(cluster.nodes().len());
            fixed
        })
    }
}

impl<S: Score> Fixed<S> {
    fn combined(&self, nodes: usize) -> Vec<S> {
        let mut allowed = Bits::of(nodes, |_| true);
        let sets =
            [&self.schedulable, &self.tolerated, &self.enforced, &self.meeting, &self.narrowed];
        sets.into_iter().flatten().for_each(|set| allowed.and(set));
        let column =
            (0..nodes).map(|node| if allowed.contains(node) { S::default() } else { S::REFUSED });
        column.collect()
    }
}

/// Whether something about the pod is covered by no column: storage, devices, gates.
fn needs_plain_rules(pod: &Pod) -> bool {
    pod.spec.volumes.iter().any(Volume::needs_storage)
        || !pod.spec.resource_claims.is_empty()
        || !pod.spec.scheduling_gates.is_empty()
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
