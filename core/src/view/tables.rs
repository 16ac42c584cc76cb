//! The columns of all facets, and which of them a class is made of.

use super::class::{ClassView, Fixed};
use super::counted::CountedColumn;
use super::facets::{FacetIx, Facets, LiveColumn, Numbered};
use super::kept::Nearby;
use super::normalized::Normalized;
use super::shape::Shape;
use super::{NeedsPlainRules, Weights};
use crate::base::bits::Bits;
use crate::base::index::Ix;
use crate::column::{Blocks, Column, Score};
use crate::objects::Pod;
use crate::plugins::Plugin;
use crate::plugins::inter_pod_affinity::fast::InterPod;
use crate::plugins::pod_topology_spread::fast::Spread;
use crate::plugins::{
    image_locality, node_affinity, node_ports, node_unschedulable, taint_toleration,
};
use crate::profile::Profile;
use crate::state::Cluster;
use crate::state::ix::{
    AmountsIx, ClassIx, ImagesIx, LabelSetIx, NodeIx, PodAffinityIx, PortSetIx, PreferredIx,
    RequirementsIx, SpreadIx, TolerationsIx,
};
use crate::state::log::Epoch;
use crate::state::node_sets::Requirements;
use smallvec::SmallVec;

/// What topology spread constraints of a class depend on.
type Constraints = (SpreadIx, LabelSetIx, RequirementsIx, TolerationsIx);

/// The columns of all facets.
#[derive(Clone, Debug)]
pub(super) struct Tables<S> {
    /// While this is the same, facets keep their numbers.
    pub(super) epoch: Epoch,
    pub(super) fixed: Facets<(RequirementsIx, TolerationsIx), Fixed<S>>,
    pub(super) shapes: Numbered<AmountsIx, Shape<S>>,
    pub(super) ports: Numbered<PortSetIx, LiveColumn<S>>,
    pub(super) images: Numbered<ImagesIx, Option<Column<S>>>,
    pub(super) disliked: Numbered<TolerationsIx, Option<Normalized<S>>>,
    pub(super) preferred: Numbered<PreferredIx, Option<Normalized<S>>>,
    /// All classes without constraints are one facet here.
    pub(super) spread: Facets<Option<Constraints>, Valued<Spread, S>>,
    /// All classes without terms, where nobody else has any, are one facet here.
    pub(super) inter_pod: Facets<(PodAffinityIx, Option<LabelSetIx>), Valued<InterPod, S>>,
    pub(super) nearby: Facets<(FacetIx, FacetIx), Option<Nearby<S>>>,
}

impl<S> Default for Tables<S> {
    fn default() -> Self {
        Self {
            epoch: Epoch::default(),
            fixed: Facets::default(),
            shapes: Facets::default(),
            ports: Facets::default(),
            images: Facets::default(),
            disliked: Facets::default(),
            preferred: Facets::default(),
            spread: Facets::default(),
            inter_pod: Facets::default(),
            nearby: Facets::default(),
        }
    }
}

/// A rule about pods nearby, and the values that it gives to nodes by their pods.
#[derive(Clone, Debug)]
pub(super) struct Valued<R, S> {
    pub(super) rule: R,
    pub(super) values: CountedColumn<S>,
}

impl<R, S> Valued<R, S> {
    fn new(rule: R) -> Self {
        Self { rule, values: CountedColumn::default() }
    }
}

impl<S: Score> Tables<S> {
    /// The facets of a class: the one place that decides which columns a class is made of.
    pub(super) fn class(
        &mut self,
        cluster: &mut Cluster,
        blocks: &Blocks,
        index: ClassIx,
        profile: &Profile,
        weights: Weights,
    ) -> Result<ClassView, NeedsPlainRules> {
        let class = cluster.classes().get(index);
        let (labels, asks) = (class.labels, class.asks);
        // Asked for by facets that are new only.
        let pod = |cluster: &Cluster| cluster.classes().get(index).pod.clone();
        if asks.beyond_columns || cluster.nodes().is_empty() {
            return Err(NeedsPlainRules);
        }
        let arguments = &profile.arguments;
        let fixed = self.fixed.find_or_make((asks.requirements, asks.tolerations), || {
            Fixed::new(&pod(cluster), profile, cluster, blocks)
        });
        let shape = self
            .shapes
            .find_or_make(asks.amounts, || Shape::new(&pod(cluster), profile, weights, cluster));
        let ports = asks.ports.filter(|_| profile.filter.contains(&Plugin::NodePorts));
        let weighted = |scores: Vec<i64>| {
            let scores = scores.into_iter().map(|score| S::new(weights.images * score));
            Column::new(scores.collect(), blocks)
        };
        let images = (weights.images > 0).then(|| {
            self.images.find_or_make(asks.images, || {
                image_locality::fast::scores(&pod(cluster), cluster).map(weighted)
            })
        });
        let disliked = (weights.taints > 0).then(|| {
            self.disliked.find_or_try_make(asks.tolerations, || {
                let tolerations = pod(cluster).spec.canonical_tolerations();
                let raw: Option<Vec<S>> = taint_toleration::fast::disliked(&tolerations, cluster);
                let raw = raw.ok_or(NeedsPlainRules)?;
                Ok(raw.iter().any(|raw| *raw != S::default()).then(|| Normalized::new(raw)))
            })
        });
        let disliked = disliked.transpose()?;
        let added = arguments.added_affinity.as_ref();
        let preferred = self.preferred.find_or_try_make(asks.preferred, || {
            let terms = node_affinity::fast::preferred(&pod(cluster), added)
                .map_err(|_| NeedsPlainRules)?;
            let Some(terms) = terms.filter(|_| weights.affinity > 0) else { return Ok(None) };
            let raw = node_affinity::fast::scores(&terms, cluster).ok_or(NeedsPlainRules)?;
            Ok(Some(Normalized::new(raw)))
        })?;
        let may_spread = asks.may_spread || !cluster.store().services.is_empty();
        let constraints =
            may_spread.then_some((asks.spread, labels, asks.requirements, asks.tolerations));
        let spread = self.spread.find_or_try_make(constraints, || {
            let pod = pod(cluster);
            let tolerations = pod.spec.canonical_tolerations();
            let spread = Spread::new(&pod, &tolerations, &arguments.spread, cluster);
            spread.map(Valued::new).map_err(|_| NeedsPlainRules)
        })?;
        let concerned = asks.has_terms || cluster.counters().anything_carried();
        let terms = (asks.pod_affinity, concerned.then_some(labels));
        let inter_pod = self.inter_pod.find_or_try_make(terms, || {
            let inter_pod = InterPod::new(&pod(cluster), labels, cluster);
            inter_pod.map(Valued::new).map_err(|_| NeedsPlainRules)
        })?;
        Ok(ClassView {
            rejected: self.fixed.get(fixed).conflict,
            fixed,
            shape,
            ports: ports.map(|ports| self.ports.find_or_make(ports, LiveColumn::default)),
            images: images.filter(|facet| self.images.get(*facet).is_some()),
            disliked: disliked.filter(|facet| self.disliked.get(*facet).is_some()),
            preferred: Some(preferred).filter(|facet| self.preferred.get(*facet).is_some()),
            spread,
            inter_pod: (weights.inter_pod_filters || weights.inter_pod > 0).then_some(inter_pod),
            nearby: self.nearby.find_or_make((spread, inter_pod), || None),
            related: may_spread || concerned,
        })
    }

    /// Brings the columns up to date that follow the pods of the nodes.
    #[inline]
    pub(super) fn repair(
        &mut self,
        class: &ClassView,
        cluster: &Cluster,
        blocks: &Blocks,
        profile: &Profile,
        weights: Weights,
    ) {
        self.shapes.get_mut(class.shape).repair(cluster, blocks, profile, weights);
        let nodes = cluster.nodes();
        if let Some(ports) = class.ports {
            let wanted = cluster.port_set(self.ports.key(ports));
            self.ports.get_mut(ports).repair(cluster.log(), blocks, nodes.len(), |node| {
                if node_ports::fast::taken(wanted, nodes, node) { S::REFUSED } else { S::default() }
            });
        }
    }

    /// The columns that tell, besides rules about other pods, which nodes are feasible.
    pub(super) fn filters(&self, class: &ClassView) -> SmallVec<[&Column<S>; 6]> {
        let mut columns = SmallVec::new();
        self.each_filter(class, |column| columns.push(column));
        columns
    }

    #[inline]
    pub(super) fn each_filter<'t>(&'t self, class: &ClassView, mut see: impl FnMut(&'t Column<S>)) {
        see(self.shapes.get(class.shape).column());
        let fixed = self.fixed.get(class.fixed);
        if fixed.refuses_some {
            see(&fixed.column);
        }
        if let Some(ports) = class.ports {
            see(self.ports.get(ports).column());
        }
    }
}

impl<S: Score> Fixed<S> {
    fn new(pod: &Pod, profile: &Profile, cluster: &mut Cluster, blocks: &Blocks) -> Self {
        let requirements = Requirements::of(pod);
        let filters = |plugin| profile.filter.contains(&plugin);
        let names = profile
            .pre_filter
            .contains(&Plugin::NodeAffinity)
            .then(|| node_affinity::fast::narrowed(&requirements))
            .flatten();
        let added = profile.arguments.added_affinity.as_ref();
        let by_affinity = filters(Plugin::NodeAffinity);
        let mut fixed = Self {
            column: Column::default(),
            refuses_some: false,
            schedulable: filters(Plugin::NodeUnschedulable)
                .then(|| node_unschedulable::fast::allowed(pod, cluster))
                .flatten(),
            tolerated: filters(Plugin::TaintToleration)
                .then(|| cluster.tolerating(&pod.spec.canonical_tolerations())),
            enforced: by_affinity.then(|| node_affinity::fast::enforced(added, cluster)).flatten(),
            meeting: (by_affinity && !requirements.is_empty())
                .then(|| cluster.meeting(&requirements)),
            conflict: names.as_ref().is_some_and(|names| names.is_empty()),
            narrowed: names.map(|names| {
                let nodes = &cluster.nodes().objects;
                Bits::of(nodes.len(), |node| names.contains(nodes[NodeIx::new(node)].name()))
            }),
        };
        fixed.column = Column::new(fixed.combined(cluster.nodes().len()), blocks);
        fixed.refuses_some = fixed.column.scores().contains(&S::REFUSED);
        fixed
    }

    fn combined(&self, nodes: usize) -> Vec<S> {
        let mut allowed = Bits::all(nodes);
        let sets =
            [&self.schedulable, &self.tolerated, &self.enforced, &self.meeting, &self.narrowed];
        sets.into_iter().flatten().for_each(|set| allowed.and(set));
        let mut column = vec![S::REFUSED; nodes];
        allowed.mark(&mut column, |_| S::default());
        column
    }
}
