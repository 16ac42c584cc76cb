//! Pods per domain: those that a matcher matches, and those that carry a term.
//!
//! Both move by one when a pod is bound or goes, so that spreading and affinity are array reads.

use super::classes::Class;
use super::ix::{CarrierIx, CounterIx, EligibleIx, KeyIx, LabelSetIx, MatcherIx, NodeIx};
use super::labels::LabelSets;
use super::log::Journal;
use super::node_sets::NodeSets;
use super::pods::Pods;
use super::topology::{Domains, NO_DOMAIN, Topology};
use crate::base::bits::Bits;
use crate::base::index::{IndexVec, Ix};
use crate::base::intern::Interner;
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// What is counted: pods that match, per domain of a key, on some nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CounterKey {
    /// Which pods; `None` counts none (and yet has domains).
    pub matcher: Option<MatcherIx>,
    /// Which domains.
    pub key: KeyIx,
    /// On which nodes; `None` means all that have the key.
    pub eligible: Option<EligibleIx>,
}

/// Matched pods per domain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counter {
    /// Matched pods on counting nodes, per domain.
    pub counts: Vec<i32>,
    /// Sum over the domains.
    pub total: i64,
    /// How many domains have a counting node. This and what follows is of counters on some nodes
    /// only: nobody asks for it where all nodes count.
    pub domains: usize,
    /// Domains that have a counting node; `None` where the key names no set of nodes.
    present: Option<Bits>,
    /// Per count: how many present domains have it.
    histogram: Vec<u32>,
    /// Smallest count over the present domains; 0 where there is none.
    pub min: i32,
}

/// Why a running pod carries a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CarrierKind {
    /// Required anti-affinity.
    RequiredAnti,
    /// Required affinity.
    RequiredAffinity,
    /// Preferred affinity or anti-affinity.
    Preferred,
}

/// What is carried: a term (as a matcher of incoming pods), its key, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CarrierKey {
    /// Which incoming pods it speaks of.
    pub matcher: MatcherIx,
    /// Which domains.
    pub key: KeyIx,
    /// Why.
    pub kind: CarrierKind,
}

/// Running pods that carry a term, per domain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carrier {
    /// How many carry it.
    pub counts: Vec<i32>,
    /// Sum of the weights: positive for affinity, negative for anti-affinity.
    pub weights: Vec<i64>,
    /// Sum of the counts.
    pub total: i64,
}

/// Something that counts pods per domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tally {
    /// Those that match.
    Counter(CounterIx),
    /// Those that carry a term.
    Carrier(CarrierIx),
}

/// Every counter and carrier.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    counter_keys: Interner<CounterIx, CounterKey>,
    counters: IndexVec<CounterIx, Counter>,
    /// On which nodes they changed, where every node is a domain of its own.
    counter_changes: IndexVec<CounterIx, Journal<NodeIx>>,
    counters_of: IndexVec<MatcherIx, SmallVec<[CounterIx; 4]>>,
    carrier_keys: Interner<CarrierIx, CarrierKey>,
    carriers: IndexVec<CarrierIx, Carrier>,
    carrier_changes: IndexVec<CarrierIx, Journal<NodeIx>>,
    carriers_of: IndexVec<MatcherIx, SmallVec<[CarrierIx; 2]>>,
}

impl Counters {
    /// The number of a counter; it is filled when it is new.
    pub fn counter(
        &mut self,
        key: CounterKey,
        pods: &Pods,
        labels: &LabelSets,
        topology: &Topology,
        node_sets: &NodeSets,
    ) -> CounterIx {
        let index = self.counter_keys.intern(key);
        if index.at() == self.counters.len() {
            let counter = self.filled(key, pods, labels, topology, node_sets);
            self.counters.push(counter);
            self.counter_changes.push(Journal::default());
            if let Some(matcher) = key.matcher {
                self.counters_of.grown(matcher).push(index);
            }
        }
        index
    }

    fn filled(
        &self,
        key: CounterKey,
        pods: &Pods,
        labels: &LabelSets,
        topology: &Topology,
        node_sets: &NodeSets,
    ) -> Counter {
        let domains = topology.domains(key.key);
        let eligible = key.eligible.map(|eligible| node_sets.eligible_nodes(eligible));
        let counts = |node: NodeIx| eligible.is_none_or(|set| set.contains(node.at()));
        let mut counter = Counter::new(domains, eligible);
        let sets = key.matcher.into_iter().flat_map(|matcher| labels.matched_by(matcher));
        let nodes = sets.flat_map(|set| pods.nodes_of(*set)).filter(|node| counts(*node));
        let counted = nodes.map(|node| domains.of[node]).filter(|domain| *domain != NO_DOMAIN);
        counted.for_each(|domain| counter.move_by(domain as usize, 1));
        counter
    }

    /// The number of a carrier.
    pub fn carrier(&mut self, key: CarrierKey, topology: &Topology) -> CarrierIx {
        let index = self.carrier_keys.intern(key);
        if index.at() == self.carriers.len() {
            self.carriers.push(Carrier::new(topology.domains(key.key)));
            self.carrier_changes.push(Journal::default());
            self.carriers_of.grown(key.matcher).push(index);
        }
        index
    }

    /// A counter.
    pub fn count(&self, counter: CounterIx) -> &Counter {
        &self.counters[counter]
    }

    /// What a counter counts.
    pub fn counter_key(&self, counter: CounterIx) -> CounterKey {
        *self.counter_keys.value(counter)
    }

    /// Whether some class, of a running pod or not, has terms that its pods carry.
    pub fn anything_carried(&self) -> bool {
        !self.carriers.is_empty()
    }

    /// A carrier.
    pub fn carried(&self, carrier: CarrierIx) -> &Carrier {
        &self.carriers[carrier]
    }

    /// What a carrier carries.
    pub fn carrier_key(&self, carrier: CarrierIx) -> CarrierKey {
        *self.carrier_keys.value(carrier)
    }

    /// On which nodes it counted another number of pods before. Noted only where every node is a
    /// domain of its own: who asks about larger domains looks at all of them.
    pub fn changes(&self, tally: Tally) -> &Journal<NodeIx> {
        match tally {
            Tally::Counter(counter) => &self.counter_changes[counter],
            Tally::Carrier(carrier) => &self.carrier_changes[carrier],
        }
    }

    /// Carriers whose term speaks of pods of this label set.
    pub fn carriers_matching(
        &self,
        set: LabelSetIx,
        labels: &LabelSets,
    ) -> impl Iterator<Item = CarrierIx> {
        let matchers = labels.matchers_of(set).iter();
        matchers.flat_map(|matcher| self.carriers_of.get(*matcher).into_iter().flatten().copied())
    }

    /// Counts a pod that is bound to a node (`by` = 1), or goes (`by` = -1).
    pub(super) fn move_pod(
        &mut self,
        by: i32,
        class: &Class,
        node: NodeIx,
        labels: &LabelSets,
        topology: &Topology,
        node_sets: &NodeSets,
    ) {
        let set = class.labels;
        for matcher in labels.matchers_of(set) {
            for counter in self.counters_of.get(*matcher).into_iter().flatten() {
                let key = self.counter_keys.value(*counter);
                let domains = topology.domains(key.key);
                let domain = domains.of[node];
                let counts = key
                    .eligible
                    .is_none_or(|eligible| node_sets.eligible_nodes(eligible).contains(node.at()));
                if domain != NO_DOMAIN && counts {
                    self.counters[*counter].move_by(domain as usize, by);
                    if domains.each_node {
                        self.counter_changes[*counter].note(node, Journal::<NodeIx>::LIMIT);
                    }
                }
            }
        }
        for (carrier, weight) in &*class.carried {
            let domains = topology.domains(self.carrier_keys.value(*carrier).key);
            let domain = domains.of[node];
            if domain != NO_DOMAIN {
                self.carriers[*carrier].move_by(domain as usize, by, *weight);
                if domains.each_node {
                    self.carrier_changes[*carrier].note(node, Journal::<NodeIx>::LIMIT);
                }
            }
        }
    }

    /// Empties everything after nodes came, went or changed labels; the pods are counted again.
    pub(super) fn clear(&mut self, topology: &Topology, node_sets: &NodeSets) {
        for (at, counter) in self.counters.iter_mut().enumerate() {
            let key = self.counter_keys.value(CounterIx::new(at));
            let eligible = key.eligible.map(|eligible| node_sets.eligible_nodes(eligible));
            *counter = Counter::new(topology.domains(key.key), eligible);
        }
        for (at, carrier) in self.carriers.iter_mut().enumerate() {
            let key = self.carrier_keys.value(CarrierIx::new(at));
            *carrier = Carrier::new(topology.domains(key.key));
        }
        self.counter_changes.iter_mut().for_each(Journal::forget);
        self.carrier_changes.iter_mut().for_each(Journal::forget);
    }
}

impl Counters {
    /// Terms that running pods carry, by what they are and where: count and weight per domain.
    pub(super) fn carried_terms(
        &self,
        labels: &LabelSets,
        topology: &Topology,
    ) -> BTreeMap<(String, String), BTreeMap<String, (i32, i64)>> {
        let mut terms = BTreeMap::new();
        for index in self.carriers.indices() {
            let (key, carrier) = (self.carrier_keys.value(index), &self.carriers[index]);
            if carrier.total > 0 {
                let values = topology.domains(key.key).values.iter().map(ToString::to_string);
                let held = carrier.counts.iter().copied().zip(carrier.weights.iter().copied());
                let held = values.zip(held).filter(|(_, (count, _))| *count > 0).collect();
                let term = format!("{:?} {:?}", key.kind, labels.matcher_of(key.matcher));
                terms.insert((term, topology.name(key.key).to_owned()), held);
            }
        }
        terms
    }

    /// Whether both count the same.
    pub(super) fn counts_like(&self, other: &Self) -> bool {
        let counters = self.counters.iter().zip(other.counters.iter());
        self.counters.len() == other.counters.len()
            && counters.into_iter().all(|(counter, other)| counter.counts_like(other))
            && self.carriers == other.carriers
    }
}

impl Counter {
    /// Whether both count the same; a histogram may be longer than it has to be.
    fn counts_like(&self, other: &Self) -> bool {
        let cut = |counter: &Self| {
            let used = counter.histogram.iter().rposition(|domains| *domains > 0);
            counter.histogram[..used.map_or(0, |last| last + 1)].to_vec()
        };
        let longest = |counter: &Self| Self { histogram: cut(counter), ..counter.clone() };
        longest(self) == longest(other)
    }

    /// No pod counted; `eligible` are the counting nodes, `None` means all.
    fn new(domains: &Domains, eligible: Option<&Bits>) -> Self {
        let present = eligible.map(|eligible| match domains.nodes.len() {
            count if eligible.is_full() => Bits::all(count),
            // A domain has the number of its one node.
            _ if domains.each_node => eligible.clone(),
            count => Bits::of(count, |domain| {
                domains.nodes[domain].iter().any(|node| eligible.contains(node.at()))
            }),
        });
        let number = present.as_ref().map_or(0, Bits::count);
        Self {
            counts: vec![0; domains.nodes.len()],
            total: 0,
            domains: number,
            present,
            histogram: vec![number as u32],
            min: 0,
        }
    }

    fn move_by(&mut self, domain: usize, by: i32) {
        let old = self.counts[domain];
        let new = old + by;
        self.counts[domain] = new;
        self.total += i64::from(by);
        if self.present.as_ref().is_some_and(|present| present.contains(domain)) {
            if self.histogram.len() <= new as usize {
                self.histogram.resize(new as usize + 1, 0);
            }
            self.histogram[old as usize] -= 1;
            self.histogram[new as usize] += 1;
            self.min = self.min.min(new);
            while self.histogram[self.min as usize] == 0 {
                self.min += 1;
            }
        }
    }
}

impl Carrier {
    fn new(domains: &Domains) -> Self {
        let count = domains.nodes.len();
        Self { counts: vec![0; count], weights: vec![0; count], total: 0 }
    }

    fn move_by(&mut self, domain: usize, by: i32, weight: i64) {
        self.counts[domain] += by;
        self.weights[domain] += i64::from(by) * weight;
        self.total += i64::from(by);
    }
}
