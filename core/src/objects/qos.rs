//! The quality-of-service class of a pod. It decides nothing about placement.
//!
//! Source: `pkg/apis/core/helper/qos` (v1.35).

use super::pod::{PodSpec, ResourceRequirements};
use super::quantity::{Quantity, ResourceList};

/// Quality of service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QosClass {
    /// Limits for everything, and requests that equal them.
    Guaranteed,
    /// Something is requested or limited.
    Burstable,
    /// Nothing is.
    BestEffort,
}

impl QosClass {
    /// The name that `status.qosClass` has.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Guaranteed => "Guaranteed",
            Self::Burstable => "Burstable",
            Self::BestEffort => "BestEffort",
        }
    }
}

/// What counts of a list: CPU and memory above zero.
#[derive(Clone, Copy, Default, PartialEq)]
struct Amounts {
    cpu: Option<Quantity>,
    memory: Option<Quantity>,
}

impl Amounts {
    fn of(list: &ResourceList) -> Self {
        let positive = |name| list.get(name).copied().filter(|amount| *amount > Quantity::ZERO);
        Self { cpu: positive("cpu"), memory: positive("memory") }
    }

    fn plus(self, other: Self) -> Self {
        let sum = |a: Option<Quantity>, b: Option<Quantity>| match (a, b) {
            (Some(a), Some(b)) => Some(a.saturating_add(b)),
            (a, b) => a.or(b),
        };
        Self { cpu: sum(self.cpu, other.cpu), memory: sum(self.memory, other.memory) }
    }

    fn is_complete(self) -> bool {
        self.cpu.is_some() && self.memory.is_some()
    }
}

/// The class of pods with this spec. Requests that default to limits count as the API server leaves
/// them, so specs are looked at after defaulting.
pub fn qos_class(spec: &PodSpec) -> QosClass {
    let of_pod = spec.resources.as_ref().filter(|own| {
        !Amounts::of(&own.requests).eq(&Amounts::default())
            || !Amounts::of(&own.limits).eq(&Amounts::default())
    });
    let containers = spec.init_containers.iter().chain(&spec.containers);
    let parts: Vec<&ResourceRequirements> = match of_pod {
        Some(own) => vec![own],
        None => containers.map(|container| &container.resources).collect(),
    };
    let sum = |list: fn(&ResourceRequirements) -> &ResourceList| {
        parts.iter().fold(Amounts::default(), |sum, part| sum.plus(Amounts::of(list(part))))
    };
    let (requests, limits) = (sum(|part| &part.requests), sum(|part| &part.limits));
    if requests == Amounts::default() && limits == Amounts::default() {
        QosClass::BestEffort
    } else if parts.iter().all(|part| Amounts::of(&part.limits).is_complete()) && requests == limits
    {
        QosClass::Guaranteed
    } else {
        QosClass::Burstable
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::pod::Container;

    fn list(text: &str) -> ResourceList {
        let pairs = text.split_whitespace().filter_map(|pair| pair.split_once('='));
        pairs
            .map(|(name, amount)| (name.to_owned(), Quantity::parse(amount).expect(amount)))
            .collect()
    }

    fn resources(requests: &str, limits: &str) -> ResourceRequirements {
        ResourceRequirements { requests: list(requests), limits: list(limits), claims: Vec::new() }
    }

    /// Requests and limits.
    type Written = (&'static str, &'static str);

    fn class(pod: Option<Written>, containers: &[Written]) -> QosClass {
        let container = |(requests, limits): &Written| Container {
            resources: resources(requests, limits),
            ..Container::default()
        };
        qos_class(&PodSpec {
            resources: pod.map(|(requests, limits)| resources(requests, limits)),
            containers: containers.iter().map(container).collect(),
            ..PodSpec::default()
        })
    }

    #[test]
    fn the_class_follows_requests_and_limits_of_cpu_and_memory() {
        use QosClass::*;
        let full = ("cpu=1 memory=1Gi", "cpu=1 memory=1Gi");
        #[rustfmt::skip]
        let table: &[(Option<Written>, &[Written], QosClass)] = &[
            (None, &[("", "")],                                              BestEffort),
            (None, &[("cpu=0", "memory=0")],                                 BestEffort),
            (None, &[("nvidia.com/gpu=1", "nvidia.com/gpu=1")],              BestEffort),
            (None, &[full],                                                  Guaranteed),
            (None, &[("cpu=1000m memory=1Gi", "cpu=1 memory=1024Mi")],       Guaranteed),
            (None, &[full, full],                                            Guaranteed),
            (None, &[full, ("", "")],                                        Burstable),
            (None, &[("cpu=1", "")],                                         Burstable),
            (None, &[("cpu=1", "cpu=1")],                                    Burstable),
            (None, &[("cpu=500m memory=1Gi", "cpu=1 memory=1Gi")],           Burstable),
            (Some(full), &[("", "")],                                        Guaranteed),
            (Some(("cpu=1", "")), &[full],                                   Burstable),
            (Some(("", "")), &[full],                                        Guaranteed),
        ];
        for (pod, containers, expected) in table {
            assert_eq!(class(*pod, containers), *expected, "{pod:?} {containers:?}");
        }
    }
}
