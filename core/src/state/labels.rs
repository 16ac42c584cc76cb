//! Label sets of pods and the matchers that choose among them.
//!
//! Whether a matcher matches a label set is decided once per pair, when the younger of the two
//! comes in. To keep that from being quadratic, a matcher with an equality requirement is only held
//! against label sets that have that pair.

use super::ix::{LabelSetIx, MatcherIx};
use crate::base::index::IndexVec;
use crate::base::map::Map;
use crate::objects::labels::LabelOperator;
use crate::objects::pod::PodAffinityTerm;
use crate::objects::{LabelSelector, Labels, Store};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Namespace and labels of pods, and whether they are terminating.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LabelSet {
    /// Namespace.
    pub namespace: Arc<str>,
    /// Labels.
    pub labels: Arc<Labels>,
    /// Deletion was asked for.
    pub terminating: bool,
}

/// Pods that a term speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Matcher {
    /// Spread constraint: pods of the namespace that are not terminating.
    Spread {
        /// Namespace of the incoming pod.
        namespace: Arc<str>,
        /// Labels.
        selector: LabelSelector,
    },
    /// Own affinity terms of an incoming pod: pods that match every one of them.
    Own(Vec<OwnTerm>),
    /// A term of a running pod: incoming pods that match it.
    Carried(CarriedTerm),
}

/// A term of an incoming pod, its namespace selector resolved as upstream resolves it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OwnTerm {
    /// Namespaces; `None` means all.
    pub namespaces: Option<BTreeSet<String>>,
    /// Labels.
    pub selector: LabelSelector,
}

/// A term of a running pod.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CarriedTerm {
    /// Namespaces by name.
    pub namespaces: BTreeSet<String>,
    /// Namespaces by label.
    pub namespace_selector: Option<LabelSelector>,
    /// Labels.
    pub selector: LabelSelector,
}

impl OwnTerm {
    /// The term of an incoming pod of `namespace`; `None` where it matches nothing.
    ///
    /// Upstream adds the names of the namespaces that match the selector and then still asks the
    /// selector about *no* labels: one that accepts those accepts every namespace.
    pub fn new(term: &PodAffinityTerm, namespace: &str, store: &Store) -> Option<Self> {
        let selector = term.label_selector.clone()?;
        let mut namespaces = named(term, namespace);
        if let Some(by_label) = &term.namespace_selector {
            if by_label.matches(&Labels::new()) {
                return Some(Self { namespaces: None, selector });
            }
            let matching = store.namespaces.values().filter(|n| by_label.matches(&n.meta.labels));
            namespaces.extend(matching.map(|n| n.meta.name.clone()));
        }
        Some(Self { namespaces: Some(namespaces), selector })
    }

    fn matches(&self, set: &LabelSet) -> bool {
        self.namespaces.as_ref().is_none_or(|names| names.contains(&*set.namespace))
            && self.selector.matches(&set.labels)
    }
}

impl CarriedTerm {
    /// The term of a running pod of `namespace`; `None` where it matches nothing.
    pub fn new(term: &PodAffinityTerm, namespace: &str) -> Option<Self> {
        Some(Self {
            namespaces: named(term, namespace),
            namespace_selector: term.namespace_selector.clone(),
            selector: term.label_selector.clone()?,
        })
    }
}

/// Namespaces that a term names, or the pod's own where it says nothing about namespaces.
fn named(term: &PodAffinityTerm, namespace: &str) -> BTreeSet<String> {
    if term.namespaces.is_empty() && term.namespace_selector.is_none() {
        BTreeSet::from([namespace.to_owned()])
    } else {
        term.namespaces.iter().cloned().collect()
    }
}

impl Matcher {
    fn matches(&self, set: &LabelSet, store: &Store) -> bool {
        match self {
            Self::Spread { namespace, selector } => {
                !set.terminating && *namespace == set.namespace && selector.matches(&set.labels)
            }
            Self::Own(terms) => terms.iter().all(|term| term.matches(set)),
            Self::Carried(term) => {
                (term.namespaces.contains(&*set.namespace)
                    || term.namespace_selector.as_ref().is_some_and(|by_label| {
                        by_label.matches(store.namespace_labels(&set.namespace))
                    }))
                    && term.selector.matches(&set.labels)
            }
        }
    }

    /// A pair that every matched label set has, if there is one.
    fn anchor(&self) -> Option<(&str, &str)> {
        match self {
            Self::Spread { selector, .. } => anchor(selector),
            Self::Own(terms) => terms.iter().find_map(|term| anchor(&term.selector)),
            Self::Carried(term) => anchor(&term.selector),
        }
    }
}

fn anchor(selector: &LabelSelector) -> Option<(&str, &str)> {
    let pair = selector.match_labels.iter().next();
    let pair = pair.map(|(key, value)| (key.as_str(), value.as_str()));
    pair.or_else(|| {
        let single = selector.match_expressions.iter().find(|requirement| {
            requirement.operator == LabelOperator::In && requirement.values.len() == 1
        });
        single.map(|requirement| (requirement.key.as_str(), requirement.values[0].as_str()))
    })
}

/// Every label set and every matcher, and which match.
#[derive(Clone, Debug, Default)]
pub struct LabelSets {
    sets: IndexVec<LabelSetIx, Arc<LabelSet>>,
    index_of: Map<Arc<LabelSet>, LabelSetIx>,
    /// Per label set: matchers that match it.
    matchers_of: IndexVec<LabelSetIx, Vec<MatcherIx>>,
    /// Per matcher: label sets that it matches.
    matched_by: IndexVec<MatcherIx, Vec<LabelSetIx>>,
    matchers: IndexVec<MatcherIx, Arc<Matcher>>,
    matcher_index: Map<Arc<Matcher>, MatcherIx>,
    sets_with_pair: Map<(Box<str>, Box<str>), Vec<LabelSetIx>>,
    matchers_with_anchor: Map<(Box<str>, Box<str>), Vec<MatcherIx>>,
    matchers_without_anchor: Vec<MatcherIx>,
}

impl LabelSets {
    /// The number of a label set.
    pub fn set(&mut self, set: LabelSet, store: &Store) -> LabelSetIx {
        if let Some(known) = self.index_of.get(&set) {
            return *known;
        }
        let set = Arc::new(set);
        let index = self.sets.push(set.clone());
        self.index_of.insert(set.clone(), index);
        let mut candidates = self.matchers_without_anchor.clone();
        for (key, value) in set.labels.iter() {
            let pair = (key.as_str().into(), value.as_str().into());
            candidates.extend(self.matchers_with_anchor.get(&pair).into_iter().flatten());
            self.sets_with_pair.entry(pair).or_default().push(index);
        }
        candidates.retain(|matcher| self.matchers[*matcher].matches(&set, store));
        for matcher in &candidates {
            self.matched_by[*matcher].push(index);
        }
        self.matchers_of.push(candidates);
        index
    }

    /// The number of a matcher.
    pub fn matcher(&mut self, matcher: Matcher, store: &Store) -> MatcherIx {
        if let Some(known) = self.matcher_index.get(&matcher) {
            return *known;
        }
        let matcher = Arc::new(matcher);
        let index = self.matchers.push(matcher.clone());
        self.matcher_index.insert(matcher.clone(), index);
        let anchor = matcher.anchor().map(|(key, value)| (key.into(), value.into()));
        let candidates: Vec<LabelSetIx> = match &anchor {
            Some(pair) => self.sets_with_pair.get(pair).cloned().unwrap_or_default(),
            None => self.sets.indices().collect(),
        };
        self.matched_by.push(Vec::new());
        for set in candidates {
            if matcher.matches(&self.sets[set], store) {
                self.matchers_of[set].push(index);
                self.matched_by[index].push(set);
            }
        }
        match anchor {
            Some(pair) => self.matchers_with_anchor.entry(pair).or_default().push(index),
            None => self.matchers_without_anchor.push(index),
        }
        index
    }

    /// A matcher.
    pub(super) fn matcher_of(&self, matcher: MatcherIx) -> &Matcher {
        &self.matchers[matcher]
    }

    /// Matchers that match a label set.
    pub fn matchers_of(&self, set: LabelSetIx) -> &[MatcherIx] {
        &self.matchers_of[set]
    }

    /// Label sets that a matcher matches.
    pub fn matched_by(&self, matcher: MatcherIx) -> &[LabelSetIx] {
        &self.matched_by[matcher]
    }

    /// Whether a matcher matches a label set.
    pub fn matches(&self, matcher: MatcherIx, set: LabelSetIx) -> bool {
        self.matchers_of[set].contains(&matcher)
    }

    /// How many label sets there are.
    pub fn len(&self) -> usize {
        self.sets.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// Decides again what depends on the labels of namespaces, after one came, went or changed.
    pub(super) fn namespaces_changed(&mut self, store: &Store) {
        for matcher in self.matchers.indices().collect::<Vec<_>>() {
            let by_namespace_label = matches!(
                &*self.matchers[matcher],
                Matcher::Carried(CarriedTerm { namespace_selector: Some(_), .. })
            );
            if by_namespace_label {
                self.matched_by[matcher].clear();
                for set in self.sets.indices().collect::<Vec<_>>() {
                    self.matchers_of[set].retain(|known| *known != matcher);
                    if self.matchers[matcher].matches(&self.sets[set], store) {
                        self.matchers_of[set].push(matcher);
                        self.matched_by[matcher].push(set);
                    }
                }
            }
        }
    }
}
