//! Topology keys: which domain a node is in.

use super::ix::{KeyIx, NodeIx};
use super::nodes::Nodes;
use crate::base::index::{IndexVec, Ix};
use crate::base::intern::Interner;
use std::ops::Range;
use std::sync::Arc;

/// A domain of one topology key: its place in [`Domains::nodes`].
pub type Domain = u32;

/// The domain of a node that lacks the label.
pub const NO_DOMAIN: Domain = u32::MAX;

/// The key of no label: every node is a domain of its own.
pub const EACH_NODE: &str = "";

/// The domains of one key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Domains {
    /// Domain of every node, [`NO_DOMAIN`] where it lacks the label.
    pub of: IndexVec<NodeIx, Domain>,
    /// Nodes of every domain, ascending. Domains are numbered in order of their first node.
    pub nodes: Vec<Vec<NodeIx>>,
    /// The label's value, per domain.
    pub values: Vec<Arc<str>>,
    /// The nodes of every domain are one range, these; `None` where one is not.
    pub ranges: Option<Vec<Range<usize>>>,
    /// Some node lacks the label.
    pub some_lack_it: bool,
    /// Every node is in the domain of its own number.
    pub each_node: bool,
    /// The domain of every zone (see [`Nodes::zones`]), where no zone lies in several.
    pub by_zone: Option<Vec<Domain>>,
}

/// Every topology key in use.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    keys: Interner<KeyIx, Box<str>>,
    domains: IndexVec<KeyIx, Domains>,
}

impl Topology {
    /// The number of a key; its domains are made when it is new.
    pub fn key(&mut self, nodes: &Nodes, name: &str) -> KeyIx {
        if let Some(known) = self.keys.find(name) {
            return known;
        }
        self.domains.push(Domains::new(nodes, name));
        self.keys.intern(name.into())
    }

    /// The name of a key.
    pub fn name(&self, key: KeyIx) -> &str {
        self.keys.value(key)
    }

    /// The domains of a key.
    pub fn domains(&self, key: KeyIx) -> &Domains {
        &self.domains[key]
    }

    /// Makes all domains anew after nodes came, went or changed labels.
    pub(super) fn rebuild(&mut self, nodes: &Nodes) {
        for key in self.domains.indices().collect::<Vec<_>>() {
            self.domains[key] = Domains::new(nodes, self.keys.value(key));
        }
    }
}

impl Domains {
    /// The ranges of the domains, where together they are all nodes and so few that going by range
    /// is quicker than going by node.
    pub fn few_ranges(&self) -> Option<&[Range<usize>]> {
        let few = self.nodes.len() * 16 <= self.of.len() && !self.some_lack_it;
        self.ranges.as_deref().filter(|_| few)
    }

    fn new(nodes: &Nodes, key: &str) -> Self {
        let mut domains = Self::default();
        if key == EACH_NODE {
            domains.values = nodes.objects.indices().map(|node| nodes.name(node).clone()).collect();
            domains.of = (0..nodes.len() as Domain).collect();
        } else {
            domains.values = nodes.labels.values(key).to_vec();
            let places = nodes.labels.places(key);
            domains.of = places.map(|place| place.unwrap_or(NO_DOMAIN)).collect();
        }
        domains.nodes.resize(domains.values.len(), Vec::new());
        for (at, domain) in domains.of.iter().enumerate().filter(|(_, it)| **it != NO_DOMAIN) {
            domains.nodes[*domain as usize].push(NodeIx::new(at));
        }
        domains.some_lack_it = domains.of.iter().any(|domain| *domain == NO_DOMAIN);
        domains.ranges = domains.nodes.iter().map(|nodes| range(nodes)).collect();
        domains.each_node = domains.of.iter().enumerate().all(|(at, d)| *d as usize == at);
        let of = domains.of.as_slice();
        let zones = nodes.zones.iter().map(|zone| the_one(&of[zone.clone()])).collect();
        domains.by_zone = zones;
        domains
    }
}

/// The domain that all of these nodes are in, if it is one.
fn the_one(domains: &[Domain]) -> Option<Domain> {
    let first = domains.first()?;
    domains.iter().all(|domain| domain == first).then_some(*first)
}

/// The range that ascending nodes fill, if they do.
fn range(nodes: &[NodeIx]) -> Option<Range<usize>> {
    let (first, last) = (nodes.first()?.at(), nodes.last()?.at());
    (last - first + 1 == nodes.len()).then_some(first..last + 1)
}
