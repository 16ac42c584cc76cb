//! Shapes of load: a cluster, pods that are there before, and pods whose placing is measured.

mod place;
mod table;
mod templates;

pub use place::{Way, place};
pub use table::all;

use bayplan_datasets::make::{MakeNode, MakePod};

/// One shape.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Its name.
    pub name: &'static str,
    /// What kube-scheduler has to reach with it, in pods per second, where the suite says so. An
    /// API server and a database take part there.
    pub threshold: Option<u32>,
    nodes: Vec<(usize, Option<&'static str>, MakeNode)>,
    zones: &'static [&'static str],
    /// How many namespaces the pods that are there before are dealt to.
    namespaces: usize,
    service: Option<(&'static str, &'static str)>,
    before: Vec<(usize, MakePod)>,
    measured: (usize, MakePod),
    /// What happens between measured decisions, once in so many.
    event: Option<(usize, Event)>,
}

/// Something that happens while pods are placed.
#[derive(Clone, Debug)]
pub enum Event {
    /// A pod of another kind comes and has its turn.
    Attempt(MakePod),
    /// A node, a service and a pod that fits nowhere go, and come again.
    Recreate,
    /// A pod that was there before goes.
    Delete,
    /// A pod that was there before is asked to stop, and stays.
    Terminate,
}

impl Shape {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            threshold: None,
            nodes: Vec::new(),
            zones: &[],
            namespaces: 1,
            service: None,
            before: Vec::new(),
            measured: (0, templates::light()),
            event: None,
        }
    }

    fn threshold(self, pods_per_second: u32) -> Self {
        Self { threshold: Some(pods_per_second), ..self }
    }

    fn nodes(mut self, count: usize, template: MakeNode) -> Self {
        self.nodes.push((count, None, template));
        self
    }

    fn named_node(mut self, name: &'static str, template: MakeNode) -> Self {
        self.nodes.push((1, Some(name), template));
        self
    }

    /// Labels the nodes with zones in turn.
    fn zones(self, zones: &'static [&'static str]) -> Self {
        Self { zones, ..self }
    }

    fn namespaces(self, namespaces: usize) -> Self {
        Self { namespaces, ..self }
    }

    /// A service in the namespace of the measured pods, which selects them by this label.
    fn service(self, key: &'static str, value: &'static str) -> Self {
        Self { service: Some((key, value)), ..self }
    }

    fn before(mut self, count: usize, template: MakePod) -> Self {
        self.before.push((count, template));
        self
    }

    fn measured(self, count: usize, template: MakePod) -> Self {
        Self { measured: (count, template), ..self }
    }

    fn every(self, decisions: usize, event: Event) -> Self {
        Self { event: Some((decisions, event)), ..self }
    }

    /// The same with all counts multiplied by a factor; what there is one of stays, what there are
    /// more of stays more than one.
    #[must_use]
    pub fn scaled(mut self, factor: f64) -> Self {
        let scale = |count: &mut usize| {
            if *count > 1 {
                *count = ((*count as f64 * factor).round() as usize).max(2);
            }
        };
        self.nodes.iter_mut().for_each(|(count, ..)| scale(count));
        self.before.iter_mut().for_each(|(count, _)| scale(count));
        scale(&mut self.measured.0);
        if let Some((decisions, _)) = &mut self.event {
            scale(decisions);
        }
        self
    }

    /// The same with at most so many measured pods.
    #[must_use]
    pub fn at_most(mut self, pods: usize) -> Self {
        self.measured.0 = self.measured.0.min(pods);
        self
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> usize {
        self.nodes.iter().map(|(count, ..)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bayplan::scheduler::Engine;
    use std::time::Duration;

    /// Places a small copy of a shape.
    fn digest(shape: &Shape, engine: Engine) -> u64 {
        let way = Way { before: engine, measured: engine, limit: Duration::MAX };
        let run = place(shape, &way).unwrap_or_else(|error| panic!("{}: {error}", shape.name));
        assert!(run.bound > 0, "{}: some pod gets a node", shape.name);
        run.digest.0
    }

    #[test]
    fn both_engines_place_every_shape_alike() {
        for shape in all() {
            let small = shape.scaled(0.004).at_most(40);
            let [fast, plain] = [Engine::Fast, Engine::Plain].map(|engine| digest(&small, engine));
            assert_eq!(fast, plain, "{}", small.name);
        }
    }

    #[test]
    fn names_tell_shapes_apart() {
        let mut names: Vec<_> = all().iter().map(|shape| shape.name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    }
}
