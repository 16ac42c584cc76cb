//! The rule over columns: counts per domain of the pods that match a term, and of the pods that
//! carry one.

use crate::column::{DomainRule, Score, bounds};
use crate::objects::Pod;
use crate::objects::pod::PodAffinityTerm;
use crate::plugins::Plugin;
use crate::plugins::reason::{Code, Reason, Rejection};
use crate::profile::InterPodArguments;
use crate::state::Cluster;
use crate::state::counters::{CarrierKey, CarrierKind, Tally};
use crate::state::ix::{CarrierIx, CounterIx, KeyIx, LabelSetIx, NodeIx};
use crate::state::topology::{Domain, NO_DOMAIN};
use smallvec::SmallVec;

/// The terms of a class of pods.
#[derive(Clone, Debug)]
pub struct InterPod {
    labels: LabelSetIx,
    /// Required affinity: pods that match all terms, per domain of each term's key.
    near: Vec<CounterIx>,
    /// The pod matches all its own required affinity terms.
    matches_itself: bool,
    /// Required anti-affinity: pods that match the term.
    away: Vec<CounterIx>,
    /// Preferred terms with their weights, negative for anti-affinity.
    preferred: Vec<(CounterIx, i64)>,
}

impl InterPod {
    /// The terms of this pod, whose labels are `labels`. The error says which do not compile.
    ///
    /// # Errors
    /// Why a selector does not compile.
    pub fn new(pod: &Pod, labels: LabelSetIx, cluster: &mut Cluster) -> Result<Self, String> {
        let affinity = pod.spec.affinity.as_ref();
        let near = affinity.and_then(|affinity| affinity.pod_affinity.as_ref());
        let away = affinity.and_then(|affinity| affinity.pod_anti_affinity.as_ref());
        let mut all = near.iter().chain(&away).flat_map(|side| {
            side.required.iter().chain(side.preferred.iter().map(|t| &t.pod_affinity_term))
        });
        if let Some(text) = all.find_map(PodAffinityTerm::invalid) {
            return Err(text);
        }
        let namespace = &pod.meta.namespace;
        let required: Vec<&PodAffinityTerm> = near.iter().flat_map(|near| &near.required).collect();
        let mut matches_itself = false;
        let mut near_counters = Vec::new();
        for term in &required {
            let counter = cluster.affinity_counter(&required, namespace, &term.topology_key);
            let matcher = cluster.counters().counter_key(counter).matcher;
            matches_itself = matcher.is_some_and(|it| cluster.labels().matches(it, labels));
            near_counters.push(counter);
        }
        let mut single = |term: &PodAffinityTerm| {
            cluster.affinity_counter(&[term], namespace, &term.topology_key)
        };
        let away_counters = away.iter().flat_map(|away| &away.required).map(&mut single).collect();
        let mut preferred = Vec::new();
        for (side, sign) in [(near, 1), (away, -1)] {
            for term in side.iter().flat_map(|side| &side.preferred) {
                preferred.push((single(&term.pod_affinity_term), sign * i64::from(term.weight)));
            }
        }
        Ok(Self { labels, near: near_counters, matches_itself, away: away_counters, preferred })
    }

    /// Whether no required term stands against any node now.
    pub fn refuses_nothing(&self, cluster: &Cluster) -> bool {
        self.near.is_empty() && self.away.is_empty() && self.existing_anti(cluster).next().is_none()
    }

    /// What the required terms, the pod's and the running pods', say about the domains now.
    pub fn rules<'c>(&self, cluster: &'c Cluster) -> impl Iterator<Item = DomainRule<'c>> {
        let counters = cluster.counters();
        let domains = |key| cluster.topology().domains(key);
        let counted = move |counter: &CounterIx| {
            let key = counters.counter_key(*counter).key;
            (*counter, counters.count(*counter), domains(key))
        };
        let least = if self.is_first(cluster) { 0 } else { 1 };
        let near = self.near.iter().map(counted).map(move |(index, counter, domains)| DomainRule {
            domains,
            tally: Tally::Counter(index),
            counts: &counter.counts,
            least,
            most: i32::MAX,
            key_required: true,
        });
        let none = |domains, tally, counts| DomainRule {
            domains,
            tally,
            counts,
            least: 0,
            most: 0,
            key_required: false,
        };
        let away = self.away.iter().map(counted).filter(|(_, counter, _)| counter.total > 0);
        let away = away.map(move |(index, counter, domains)| {
            none(domains, Tally::Counter(index), &counter.counts)
        });
        let existing = self.existing_anti(cluster).map(move |carrier| {
            let key = counters.carrier_key(carrier).key;
            none(domains(key), Tally::Carrier(carrier), &counters.carried(carrier).counts)
        });
        near.chain(away).chain(existing)
    }

    /// Whether no pod satisfies the required affinity yet and this one may be the first.
    fn is_first(&self, cluster: &Cluster) -> bool {
        let none = |near: &CounterIx| cluster.counters().count(*near).total == 0;
        self.matches_itself && self.near.iter().all(none)
    }

    fn existing_anti(&self, cluster: &Cluster) -> impl Iterator<Item = CarrierIx> {
        let counters = cluster.counters();
        counters.carriers_matching(self.labels, cluster.labels()).filter(|carrier| {
            counters.carrier_key(*carrier).kind == CarrierKind::RequiredAnti
                && counters.carried(*carrier).total > 0
        })
    }

    /// Why a node is refused, if it is.
    pub fn rejection(&self, cluster: &Cluster, node: NodeIx) -> Option<Rejection> {
        let counters = cluster.counters();
        let domain = |key: KeyIx| cluster.topology().domains(key).of[node];
        let here =
            |counts: &[i32], domain: Domain| domain != NO_DOMAIN && counts[domain as usize] > 0;
        let counted = |counter: &CounterIx| {
            here(&counters.count(*counter).counts, domain(counters.counter_key(*counter).key))
        };
        let reject = |code, reason| Some(Rejection::new(Plugin::InterPodAffinity, code, reason));
        let lacks_key = |near: &CounterIx| domain(counters.counter_key(*near).key) == NO_DOMAIN;
        if self.near.iter().any(lacks_key)
            || (!self.is_first(cluster) && !self.near.iter().all(counted))
        {
            return reject(Code::UnschedulableAndUnresolvable, Reason::PodAffinity);
        }
        if self.away.iter().any(counted) {
            return reject(Code::Unschedulable, Reason::PodAntiAffinity);
        }
        let mut existing = self.existing_anti(cluster);
        let violated = existing.any(|carrier| {
            let key = counters.carrier_key(carrier).key;
            here(&counters.carried(carrier).counts, domain(key))
        });
        violated.then(|| reject(Code::Unschedulable, Reason::ExistingPodAntiAffinity)).flatten()
    }

    /// What the terms of both sides add to the raw score now; empty where no pod adds anything.
    pub fn preferences<'c>(
        &self,
        arguments: &InterPodArguments,
        cluster: &'c Cluster,
    ) -> SmallVec<[Preference<'c>; 4]> {
        let mut found = SmallVec::new();
        if arguments.ignore_preferred_terms_of_existing_pods && self.preferred.is_empty() {
            return found;
        }
        let counters = cluster.counters();
        for (counter, weight) in &self.preferred {
            let counted = counters.count(*counter);
            if counted.total > 0 {
                let key = counters.counter_key(*counter).key;
                let amounts = Amounts::Counts(&counted.counts, *weight);
                found.push(Preference { key, tally: Tally::Counter(*counter), amounts });
            }
        }
        let hard = arguments.hard_pod_affinity_weight;
        for carrier in counters.carriers_matching(self.labels, cluster.labels()) {
            let carried = counters.carried(carrier);
            let CarrierKey { key, kind, .. } = counters.carrier_key(carrier);
            let amounts = match kind {
                _ if carried.total == 0 => continue,
                CarrierKind::RequiredAffinity if hard > 0 => Amounts::Counts(&carried.counts, hard),
                CarrierKind::Preferred => Amounts::Weights(&carried.weights),
                CarrierKind::RequiredAffinity | CarrierKind::RequiredAnti => continue,
            };
            found.push(Preference { key, tally: Tally::Carrier(carrier), amounts });
        }
        found
    }

    /// Adds the normalised score times `weight` to the totals of the feasible nodes. `false`, and
    /// nothing added, where no pod adds anything. `raw` is memory to work in.
    pub fn score<S: Score>(
        &self,
        weight: i64,
        arguments: &InterPodArguments,
        totals: &mut [S],
        raw: &mut Vec<i64>,
        cluster: &Cluster,
    ) -> bool {
        let preferences = self.preferences(arguments, cluster);
        if preferences.is_empty() {
            return false;
        }
        raw.clear();
        raw.resize(totals.len(), 0);
        for preference in &preferences {
            let domains = cluster.topology().domains(preference.key);
            preference.add_to(raw, domains.of.as_slice());
        }
        let (min, max) = bounds(totals, raw, i64::MIN);
        if max == min {
            return true;
        }
        let mut known = (min, S::default());
        for (total, raw) in totals.iter_mut().zip(&*raw) {
            if total.is_feasible() {
                if known.0 != *raw {
                    known = (*raw, S::new(normalized(*raw, (min, max), weight)));
                }
                *total = total.plus(known.1);
            }
        }
        true
    }
}

/// The default normalisation of a raw score between the bounds, times `weight`; the bounds differ.
pub fn normalized(raw: i64, (min, max): (i64, i64), weight: i64) -> i64 {
    let share = 100.0 * ((raw - min) as f64 / (max - min) as f64);
    weight * share as i64
}

/// What one term adds to the raw score of the nodes of each domain.
#[derive(Clone, Copy, Debug)]
pub struct Preference<'c> {
    /// Whose domains.
    pub key: KeyIx,
    /// What counts the pods.
    pub tally: Tally,
    amounts: Amounts<'c>,
}

#[derive(Clone, Copy, Debug)]
enum Amounts<'c> {
    /// Counted pods, and what one of them adds.
    Counts(&'c [i32], i64),
    /// Sums of weights.
    Weights(&'c [i64]),
}

impl Preference<'_> {
    /// Whether the nodes of a zone are in one domain.
    pub fn by_zone(&self, cluster: &Cluster) -> bool {
        cluster.topology().domains(self.key).by_zone.is_some()
    }

    /// Whether every node is a domain of its own, of the same number.
    pub fn by_node(&self, cluster: &Cluster) -> bool {
        cluster.topology().domains(self.key).each_node
    }

    /// Adds to the raw scores of nodes, or of zones, that are in these domains.
    pub fn add_to(&self, raw: &mut [i64], domains: &[Domain]) {
        raw.iter_mut().zip(domains).for_each(|(raw, domain)| *raw += self.of(*domain));
    }

    /// What it adds to nodes of this domain.
    #[inline]
    pub fn of(&self, domain: Domain) -> i64 {
        match (domain, self.amounts) {
            (NO_DOMAIN, _) => 0,
            (domain, Amounts::Counts(counts, weight)) => {
                i64::from(counts[domain as usize]) * weight
            }
            (domain, Amounts::Weights(weights)) => weights[domain as usize],
        }
    }
}
