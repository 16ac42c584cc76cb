//! Which nodes satisfy what pods require of labels, names and taints.
//!
//! Every distinct requirement is held against the *values* of its label key, not against the nodes,
//! and the resulting node set is kept until nodes come, go or change labels.

use super::ix::{EligibleIx, KeyIx, NodeIx};
use super::nodes::Nodes;
use super::topology::{NO_DOMAIN, Topology};
use crate::base::bits::Bits;
use crate::base::index::{IndexVec, Ix, index_types};
use crate::base::intern::Interner;
use crate::objects::labels::{NodeOperator, NodeRequirement};
use crate::objects::node::{Taint, TaintEffect};
use crate::objects::pod::{Pod, Toleration};
use crate::objects::{Labels, NodeSelector, NodeSelectorTerm};
use std::collections::BTreeMap;
use std::sync::Arc;

index_types! {
    /// One requirement on node labels or names.
    RequirementIx;
    /// A node's taints.
    TaintSetIx;
}

/// What a pod requires of a node's labels and name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Requirements {
    /// `spec.nodeSelector`.
    pub node_selector: Labels,
    /// Required node affinity.
    pub required: Option<NodeSelector>,
}

impl Requirements {
    /// The requirements of a pod.
    pub fn of(pod: &Pod) -> Self {
        let affinity = pod.spec.affinity.as_ref().and_then(|a| a.node_affinity.as_ref());
        Self {
            node_selector: pod.spec.node_selector.clone(),
            required: affinity.and_then(|affinity| affinity.required.clone()),
        }
    }

    /// Whether nothing is required.
    pub fn is_empty(&self) -> bool {
        self.node_selector.is_empty() && self.required.is_none()
    }
}

/// Nodes that count for a spread constraint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Eligible {
    /// Their labels satisfy these, where node affinity is honoured.
    pub requirements: Option<Requirements>,
    /// Their hard taints are tolerated by these, where taints are honoured.
    pub tolerations: Option<Vec<Toleration>>,
    /// They have these topology keys.
    pub keys: Vec<KeyIx>,
}

/// Node sets, one bit per [`NodeIx`].
#[derive(Clone, Debug, Default)]
pub struct NodeSets {
    requirements: Interner<RequirementIx, NodeRequirement>,
    satisfying: IndexVec<RequirementIx, Bits>,
    /// Nodes that are not cordoned.
    schedulable: Bits,
    taints: Interner<TaintSetIx, Vec<Taint>>,
    taints_of: IndexVec<NodeIx, TaintSetIx>,
    eligible: Interner<EligibleIx, Eligible>,
    eligible_nodes: IndexVec<EligibleIx, Bits>,
    tolerating: BTreeMap<Vec<Toleration>, Bits>,
}

impl NodeSets {
    /// Makes every known set anew after nodes came, went or changed labels or taints.
    pub(super) fn rebuild(&mut self, nodes: &Nodes, topology: &mut Topology) {
        self.taints_of =
            nodes.objects.iter().map(|node| self.taints.intern(node.spec.taints.clone())).collect();
        self.schedulable =
            Bits::of(nodes.len(), |node| !nodes.objects[NodeIx::new(node)].spec.unschedulable);
        self.tolerating.clear();
        for requirement in self.satisfying.indices().collect::<Vec<_>>() {
            let requirement_ = self.requirements.value(requirement).clone();
            self.satisfying[requirement] = satisfying(&requirement_, nodes, topology);
        }
        for eligible in self.eligible_nodes.indices().collect::<Vec<_>>() {
            let key = self.eligible.value(eligible).clone();
            self.eligible_nodes[eligible] = self.compute_eligible(&key, nodes, topology);
        }
    }

    /// Nodes that are not cordoned.
    pub(super) fn schedulable(&self) -> &Bits {
        &self.schedulable
    }

    /// Nodes that satisfy a pod's requirements.
    pub fn meeting(
        &mut self,
        requirements: &Requirements,
        nodes: &Nodes,
        topology: &mut Topology,
    ) -> Bits {
        let mut all = Bits::all(nodes.len());
        for (key, value) in &requirements.node_selector {
            let pair = NodeRequirement {
                key: key.clone(),
                operator: NodeOperator::In,
                values: vec![value.clone()],
            };
            all.and(self.one(pair, nodes, topology));
        }
        if let Some(selector) = &requirements.required {
            all.and(&self.any_of(selector, nodes, topology));
        }
        all
    }

    fn any_of(&mut self, selector: &NodeSelector, nodes: &Nodes, topology: &mut Topology) -> Bits {
        let mut any = Bits::none(nodes.len());
        for term in &selector.node_selector_terms {
            any.or(&self.term(term, nodes, topology));
        }
        any
    }

    /// Nodes for which a term holds.
    pub fn term(
        &mut self,
        term: &NodeSelectorTerm,
        nodes: &Nodes,
        topology: &mut Topology,
    ) -> Bits {
        let empty = term.match_expressions.is_empty() && term.match_fields.is_empty();
        if empty || term.invalid().is_some() {
            return Bits::none(nodes.len());
        }
        let mut all = Bits::all(nodes.len());
        for requirement in &term.match_expressions {
            all.and(self.one(requirement.clone(), nodes, topology));
        }
        for field in &term.match_fields {
            all.and(&Bits::of(nodes.len(), |node| {
                field.matches_field(nodes.objects[NodeIx::new(node)].name())
            }));
        }
        all
    }

    fn one(
        &mut self,
        mut requirement: NodeRequirement,
        nodes: &Nodes,
        topology: &mut Topology,
    ) -> &Bits {
        requirement.values.sort();
        let index = self.requirements.intern(requirement.clone());
        if index.at() == self.satisfying.len() {
            self.satisfying.push(satisfying(&requirement, nodes, topology));
        }
        &self.satisfying[index]
    }

    /// Nodes whose `NoSchedule` and `NoExecute` taints are all tolerated.
    pub fn tolerating(&mut self, tolerations: &[Toleration]) -> &Bits {
        if !self.tolerating.contains_key(tolerations) {
            let hard = |taint: &&Taint| taint.effect != TaintEffect::PreferNoSchedule;
            let count = self.per_taint_set(|taints| {
                let mut refused = taints
                    .iter()
                    .filter(hard)
                    .filter(|taint| !tolerations.iter().any(|t| t.tolerates(taint)));
                refused.next().is_none()
            });
            self.tolerating.insert(tolerations.to_vec(), count);
        }
        &self.tolerating[tolerations]
    }

    fn per_taint_set(&self, holds: impl Fn(&[Taint]) -> bool) -> Bits {
        let verdicts: Vec<bool> = (0..self.taints.len())
            .map(|set| holds(self.taints.value(TaintSetIx::new(set))))
            .collect();
        if !verdicts.contains(&false) {
            return Bits::all(self.taints_of.len());
        }
        Bits::of(self.taints_of.len(), |node| verdicts[self.taints_of[NodeIx::new(node)].at()])
    }

    /// A number per node that its taints decide; empty where all are 0.
    pub fn by_taints(&self, of: impl Fn(&[Taint]) -> i32) -> IndexVec<NodeIx, i32> {
        let numbers: Vec<i32> =
            (0..self.taints.len()).map(|set| of(self.taints.value(TaintSetIx::new(set)))).collect();
        if numbers.iter().all(|number| *number == 0) {
            return IndexVec::default();
        }
        self.taints_of.iter().map(|set| numbers[set.at()]).collect()
    }

    /// The number of a set of nodes that count for a spread constraint.
    pub fn eligible(
        &mut self,
        key: Eligible,
        nodes: &Nodes,
        topology: &mut Topology,
    ) -> EligibleIx {
        let index = self.eligible.intern(key.clone());
        if index.at() == self.eligible_nodes.len() {
            let set = self.compute_eligible(&key, nodes, topology);
            self.eligible_nodes.push(set);
        }
        index
    }

    fn compute_eligible(&mut self, key: &Eligible, nodes: &Nodes, topology: &mut Topology) -> Bits {
        let mut set = Bits::all(nodes.len());
        for domains in key.keys.iter().map(|key| topology.domains(*key)) {
            if domains.some_lack_it {
                set.and(&Bits::of(nodes.len(), |node| domains.of[NodeIx::new(node)] != NO_DOMAIN));
            }
        }
        if let Some(requirements) = &key.requirements {
            set.and(&self.meeting(requirements, nodes, topology));
        }
        if let Some(tolerations) = &key.tolerations {
            set.and(self.tolerating(tolerations));
        }
        set
    }

    /// The nodes of such a set.
    pub fn eligible_nodes(&self, eligible: EligibleIx) -> &Bits {
        &self.eligible_nodes[eligible]
    }
}

/// Nodes that satisfy one requirement on labels.
fn satisfying(requirement: &NodeRequirement, nodes: &Nodes, topology: &mut Topology) -> Bits {
    let key = topology.key(nodes, &requirement.key);
    let domains = topology.domains(key);
    let holds = |value: &Arc<str>| requirement.matches_value(Some(value));
    let of_value: Vec<bool> = domains.values.iter().map(holds).collect();
    let absent = requirement.matches_value(None);
    if let Some(ranges) = domains.few_ranges() {
        let mut set = Bits::none(nodes.len());
        let holding = ranges.iter().zip(&of_value).filter(|(_, holds)| **holds);
        holding.for_each(|(range, _)| set.fill(range.clone()));
        return set;
    }
    Bits::of(nodes.len(), |node| match domains.of[NodeIx::new(node)] {
        NO_DOMAIN => absent,
        domain => of_value[domain as usize],
    })
}
