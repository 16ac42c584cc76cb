//! Which pod has a name.

use super::ix::PodIx;
use crate::base::map::{Map, hash_of};
use std::collections::BTreeMap;

/// Pods by namespace and name. The names themselves are kept with the pods: here are hashes, so
/// that a million pods need one small table and no second copy of every name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    by_hash: Map<u64, PodIx>,
    /// Pods that came when another one had taken their hash, by namespace and name.
    others: BTreeMap<String, BTreeMap<String, PodIx>>,
}

/// The name of a pod.
#[derive(Clone, Copy)]
pub(super) struct Name<'a> {
    namespace: &'a str,
    name: &'a str,
    hash: u64,
}

impl<'a> Name<'a> {
    pub fn new(namespace: &'a str, name: &'a str) -> Self {
        Self { namespace, name, hash: hash_of(&(namespace, name)) }
    }
}

impl Names {
    /// Makes room for many more.
    pub fn reserve(&mut self, more: usize) {
        self.by_hash.reserve(more);
    }

    /// The pod of a name; `has_it` looks at the name of a pod.
    pub fn find(&self, name: Name<'_>, has_it: impl Fn(PodIx) -> bool) -> Option<PodIx> {
        let first = self.by_hash.get(&name.hash).copied().filter(|pod| has_it(*pod));
        first.or_else(|| self.others.get(name.namespace)?.get(name.name).copied())
    }

    /// Notes a pod whose name no other one has.
    pub fn insert(&mut self, name: Name<'_>, pod: PodIx) {
        if *self.by_hash.entry(name.hash).or_insert(pod) != pod {
            let names = self.others.entry(name.namespace.to_owned()).or_default();
            names.insert(name.name.to_owned(), pod);
        }
    }

    /// Forgets the name of a pod.
    pub fn remove(&mut self, name: Name<'_>, pod: PodIx) {
        if self.by_hash.get(&name.hash) == Some(&pod) {
            self.by_hash.remove(&name.hash);
        } else if let Some(names) = self.others.get_mut(name.namespace) {
            names.remove(name.name);
            if names.is_empty() {
                self.others.remove(name.namespace);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::index::Ix;

    #[test]
    fn names_of_one_hash_are_told_apart() {
        let name = |namespace, name| Name { namespace, name, hash: 7 };
        let all = [name("shop", "a"), name("shop", "b"), name("bank", "a")];
        for removed_first in 0..all.len() {
            let mut names = Names::default();
            let pods: Vec<PodIx> = (0..all.len()).map(PodIx::new).collect();
            all.iter().zip(&pods).for_each(|(name, pod)| names.insert(*name, *pod));
            names.remove(all[removed_first], pods[removed_first]);
            for (at, name) in all.iter().enumerate() {
                let expected = (at != removed_first).then_some(pods[at]);
                assert_eq!(names.find(*name, |pod| pod == pods[at]), expected, "{at}");
            }
            names.insert(all[removed_first], pods[removed_first]);
            all.iter().zip(&pods).for_each(|(name, pod)| names.remove(*name, *pod));
            assert_eq!(names, Names::default());
        }
    }
}
