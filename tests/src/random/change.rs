//! Random changes of a cluster as it is.

use super::Generator;
use super::nodes::NODES_MAX;
use bayplan::base::time::Timestamp;
use bayplan::objects::{Kind, Node, Object, Pod};
use bayplan::state::Cluster;
use bayplan::state::change::Change;

/// As many pods as a random cluster has, about.
const PODS_MAX: usize = 24;

/// One step of a random sequence.
#[derive(Clone, Debug)]
pub enum Step {
    /// A change; it may be refused.
    Change(Box<Change>),
    /// Many objects at once.
    Load(Vec<Object>),
    /// Remember the state.
    Savepoint,
    /// Go back to the latest state that is remembered.
    Rollback,
    /// Forget the latest state that is remembered.
    Commit,
    /// Place every pod that waits.
    SchedulePending,
}

impl Generator {
    /// A cluster to begin with.
    pub fn cluster(&mut self) -> Cluster {
        let mut cluster = Cluster::new();
        let (count, large) = match self.below(100) {
            0 => (100 + self.below(60), true),
            1..=3 => (30 + self.below(30), true),
            4..=33 => (2 + self.below(NODES_MAX - 1), false),
            _ => (2 + self.below(5), false),
        };
        let mut objects: Vec<Object> = (0..count)
            .map(|at| if large { self.labelled_node(at) } else { self.node(at) }.into())
            .collect();
        objects.extend(self.some(8, Self::object));
        // So many that most names are taken: pods refer to them.
        if self.with_volumes > 0 {
            objects.extend((0..80).map(|_| self.storage_object()));
        }
        if self.with_devices > 0 {
            objects.extend((0..60).map(|_| self.device_object()));
        }
        let names: Vec<String> = (0..count).map(|at| format!("n{at}")).collect();
        for _ in 0..self.below(12) {
            let pod = self.pod();
            objects.extend(self.made_for(&pod));
            let bound = self.chance(70);
            let node_name = bound.then(|| self.pick(&names).into());
            objects.push(Pod { node_name, ..pod }.into());
        }
        // None of these is refused: sums are small.
        let _all_in = cluster.load(objects);
        cluster
    }

    /// What happens next.
    pub fn step(&mut self, cluster: &Cluster, savepoints: usize) -> Step {
        match self.below(60) {
            0..=3 if savepoints < 3 => Step::Savepoint,
            4 | 5 if savepoints > 0 => Step::Rollback,
            6 | 7 if savepoints > 0 => Step::Commit,
            8 => Step::SchedulePending,
            9 => Step::Load(self.objects_at_once(cluster)),
            _ => self.change_with_claims(cluster),
        }
    }

    /// A change; a pod comes with the claims that controllers make for it.
    fn change_with_claims(&mut self, cluster: &Cluster) -> Step {
        let change = self.change(cluster);
        let Change::Put(Object::Pod(pod)) = &change else { return Step::Change(Box::new(change)) };
        let mut objects = self.made_for(pod);
        if objects.is_empty() {
            return Step::Change(Box::new(change));
        }
        objects.push(Object::Pod(pod.clone()));
        Step::Load(objects)
    }

    /// Objects of several kinds, some of which replace others.
    fn objects_at_once(&mut self, cluster: &Cluster) -> Vec<Object> {
        let mut objects = vec![self.object()];
        for _ in 0..self.below(3) {
            let number = self.below(NODES_MAX);
            objects.push(self.node(number).into());
        }
        objects.push(self.replacement(cluster).into());
        for _ in 0..self.below(4) {
            let pod = self.new_pod(cluster);
            objects.extend(self.made_for(&pod));
            objects.push(pod.into());
        }
        objects
    }

    /// The claims that controllers make for a pod.
    fn made_for(&mut self, pod: &Pod) -> Vec<Object> {
        let mut made = self.ephemeral_claims(pod);
        made.extend(self.claims_from_templates(pod));
        made.retain(|_| self.chance(93));
        made
    }

    /// A change that fits the cluster, mostly.
    pub fn change(&mut self, cluster: &Cluster) -> Change {
        let full = cluster.pods().len() > PODS_MAX;
        match self.below(40) {
            0..=13 if !full => Change::Put(self.new_pod(cluster).into()),
            0..=17 => self.deletion_of_a_pod(cluster),
            18..=21 => self.changed_state_of_a_pod(cluster),
            22..=27 => self.binding(cluster),
            28 | 29 => self.nomination(cluster),
            30..=33 => Change::Put(self.replacement(cluster).into()),
            34 => {
                let number = self.below(NODES_MAX);
                Change::Put(self.node(number).into())
            }
            35 => self.deletion_of_a_node(cluster),
            36 | 37 => Change::Put(self.object()),
            38 => Change::Put(self.object_of_a_pod(cluster)),
            _ => {
                let (kind, namespace, name) = self.object_name();
                Change::Delete { kind, namespace, name }
            }
        }
    }

    fn new_pod(&mut self, cluster: &Cluster) -> Pod {
        match self.any_pod(cluster, |_| true) {
            Some(pod) if self.chance(50) => self.replica(&pod),
            _ => self.pod(),
        }
    }

    /// What a controller makes for a pod that is there, or any other object.
    fn object_of_a_pod(&mut self, cluster: &Cluster) -> Object {
        let pod = self.any_pod(cluster, |pod| {
            !pod.spec.volumes.is_empty() || !pod.spec.resource_claims.is_empty()
        });
        let made = pod.and_then(|pod| self.made_for(&pod).into_iter().next());
        made.unwrap_or_else(|| self.object())
    }

    /// A pod that is waiting for a node.
    pub fn pending_pod(&mut self, cluster: &Cluster) -> Option<Pod> {
        self.any_pod(cluster, |pod| pod.node_name.is_none() && !pod.is_terminal())
    }

    fn any_pod(&mut self, cluster: &Cluster, wanted: impl Fn(&Pod) -> bool) -> Option<Pod> {
        let rows = cluster.pods().iter().map(|(_, row)| &*row.pod);
        let pods: Vec<&Pod> = rows.filter(|pod| wanted(pod)).collect();
        (!pods.is_empty()).then(|| pods[self.below(pods.len())].clone())
    }

    fn any_node(&mut self, cluster: &Cluster) -> Option<Node> {
        let nodes = cluster.nodes();
        (!nodes.is_empty()).then(|| {
            let rank = self.below(nodes.len());
            (*nodes.objects[nodes.by_rank[rank]]).clone()
        })
    }

    fn node_name(&mut self, cluster: &Cluster) -> String {
        let node = self.any_node(cluster).filter(|_| !self.chance(3));
        node.map_or_else(|| "gone".to_owned(), |node| node.meta.name)
    }

    fn deletion_of_a_pod(&mut self, cluster: &Cluster) -> Change {
        let pod = self.any_pod(cluster, |_| true);
        let (namespace, name) = name_of(pod);
        Change::Delete { kind: Kind::Pod, namespace, name }
    }

    fn changed_state_of_a_pod(&mut self, cluster: &Cluster) -> Change {
        let node = self.node_name(cluster);
        match self.any_pod(cluster, |_| true) {
            Some(pod) => Change::Put(self.changed_pod(pod, &[node]).into()),
            None => Change::Put(self.pod().into()),
        }
    }

    fn binding(&mut self, cluster: &Cluster) -> Change {
        let pod = if self.chance(95) {
            self.pending_pod(cluster)
        } else {
            self.any_pod(cluster, |_| true)
        };
        let (namespace, name) = name_of(pod);
        let start_time = self.maybe(50, |g| Timestamp(g.below(50) as i64));
        Change::Bind { namespace, name, node: self.node_name(cluster), start_time }
    }

    fn nomination(&mut self, cluster: &Cluster) -> Change {
        let pod = if self.chance(95) {
            self.pending_pod(cluster)
        } else {
            self.any_pod(cluster, |_| true)
        };
        let (namespace, name) = name_of(pod);
        let node = self.maybe(40, |g| g.node_name(cluster));
        Change::Nominate { namespace, name, node }
    }

    fn replacement(&mut self, cluster: &Cluster) -> Node {
        match self.any_node(cluster) {
            Some(node) => self.changed_node(node),
            None => self.node(0),
        }
    }

    fn deletion_of_a_node(&mut self, cluster: &Cluster) -> Change {
        let name = self.node_name(cluster);
        Change::Delete { kind: Kind::Node, namespace: String::new(), name }
    }
}

/// Namespace and name; of a pod that is not there where there is none.
fn name_of(pod: Option<Pod>) -> (String, String) {
    pod.map_or_else(
        || ("default".to_owned(), "none".to_owned()),
        |pod| (pod.meta.namespace, pod.meta.name),
    )
}
