//! Random nodes.

use super::{Generator, HOST, ZONE, ZONES};
use bayplan::objects::node::{ContainerImage, NodeSpec, NodeStatus, Taint, TaintEffect};
use bayplan::objects::{Labels, Node, ObjectMeta, ResourceList};
use std::sync::Arc;

/// As many nodes as a random cluster has at most.
pub(super) const NODES_MAX: usize = 14;

pub(super) const IMAGES: [&str; 4] =
    ["docker.io/library/nginx:latest", "docker.io/library/redis:7", "example.com/app:1", "odd"];

impl Generator {
    /// A node of this number.
    pub fn node(&mut self, number: usize) -> Node {
        let name = format!("n{number}");
        let labels = self.node_labels(&name);
        Node {
            meta: ObjectMeta { name, labels: labels.into(), ..Default::default() },
            spec: self.node_spec(),
            status: self.node_status(),
        }
    }

    /// A node of this number that has a host name and one of two zones, as in a large cluster.
    pub fn labelled_node(&mut self, number: usize) -> Node {
        let mut node = self.node(number);
        let labels = Arc::make_mut(&mut node.meta.labels);
        labels.insert(HOST.to_owned(), node.meta.name.clone());
        labels.insert(ZONE.to_owned(), self.text(&ZONES[..2]));
        node
    }

    /// The same node with something changed; often what a kubelet reports.
    pub fn changed_node(&mut self, mut node: Node) -> Node {
        match self.below(8) {
            0..=2 => {
                let images = std::mem::take(&mut node.status.images);
                node.status = NodeStatus { images, ..self.node_status() };
            }
            3 => node.status.images = self.some(3, Self::image),
            4 => node.meta.labels = self.node_labels(&node.meta.name.clone()).into(),
            5 => node.spec = self.node_spec(),
            6 => node.spec.unschedulable = !node.spec.unschedulable,
            _ => {}
        }
        node
    }

    fn node_labels(&mut self, name: &str) -> Labels {
        let mut labels = Labels::new();
        if self.chance(92) {
            labels.insert(HOST.to_owned(), name.to_owned());
        }
        if self.chance(85) {
            labels.insert(ZONE.to_owned(), self.text(&ZONES));
        }
        if self.chance(10) {
            let region = "topology.kubernetes.io/region".to_owned();
            labels.insert(region, self.text(&["r1", "r2"]));
        }
        if self.chance(40) {
            labels.insert("rank".to_owned(), self.text(&["1", "2", "10", "-3", "x", ""]));
        }
        if self.chance(40) {
            labels.insert("disk".to_owned(), self.text(&["ssd", "hdd"]));
        }
        labels
    }

    fn node_spec(&mut self) -> NodeSpec {
        let tainted = self.chance(30);
        NodeSpec {
            unschedulable: self.chance(6),
            taints: if tainted { self.some(3, Self::taint) } else { Vec::new() },
        }
    }

    pub(super) fn taint(&mut self) -> Taint {
        use TaintEffect::*;
        Taint {
            key: self.text(&["k", "l", "node.kubernetes.io/unschedulable"]),
            value: self.text(&["", "v"]),
            effect: self.pick(&[NoSchedule, PreferNoSchedule, PreferNoSchedule, NoExecute]),
        }
    }

    fn node_status(&mut self) -> NodeStatus {
        let mut offered = ResourceList::new();
        let cpu = self.quantity(&["1", "2", "4", "3950m", "8", "0"]);
        let memory = self.quantity(&["1Gi", "2Gi", "4Gi", "8Gi", "3999999999", "0"]);
        let pods = self.quantity(&["110", "110", "4", "2", "0"]);
        for (name, quantity) in [("cpu", cpu), ("memory", memory), ("pods", pods)] {
            if self.chance(97) {
                offered.insert(name.to_owned(), quantity);
            }
        }
        for (name, amounts) in super::pods::SPECIAL_RESOURCES {
            if self.chance(40) {
                offered.insert(name.to_owned(), self.quantity(amounts));
            }
        }
        let images = self.some(3, Self::image);
        if self.chance(10) {
            return NodeStatus { capacity: offered, images, ..Default::default() };
        }
        NodeStatus { allocatable: Some(offered), images, ..Default::default() }
    }

    fn image(&mut self) -> ContainerImage {
        const MEBIBYTE: i64 = 1024 * 1024;
        let sizes = [5 * MEBIBYTE, 40 * MEBIBYTE, 300 * MEBIBYTE, 900 * MEBIBYTE, 1500 * MEBIBYTE];
        ContainerImage {
            names: self.at_least_one(2, |g| g.text(&IMAGES)),
            size_bytes: self.pick(&sizes),
        }
    }
}
