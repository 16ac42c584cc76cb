//! The rule over columns: counts per domain that move with every pod, so that a decision only reads
//! them.

use super::constraint::{Constraint, constraints};
use crate::base::index::Ix;
use crate::column::{DomainRule, Score, bounds};
use crate::objects::node::HOSTNAME;
use crate::objects::pod::{Toleration, WhenUnsatisfiable};
use crate::objects::{LabelSelector, Pod};
use crate::plugins::Plugin;
use crate::plugins::reason::{Code, Reason, Rejection};
use crate::profile::SpreadArguments;
use crate::state::Cluster;
use crate::state::counters::Tally;
use crate::state::ix::{CounterIx, EligibleIx, KeyIx, NodeIx};
use crate::state::node_sets::{Eligible, Requirements};
use crate::state::topology::{Domain, EACH_NODE, NO_DOMAIN};
use smallvec::SmallVec;
use std::sync::Arc;

/// The constraints of a class of pods.
#[derive(Clone, Debug, Default)]
pub struct Spread {
    hard: Vec<Hard>,
    soft: Vec<Soft>,
    /// Feasible nodes that lack a key of a soft constraint are ignored.
    all_keys: bool,
}

/// A constraint that must hold.
#[derive(Clone, Debug)]
struct Hard {
    counter: CounterIx,
    key: KeyIx,
    max_skew: i64,
    min_domains: i64,
    /// 1 where the pod counts for its own constraint.
    own: i64,
    selects_everything: bool,
}

/// A constraint that adds to the score.
#[derive(Clone, Debug)]
struct Soft {
    counter: CounterIx,
    key: KeyIx,
    max_skew: i64,
    /// Hosts are counted one by one, eligible or not.
    each_host: bool,
}

impl Spread {
    /// The constraints of this pod. The error says which selector does not compile.
    ///
    /// # Errors
    /// kube-scheduler's text about a selector that does not compile.
    pub fn new(
        pod: &Pod,
        tolerations: &[Toleration],
        arguments: &SpreadArguments,
        cluster: &mut Cluster,
    ) -> Result<Self, String> {
        let of_kind = |cluster: &Cluster, kind| constraints(pod, cluster.store(), arguments, kind);
        let hard = of_kind(cluster, WhenUnsatisfiable::DoNotSchedule)?;
        let soft = of_kind(cluster, WhenUnsatisfiable::ScheduleAnyway)?;
        let own_constraints = !pod.spec.topology_spread_constraints.is_empty();
        let mut maker = Maker { pod, tolerations, namespace: pod.meta.namespace.as_str().into() };
        let all_keys = own_constraints || *arguments != SpreadArguments::System;
        Ok(Self {
            hard: maker.hard(&hard, cluster),
            soft: maker.soft(&soft, all_keys, cluster),
            all_keys,
        })
    }

    /// Whether no constraint adds to the score.
    pub fn scores_nothing(&self) -> bool {
        self.soft.is_empty()
    }

    /// Whether no constraint must hold.
    pub fn refuses_nothing(&self) -> bool {
        self.hard.is_empty()
    }

    /// Whether the selector of a constraint that must hold selects every pod, and so counts none.
    pub fn selects_everything(&self) -> bool {
        self.hard.iter().any(|hard| hard.selects_everything)
    }

    /// What the constraints that must hold say about the domains now.
    pub fn rules<'c>(&self, cluster: &'c Cluster) -> impl Iterator<Item = DomainRule<'c>> {
        self.hard.iter().map(|hard| DomainRule {
            domains: cluster.topology().domains(hard.key),
            tally: Tally::Counter(hard.counter),
            counts: &cluster.counters().count(hard.counter).counts,
            least: i32::MIN,
            most: hard.limit(cluster).clamp(i32::MIN.into(), i32::MAX.into()) as i32,
            key_required: true,
        })
    }

    /// The constraints that add to the score, where each is about zones or single nodes, one at most
    /// about nodes, and no node lacks a key.
    pub fn soft<'c>(&self, cluster: &'c Cluster) -> Option<SoftScore<'c>> {
        let mut parts: SmallVec<[SoftPart<'c>; 2]> = SmallVec::new();
        let mut hosts = None;
        for soft in &self.soft {
            let domains = cluster.topology().domains(soft.key);
            let counts = &*cluster.counters().count(soft.counter).counts;
            let zones = domains.by_zone.as_deref().filter(|_| !soft.each_host);
            let by_node = soft.each_host || domains.each_node;
            if domains.some_lack_it || (zones.is_none() && (!by_node || hosts.is_some())) {
                return None;
            }
            if zones.is_none() {
                hosts = Some((Tally::Counter(soft.counter), counts));
            }
            let base = (soft.max_skew - 1) as f64;
            parts.push(SoftPart { zones, counts, weight: 0.0, base });
        }
        Some(SoftScore { parts, hosts })
    }

    /// Why a node is refused, if it is.
    pub fn rejection(&self, cluster: &Cluster, node: NodeIx) -> Option<Rejection> {
        let reject = |code, reason| Some(Rejection::new(Plugin::PodTopologySpread, code, reason));
        self.hard.iter().find_map(|hard| match cluster.topology().domains(hard.key).of[node] {
            NO_DOMAIN => reject(Code::UnschedulableAndUnresolvable, Reason::TopologySpreadLabel),
            domain => {
                let count = cluster.counters().count(hard.counter).counts[domain as usize];
                let refused = i64::from(count) > hard.limit(cluster);
                refused.then(|| reject(Code::Unschedulable, Reason::TopologySpread)).flatten()
            }
        })
    }

    /// Adds the normalised score times `weight` to the totals of the feasible nodes. `raw` is
    /// memory to work in.
    pub fn score<S: Score>(
        &self,
        weight: i64,
        totals: &mut [S],
        raw: &mut Vec<i64>,
        cluster: &Cluster,
    ) {
        self.raw_scores(totals, raw, cluster);
        let (min, max) = bounds(totals, raw, 0);
        // A cluster has few distinct raw scores; divisions are what costs here.
        let mut known = (-1, S::default());
        for (total, raw) in totals.iter_mut().zip(&*raw) {
            if *raw >= 0 && total.is_feasible() {
                if known.0 != *raw {
                    known = (*raw, S::new(weight * normalized(*raw, (min, max))));
                }
                *total = total.plus(known.1);
            }
        }
    }

    /// The raw score of every feasible node; below zero for one that is ignored.
    fn raw_scores<S: Score>(&self, totals: &[S], raw: &mut Vec<i64>, cluster: &Cluster) {
        let topology = cluster.topology();
        raw.clear();
        raw.resize(totals.len(), 0);
        if self.all_keys {
            for soft in &self.soft {
                let of = topology.domains(soft.key).of.as_slice();
                for (raw, domain) in raw.iter_mut().zip(of) {
                    if *domain == NO_DOMAIN {
                        *raw = IGNORED;
                    }
                }
            }
        }
        let parts: Vec<Part<'_>> =
            self.soft.iter().map(|soft| Part::new(soft, totals, raw, cluster)).collect();
        // Neighbours mostly score alike, and rounding is what costs here.
        let mut known = (0.0, 0);
        for (at, raw) in raw.iter_mut().enumerate() {
            if *raw != IGNORED && totals[at].is_feasible() {
                let mut score = 0.0;
                for part in &parts {
                    score += part.of(at);
                }
                if known.0 != score {
                    known = (score, f64::round(score) as i64);
                }
                *raw = known.1;
            }
        }
    }
}

/// Soft constraints that are about zones, and one at most about single nodes.
#[derive(Clone, Debug)]
pub struct SoftScore<'c> {
    parts: SmallVec<[SoftPart<'c>; 2]>,
    /// Matched pods of every node and what counts them, where one is about nodes.
    hosts: Option<(Tally, &'c [i32])>,
}

#[derive(Clone, Debug)]
struct SoftPart<'c> {
    /// The domain of every zone; `None` where nodes are counted.
    zones: Option<&'c [Domain]>,
    /// Matched pods per domain.
    counts: &'c [i32],
    /// What one of them adds.
    weight: f64,
    /// What a domain adds in any case.
    base: f64,
}

impl SoftScore<'_> {
    /// Matched pods of every node and what counts them; `None` where no constraint is about nodes.
    pub fn hosts(&self) -> Option<(Tally, &[i32])> {
        self.hosts
    }

    /// Weighs the constraints by how many domains there are: those of these zones, this many nodes.
    pub fn weigh(&mut self, zones: &[usize], nodes: usize) {
        for part in &mut self.parts {
            let size = part.zones.map_or(nodes, |domain_of| {
                let mut domains: SmallVec<[Domain; 16]> =
                    zones.iter().map(|zone| domain_of[*zone]).collect();
                domains.sort_unstable();
                domains.dedup();
                domains.len()
            });
            part.weight = (size as f64 + 2.0).ln();
        }
    }

    /// The raw score of a node of this zone that has so many matched pods; the more, the larger.
    pub fn raw(&self, zone: usize, pods: i64) -> i64 {
        let of_part = |part: &SoftPart<'_>| {
            let count = part.zones.map_or(pods, |of| part.counts[of[zone] as usize].into());
            count as f64 * part.weight + part.base
        };
        // In the order of the constraints, as upstream adds.
        f64::round(self.parts.iter().map(of_part).fold(0.0, |sum, it| sum + it)) as i64
    }
}

/// The normalised score, 0 to 100, of a raw score between those of the feasible nodes.
pub fn normalized(raw: i64, (min, max): (i64, i64)) -> i64 {
    if max == 0 { 100 } else { 100 * (max + min - raw) / max }
}

/// The raw score of a node that is ignored.
const IGNORED: i64 = -1;

impl Hard {
    /// The largest count of a domain that may take one more pod.
    fn limit(&self, cluster: &Cluster) -> i64 {
        let counter = cluster.counters().count(self.counter);
        let enough = counter.domains as i64 >= self.min_domains;
        let min = if enough { i64::from(counter.min) } else { 0 };
        self.max_skew + min - self.own
    }
}

/// What one soft constraint adds to the raw scores.
struct Part<'a> {
    /// Domain of each node.
    domain_of: &'a [u32],
    /// Only nodes that have a domain here get anything; `None` where all do that have one above.
    labelled: Option<&'a [u32]>,
    /// Matched pods per domain.
    counts: &'a [i32],
    /// What one of them adds.
    weight: f64,
    /// What a domain adds in any case.
    base: f64,
}

impl<'a> Part<'a> {
    fn new<S: Score>(soft: &Soft, totals: &[S], raw: &[i64], cluster: &'a Cluster) -> Self {
        let domains = cluster.topology().domains(soft.key);
        let counts_at = |at: usize| totals[at].is_feasible() && raw[at] != IGNORED;
        let size = if soft.each_host {
            (0..totals.len()).filter(|at| counts_at(*at)).count()
        } else if let Some(ranges) = domains.few_ranges() {
            ranges.iter().filter(|range| (*range).clone().any(counts_at)).count()
        } else {
            // Nodes without the label are a domain together.
            let mut seen = vec![false; domains.nodes.len() + 1];
            for (at, domain) in domains.of.iter().enumerate() {
                if counts_at(at) {
                    seen[(*domain as usize).min(domains.nodes.len())] = true;
                }
            }
            seen.iter().filter(|seen| **seen).count()
        };
        Self {
            domain_of: cluster.topology().domains(soft.counted_by(cluster)).of.as_slice(),
            counts: &cluster.counters().count(soft.counter).counts,
            weight: (size as f64 + 2.0).ln(),
            base: (soft.max_skew - 1) as f64,
            labelled: (soft.each_host && domains.some_lack_it).then(|| domains.of.as_slice()),
        }
    }

    #[inline]
    fn of(&self, node: usize) -> f64 {
        if self.labelled.is_some_and(|labelled| labelled[node] == NO_DOMAIN) {
            return 0.0;
        }
        match self.domain_of[node] {
            NO_DOMAIN => 0.0,
            domain => f64::from(self.counts[domain as usize]) * self.weight + self.base,
        }
    }
}

impl Soft {
    /// The key whose domains the counter has.
    fn counted_by(&self, cluster: &Cluster) -> KeyIx {
        cluster.counters().counter_key(self.counter).key
    }
}

/// Makes the counters of one pod's constraints.
struct Maker<'a> {
    pod: &'a Pod,
    tolerations: &'a [Toleration],
    namespace: Arc<str>,
}

impl Maker<'_> {
    fn hard(&mut self, constraints: &[Constraint], cluster: &mut Cluster) -> Vec<Hard> {
        let keys = self.keys(constraints, cluster);
        let made = constraints.iter().zip(&keys).map(|(constraint, key)| {
            let eligible = self.eligible(constraint, keys.clone(), cluster);
            Hard {
                counter: self.counter(constraint, *key, Some(eligible), cluster),
                key: *key,
                max_skew: constraint.max_skew,
                min_domains: constraint.min_domains,
                own: i64::from(constraint.selects(self.pod)),
                selects_everything: constraint
                    .selector
                    .as_ref()
                    .is_some_and(LabelSelector::is_empty),
            }
        });
        made.collect()
    }

    fn soft(
        &mut self,
        constraints: &[Constraint],
        all_keys: bool,
        cluster: &mut Cluster,
    ) -> Vec<Soft> {
        let keys = self.keys(constraints, cluster);
        let required = if all_keys { keys.clone() } else { Vec::new() };
        let made = constraints.iter().zip(&keys).map(|(constraint, key)| {
            let each_host = constraint.topology_key == HOSTNAME;
            let counter = if each_host {
                let each_node = cluster.key(EACH_NODE);
                self.counter(constraint, each_node, None, cluster)
            } else {
                let eligible = self.eligible(constraint, required.clone(), cluster);
                self.counter(constraint, *key, Some(eligible), cluster)
            };
            Soft { counter, key: *key, max_skew: constraint.max_skew, each_host }
        });
        made.collect()
    }

    fn keys(&self, constraints: &[Constraint], cluster: &mut Cluster) -> Vec<KeyIx> {
        constraints.iter().map(|constraint| cluster.key(&constraint.topology_key)).collect()
    }

    fn eligible(
        &self,
        constraint: &Constraint,
        mut keys: Vec<KeyIx>,
        cluster: &mut Cluster,
    ) -> EligibleIx {
        keys.sort_unstable_by_key(|key| key.at());
        keys.dedup();
        let requirements = Requirements::of(self.pod);
        cluster.eligible(Eligible {
            requirements: (constraint.affinity_counts && !requirements.is_empty())
                .then_some(requirements),
            tolerations: constraint.taints_count.then(|| self.tolerations.to_vec()),
            keys,
        })
    }

    fn counter(
        &self,
        constraint: &Constraint,
        key: KeyIx,
        eligible: Option<EligibleIx>,
        cluster: &mut Cluster,
    ) -> CounterIx {
        // A selector that selects everything counts nothing: upstream takes it for none.
        let counts = |selector: &&LabelSelector| !selector.is_empty();
        let selector = constraint.selector.as_ref().filter(counts).cloned();
        cluster.spread_counter(&self.namespace, selector, key, eligible)
    }
}
