//! Node columns.

use super::chains::Chains;
use super::ix::{NodeIx, PodIx, PortIx, ResourceIx};
use super::node_labels::NodeLabels;
use crate::base::index::{IndexVec, Ix};
use crate::base::intern::Interner;
use crate::base::map::Map;
use crate::objects::Node;
use crate::objects::node::ZONE;
use crate::objects::requests::{Resources, is_scalar};
use crate::objects::snapshot::HostPort;
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// The numbers of a node that every decision reads, side by side in one cache line.
///
/// Sums may exceed what is allocatable: pods that are bound in the input are counted, fit or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(align(64))]
pub struct NodeRow {
    /// CPU that pods may use, in thousandths.
    pub allocatable_milli_cpu: i64,
    /// Memory that pods may use, in bytes.
    pub allocatable_memory: i64,
    /// CPU requested by its pods, in thousandths.
    pub requested_milli_cpu: i64,
    /// Memory requested by its pods, in bytes.
    pub requested_memory: i64,
    /// CPU requested for scoring (containers without a request count with a default).
    pub scored_milli_cpu: i64,
    /// Memory requested for scoring.
    pub scored_memory: i64,
    /// How many pods the node takes.
    pub pods_allowed: i64,
    /// How many pods it has.
    pub pods: i64,
}

/// The largest amount for which floating point gives the quotients that whole numbers give: a
/// hundredfold is a whole number below 2⁵³, and a quotient of at most 100 that is no whole number is
/// at least 2⁻⁴⁶ away from the next, twice the error of a division.
pub const EXACT: i64 = 1 << 46;

/// CPU and memory of a node in floating point, side by side, CPU first: what is done to both becomes
/// one vector instruction.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(align(64))]
pub struct CpuAndMemory {
    /// What pods may use.
    pub allocatable: [f64; 2],
    /// What the node's pods request.
    pub requested: [f64; 2],
    /// What they request for scoring.
    pub scored: [f64; 2],
    /// The node takes one more pod.
    pub takes_more: bool,
    /// The rest tells everything about CPU and memory: pods may use some of both, and all numbers are
    /// below [`EXACT`]. Otherwise it tells nothing.
    pub exact: bool,
}

impl NodeRow {
    /// CPU and memory in floating point, where that tells everything about them; otherwise nothing.
    #[inline]
    pub fn cpu_and_memory(&self) -> CpuAndMemory {
        let allocatable = [self.allocatable_milli_cpu, self.allocatable_memory];
        let requested = [self.requested_milli_cpu, self.requested_memory];
        let scored = [self.scored_milli_cpu, self.scored_memory];
        let all =
            [allocatable, requested, scored].as_flattened().iter().fold(0, |all, it| all | it);
        let exact = (all as u64) < EXACT as u64 && allocatable[0] != 0 && allocatable[1] != 0;
        if !exact {
            return CpuAndMemory::default();
        }
        CpuAndMemory {
            allocatable: allocatable.map(float),
            requested: requested.map(float),
            scored: scored.map(float),
            takes_more: self.pods < self.pods_allowed,
            exact,
        }
    }
}

/// From here on floating point has whole numbers only.
const WHOLE: f64 = (1_u64 << 52) as f64;

/// A whole number from 0 up to 2⁵² in floating point. Unlike a conversion this can be done to several
/// numbers at once: added to 2⁵², the number stands in the last bits.
#[inline]
fn float(x: i64) -> f64 {
    f64::from_bits(x as u64 | WHOLE.to_bits()) - WHOLE
}

/// The largest whole number that is not above `x`, which lies between 0 and 2⁵¹.
#[inline]
pub fn floor(x: f64) -> f64 {
    // Unlike a conversion to a whole number this can be done to several numbers at once.
    let nearest = (x + WHOLE) - WHOLE;
    if nearest > x { nearest - 1.0 } else { nearest }
}

/// A resource that few pods ask for: allocatable and requested amounts per node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AmountColumns {
    /// What pods may use.
    pub allocatable: IndexVec<NodeIx, i64>,
    /// What its pods request.
    pub requested: IndexVec<NodeIx, i64>,
}

/// Host ports in use, ascending.
pub(super) type Ports = SmallVec<[PortIx; 4]>;

/// Host ports in use by name of the node.
pub(super) type PortsByNode = Vec<(Arc<str>, Ports)>;

/// A tracked resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tracked {
    /// CPU, in thousandths.
    Cpu,
    /// Memory, in bytes.
    Memory,
    /// Ephemeral storage, in bytes.
    EphemeralStorage,
    /// Any other, in whole numbers.
    Scalar(ResourceIx),
}

/// What a pod takes from its node, in numbers of the tables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Take {
    /// CPU in thousandths.
    pub milli_cpu: i64,
    /// Memory in bytes.
    pub memory: i64,
    /// CPU for scoring.
    pub scored_milli_cpu: i64,
    /// Memory for scoring.
    pub scored_memory: i64,
    /// Ephemeral storage in bytes.
    pub ephemeral_storage: i64,
    /// Scalar resources.
    pub scalars: SmallVec<[(ResourceIx, i64); 2]>,
    /// Host ports.
    pub ports: SmallVec<[PortIx; 2]>,
}

/// Every node, in columns of one entry per [`NodeIx`].
#[derive(Clone, Debug, Default)]
pub struct Nodes {
    /// The object as it was given.
    pub objects: IndexVec<NodeIx, Arc<Node>>,
    /// Its numbers.
    pub rows: IndexVec<NodeIx, NodeRow>,
    /// CPU and memory of these, as scores are made of them.
    pub(super) measures: IndexVec<NodeIx, CpuAndMemory>,
    /// Ephemeral storage in bytes.
    pub ephemeral_storage: AmountColumns,
    /// Scalar resources, one column each; missing means 0.
    pub scalars: IndexVec<ResourceIx, AmountColumns>,
    /// Pods bound to it.
    pub pods: Chains,
    /// Host ports in use, ascending. A set with a history, as upstream has it: a pod that goes frees
    /// its ports even where another one that stays has the same.
    pub ports: IndexVec<NodeIx, Ports>,
    /// Place in byte order of the names.
    pub rank: IndexVec<NodeIx, u32>,
    /// The nodes in byte order of their names.
    pub by_rank: Vec<NodeIx>,
    /// Ranges of node indices that share a zone; together they are all nodes.
    pub zones: Vec<Range<usize>>,
    pub(super) labels: NodeLabels,
    names: IndexVec<NodeIx, Arc<str>>,
    by_name: Map<Arc<str>, NodeIx>,
    with_image: Map<Box<str>, Vec<NodeIx>>,
    resources: Interner<ResourceIx, Box<str>>,
    ports_known: Interner<PortIx, HostPort>,
}

impl Nodes {
    /// Tables for these nodes, without pods. What was interned before stays.
    pub(super) fn rebuild(&mut self, mut objects: Vec<Arc<Node>>) {
        objects.sort_by(|a, b| a.name().cmp(b.name()));
        let count = objects.len();
        let (zones, ranks) = by_zone(&objects);
        self.zones = zones;
        self.by_rank = std::iter::repeat_n(NodeIx::new(0), count).collect();
        for (at, rank) in ranks.iter().enumerate() {
            self.by_rank[*rank as usize] = NodeIx::new(at);
        }
        let objects: Vec<_> = ranks.iter().map(|rank| objects[*rank as usize].clone()).collect();
        self.rank = ranks.into_iter().collect();
        self.labels = NodeLabels::new(objects.iter().map(|node| &**node));
        self.names = objects.iter().map(|node| Arc::from(node.name())).collect();
        let names = self.names.iter().cloned();
        self.by_name = names.enumerate().map(|(at, name)| (name, NodeIx::new(at))).collect();
        self.rows = std::iter::repeat_n(NodeRow::default(), count).collect();
        self.measures = std::iter::repeat_n(CpuAndMemory::default(), count).collect();
        self.pods.restart(count);
        self.ports = std::iter::repeat_n(SmallVec::new(), count).collect();
        self.ephemeral_storage = AmountColumns::zero(count);
        for column in self.scalars.iter_mut() {
            *column = AmountColumns::zero(count);
        }
        self.with_image.clear();
        for (at, node) in objects.iter().enumerate() {
            for name in node.status.images.iter().flat_map(|image| &image.names) {
                let nodes = self.with_image.entry(name.as_str().into()).or_default();
                if nodes.last() != Some(&NodeIx::new(at)) {
                    nodes.push(NodeIx::new(at));
                }
            }
        }
        self.objects = objects.into_iter().collect();
        for node in self.objects.indices() {
            self.read_allocatable(node);
        }
    }

    /// Replaces a node by one of the same name, zone and labels.
    pub(super) fn replace(&mut self, node: NodeIx, object: Arc<Node>) -> Arc<Node> {
        let old = std::mem::replace(&mut self.objects[node], object);
        self.read_allocatable(node);
        old
    }

    fn read_allocatable(&mut self, node: NodeIx) {
        let status = &self.objects[node].status;
        let offered = Resources::from_list(status.allocatable.as_ref().unwrap_or(&status.capacity));
        let row = &mut self.rows[node];
        row.allocatable_milli_cpu = offered.milli_cpu;
        row.allocatable_memory = offered.memory;
        row.pods_allowed = offered.pods;
        self.measures[node] = row.cpu_and_memory();
        self.ephemeral_storage.allocatable[node] = offered.ephemeral_storage;
        for column in self.scalars.iter_mut() {
            column.allocatable[node] = 0;
        }
        for (name, amount) in &offered.scalars {
            let resource = self.resource(name);
            self.scalars[resource].allocatable[node] = *amount;
        }
    }

    /// The number of a scalar resource.
    pub fn resource(&mut self, name: &str) -> ResourceIx {
        if let Some(known) = self.resources.find(name) {
            return known;
        }
        self.scalars.push(AmountColumns::zero(self.objects.len()));
        self.resources.intern(name.into())
    }

    /// The name of a scalar resource.
    pub fn resource_name(&self, resource: ResourceIx) -> &str {
        self.resources.value(resource)
    }

    /// The tracked resource of a name; `None` for a name that nobody tracks.
    pub fn tracked(&mut self, name: &str) -> Option<Tracked> {
        match name {
            "cpu" => Some(Tracked::Cpu),
            "memory" => Some(Tracked::Memory),
            "ephemeral-storage" => Some(Tracked::EphemeralStorage),
            name => is_scalar(name).then(|| Tracked::Scalar(self.resource(name))),
        }
    }

    /// What pods may use of a resource.
    #[inline]
    pub fn allocatable(&self, node: NodeIx, resource: Tracked) -> i64 {
        match resource {
            Tracked::Cpu => self.rows[node].allocatable_milli_cpu,
            Tracked::Memory => self.rows[node].allocatable_memory,
            Tracked::EphemeralStorage => self.ephemeral_storage.allocatable[node],
            Tracked::Scalar(resource) => self.scalars[resource].allocatable[node],
        }
    }

    /// What the node's pods request of a resource.
    #[inline]
    pub fn requested(&self, node: NodeIx, resource: Tracked) -> i64 {
        match resource {
            Tracked::Cpu => self.rows[node].requested_milli_cpu,
            Tracked::Memory => self.rows[node].requested_memory,
            Tracked::EphemeralStorage => self.ephemeral_storage.requested[node],
            Tracked::Scalar(resource) => self.scalars[resource].requested[node],
        }
    }

    /// The same for scoring: CPU and memory count with defaults where nothing is requested.
    #[inline]
    pub fn scored(&self, node: NodeIx, resource: Tracked) -> i64 {
        match resource {
            Tracked::Cpu => self.rows[node].scored_milli_cpu,
            Tracked::Memory => self.rows[node].scored_memory,
            _ => self.requested(node, resource),
        }
    }

    /// CPU and memory of a node in floating point.
    #[inline]
    pub fn measures(&self, node: NodeIx) -> &CpuAndMemory {
        &self.measures[node]
    }

    /// The number of a host port.
    pub fn port(&mut self, port: HostPort) -> PortIx {
        self.ports_known.intern(port)
    }

    /// Host ports in use on a node.
    pub fn used_ports(&self, node: NodeIx) -> impl Iterator<Item = &HostPort> {
        self.ports[node].iter().map(|port| self.ports_known.value(*port))
    }

    /// The host ports in use on every node, by name: their history outlives new columns.
    pub(super) fn all_ports(&self) -> PortsByNode {
        let used = self.ports.iter().enumerate();
        used.map(|(at, ports)| (self.names[NodeIx::new(at)].clone(), ports.clone())).collect()
    }

    /// Puts the host ports in use back where the node is still there; the others start with what
    /// their pods have.
    pub(super) fn restore_ports(&mut self, ports: PortsByNode) {
        for (name, ports) in ports {
            if let Some(node) = self.find(&name) {
                self.ports[node] = ports;
            }
        }
    }

    /// Whether two host ports cannot be taken on one node.
    pub fn ports_conflict(&self, a: PortIx, b: PortIx) -> bool {
        self.ports_known.value(a).conflicts_with(self.ports_known.value(b))
    }

    /// The name of a node, shared by all who hold it.
    pub fn name(&self, node: NodeIx) -> &Arc<str> {
        &self.names[node]
    }

    /// Takes every pod off its node, to be counted again.
    pub(super) fn empty(&mut self) {
        for (row, measures) in self.rows.iter_mut().zip(self.measures.iter_mut()) {
            row.requested_milli_cpu = 0;
            row.requested_memory = 0;
            row.scored_milli_cpu = 0;
            row.scored_memory = 0;
            row.pods = 0;
            *measures = row.cpu_and_memory();
        }
        for column in self.scalars.iter_mut().chain([&mut self.ephemeral_storage]) {
            column.requested.iter_mut().for_each(|amount| *amount = 0);
        }
        self.pods.restart(self.rows.len());
        self.ports.iter_mut().for_each(SmallVec::clear);
    }

    /// Nodes that have an image, ascending.
    pub fn with_image(&self, name: &str) -> &[NodeIx] {
        self.with_image.get(name).map_or(&[], Vec::as_slice)
    }

    /// The node of a name.
    pub fn find(&self, name: &str) -> Option<NodeIx> {
        self.by_name.get(name).copied()
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Adds what a pod takes. `None`, and nothing changed, where a sum would not fit 64 bits.
    pub(super) fn take(&mut self, node: NodeIx, pod: PodIx, take: &Take) -> Option<()> {
        let mut row = self.rows[node];
        add(&mut row.requested_milli_cpu, take.milli_cpu)?;
        add(&mut row.requested_memory, take.memory)?;
        add(&mut row.scored_milli_cpu, take.scored_milli_cpu)?;
        add(&mut row.scored_memory, take.scored_memory)?;
        row.pods += 1;
        for (resource, amount) in &take.scalars {
            self.scalars[*resource].requested[node].checked_add(*amount)?;
        }
        // Hardly any pod asks for it; to look at it takes as long as everything else here.
        if take.ephemeral_storage != 0 {
            add(&mut self.ephemeral_storage.requested[node], take.ephemeral_storage)?;
        }
        self.rows[node] = row;
        self.measures[node] = row.cpu_and_memory();
        for (resource, amount) in &take.scalars {
            self.scalars[*resource].requested[node] += amount;
        }
        for port in &take.ports {
            let held = &mut self.ports[node];
            if let Err(at) = held.binary_search(port) {
                held.insert(at, *port);
            }
        }
        self.pods.add(node, pod);
        Some(())
    }

    /// Gives back what a pod took.
    pub(super) fn give_back(&mut self, node: NodeIx, pod: PodIx, take: &Take) {
        let row = &mut self.rows[node];
        row.requested_milli_cpu -= take.milli_cpu;
        row.requested_memory -= take.memory;
        row.scored_milli_cpu -= take.scored_milli_cpu;
        row.scored_memory -= take.scored_memory;
        row.pods -= 1;
        self.measures[node] = row.cpu_and_memory();
        self.ephemeral_storage.requested[node] -= take.ephemeral_storage;
        for (resource, amount) in &take.scalars {
            self.scalars[*resource].requested[node] -= amount;
        }
        for port in &take.ports {
            let held = &mut self.ports[node];
            if let Ok(at) = held.binary_search(port) {
                held.remove(at);
            }
        }
        self.pods.remove(node, pod);
    }
}

/// The order by zone, then by name, of nodes that are in order of their names: which nodes share a
/// zone, and the rank by name of every node.
fn by_zone(nodes: &[Arc<Node>]) -> (Vec<Range<usize>>, Vec<u32>) {
    let mut ranks_of: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (rank, node) in nodes.iter().enumerate() {
        let zone = node.meta.labels.get(ZONE).map_or("", String::as_str);
        ranks_of.entry(zone).or_default().push(rank as u32);
    }
    let zones = ranks_of.values().scan(0, |end, ranks| {
        let start = *end;
        *end += ranks.len();
        Some(start..*end)
    });
    (zones.collect(), ranks_of.values().flatten().copied().collect())
}

fn add(sum: &mut i64, amount: i64) -> Option<()> {
    *sum = sum.checked_add(amount)?;
    Some(())
}

impl AmountColumns {
    fn zero(count: usize) -> Self {
        Self {
            allocatable: std::iter::repeat_n(0, count).collect(),
            requested: std::iter::repeat_n(0, count).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floating_point_tells_everything_or_nothing() {
        let measures = |memory: i64| {
            let row = NodeRow {
                allocatable_milli_cpu: 8,
                allocatable_memory: memory,
                ..NodeRow::default()
            };
            row.cpu_and_memory()
        };
        assert_eq!(measures(EXACT - 1).allocatable, [8.0, (EXACT - 1) as f64]);
        assert!(measures(EXACT - 1).exact);
        for too_large in [EXACT, 1 << 52, i64::MAX] {
            assert_eq!(measures(too_large), CpuAndMemory::default());
        }
        assert_eq!(measures(0), CpuAndMemory::default(), "there is none to be scored by");
    }
}
