//! Pods, pending and bound.

use super::ix::{ClassIx, NodeIx, PodIx};
use crate::base::index::{IndexVec, Ix};
use crate::base::map::Map;
use crate::objects::Pod;

/// A pod in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodRow {
    /// The object.
    pub pod: Pod,
    /// Its class.
    pub class: ClassIx,
    /// The node it counts on: it is bound, has not ended, and the node exists.
    pub node: Option<NodeIx>,
}

/// Every pod. Places of deleted pods are used again, the latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pods {
    rows: IndexVec<PodIx, Option<PodRow>>,
    free: Vec<PodIx>,
    by_key: Map<Box<str>, PodIx>,
}

impl Pods {
    /// The pod of a name.
    pub fn find(&self, namespace: &str, name: &str) -> Option<PodIx> {
        self.by_key.get(&*key(namespace, name)).copied()
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

    /// Adds a pod; also tells whether the table grew for it.
    pub(super) fn insert(&mut self, row: PodRow) -> (PodIx, bool) {
        let key = key(&row.pod.meta.namespace, &row.pod.meta.name);
        let (pod, grown) = match self.free.pop() {
            Some(pod) => {
                self.rows[pod] = Some(row);
                (pod, false)
            }
            None => (self.rows.push(Some(row)), true),
        };
        self.by_key.insert(key, pod);
        (pod, grown)
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
    pub(super) fn undo_insert(&mut self, pod: PodIx, grown: bool) {
        self.remove(pod);
        if grown {
            self.free.pop();
            self.rows.pop();
        }
    }

    /// Takes a pod out.
    pub(super) fn remove(&mut self, pod: PodIx) -> Option<PodRow> {
        let row = self.rows[pod].take()?;
        self.by_key.remove(&*key(&row.pod.meta.namespace, &row.pod.meta.name));
        self.free.push(pod);
        Some(row)
    }

    /// Takes back the latest removal.
    pub(super) fn undo_remove(&mut self, pod: PodIx, row: PodRow) {
        self.free.pop();
        self.by_key.insert(key(&row.pod.meta.namespace, &row.pod.meta.name), pod);
        self.rows[pod] = Some(row);
    }
}

fn key(namespace: &str, name: &str) -> Box<str> {
    format!("{namespace}/{name}").into()
}
