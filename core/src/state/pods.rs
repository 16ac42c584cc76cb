//! Pods, pending and bound.

use super::ix::{ClassIx, LabelSetIx, NodeIx, PodIx};
use super::names::{Name, Names};
use crate::base::index::{IndexVec, Ix};
use crate::objects::Pod;
use smallvec::SmallVec;
use std::collections::BTreeSet;

/// A pod in the table.
#[derive(Clone, Debug)]
pub struct PodRow {
    /// The object, away from the columns: most steps of a decision need no more than those.
    pub pod: Box<Pod>,
    /// Its class.
    pub class: ClassIx,
    /// The node it counts on: it is bound, has not ended, and the node exists.
    pub node: Option<NodeIx>,
    /// `spec.nodeName` is set, be there such a node or not.
    pub named: bool,
    /// Its place among the counted pods of its label set, while it is counted.
    pub(super) place: u32,
}

impl PodRow {
    /// A pod that counts on no node yet.
    pub(super) fn new(pod: Box<Pod>, class: ClassIx) -> Self {
        Self { class, node: None, named: pod.node_name.is_some(), place: 0, pod }
    }

    fn name(&self) -> Name<'_> {
        Name::new(&self.pod.meta.namespace, &self.pod.meta.name)
    }
}

/// Pods with their nodes. Many label sets have one pod, which then needs no memory of its own.
type Counted = SmallVec<[(PodIx, NodeIx); 2]>;

/// Every pod. Places of deleted pods are used again, the latest first.
#[derive(Clone, Debug, Default)]
pub struct Pods {
    rows: IndexVec<PodIx, Option<PodRow>>,
    free: Vec<PodIx>,
    names: Names,
    /// Counted pods of every label set, in no order that means anything.
    counted: IndexVec<LabelSetIx, Counted>,
}

impl Pods {
    /// The pod of a name.
    pub fn find(&self, namespace: &str, name: &str) -> Option<PodIx> {
        self.names.find(Name::new(namespace, name), |pod| {
            let meta = self.get(pod).map(|row| &row.pod.meta);
            meta.is_some_and(|meta| meta.name == name && meta.namespace == namespace)
        })
    }

    /// A pod that is there.
    pub fn get(&self, pod: PodIx) -> Option<&PodRow> {
        self.rows.get(pod)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, pod: PodIx) -> Option<&mut PodRow> {
        self.rows[pod].as_mut()
    }

    /// All pods, in order of their places.
    pub fn iter(&self) -> impl Iterator<Item = (PodIx, &PodRow)> {
        let rows = self.rows.iter().enumerate();
        rows.filter_map(|(at, row)| row.as_ref().map(|row| (PodIx::new(at), row)))
    }

    /// How many pods there are.
    pub fn len(&self) -> usize {
        self.rows.len() - self.free.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes room for many more.
    pub(super) fn reserve(&mut self, more: usize) {
        self.rows.reserve(more);
        self.names.reserve(more);
    }

    /// Adds a pod; also tells whether the table grew for it.
    pub(super) fn insert(&mut self, row: PodRow) -> (PodIx, bool) {
        let free = self.free.pop();
        let pod = free.unwrap_or(PodIx::new(self.rows.len()));
        self.names.insert(row.name(), pod);
        match free {
            Some(pod) => self.rows[pod] = Some(row),
            None => {
                self.rows.push(Some(row));
            }
        }
        (pod, free.is_none())
    }

    /// Places of deleted pods, the latest last.
    pub(super) fn free(&self) -> &[PodIx] {
        &self.free
    }

    /// How many places there are, with those of deleted pods.
    pub(super) fn places(&self) -> usize {
        self.rows.len()
    }

    /// Leaves a place free at the end; to be followed by [`Pods::set_free`] once all pods are in.
    pub(super) fn leave_free(&mut self) {
        self.rows.push(None);
    }

    /// Says in which order the free places were left. `false`, and nothing changed, where these are
    /// not the free places, each once.
    pub(super) fn set_free(&mut self, free: Vec<PodIx>) -> bool {
        let mut sorted: Vec<usize> = free.iter().map(|pod| pod.at()).collect();
        sorted.sort_unstable();
        let rows = self.rows.iter().enumerate();
        let fits = rows.filter(|(_, row)| row.is_none()).map(|(at, _)| at).eq(sorted);
        if fits {
            self.free = free;
        }
        fits
    }

    /// Takes back the latest insertion.
    pub(super) fn undo_insert(&mut self, pod: PodIx, grown: bool) -> Option<PodRow> {
        let row = self.remove(pod);
        if grown {
            self.free.pop();
            self.rows.pop();
        }
        row
    }

    /// Takes a pod out.
    pub(super) fn remove(&mut self, pod: PodIx) -> Option<PodRow> {
        let row = self.rows[pod].take()?;
        self.names.remove(row.name(), pod);
        self.free.push(pod);
        Some(row)
    }

    /// Takes back the latest removal.
    pub(super) fn undo_remove(&mut self, pod: PodIx, row: PodRow) {
        self.free.pop();
        self.names.insert(row.name(), pod);
        self.rows[pod] = Some(row);
    }

    /// Nodes of the counted pods of a label set.
    pub(super) fn nodes_of(&self, set: LabelSetIx) -> impl Iterator<Item = NodeIx> {
        self.counted.get(set).into_iter().flatten().map(|(_, node)| *node)
    }

    /// Whether both have the same pods, counted on the same nodes.
    pub(super) fn counts_like(&self, other: &Self) -> bool {
        let alike = |(mine, theirs): (&Option<PodRow>, &Option<PodRow>)| match (mine, theirs) {
            (Some(mine), Some(theirs)) => {
                (&mine.pod, mine.class, mine.node) == (&theirs.pod, theirs.class, theirs.node)
            }
            (None, None) => true,
            _ => false,
        };
        let sorted = |pods: &Self| {
            let sets = pods.counted.iter().map(|pods| pods.iter().copied().collect());
            let mut sets: Vec<BTreeSet<(PodIx, NodeIx)>> = sets.collect();
            sets.truncate(
                sets.iter().rposition(|pods| !pods.is_empty()).map_or(0, |last| last + 1),
            );
            sets
        };
        self.rows.len() == other.rows.len()
            && self.rows.iter().zip(other.rows.iter()).all(alike)
            && self.names == other.names
            && sorted(self) == sorted(other)
    }

    /// Notes that a pod of this label set counts on a node.
    pub(super) fn join(&mut self, pod: PodIx, set: LabelSetIx, node: NodeIx) {
        let pods = self.counted.grown(set);
        pods.push((pod, node));
        if let Some(row) = &mut self.rows[pod] {
            row.place = pods.len() as u32 - 1;
            row.node = Some(node);
        }
    }

    /// Notes that a pod of this label set counts no longer.
    pub(super) fn leave(&mut self, pod: PodIx, set: LabelSetIx) {
        let Some(row) = &mut self.rows[pod] else { return };
        row.node = None;
        let place = row.place;
        let pods = self.counted.grown(set);
        pods.swap_remove(place as usize);
        if let Some((moved, _)) = pods.get(place as usize)
            && let Some(row) = &mut self.rows[*moved]
        {
            row.place = place;
        }
    }

    /// Notes that no pod counts on any node.
    pub(super) fn empty(&mut self) {
        self.counted.iter_mut().for_each(Counted::clear);
        self.rows.iter_mut().flatten().for_each(|row| row.node = None);
    }
}
