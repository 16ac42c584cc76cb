//! How many more pods of one template the cluster takes, and what stops the next one.

use crate::base::index::Ix;
use crate::batch::{Placed, Template};
use crate::cycle::decision::Decision;
use crate::scheduler::{ScheduleError, Scheduler};
use crate::state::Cluster;

/// How many more pods there is room for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// How many pods get a node without another having to make room.
    pub count: usize,
    /// How many of them each node takes, in order of the node indices.
    pub per_node: Vec<usize>,
    /// What becomes of the pod after them; `None` where as many as were asked for found room.
    pub next: Option<Decision>,
}

impl Scheduler {
    /// Places instances of the template one by one until one gets no node or `limit` have one, and
    /// takes everything back.
    ///
    /// # Errors
    /// An instance cannot be attempted. Nothing is changed then either.
    pub fn capacity(
        &mut self,
        cluster: &mut Cluster,
        template: &Template,
        limit: usize,
    ) -> Result<Capacity, ScheduleError> {
        let mut capacity =
            Capacity { count: 0, per_node: vec![0; cluster.nodes().len()], next: None };
        let savepoint = cluster.savepoint();
        let counted = self.schedule_instances(cluster, &mut template.clone(), |placed| {
            placed.is_none_or(|placed| capacity.count(placed)) && capacity.count < limit
        });
        cluster.rollback(savepoint);
        counted.map(|()| capacity)
    }
}

impl Capacity {
    /// Counts an instance; says whether it got a node.
    fn count(&mut self, placed: Placed) -> bool {
        match placed {
            Placed::On(node) => {
                self.count += 1;
                self.per_node[node.at()] += 1;
                true
            }
            Placed::Not(decision) => {
                self.next = Some(decision);
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::{Node, Pod};
    use serde_json::json;

    fn capacity(limit: usize) -> Capacity {
        let node = |name: &str, cpu: &str| -> Node {
            serde_json::from_value(json!({"metadata": {"name": name},
                "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "10"}}}))
            .expect("a node")
        };
        let pod: Pod = serde_json::from_value(json!({"metadata": {"name": "web"}, "spec":
            {"containers": [{"name": "web", "resources": {"requests": {"cpu": "1"}}}]}}))
        .expect("a pod");
        let nodes = [node("a", "2"), node("b", "3500m")];
        let mut cluster = Cluster::from_objects(nodes.map(Into::into)).expect("they fit");
        let before = cluster.state_hash();
        let found = Scheduler::default().capacity(&mut cluster, &Template::new(pod), limit);
        assert_eq!(cluster.state_hash(), before);
        found.expect("attempted")
    }

    #[test]
    fn a_cluster_takes_what_fits_and_says_what_stops_the_next() {
        let found = capacity(100);
        assert_eq!((found.count, found.per_node), (5, vec![2, 3]));
        let Some(Decision::Unschedulable(why)) = found.next else {
            panic!("the sixth is too many")
        };
        assert!(why.starts_with("0/2 nodes are available: 2 Insufficient cpu."), "{why}");
    }

    #[test]
    fn counting_stops_at_the_limit() {
        assert_eq!(capacity(3).count, 3);
        assert_eq!(capacity(3).next, None);
        assert_eq!(capacity(0).count, 0);
    }
}
