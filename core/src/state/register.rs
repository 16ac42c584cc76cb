//! Registering what pods need: their class, the counters of their constraints.

use super::Cluster;
use super::classes::{Class, ClassKey};
use super::counters::{CarrierKey, CarrierKind, CounterKey};
use super::ix::{
    CarrierIx, ClassIx, CounterIx, EligibleIx, KeyIx, MatcherIx, NodeIx, PortIx, PortSetIx,
};
use super::labels::{CarriedTerm, LabelSet, Matcher, OwnTerm};
use super::node_sets::{Eligible, Requirements};
use super::nodes::{Take, Tracked};
use crate::base::bits::Bits;
use crate::base::index::IndexVec;
use crate::objects::node::Taint;
use crate::objects::pod::{Pod, PodAffinityTerm, Toleration};
use crate::objects::requests::{RequestsOf, pod_requests};
use crate::objects::snapshot::host_ports;
use crate::objects::{LabelSelector, NodeSelectorTerm};
use std::sync::Arc;

impl Cluster {
    /// The class of a pod.
    pub fn class_of(&mut self, pod: &Pod) -> ClassIx {
        if let Some(known) = self.classes.of_replica(pod) {
            return known;
        }
        let key = ClassKey::of(pod);
        if let Some(known) = self.classes.find(&key) {
            return known;
        }
        let set = LabelSet {
            namespace: key.namespace.clone(),
            labels: key.labels.clone(),
            terminating: key.terminating,
        };
        let mut sample = pod.clone();
        sample.node_name = None;
        let take = self.take_of(pod);
        let class = Class {
            labels: self.labels.set(set, &self.store),
            asks: self.asked.by(pod, take.ports.to_vec()),
            priority: pod.priority(),
            terminating: key.terminating,
            scheduler_name: pod
                .spec
                .scheduler_name
                .as_deref()
                .map(|name| self.classes.shared(name)),
            take: self.classes.intern_take(take),
            carried: self.carried_by(pod),
            pod: Arc::new(sample),
        };
        self.classes.push(key, class)
    }

    fn take_of(&mut self, pod: &Pod) -> Take {
        let requests = pod_requests(pod, RequestsOf::Bound);
        let scored = pod_requests(pod, RequestsOf::BoundForScore);
        Take {
            milli_cpu: requests.milli_cpu,
            memory: requests.memory,
            scored_milli_cpu: scored.milli_cpu,
            scored_memory: scored.memory,
            ephemeral_storage: requests.ephemeral_storage,
            scalars: requests
                .scalars
                .iter()
                .map(|(name, amount)| (self.nodes.resource(name), *amount))
                .collect(),
            ports: host_ports(pod).map(|port| self.nodes.port(port)).collect(),
        }
    }

    fn carried_by(&mut self, pod: &Pod) -> Box<[(CarrierIx, i64)]> {
        let Some(affinity) = &pod.spec.affinity else { return Box::default() };
        let mut carried = Vec::new();
        let mut carry = |cluster: &mut Self, term: &PodAffinityTerm, kind, weight: i64| {
            if let Some(term_) = CarriedTerm::new(term, &pod.meta.namespace) {
                let matcher = cluster.matcher(Matcher::Carried(term_));
                let key = cluster.key(&term.topology_key);
                let carrier =
                    cluster.counters.carrier(CarrierKey { matcher, key, kind }, &cluster.topology);
                carried.push((carrier, weight));
            }
        };
        let sides = [
            (&affinity.pod_anti_affinity, CarrierKind::RequiredAnti, -1),
            (&affinity.pod_affinity, CarrierKind::RequiredAffinity, 1),
        ];
        for (side, kind, sign) in sides {
            let Some(side) = side else { continue };
            // A list with a term that does not compile counts as empty.
            if side.required.iter().all(|term| term.invalid().is_none()) {
                for term in &side.required {
                    carry(self, term, kind, 1);
                }
            }
            if side.preferred.iter().all(|term| term.pod_affinity_term.invalid().is_none()) {
                for term in &side.preferred {
                    let weight = sign * i64::from(term.weight);
                    carry(self, &term.pod_affinity_term, CarrierKind::Preferred, weight);
                }
            }
        }
        carried.into()
    }

    /// The number of a topology key.
    pub fn key(&mut self, name: &str) -> KeyIx {
        self.topology.key(&self.nodes, name)
    }

    fn matcher(&mut self, matcher: Matcher) -> MatcherIx {
        self.labels.matcher(matcher, &self.store)
    }

    /// A count of the pods that match all of an incoming pod's terms, per domain of a key; `None`
    /// counts no pod.
    pub fn affinity_counter(
        &mut self,
        terms: &[&PodAffinityTerm],
        namespace: &str,
        key: &str,
    ) -> CounterIx {
        let own: Option<Vec<OwnTerm>> =
            terms.iter().map(|term| OwnTerm::new(term, namespace, &self.store)).collect();
        let matcher = own.map(|own| self.matcher(Matcher::Own(own)));
        let key = self.key(key);
        self.counter(CounterKey { matcher, key, eligible: None })
    }

    /// A count of the pods that a spread constraint speaks of, per domain of a key. Without a
    /// selector no pod is counted.
    pub fn spread_counter(
        &mut self,
        namespace: &Arc<str>,
        selector: Option<LabelSelector>,
        key: KeyIx,
        eligible: Option<EligibleIx>,
    ) -> CounterIx {
        let matcher = selector.map(|selector| {
            self.matcher(Matcher::Spread { namespace: namespace.clone(), selector })
        });
        self.counter(CounterKey { matcher, key, eligible })
    }

    fn counter(&mut self, key: CounterKey) -> CounterIx {
        self.counters.counter(key, &self.pods, &self.labels, &self.topology, &self.node_sets)
    }

    /// The number of a set of nodes that count for a spread constraint.
    pub fn eligible(&mut self, eligible: Eligible) -> EligibleIx {
        self.node_sets.eligible(eligible, &self.nodes, &mut self.topology)
    }

    /// The host ports of a set, ascending.
    pub fn port_set(&self, ports: PortSetIx) -> &[PortIx] {
        self.asked.ports(ports)
    }

    /// The tracked resource of a name; `None` for a name that nobody tracks.
    pub fn tracked(&mut self, name: &str) -> Option<Tracked> {
        self.nodes.tracked(name)
    }

    /// A number per node that its taints decide.
    pub fn by_taints(&self, of: impl Fn(&[Taint]) -> i32) -> IndexVec<NodeIx, i32> {
        self.node_sets.by_taints(of)
    }

    /// Nodes that are not cordoned.
    pub fn schedulable(&self) -> &Bits {
        self.node_sets.schedulable()
    }

    /// Nodes that meet a pod's requirements on labels and names.
    pub fn meeting(&mut self, requirements: &Requirements) -> Bits {
        self.node_sets.meeting(requirements, &self.nodes, &mut self.topology)
    }

    /// Nodes for which a term holds.
    pub fn term(&mut self, term: &NodeSelectorTerm) -> Bits {
        self.node_sets.term(term, &self.nodes, &mut self.topology)
    }

    /// Nodes whose hard taints are tolerated.
    pub fn tolerating(&mut self, tolerations: &[Toleration]) -> Bits {
        self.node_sets.tolerating(tolerations).clone()
    }
}
