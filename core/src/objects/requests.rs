//! What a pod requests and what a node offers, as numbers.
//!
//! Source: `k8s.io/component-helpers/resource/helpers.go`, `pkg/scheduler/framework/types.go` (v1.35).
//!
//! Sums saturate. No object with a request near 2⁶³ gets past reading, so this is a last guard, and
//! a saturated sum still means what it should: more than any node has.

use super::pod::{Container, ContainerStatus, Pod, PodSpec};
use super::quantity::{Quantity, ResourceList};
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// Amounts of every tracked resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Resources {
    /// CPU in thousandths.
    pub milli_cpu: i64,
    /// Memory in bytes.
    pub memory: i64,
    /// Ephemeral storage in bytes.
    pub ephemeral_storage: i64,
    /// How many pods a node takes; 0 for requests.
    pub pods: i64,
    /// Extended and other scalar resources, whole numbers. An entry of zero is an entry.
    pub scalars: BTreeMap<String, i64>,
}

impl Resources {
    /// The tracked resources of a list; names that nobody tracks are left out.
    pub fn from_list(list: &ResourceList) -> Self {
        Self::from_amounts(list.iter().map(|(name, quantity)| (name.as_str(), *quantity)))
    }

    fn from_amounts<'a>(amounts: impl IntoIterator<Item = (&'a str, Quantity)>) -> Self {
        let mut resources = Self::default();
        for (name, quantity) in amounts {
            match name {
                "cpu" => resources.milli_cpu = milli(quantity),
                "memory" => resources.memory = quantity.value(),
                "ephemeral-storage" => resources.ephemeral_storage = quantity.value(),
                "pods" => resources.pods = quantity.value(),
                name if is_scalar(name) => {
                    resources.scalars.insert(name.to_owned(), quantity.value());
                }
                _ => {}
            }
        }
        resources
    }

    /// Adds `other`, except for its `pods`.
    pub fn add(&mut self, other: &Self) {
        self.combine(other, i64::saturating_add);
    }

    /// Subtracts `other`, except for its `pods`. Entries stay, also at zero.
    pub fn subtract(&mut self, other: &Self) {
        self.combine(other, i64::saturating_sub);
    }

    fn combine(&mut self, other: &Self, with: fn(i64, i64) -> i64) {
        self.milli_cpu = with(self.milli_cpu, other.milli_cpu);
        self.memory = with(self.memory, other.memory);
        self.ephemeral_storage = with(self.ephemeral_storage, other.ephemeral_storage);
        for (name, amount) in &other.scalars {
            let mine = self.scalars.entry(name.clone()).or_default();
            *mine = with(*mine, *amount);
        }
    }

    /// The amount of a resource by name: CPU in thousandths, everything else whole; 0 for a name
    /// without an entry.
    pub fn get(&self, name: &str) -> i64 {
        match name {
            "cpu" => self.milli_cpu,
            "memory" => self.memory,
            "ephemeral-storage" => self.ephemeral_storage,
            "pods" => self.pods,
            name => self.scalars.get(name).copied().unwrap_or(0),
        }
    }
}

/// CPU in thousandths. Reading refuses quantities of CPU that do not fit.
fn milli(quantity: Quantity) -> i64 {
    quantity.milli_value().unwrap_or(i64::MAX)
}

/// Whether a resource is tracked as a whole number under its own name.
pub fn is_scalar(name: &str) -> bool {
    is_extended(name)
        || name.starts_with("hugepages-")
        || name.contains("kubernetes.io/")
        || name.starts_with("attachable-volumes-")
}

/// Whether a resource is extended: named by somebody outside Kubernetes.
pub fn is_extended(name: &str) -> bool {
    name.contains('/')
        && !name.contains("kubernetes.io/")
        && !name.starts_with("requests.")
        && super::labels::invalid_label_key(&format!("requests.{name}")).is_none()
}

/// CPU that a container without a request counts with in the score, in thousandths.
pub const DEFAULT_MILLI_CPU: i64 = 100;
/// Memory that a container without a request counts with in the score, in bytes.
pub const DEFAULT_MEMORY: i64 = 200 * 1024 * 1024;

/// Who asks for a pod's requests; upstream computes them in four ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestsOf {
    /// A pod to be placed, for filters: what the spec says.
    Incoming,
    /// A pod to be placed, for NodeResourcesFit's score: pod-level requests are not looked at, and
    /// containers without CPU or memory requests count with the defaults.
    IncomingForScore,
    /// A pod on a node: resources in force after a resize count too.
    Bound,
    /// The same for scoring (CPU and memory only): containers without a request count with the
    /// defaults; where the pod states requests for itself, only for what the pod as a whole does
    /// not request.
    BoundForScore,
}

impl RequestsOf {
    fn status_counts(self) -> bool {
        matches!(self, Self::Bound | Self::BoundForScore)
    }

    fn pod_level_counts(self) -> bool {
        self != Self::IncomingForScore
    }
}

/// The pod's effective request.
pub fn pod_requests(pod: &Pod, of: RequestsOf) -> Resources {
    let amounts = match of {
        RequestsOf::Incoming | RequestsOf::Bound => effective(pod, of, &[]),
        RequestsOf::IncomingForScore => effective(pod, of, &container_defaults()),
        RequestsOf::BoundForScore => {
            let defaults = container_defaults();
            let mut missing: SmallVec<[_; 2]> = defaults.into_iter().collect();
            if pod_level_requests(pod).is_some() {
                let stated = effective(pod, of, &[]);
                missing.retain(|(name, _)| stated.get(name).is_none());
            }
            effective(pod, of, &missing)
        }
    };
    Resources::from_amounts(amounts.0)
}

/// The pod's effective request, where every container that does not request a resource of
/// `missing` requests as much as that says.
fn effective<'p>(
    pod: &'p Pod,
    of: RequestsOf,
    missing: &[(&'static str, Quantity)],
) -> Amounts<'p> {
    let mut amounts = container_requests(pod, of, missing);
    if let Some(requests) = pod_level_requests(pod).filter(|_| of.pod_level_counts()) {
        let stated = requests.iter().filter(|(name, _)| is_pod_level(name));
        stated.for_each(|(name, quantity)| *amounts.entry(name) = *quantity);
    }
    amounts.add(&Amounts::of(&pod.spec.overhead));
    amounts
}

/// The requests that the pod states for itself as a whole, if it states any that counts.
fn pod_level_requests(pod: &Pod) -> Option<&ResourceList> {
    let requests = &pod.spec.resources.as_ref()?.requests;
    requests.keys().any(|name| is_pod_level(name)).then_some(requests)
}

/// Whether a pod may state this resource for itself as a whole.
pub fn is_pod_level(name: &str) -> bool {
    matches!(name, "cpu" | "memory") || name.starts_with("hugepages-")
}

/// Containers added up, init containers as far as they need more; neither pod-level requests nor
/// overhead.
fn container_requests<'p>(
    pod: &'p Pod,
    of: RequestsOf,
    missing: &[(&'static str, Quantity)],
) -> Amounts<'p> {
    let infeasible =
        pod.status.conditions.iter().any(|condition| {
            condition.kind == "PodResizePending" && condition.reason == "Infeasible"
        });
    let request_of = |container: &'p Container, statuses: &'p [ContainerStatus], runs_on: bool| {
        let mut amounts = Amounts::of(&container.resources.requests);
        if of.status_counts() && runs_on {
            let status = statuses.iter().find(|status| status.name == container.name);
            if let Some((status, in_force)) =
                status.and_then(|status| Some((status, status.resources.as_ref()?)))
            {
                if infeasible {
                    amounts.0.clear();
                }
                amounts.raise(&Amounts::of(&in_force.requests));
                amounts.raise(&Amounts::of(&status.allocated_resources));
            }
        }
        for (name, quantity) in missing {
            if amounts.get(name).is_none() {
                amounts.0.push((name, *quantity));
            }
        }
        amounts
    };
    let init = |container: &'p Container| {
        request_of(container, &pod.status.init_container_statuses, container.is_sidecar())
    };
    let main =
        |container: &'p Container| request_of(container, &pod.status.container_statuses, true);
    aggregate(&pod.spec, init, main)
}

/// Quantities by name while they are added up: names are borrowed, in the order in which they came.
#[derive(Clone, Debug, Default)]
struct Amounts<'a>(SmallVec<[(&'a str, Quantity); 4]>);

impl<'a> Amounts<'a> {
    /// Those of a list.
    fn of(list: &'a ResourceList) -> Self {
        Self(list.iter().map(|(name, quantity)| (name.as_str(), *quantity)).collect())
    }

    /// The quantity of a name.
    fn get(&self, name: &str) -> Option<Quantity> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, quantity)| *quantity)
    }

    /// The quantity of a name, zero where there was none.
    fn entry(&mut self, name: &'a str) -> &mut Quantity {
        let known = self.0.iter().position(|(known, _)| *known == name);
        let at = known.unwrap_or_else(|| {
            self.0.push((name, Quantity::default()));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }

    fn add(&mut self, other: &Self) {
        for (name, quantity) in &other.0 {
            let mine = self.entry(name);
            *mine = mine.saturating_add(*quantity);
        }
    }

    /// The larger of both, per name.
    fn raise(&mut self, other: &Self) {
        for (name, quantity) in &other.0 {
            match self.0.iter_mut().find(|(known, _)| known == name) {
                Some((_, mine)) => *mine = (*mine).max(*quantity),
                None => self.0.push((name, *quantity)),
            }
        }
    }
}

/// What the containers need together of a list that each of them has.
pub fn of_all_containers(spec: &PodSpec, list: fn(&Container) -> &ResourceList) -> ResourceList {
    let amounts = |container| Amounts::of(list(container));
    let sum = aggregate(spec, amounts, amounts);
    sum.0.into_iter().map(|(name, quantity)| (name.to_owned(), quantity)).collect()
}

/// What the containers need together: all that run side by side added up, init containers as far
/// as one of them, with the sidecars started before it, needs more.
fn aggregate<'a>(
    spec: &'a PodSpec,
    of_init_container: impl Fn(&'a Container) -> Amounts<'a>,
    of_container: impl Fn(&'a Container) -> Amounts<'a>,
) -> Amounts<'a> {
    let mut sum = Amounts::default();
    for container in &spec.containers {
        sum.add(&of_container(container));
    }
    let mut sidecars = Amounts::default();
    let mut peak = Amounts::default();
    for container in &spec.init_containers {
        let mut current = of_init_container(container);
        if container.is_sidecar() {
            sum.add(&current);
            sidecars.add(&current);
            current.clone_from(&sidecars);
        } else {
            current.add(&sidecars);
        }
        peak.raise(&current);
    }
    sum.raise(&peak);
    sum
}

fn container_defaults() -> [(&'static str, Quantity); 2] {
    [
        ("cpu", Quantity::from_milli(DEFAULT_MILLI_CPU)),
        ("memory", Quantity::from_integer(DEFAULT_MEMORY)),
    ]
}
