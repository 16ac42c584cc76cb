//! Many pods of one template: the template is read and completed once, its instances are numbered,
//! and placing them reads no text.
//!
//! An instance is an ordinary pod. Placing a hundred of them comes to what placing the hundred pods
//! one by one comes to.

use crate::cycle::decision::Decision;
use crate::objects::Pod;
use crate::scheduler::{Attempted, ScheduleError, Scheduler, Words};
use crate::state::Cluster;
use crate::state::ix::NodeIx;

/// A pod to make others after. What its instances share (labels, spec) is in memory once.
#[derive(Clone, Debug)]
pub struct Template {
    pod: Pod,
    /// The same without a name: what instances are copies of.
    nameless: Pod,
    next_ordinal: u64,
}

impl Template {
    /// The template that a pod is. Its instances are this pod under other names and without a node.
    pub fn new(mut pod: Pod) -> Self {
        pod.node_name = None;
        let mut nameless = pod.clone();
        nameless.meta.name = String::new();
        Self { pod, nameless, next_ordinal: 0 }
    }

    /// The pod that instances are made after.
    pub fn pod(&self) -> &Pod {
        &self.pod
    }

    /// How many ordinals were given.
    pub fn next_ordinal(&self) -> u64 {
        self.next_ordinal
    }

    /// The name of the instance with this ordinal: `<name of the template>-<ordinal>`.
    pub fn name_of(&self, ordinal: u64) -> String {
        let (template, mut digits) = (&self.pod.meta.name, itoa::Buffer::new());
        let digits = digits.format(ordinal);
        let mut name = String::with_capacity(template.len() + 1 + digits.len());
        name.push_str(template);
        name.push('-');
        name.push_str(digits);
        name
    }

    /// An instance of this name.
    pub fn named(&self, name: String) -> Pod {
        let mut pod = self.nameless.clone();
        pod.meta.name = name;
        pod
    }

    /// The next instance that the cluster does not have. An ordinal is never given twice.
    pub fn next_instance(&mut self, cluster: &Cluster) -> Pod {
        loop {
            let name = self.name_of(self.next_ordinal);
            self.next_ordinal += 1;
            if cluster.pods().find(&self.pod.meta.namespace, &name).is_none() {
                return self.named(name);
            }
        }
    }
}

/// What became of one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placed {
    /// It is bound to this node.
    On(NodeIx),
    /// It waits, for what the decision says.
    Not(Decision),
}

impl Placed {
    /// The node it is bound to.
    pub fn node(&self) -> Option<NodeIx> {
        if let Self::On(node) = self { Some(*node) } else { None }
    }
}

impl Scheduler {
    /// Adds as many new instances of the template as `each` wants, and attempts every one. `each`
    /// is told what became of the instance before, first of nothing, and says whether to go on.
    ///
    /// # Errors
    /// An instance could not be attempted, or its binding was refused. It is not in the cluster
    /// then; those before it are.
    pub fn schedule_instances(
        &mut self,
        cluster: &mut Cluster,
        template: &mut Template,
        each: impl FnMut(Option<Placed>) -> bool,
    ) -> Result<(), ScheduleError> {
        self.each_instance(cluster, template, Words::Wanted, each)
    }

    fn each_instance(
        &mut self,
        cluster: &mut Cluster,
        template: &mut Template,
        words: Words,
        mut each: impl FnMut(Option<Placed>) -> bool,
    ) -> Result<(), ScheduleError> {
        let mut before = None;
        while each(before.take()) {
            let pod = template.next_instance(cluster);
            before = Some(self.schedule_instance(cluster, pod, words)?);
        }
        Ok(())
    }

    /// Adds as many new instances of the template as `nodes` has places, attempts every one, and
    /// writes down the nodes. Says how many got one. Instances that got none stay in the cluster
    /// and wait.
    ///
    /// # Errors
    /// See [`Scheduler::schedule_instances`].
    pub fn schedule_template(
        &mut self,
        cluster: &mut Cluster,
        template: &mut Template,
        nodes: &mut [Option<NodeIx>],
    ) -> Result<usize, ScheduleError> {
        let mut places = nodes.iter_mut();
        let mut place: Option<&mut Option<NodeIx>> = None;
        let mut bound = 0;
        self.each_instance(cluster, template, Words::Unwanted, |placed| {
            if let (Some(place), Some(placed)) = (place.take(), placed) {
                *place = placed.node();
                bound += usize::from(place.is_some());
            }
            place = places.next();
            place.is_some()
        })?;
        Ok(bound)
    }

    /// Adds one instance, whose name is new, and attempts it.
    fn schedule_instance(
        &mut self,
        cluster: &mut Cluster,
        pod: Pod,
        words: Words,
    ) -> Result<Placed, ScheduleError> {
        let pod = cluster.insert_pod(Box::new(pod))?;
        match self.attempt(cluster, pod, None, words) {
            Ok(Attempted::Bound { node, .. }) => Ok(Placed::On(node)),
            // What columns do not cover may be bound as well.
            Ok(Attempted::Other(decision)) => {
                let node = decision.node().and_then(|node| cluster.nodes().find(node));
                Ok(node.map_or(Placed::Not(decision), Placed::On))
            }
            Err(error) => {
                cluster.remove_pod(pod);
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::Node;
    use crate::state::change::Change;
    use serde_json::{Value, json};

    fn cluster(nodes: usize) -> Cluster {
        let node = |at: usize| -> Node {
            let name = format!("node-{at}");
            serde_json::from_value(json!({
                "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
                "status": {"allocatable": {"cpu": "2", "memory": "4Gi", "pods": "10"}},
            }))
            .expect("a node")
        };
        Cluster::from_objects((0..nodes).map(|at| node(at).into())).expect("nodes fit together")
    }

    fn template(spec: Value) -> Template {
        let pod = json!({"metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
            "spec": spec});
        Template::new(serde_json::from_value(pod).expect("a pod"))
    }

    fn small() -> Value {
        json!({"containers": [{"name": "web", "resources": {"requests": {"cpu": "500m"}}}]})
    }

    /// Places instances in one batch and one by one, on five nodes with room for four each.
    fn check(spec: Value, count: usize) {
        let (mut together, mut apart) = (cluster(5), cluster(5));
        let mut template = template(spec);
        let one_by_one: Vec<_> = (0..count)
            .map(|ordinal| {
                let pod = template.named(template.name_of(ordinal as u64));
                let name = pod.meta.name.clone();
                apart.apply(Change::Put(pod.into())).expect("a pod");
                match Scheduler::default().schedule(&mut apart, "shop", &name).expect("attempted") {
                    Decision::Bound { node, .. } => apart.nodes().find(&node),
                    _ => None,
                }
            })
            .collect();
        let mut nodes = vec![None; count];
        let bound = Scheduler::default()
            .schedule_template(&mut together, &mut template, &mut nodes)
            .expect("attempted");
        assert_eq!(nodes, one_by_one);
        assert_eq!(bound, nodes.iter().flatten().count());
        assert_eq!(together.state_hash(), apart.state_hash());
    }

    #[test]
    fn a_batch_comes_to_what_its_pods_come_to_one_by_one() {
        check(small(), 0);
        check(small(), 7);
        check(small(), 25);
        let mut spread = small();
        spread["topologySpreadConstraints"] = json!([{"maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"app": "web"}}}]);
        check(spread, 12);
    }

    #[test]
    fn ordinals_that_are_taken_are_passed_over() {
        let mut cluster = cluster(1);
        let mut template = template(small());
        let taken = template.named("web-1".to_owned());
        cluster.apply(Change::Put(taken.into())).expect("a pod");
        let mut nodes = [None; 2];
        Scheduler::default()
            .schedule_template(&mut cluster, &mut template, &mut nodes)
            .expect("room");
        assert!(cluster.pod("shop", "web-0").is_some_and(|pod| pod.node_name.is_some()));
        assert!(cluster.pod("shop", "web-1").is_some_and(|pod| pod.node_name.is_none()));
        assert!(cluster.pod("shop", "web-2").is_some_and(|pod| pod.node_name.is_some()));
    }

    #[test]
    fn an_instance_that_cannot_be_attempted_does_not_stay() {
        let mut cluster = cluster(1);
        let mut spec = small();
        spec["schedulerName"] = json!("another");
        let before = cluster.state_hash();
        let placed =
            Scheduler::default().schedule_template(&mut cluster, &mut template(spec), &mut [None]);
        assert!(matches!(placed, Err(ScheduleError::NoProfile { .. })));
        assert_eq!(cluster.state_hash(), before);
    }
}
