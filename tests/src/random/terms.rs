//! Random terms: what pods want of nodes and of other pods.

use super::{Generator, HOST, NAMESPACES, ZONE, ZONES};
use bayplan::objects::Labels;
use bayplan::objects::labels::{
    LabelSelector, NodeOperator, NodeRequirement, NodeSelector, NodeSelectorTerm,
};
use bayplan::objects::pod::{
    Affinity, NodeAffinity, NodeInclusionPolicy, PodAffinity, PodAffinityTerm,
    PreferredSchedulingTerm, TopologySpreadConstraint, WeightedPodAffinityTerm, WhenUnsatisfiable,
};

impl Generator {
    /// Pairs that a node must have.
    pub(super) fn node_pairs(&mut self) -> Labels {
        let pair = match self.below(3) {
            0 => (ZONE, self.pick(&ZONES)),
            1 => ("disk", self.pick(&["ssd", "hdd"])),
            _ => ("rank", self.pick(&["1", "x", ""])),
        };
        Labels::from([(pair.0.to_owned(), pair.1.to_owned())])
    }

    pub(super) fn affinity(&mut self) -> Affinity {
        Affinity {
            node_affinity: self.maybe(40, Self::node_affinity),
            pod_affinity: self.maybe(40, Self::pod_affinity),
            pod_anti_affinity: self.maybe(45, Self::pod_affinity),
        }
    }

    /// Affinity to nodes.
    pub fn node_affinity(&mut self) -> NodeAffinity {
        NodeAffinity {
            required: self
                .maybe(40, |g| NodeSelector { node_selector_terms: g.some(3, Self::node_term) }),
            preferred: self.maybe(60, |g| {
                g.some(3, |g| PreferredSchedulingTerm {
                    weight: g.pick(&[1, 7, 50, 100, 0]),
                    preference: g.node_term(),
                })
            }),
        }
    }

    fn node_term(&mut self) -> NodeSelectorTerm {
        let by_name = self.chance(20);
        NodeSelectorTerm {
            match_expressions: self.some(2, Self::node_requirement),
            match_fields: if by_name { self.some(2, Self::field) } else { Vec::new() },
        }
    }

    fn node_requirement(&mut self) -> NodeRequirement {
        use NodeOperator::*;
        let operator = match self.below(60) {
            0 => Unknown,
            n if n < 20 => self.pick(&[In, In, NotIn]),
            _ => self.pick(&[In, NotIn, Exists, DoesNotExist, Gt, Lt]),
        };
        let (key, words): (&str, &[&str]) = match operator {
            Gt | Lt => ("rank", &["1", "5", "-10", "1"]),
            _ => self.pick(&[
                (ZONE, &ZONES[..]),
                ("disk", &["ssd", "hdd"]),
                ("rank", &["1", "2", "x", ""]),
                (HOST, &["n0", "n1", "n2"]),
            ]),
        };
        let count = match operator {
            In | NotIn => 1 + self.below(2),
            Gt | Lt => 1,
            _ => 0,
        };
        // Now and then a number of operands that does not compile.
        let count = if self.chance(1) { (count + 1) % 3 } else { count };
        NodeRequirement {
            key: key.to_owned(),
            operator,
            values: (0..count).map(|_| self.text(words)).collect(),
        }
    }

    fn field(&mut self) -> NodeRequirement {
        use NodeOperator::*;
        let count = if self.chance(3) { 2 } else { 1 };
        NodeRequirement {
            key: if self.chance(96) { "metadata.name" } else { "metadata.uid" }.to_owned(),
            operator: if self.chance(3) { Exists } else { self.pick(&[In, In, NotIn]) },
            values: (0..count).map(|_| self.text(&["n0", "n1", "n2", "n3", "gone"])).collect(),
        }
    }

    fn pod_affinity(&mut self) -> PodAffinity {
        let required = self.chance(50);
        PodAffinity {
            required: if required { self.some(2, Self::pod_term) } else { Vec::new() },
            preferred: self.some(2, |g| WeightedPodAffinityTerm {
                weight: g.pick(&[1, 10, 100]),
                pod_affinity_term: g.pod_term(),
            }),
        }
    }

    fn pod_term(&mut self) -> PodAffinityTerm {
        PodAffinityTerm {
            label_selector: self.maybe(96, Self::selector),
            namespaces: if self.chance(15) {
                self.some(2, |g| g.text(&NAMESPACES))
            } else {
                Vec::new()
            },
            namespace_selector: self.maybe(20, Self::namespace_selector),
            topology_key: self.topology_key(),
            match_label_keys: self.label_keys(),
            mismatch_label_keys: self.label_keys(),
        }
    }

    /// Keys for an API server to take values of.
    fn label_keys(&mut self) -> Vec<String> {
        if self.chance(8) { vec![self.text(&["tier", "pod-template-hash"])] } else { Vec::new() }
    }

    fn namespace_selector(&mut self) -> LabelSelector {
        match self.below(4) {
            0 => LabelSelector::default(),
            1 => self.selector(),
            _ => LabelSelector {
                match_labels: Labels::from([("team".to_owned(), self.text(&["x", "y"]))]),
                ..Default::default()
            },
        }
    }

    fn topology_key(&mut self) -> String {
        self.text(&[ZONE, ZONE, HOST, HOST, HOST, "disk", "nowhere"])
    }

    /// A spread constraint, with or without its own selector.
    pub fn spread_constraint(&mut self, with_selector: bool) -> TopologySpreadConstraint {
        use NodeInclusionPolicy::*;
        use WhenUnsatisfiable::*;
        let when_unsatisfiable = self.pick(&[DoNotSchedule, ScheduleAnyway]);
        let hard = when_unsatisfiable == DoNotSchedule;
        let keyed = with_selector && self.chance(20);
        TopologySpreadConstraint {
            max_skew: self.pick(&[1, 1, 2, 3]),
            topology_key: self.topology_key(),
            when_unsatisfiable,
            label_selector: if with_selector { self.maybe(94, Self::selector) } else { None },
            min_domains: if hard { self.maybe(20, |g| g.pick(&[1, 2, 3, 5])) } else { None },
            node_affinity_policy: self.maybe(25, |g| g.pick(&[Honor, Ignore])),
            node_taints_policy: self.maybe(25, |g| g.pick(&[Honor, Ignore])),
            match_label_keys: if keyed { vec!["pod-template-hash".to_owned()] } else { Vec::new() },
        }
    }
}
