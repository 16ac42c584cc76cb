//! One small cluster per test, with what is expected of it; [`check`] asks every engine.

mod fit;
mod image_locality;
mod inter_pod_affinity;
mod node_affinity;
mod ports_and_names;
mod spread;
mod taints;

use bayplan::cycle::evaluation::{Evaluation, Verdict};
use bayplan::cycle::plain;
use bayplan::objects::policy::{Namespace, Service};
use bayplan::objects::workloads::ReplicaSet;
use bayplan::objects::{Node, Object, Pod, Snapshot, Store};
use bayplan::plugins::Plugin;
use bayplan::plugins::reason::{Code, Rejection};
use bayplan::profile::Profile;
use bayplan::scheduler::Scheduler;
use bayplan::state::Cluster;
use bayplan::state::change::Change;
use bayplan_datasets::make::{MakeNode, MakePod};
use serde_json::Value;

/// A cluster, a pod, and what is expected.
#[derive(Default)]
pub struct Case {
    store: Store,
    nodes: Vec<Node>,
    running: Vec<Pod>,
    pod: Pod,
    profile: Profile,
    expected: Vec<Expected>,
}

enum Expected {
    /// What the filters say about a node: `fits`, `excluded`, or code and reasons.
    Verdict(&'static str, &'static str),
    /// Normalised scores of a plugin, before its weight.
    Scores(Plugin, Vec<(&'static str, i64)>),
    /// The plugin scores no node.
    Skipped(Plugin),
    /// The pod is rejected as a whole, with this code and text.
    Rejected(&'static str),
    /// The attempt ends with this text.
    Error(&'static str),
}

/// Places this pod.
pub fn place(pod: MakePod) -> Case {
    Case { pod: pod.make(), ..Case::default() }
}

impl Case {
    /// In a cluster of these nodes.
    pub fn among(mut self, nodes: impl IntoIterator<Item = MakeNode>) -> Self {
        self.nodes.extend(nodes.into_iter().map(MakeNode::make));
        self
    }

    /// With these pods besides.
    pub fn with_pods(mut self, pods: impl IntoIterator<Item = MakePod>) -> Self {
        self.running.extend(pods.into_iter().map(MakePod::make));
        self
    }

    /// With this namespace.
    pub fn with_namespace(mut self, manifest: Value) -> Self {
        let namespace: Namespace = serde_json::from_value(manifest).expect("a namespace");
        self.store.namespaces.insert(namespace.meta.name.clone(), namespace);
        self
    }

    /// With this service.
    pub fn with_service(mut self, manifest: Value) -> Self {
        let mut service: Service = serde_json::from_value(manifest).expect("a service");
        service.meta.namespace = "default".to_owned();
        self.store.services.insert("default", &service.meta.name.clone(), service);
        self
    }

    /// With this replica set.
    pub fn with_replica_set(mut self, manifest: Value) -> Self {
        let mut replica_set: ReplicaSet = serde_json::from_value(manifest).expect("a replica set");
        replica_set.meta.namespace = "default".to_owned();
        self.store.replica_sets.insert("default", &replica_set.meta.name.clone(), replica_set);
        self
    }

    /// The cluster and the pod, pending; without the other pods.
    fn cluster(&self) -> Cluster {
        let nodes = self.nodes.iter().cloned().map(Object::from);
        let store = &self.store;
        let namespaces = store.namespaces.values().cloned().map(Object::from);
        let services = store.services.iter().cloned().map(Object::from);
        let replica_sets = store.replica_sets.iter().cloned().map(Object::from);
        let objects = nodes.chain(namespaces).chain(services).chain(replica_sets);
        Cluster::from_objects(objects.chain([Object::from(self.pod.clone())]))
            .expect("nothing of a table is refused")
    }

    /// Under a profile changed like this.
    pub fn under(mut self, change: impl FnOnce(&mut Profile)) -> Self {
        change(&mut self.profile);
        self
    }

    /// Expects these verdicts.
    pub fn verdicts<const N: usize>(mut self, nodes: [(&'static str, &'static str); N]) -> Self {
        self.expected.extend(nodes.map(|(node, verdict)| Expected::Verdict(node, verdict)));
        self
    }

    /// Expects these scores.
    pub fn scores<const N: usize>(
        mut self,
        plugin: Plugin,
        nodes: [(&'static str, i64); N],
    ) -> Self {
        self.expected.push(Expected::Scores(plugin, nodes.to_vec()));
        self
    }

    /// Expects that the plugin does not score.
    pub fn skipped(mut self, plugin: Plugin) -> Self {
        self.expected.push(Expected::Skipped(plugin));
        self
    }

    /// Expects that no node is looked at.
    pub fn rejected(mut self, text: &'static str) -> Self {
        self.expected.push(Expected::Rejected(text));
        self
    }

    /// Expects that the attempt fails.
    pub fn fails(mut self, text: &'static str) -> Self {
        self.expected.push(Expected::Error(text));
        self
    }
}

type Engine = fn(&Case) -> Evaluation;

/// Every way of deciding there is; all must agree with the tables.
fn engines() -> Vec<(&'static str, Engine)> {
    vec![
        ("plain", |case| {
            let mut store = case.store.clone();
            case.nodes.iter().for_each(|node| store.images.add_node(node));
            let snapshot = Snapshot::new(&store, &case.nodes, &case.running);
            plain::evaluate(&snapshot, &case.profile, &case.pod)
        }),
        ("fast", |case| {
            let mut scheduler = Scheduler::new(case.profile.clone());
            let mut cluster = case.cluster();
            // A cluster that came to be by changes, each followed by a question.
            for running in &case.running {
                ask(&mut scheduler, &mut cluster, &case.pod);
                cluster.apply(Change::Put(running.clone().into())).expect("sums are small");
            }
            ask(&mut scheduler, &mut cluster, &case.pod)
        }),
        ("fast, nothing remembered", |case| {
            let mut cluster = case.cluster();
            for running in &case.running {
                cluster.apply(Change::Put(running.clone().into())).expect("sums are small");
            }
            ask(&mut Scheduler::new(case.profile.clone()), &mut cluster, &case.pod)
        }),
    ]
}

fn ask(scheduler: &mut Scheduler, cluster: &mut Cluster, pod: &Pod) -> Evaluation {
    let (namespace, name) = (&pod.meta.namespace, &pod.meta.name);
    scheduler.evaluate(cluster, namespace, name).expect("the pod is there")
}

/// Asks every engine and compares.
pub fn check(case: Case) {
    for (engine, evaluate) in engines() {
        let found = evaluate(&case);
        for expected in &case.expected {
            let (expected, found) = render(&case, expected, &found);
            assert_eq!(found, expected, "{engine}");
        }
    }
}

/// What is expected and what was found, as comparable texts.
fn render(case: &Case, expected: &Expected, found: &Evaluation) -> (String, String) {
    let mut names: Vec<&str> = case.nodes.iter().map(Node::name).collect();
    names.sort_unstable();
    let whole = [&found.pre_enqueue, &found.pre_filter].into_iter().flatten().next();
    match expected {
        Expected::Verdict(node, verdict) => {
            let at = names.iter().position(|name| name == node);
            let verdict_found = at.and_then(|at| found.verdicts.get(at));
            let text = verdict_found.map_or_else(|| format!("{found:?}"), verdict_text);
            (format!("{node}: {verdict}"), format!("{node}: {text}"))
        }
        Expected::Scores(plugin, scores) => {
            let weight = case.profile.score.iter().find(|(scored, _)| scored == plugin);
            let weight = weight.map_or(1, |(_, weight)| *weight);
            let part = |row: &bayplan::cycle::evaluation::NodeScore| {
                let part = row.parts.iter().find(|(scored, _)| scored == plugin)?;
                Some((names[row.node], part.1 / weight))
            };
            let parts: Vec<_> = found.scores.iter().filter_map(part).collect();
            (format!("{plugin} {scores:?}"), format!("{plugin} {parts:?}"))
        }
        Expected::Skipped(plugin) => {
            let scored = |row: &bayplan::cycle::evaluation::NodeScore| {
                row.parts.iter().any(|(scored, _)| scored == plugin)
            };
            let scores_at_all = !found.scores.is_empty() && !found.scores.iter().any(scored);
            (format!("{plugin} skipped true"), format!("{plugin} skipped {scores_at_all}"))
        }
        Expected::Rejected(text) => {
            ((*text).to_owned(), whole.map_or_else(|| format!("{found:?}"), rejection_text))
        }
        Expected::Error(text) => ((*text).to_owned(), found.error.clone().unwrap_or_default()),
    }
}

fn verdict_text(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Feasible => "fits".to_owned(),
        Verdict::Excluded => "excluded".to_owned(),
        Verdict::NotExamined => "not examined".to_owned(),
        Verdict::Rejected(rejection) => rejection_text(rejection),
    }
}

fn rejection_text(rejection: &Rejection) -> String {
    let code = match rejection.code {
        Code::Unschedulable => "U",
        Code::UnschedulableAndUnresolvable => "UU",
        Code::Error => "Error",
    };
    format!("{code} {}", rejection.text())
}
