//! The constraints that hold for a pod: its own or the default ones, with selectors made ready.

use crate::objects::labels::{LabelOperator, LabelRequirement, LabelSelector};
use crate::objects::meta::Labels;
use crate::objects::node::{HOSTNAME, ZONE};
use crate::objects::pod::{NodeInclusionPolicy, TopologySpreadConstraint, WhenUnsatisfiable};
use crate::objects::{Node, NodeInfo, Pod, Store};
use crate::profile::SpreadArguments;

/// A constraint as it is applied to one pod.
#[derive(Clone, Debug)]
pub(super) struct Constraint {
    pub(super) max_skew: i64,
    pub(super) topology_key: String,
    pub(super) min_domains: i64,
    /// `None` selects nothing.
    pub(super) selector: Option<LabelSelector>,
    pub(super) affinity_counts: bool,
    pub(super) taints_count: bool,
}

impl Constraint {
    fn new(written: &TopologySpreadConstraint, selector: Option<LabelSelector>) -> Self {
        let honored =
            |policy: Option<_>, default| policy.unwrap_or(default) == NodeInclusionPolicy::Honor;
        let affinity = written.node_affinity_policy;
        let taints = written.node_taints_policy;
        Self {
            max_skew: i64::from(written.max_skew),
            topology_key: written.topology_key.clone(),
            min_domains: i64::from(written.min_domains.unwrap_or(1)),
            selector,
            affinity_counts: honored(affinity, NodeInclusionPolicy::Honor),
            taints_count: honored(taints, NodeInclusionPolicy::Ignore),
        }
    }

    /// Whether the node's pods and its domain count.
    pub(super) fn counts_node(&self, pod: &Pod, node: &Node) -> bool {
        (!self.affinity_counts || pod.spec.selects(node))
            && (!self.taints_count || pod.spec.tolerates_taints_of(node))
    }

    /// Whether the selector selects the pod.
    pub(super) fn selects(&self, pod: &Pod) -> bool {
        self.selector.as_ref().is_some_and(|selector| selector.matches(&pod.meta.labels))
    }

    /// How many pods of the node count. A selector without requirements selects every pod but
    /// counts none: upstream takes it for a selector that was not given.
    pub(super) fn count(&self, incoming: &Pod, node: &NodeInfo<'_>) -> i64 {
        if self.selector.as_ref().is_some_and(LabelSelector::is_empty) {
            return 0;
        }
        let same_namespace = |pod: &&&Pod| pod.meta.namespace == incoming.meta.namespace;
        let running = node.pods.iter().filter(same_namespace).filter(|pod| !pod.is_terminating());
        running.filter(|pod| self.selects(pod)).count() as i64
    }
}

/// The constraints of one kind that hold for the pod; the error says which selector does not
/// compile.
pub(super) fn constraints(
    pod: &Pod,
    store: &Store,
    defaults: &SpreadArguments,
    kind: WhenUnsatisfiable,
) -> Result<Vec<Constraint>, String> {
    let of_kind = |written: &&TopologySpreadConstraint| written.when_unsatisfiable == kind;
    let own = &pod.spec.topology_spread_constraints;
    if own.is_empty() {
        let selector = default_selector(pod, store);
        if selector.is_empty() {
            return Ok(Vec::new());
        }
        let defaults = default_constraints(defaults);
        let selected = |written| Constraint::new(written, Some(selector.clone()));
        return Ok(defaults.iter().filter(of_kind).map(selected).collect());
    }
    let ready = |written: &TopologySpreadConstraint| match written.label_selector.as_ref() {
        None => Ok(Constraint::new(written, None)),
        Some(selector) => match selector.invalid() {
            Some(text) => Err(text),
            None => {
                let selector = with_match_label_keys(selector, written, pod);
                Ok(Constraint::new(written, Some(selector)))
            }
        },
    };
    let ready: Result<_, String> = own.iter().filter(of_kind).map(ready).collect();
    let strength = match kind {
        WhenUnsatisfiable::DoNotSchedule => "hard",
        WhenUnsatisfiable::ScheduleAnyway => "soft",
    };
    ready.map_err(|text| format!("obtaining pod's {strength} topology spread constraints: {text}"))
}

fn default_constraints(arguments: &SpreadArguments) -> Vec<TopologySpreadConstraint> {
    let soft = |topology_key: &str, max_skew| TopologySpreadConstraint {
        max_skew,
        topology_key: topology_key.to_owned(),
        when_unsatisfiable: WhenUnsatisfiable::ScheduleAnyway,
        label_selector: None,
        min_domains: None,
        node_affinity_policy: None,
        node_taints_policy: None,
        match_label_keys: Vec::new(),
    };
    match arguments {
        SpreadArguments::System => vec![soft(HOSTNAME, 3), soft(ZONE, 5)],
        SpreadArguments::List(constraints) => constraints.clone(),
    }
}

/// The selector with the values that the pod has for the keys of `matchLabelKeys`.
fn with_match_label_keys(
    selector: &LabelSelector,
    written: &TopologySpreadConstraint,
    pod: &Pod,
) -> LabelSelector {
    let labels = &pod.meta.labels;
    let keys = written.match_label_keys.iter();
    let pairs = keys.filter_map(|key| Some((key, labels.get(key)?)));
    let mut selector = selector.clone();
    selector.match_expressions.extend(pairs.map(equals));
    selector
}

fn equals((key, value): (&String, &String)) -> LabelRequirement {
    LabelRequirement { key: key.clone(), operator: LabelOperator::In, values: vec![value.clone()] }
}

/// Selects the pods of the services that select the pod and of the controller that owns it, all at
/// once; empty where there are none.
fn default_selector(pod: &Pod, store: &Store) -> LabelSelector {
    let namespace = &pod.meta.namespace;
    let mut selector = LabelSelector::default();
    let mut require = |pairs: &Labels| selector.match_expressions.extend(pairs.iter().map(equals));
    let selects =
        |pairs: &&Labels| pairs.iter().all(|(key, value)| pod.meta.labels.get(key) == Some(value));
    let services = store.services.in_namespace(namespace);
    services
        .filter_map(|service| service.spec.selector.as_ref())
        .filter(selects)
        .for_each(&mut require);
    let Some(owner) = pod.meta.controller() else { return selector };
    let owning = match (owner.api_version.as_str(), owner.kind.as_str()) {
        ("v1", "ReplicationController") => {
            let controller = store.replication_controllers.get(namespace, &owner.name);
            controller.and_then(|it| it.spec.selector.as_ref()).into_iter().for_each(require);
            None
        }
        ("apps/v1", "ReplicaSet") => {
            let replica_set = store.replica_sets.get(namespace, &owner.name);
            replica_set.and_then(|it| it.spec.selector.as_ref())
        }
        ("apps/v1", "StatefulSet") => {
            let stateful_set = store.stateful_sets.get(namespace, &owner.name);
            stateful_set.and_then(|it| it.spec.selector.as_ref())
        }
        _ => None,
    };
    if let Some(owning) = owning.filter(|owning| owning.invalid().is_none()) {
        selector.match_expressions.extend(owning.match_labels.iter().map(equals));
        selector.match_expressions.extend(owning.match_expressions.iter().cloned());
    }
    selector
}
