//! Random clusters and random changes of them, from a seed: small, so that everything collides, and
//! odd, so that every rule is reached.
//!
//! The words (names, labels, amounts) are few on purpose. What no API server would let in is here
//! too where the engine has an answer for it, such as selectors that do not compile.

mod change;
mod devices;
mod nodes;
mod objects;
mod pods;
mod profile;
mod storage;
mod terms;

use bayplan::base::random::Random;
use bayplan::objects::admission::AdmissionObjects;
use bayplan::objects::labels::{LabelOperator, LabelRequirement, LabelSelector};
use bayplan::objects::{Labels, ObjectMeta, Quantity};
use std::sync::Arc;

pub use change::Step;

pub(crate) const NAMESPACES: [&str; 3] = ["default", "data", "unknown"];
const APPS: [&str; 3] = ["web", "db", "cache"];
const ZONES: [&str; 3] = ["z1", "z2", "z3"];
const ZONE: &str = "topology.kubernetes.io/zone";
const HOST: &str = "kubernetes.io/hostname";

/// Draws objects. The same seed draws the same ones.
#[derive(Clone, Debug)]
pub struct Generator {
    random: Random,
    /// How many names were given; no two objects share one by accident.
    named: usize,
    /// How many pods in a hundred use volumes.
    with_volumes: usize,
    /// How many pods in a hundred claim devices.
    with_devices: usize,
    /// How many pods in a hundred come through an API server; the others are as nobody would let
    /// them in.
    admitted: usize,
    /// What that server goes by.
    admission: AdmissionObjects,
}

impl Generator {
    /// A generator of this seed. Some seeds have many volumes, some many devices, most have few.
    pub fn new(seed: u64) -> Self {
        let mut generator = Self {
            random: Random::keyed(seed, "differential"),
            named: 0,
            with_volumes: 0,
            with_devices: 0,
            admitted: 0,
            admission: AdmissionObjects::default(),
        };
        generator.with_volumes = generator.pick(&[0, 0, 2, 2, 4, 50]);
        generator.with_devices = generator.pick(&[0, 0, 0, 1, 2, 50]);
        generator.admitted = generator.pick(&[0, 20, 100]);
        generator.admission = generator.admission_objects();
        generator
    }

    /// A number in `0..bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.random.below(bound)
    }

    /// True this often, in percent.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.random.below(100) < percent
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    fn text(&mut self, from: &[&str]) -> String {
        self.pick(from).to_owned()
    }

    fn maybe<T>(&mut self, percent: usize, draw: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.chance(percent).then(|| draw(self))
    }

    /// Up to so many, mostly few.
    fn some<T>(&mut self, max: usize, mut draw: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let bound = self.below(max) + 1;
        let count = self.below(bound + 1);
        (0..count).map(|_| draw(self)).collect()
    }

    fn at_least_one<T>(&mut self, max: usize, mut draw: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = 1 + self.below(max);
        (0..count).map(|_| draw(self)).collect()
    }

    fn name(&mut self, prefix: &str) -> String {
        self.named += 1;
        // Not in the order of the numbers, so that order of arrival and of names differ.
        format!("{prefix}{}-{}", self.below(10), self.named)
    }

    fn meta(&mut self, namespace: &str, prefix: &str) -> ObjectMeta {
        let name = self.name(prefix);
        ObjectMeta {
            namespace: namespace.to_owned(),
            uid: name.clone(),
            name,
            ..Default::default()
        }
    }

    /// Labels of pods.
    fn labels(&mut self) -> Labels {
        let mut labels = Labels::new();
        if self.chance(85) {
            labels.insert("app".to_owned(), self.text(&APPS));
        }
        if self.chance(40) {
            labels.insert("tier".to_owned(), self.text(&["front", "back"]));
        }
        if self.chance(20) {
            labels.insert("pod-template-hash".to_owned(), self.text(&["1", "2"]));
        }
        labels
    }

    fn shared_labels(&mut self) -> Arc<Labels> {
        Arc::new(self.labels())
    }

    /// A selector of pods.
    fn selector(&mut self) -> LabelSelector {
        let mut selector = LabelSelector::default();
        match self.below(10) {
            0 => {}
            1..=6 => {
                selector.match_labels.insert("app".to_owned(), self.text(&APPS));
            }
            _ => selector.match_expressions = self.at_least_one(2, Self::requirement),
        }
        if self.chance(10) {
            selector.match_labels.insert("tier".to_owned(), self.text(&["front", "back"]));
        }
        selector
    }

    fn requirement(&mut self) -> LabelRequirement {
        use LabelOperator::*;
        let operator = match self.below(40) {
            0 => Unknown,
            n => self.pick(if n < 20 { &[In, NotIn] } else { &[In, NotIn, Exists, DoesNotExist] }),
        };
        let wants_values = matches!(operator, In | NotIn);
        // Now and then a number of operands that does not compile.
        let values = if wants_values != self.chance(2) {
            self.at_least_one(2, |g| g.text(&["web", "db", "front", "back"]))
        } else {
            Vec::new()
        };
        let odd = self.chance(2);
        let key = self.text(if odd { &["not a key"] } else { &["app", "tier"] });
        LabelRequirement { key, operator, values }
    }

    fn quantity(&mut self, from: &[&str]) -> Quantity {
        Quantity::parse(self.pick(from)).unwrap_or_default()
    }
}
