//! The rule over columns: counts per domain of the pods that match a term, and of the pods that
//! carry one.

use crate::column::{self, Score, add_to_all, bounds, refuse_above, refuse_domains};
use crate::objects::Pod;
use crate::objects::pod::PodAffinityTerm;
use crate::plugins::Plugin;
use crate::plugins::reason::{Code, Reason, Rejection};
use crate::profile::InterPodArguments;
use crate::state::Cluster;
use crate::state::counters::CarrierKind;
use crate::state::ix::{CarrierIx, CounterIx, KeyIx, LabelSetIx, NodeIx};
use crate::state::topology::{Domain, NO_DOMAIN};
use std::collections::BTreeMap;
use std::ops::Range;

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

    /// Refuses the nodes on which a required term, the pod's or a running pod's, would not hold.
    pub fn refuse<S: Score>(&self, totals: &mut [S], cluster: &Cluster) {
        let counters = cluster.counters();
        let first = self.is_first(cluster);
        for near in &self.near {
            let counts = &counters.count(*near).counts;
            let domains = cluster.topology().domains(counters.counter_key(*near).key);
            refuse_domains(totals, domains, true, |domain| !first && counts[domain] <= 0);
        }
        for away in &self.away {
            let counter = counters.count(*away);
            if counter.total > 0 {
                let key = counters.counter_key(*away).key;
                refuse_above(totals, cluster.topology().domains(key), false, &counter.counts, 0);
            }
        }
        for existing in self.existing_anti(cluster) {
            let domains = cluster.topology().domains(counters.carrier_key(existing).key);
            refuse_above(totals, domains, false, &counters.carried(existing).counts, 0);
        }
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

    /// What the terms of both sides add to the raw score, per domain of each key; `None` where no
    /// pod adds anything.
    fn preferences(
        &self,
        arguments: &InterPodArguments,
        cluster: &Cluster,
    ) -> Option<BTreeMap<KeyIx, Vec<i64>>> {
        if arguments.ignore_preferred_terms_of_existing_pods && self.preferred.is_empty() {
            return None;
        }
        let counters = cluster.counters();
        let mut sums: BTreeMap<KeyIx, Vec<i64>> = BTreeMap::new();
        let mut add = |key: KeyIx, of_domain: &mut dyn Iterator<Item = i64>| {
            let domains = cluster.topology().domains(key).nodes.len();
            let sums = sums.entry(key).or_insert_with(|| vec![0; domains]);
            sums.iter_mut().zip(of_domain).for_each(|(sum, more)| *sum += more);
        };
        for (counter, weight) in &self.preferred {
            let counted = counters.count(*counter);
            if counted.total > 0 {
                let key = counters.counter_key(*counter).key;
                add(key, &mut counted.counts.iter().map(|count| i64::from(*count) * weight));
            }
        }
        let hard = arguments.hard_pod_affinity_weight;
        for carrier in counters.carriers_matching(self.labels, cluster.labels()) {
            let carried = counters.carried(carrier);
            let key = counters.carrier_key(carrier);
            match key.kind {
                _ if carried.total == 0 => {}
                CarrierKind::RequiredAffinity if hard > 0 => {
                    add(key.key, &mut carried.counts.iter().map(|count| i64::from(*count) * hard));
                }
                CarrierKind::Preferred => add(key.key, &mut carried.weights.iter().copied()),
                CarrierKind::RequiredAffinity | CarrierKind::RequiredAnti => {}
            }
        }
        (!sums.is_empty()).then_some(sums)
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
        let Some(sums) = self.preferences(arguments, cluster) else { return false };
        if let (1, Some((key, of_domain))) = (sums.len(), sums.first_key_value())
            && let Some(ranges) = cluster.topology().domains(*key).few_ranges()
        {
            score_ranges(weight, totals, ranges, of_domain);
            return true;
        }
        raw.clear();
        raw.resize(totals.len(), 0);
        for (key, of_domain) in &sums {
            let domains = cluster.topology().domains(*key);
            for (raw, domain) in raw.iter_mut().zip(domains.of.as_slice()) {
                if *domain != NO_DOMAIN {
                    *raw += of_domain[*domain as usize];
                }
            }
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

/// The default normalisation of a raw score between the bounds, times `weight`.
fn normalized(raw: i64, (min, max): (i64, i64), weight: i64) -> i64 {
    let share = 100.0 * ((raw - min) as f64 / (max - min) as f64);
    weight * share as i64
}

/// Adds the normalised scores where the raw score is one number per range of nodes.
fn score_ranges<S: Score>(weight: i64, totals: &mut [S], ranges: &[Range<usize>], raw: &[i64]) {
    let (mut least, mut most) = (i64::MAX, i64::MIN);
    for (range, raw) in ranges.iter().zip(raw) {
        if column::max(&totals[range.clone()]).is_feasible() {
            least = least.min(*raw);
            most = most.max(*raw);
        }
    }
    if least < most {
        for (range, raw) in ranges.iter().zip(raw) {
            // Where no node is feasible the number does not matter.
            let score = normalized((*raw).clamp(least, most), (least, most), weight);
            add_to_all(&mut totals[range.clone()], S::new(score));
        }
    }
}
