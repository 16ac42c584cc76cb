//! What a pod demands of a node by itself: labels, name and taints. Several plugins ask the same.
//!
//! Source: `k8s.io/component-helpers/scheduling/corev1` (v1.35).

use super::node::{Node, Taint, TaintEffect};
use super::pod::PodSpec;

impl PodSpec {
    /// Whether node selector and required node affinity both allow the node. A term that does not
    /// compile does not match; it does not hinder the others.
    pub fn selects(&self, node: &Node) -> bool {
        let labels = &node.meta.labels;
        let affinity = self.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
        self.node_selector.iter().all(|(key, value)| labels.get(key) == Some(value))
            && affinity
                .and_then(|affinity| affinity.required.as_ref())
                .is_none_or(|required| required.matches(node.name(), labels))
    }

    /// Whether every taint that keeps pods away (`NoSchedule` and `NoExecute`) is tolerated.
    pub fn tolerates_taints_of(&self, node: &Node) -> bool {
        let hard = |taint: &&Taint| taint.effect != TaintEffect::PreferNoSchedule;
        node.spec.taints.iter().filter(hard).all(|taint| self.tolerates(taint))
    }

    /// Whether some toleration tolerates the taint.
    pub fn tolerates(&self, taint: &Taint) -> bool {
        self.tolerations.iter().any(|toleration| toleration.tolerates(taint))
    }
}
