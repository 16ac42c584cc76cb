//! The terms of a pod's affinity and anti-affinity, made ready for matching.

use crate::objects::pod::{PodAffinity, PodAffinityTerm};
use crate::objects::{LabelSelector, Labels, Pod, Store};
use std::collections::BTreeSet;

/// One term of a pod.
#[derive(Clone, Debug)]
pub(super) struct Term<'a> {
    pub(super) topology_key: &'a str,
    namespaces: BTreeSet<&'a str>,
    namespace_selector: Option<&'a LabelSelector>,
    label_selector: Option<&'a LabelSelector>,
}

/// All terms of a pod.
#[derive(Clone, Debug, Default)]
pub(super) struct Terms<'a> {
    pub(super) required_affinity: Vec<Term<'a>>,
    pub(super) required_anti_affinity: Vec<Term<'a>>,
    /// Preferred terms with their weights, negative for anti-affinity.
    pub(super) preferences: Vec<(i64, Term<'a>)>,
}

impl<'a> Term<'a> {
    fn new(owner: &'a Pod, written: &'a PodAffinityTerm) -> Self {
        let mut namespaces: BTreeSet<_> = written.namespaces.iter().map(String::as_str).collect();
        if namespaces.is_empty() && written.namespace_selector.is_none() {
            namespaces.insert(&owner.meta.namespace);
        }
        Self {
            topology_key: &written.topology_key,
            namespaces,
            namespace_selector: written.namespace_selector.as_ref(),
            label_selector: written.label_selector.as_ref(),
        }
    }

    /// Names the namespaces that the namespace selector selects now. One that selects all of them
    /// needs no names.
    fn name_namespaces(&mut self, store: &'a Store) {
        let Some(selector) = self.namespace_selector.filter(|it| !it.is_empty()) else { return };
        let selected = store.namespaces.iter();
        let selected = selected.filter(|(_, namespace)| selector.matches(&namespace.meta.labels));
        self.namespaces.extend(selected.map(|(name, _)| name.as_str()));
    }

    /// Whether the term means this pod, which lives in a namespace with these labels.
    pub(super) fn matches(&self, pod: &Pod, namespace_labels: &Labels) -> bool {
        let selects = |selector: Option<&LabelSelector>, labels| {
            selector.is_some_and(|selector| selector.matches(labels))
        };
        (self.namespaces.contains(pod.meta.namespace.as_str())
            || selects(self.namespace_selector, namespace_labels))
            && selects(self.label_selector, &pod.meta.labels)
    }
}

impl<'a> Terms<'a> {
    /// The terms of the pod to be placed; the error says which selectors do not compile.
    pub(super) fn of_incoming(pod: &'a Pod, store: &'a Store) -> Result<Self, String> {
        let mut errors = Vec::new();
        let mut terms = Self::compile(pod, |error| errors.push(error));
        match errors.as_slice() {
            [] => {}
            [error] => return Err(error.clone()),
            errors => return Err(format!("[{}]", errors.join(", "))),
        }
        let required = terms.required_affinity.iter_mut().chain(&mut terms.required_anti_affinity);
        let all = required.chain(terms.preferences.iter_mut().map(|(_, term)| term));
        all.for_each(|term| term.name_namespaces(store));
        Ok(terms)
    }

    /// The terms of a pod that runs. A list with a term that does not compile counts as empty.
    pub(super) fn of_existing(pod: &'a Pod) -> Self {
        Self::compile(pod, |_| {})
    }

    fn compile(pod: &'a Pod, mut report: impl FnMut(String)) -> Self {
        let affinity = pod.spec.affinity.as_ref();
        let near = affinity.and_then(|affinity| affinity.pod_affinity.as_ref());
        let away = affinity.and_then(|affinity| affinity.pod_anti_affinity.as_ref());
        let mut ready = |list: &str, written: Vec<&'a PodAffinityTerm>| {
            if let Some(text) = written.iter().find_map(|term| term.invalid()) {
                report(format!("{list}: {text}"));
                return Vec::new();
            }
            written.into_iter().map(|term| Term::new(pod, term)).collect()
        };
        let required_affinity = ready("requiredAffinityTerms", required(near));
        let required_anti_affinity = ready("requiredAntiAffinityTerms", required(away));
        let liked = ready("preferredAffinityTerms", preferred(near));
        let disliked = ready("preferredAntiAffinityTerms", preferred(away));
        let liked = weights(near).zip(liked);
        let disliked = weights(away).map(|weight| -weight).zip(disliked);
        let preferences = liked.chain(disliked).collect();
        Self { required_affinity, required_anti_affinity, preferences }
    }
}

fn required(affinity: Option<&PodAffinity>) -> Vec<&PodAffinityTerm> {
    affinity.iter().flat_map(|affinity| &affinity.required).collect()
}

fn preferred(affinity: Option<&PodAffinity>) -> Vec<&PodAffinityTerm> {
    let terms = affinity.iter().flat_map(|affinity| &affinity.preferred);
    terms.map(|weighted| &weighted.pod_affinity_term).collect()
}

fn weights(affinity: Option<&PodAffinity>) -> impl Iterator<Item = i64> {
    let terms = affinity.into_iter().flat_map(|affinity| &affinity.preferred);
    terms.map(|weighted| i64::from(weighted.weight))
}
