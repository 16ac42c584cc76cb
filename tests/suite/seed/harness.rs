//! A cluster made of the manifests beside the tests, and what becomes of it.

use bayplan::controllers::{ExpandOptions, ExpandedPod, Expansion, expand};
use bayplan::objects::manifest::{Input, Reader};
use bayplan::objects::{Object, Pod};
use bayplan::plan::placement::{NodeUse, PodPlacement, PodState};
use bayplan::plan::{Explanation, PlaceOptions, Placement, explain, place};
use std::path::Path;
use std::sync::Arc;

/// The small cluster: a master and three workers.
pub const SMALL: &str = "01-nodes-small";
/// Three nodes, the first of them a master with the elder taint.
pub const KUBESPHERE: &str = "00-nodes-kubesphere";
/// Four workers in two zones.
pub const ZONES: &str = "03-nodes-zones";

/// What the text adds where preemption cannot help on any of `nodes`.
pub fn not_helpful(nodes: usize) -> String {
    tail(nodes, &format!("{nodes} Preemption is not helpful for scheduling."))
}

/// What is added where PreFilter ended the attempt before DynamicResources saw the pod: its
/// PostFilter finds nothing of its own and fails, as recordings of kube-scheduler show.
pub const NOT_PREPARED: &str = "not found";

/// What PostFilter adds to a text.
pub fn tail(nodes: usize, reasons: &str) -> String {
    format!("no new claims to deallocate, preemption: 0/{nodes} nodes are available: {reasons}")
}

/// The text of a manifest.
pub fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("manifests").join(format!("{name}.yaml"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What reading a text gives.
pub fn read(text: &str) -> Input {
    let mut reader = Reader::new();
    reader.read("manifest", text.as_bytes());
    reader.finish()
}

/// The objects of a cluster.
#[derive(Clone, Debug, Default)]
pub struct World {
    objects: Vec<Object>,
}

impl World {
    /// The objects of these manifests.
    pub fn of(names: &[&str]) -> Self {
        names.iter().fold(Self::default(), |world, name| world.apply(&text(name)))
    }

    /// Adds the objects of a text; those that are there already are replaced.
    pub fn apply(mut self, text: &str) -> Self {
        let input = read(text);
        assert!(input.faults.is_empty(), "{:?}", input.faults);
        for object in input.objects.into_iter().map(|located| located.object) {
            match self.objects.iter_mut().find(|own| is_same(own, &object)) {
                Some(own) => *own = object,
                None => self.objects.push(object),
            }
        }
        self
    }

    /// Changes the nodes of that name.
    pub fn change_node(mut self, name: &str, change: impl Fn(&mut bayplan::objects::Node)) -> Self {
        for object in &mut self.objects {
            if let Object::Node(node) = object
                && node.meta.name == name
            {
                change(node);
            }
        }
        self
    }

    /// Cordons a node, as `kubectl cordon` and the node controller do it.
    pub fn cordon(self, name: &str) -> Self {
        use bayplan::objects::node::{Taint, TaintEffect};
        self.change_node(name, |node| {
            node.spec.unschedulable = true;
            node.spec.taints.push(Taint {
                key: "node.kubernetes.io/unschedulable".to_owned(),
                value: String::new(),
                effect: TaintEffect::NoSchedule,
            });
        })
    }

    /// Removes an object by name.
    pub fn remove(mut self, name: &str) -> Self {
        self.objects.retain(|object| object.meta().name != name);
        self
    }

    /// What the controllers make of the objects.
    pub fn expand(&self) -> Expansion {
        expand(&self.objects, &ExpandOptions::default()).expect("an expansion")
    }

    /// Where every pod goes.
    pub fn place(&self) -> Placement {
        place(self.objects.clone(), &PlaceOptions::default(), &mut |_, _| {}).expect("a placement")
    }

    /// What was said about a pod when it was placed.
    pub fn explain(&self, pod: &str) -> Explanation {
        let options = PlaceOptions::default();
        explain(self.objects.clone(), pod, &options, &mut |_, _| {}).expect("an explanation")
    }

    /// The cluster after everything that can be placed is.
    pub fn settle(mut self) -> Self {
        let placement = self.place();
        let mut expansion = self.expand();
        let node_of = |pod: &Pod| {
            let mut pods = placement.pods.iter();
            let found =
                pods.find(|one| one.name == pod.meta.name && one.namespace == pod.meta.namespace);
            found.and_then(|one| one.node.clone())
        };
        self.objects.append(&mut expansion.objects);
        for ExpandedPod { mut pod, .. } in expansion.pods {
            pod.node_name = node_of(&pod).map(Arc::from);
            self.objects.retain(|own| {
                !(matches!(own, Object::Pod(_)) && own.meta().key() == pod.meta.key())
            });
            self.objects.push(pod.into());
        }
        self
    }
}

fn is_same(a: &Object, b: &Object) -> bool {
    a.kind() == b.kind() && a.meta().key() == b.meta().key()
}

/// Short questions to a placement.
pub trait Questions {
    /// Nodes of the pods whose names begin so, sorted; `-` for none.
    fn nodes_of(&self, prefix: &str) -> Vec<String>;
    /// The pod of that name.
    fn pod(&self, name: &str) -> &PodPlacement;
    /// The text about the only pod that found no node.
    fn pending_text(&self) -> &str;
    /// How many pods with names that begin so are on a node.
    fn count(&self, prefix: &str, node: &str) -> usize;
    /// The node of that name.
    fn node(&self, name: &str) -> &NodeUse;
    /// Whether a note holds this text.
    fn has_note(&self, text: &str) -> bool;
}

impl Questions for Placement {
    fn nodes_of(&self, prefix: &str) -> Vec<String> {
        let pods = self.pods.iter().filter(|pod| pod.name.starts_with(prefix));
        let nodes = pods.map(|pod| pod.node.clone().unwrap_or_else(|| "-".to_owned()));
        let mut nodes: Vec<_> = nodes.collect();
        nodes.sort();
        nodes
    }

    fn pod(&self, name: &str) -> &PodPlacement {
        let found = self.pods.iter().find(|pod| pod.name == name);
        found.unwrap_or_else(|| panic!("no pod {name} among {:?}", self.pods))
    }

    fn pending_text(&self) -> &str {
        let pending: Vec<_> =
            self.pods.iter().filter(|pod| pod.state == PodState::Pending).collect();
        let [pod] = pending[..] else { panic!("one pending pod, found {pending:?}") };
        pod.message.as_deref().unwrap_or_default()
    }

    fn count(&self, prefix: &str, node: &str) -> usize {
        self.nodes_of(prefix).iter().filter(|name| *name == node).count()
    }

    fn node(&self, name: &str) -> &NodeUse {
        self.nodes.iter().find(|node| node.name == name).expect(name)
    }

    fn has_note(&self, text: &str) -> bool {
        self.notes.iter().any(|note| note.contains(text))
    }
}

/// Workers of the small cluster.
pub const WORKERS: [&str; 3] = ["node-1", "node-2", "node-3"];
