//! Taking a pod off its node while it stays in the cluster.

use super::Cluster;
use super::change::{Change, ChangeError, Refusal};
use crate::objects::Kind;
use crate::objects::pod::PodPhase;

impl Cluster {
    /// Makes a bound pod pending again, as if it had never started: it counts on no node and waits
    /// for one. Volumes and devices that were bound with it stay bound to their claims, as they do
    /// in Kubernetes. Undone with a savepoint like every change.
    ///
    /// # Errors
    /// There is no such pod, or it is not bound.
    pub fn unbind(&mut self, namespace: &str, name: &str) -> Result<(), ChangeError> {
        let refuse =
            |reason| ChangeError { kind: Kind::Pod, object: format!("{namespace}/{name}"), reason };
        let found = self.pod(namespace, name).ok_or_else(|| refuse(Refusal::NotFound))?;
        if found.node_name.is_none() {
            return Err(refuse(Refusal::NotBound));
        }
        let mut pod = found.clone();
        pod.node_name = None;
        pod.status.phase = PodPhase::Pending;
        pod.status.start_time = None;
        self.apply(Change::Put(pod.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scheduler;
    use serde_json::json;

    fn cluster() -> Cluster {
        let node = json!({"metadata": {"name": "a"},
            "status": {"allocatable": {"cpu": "1", "memory": "1Gi", "pods": "10"}}});
        let pod = json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": {"containers": [
            {"name": "web", "resources": {"requests": {"cpu": "600m"}}}]}});
        let node: crate::Node = serde_json::from_value(node).expect("a node");
        let pod: crate::Pod = serde_json::from_value(pod).expect("a pod");
        Cluster::from_objects([node.into(), pod.into()]).expect("they fit together")
    }

    #[test]
    fn an_unbound_pod_waits_again_and_takes_nothing() {
        let mut cluster = cluster();
        let before = cluster.state_hash();
        Scheduler::default().schedule(&mut cluster, "shop", "web").expect("there is room");
        assert_ne!(cluster.state_hash().objects, before.objects);
        cluster.unbind("shop", "web").expect("it is bound");
        assert_eq!(cluster.state_hash(), before);
        assert!(cluster.is_counted_right());
    }

    #[test]
    fn a_pod_without_a_node_cannot_be_unbound() {
        let reason = |name| cluster().unbind("shop", name).map_err(|error| error.reason);
        assert_eq!(reason("web"), Err(Refusal::NotBound));
        assert_eq!(reason("db"), Err(Refusal::NotFound));
    }

    #[test]
    fn unbinding_is_undone_with_its_savepoint() {
        let mut cluster = cluster();
        Scheduler::default().schedule(&mut cluster, "shop", "web").expect("there is room");
        let before = cluster.state_hash();
        let savepoint = cluster.savepoint();
        cluster.unbind("shop", "web").expect("it is bound");
        cluster.rollback(savepoint);
        assert_eq!(cluster.state_hash(), before);
    }
}
