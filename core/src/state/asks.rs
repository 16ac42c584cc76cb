//! What a class asks for, part by part.
//!
//! Pods of different workloads differ in labels and images but share amounts, tolerations and
//! requirements. Every part that some plugin looks at is a small number here, decided when the
//! class comes in, so that a class never seen before costs a view nothing but a few table reads.

use super::ix::{
    AmountsIx, ImagesIx, PodAffinityIx, PortIx, PortSetIx, PreferredIx, RequirementsIx, SpreadIx,
    TolerationsIx,
};
use super::node_sets::Requirements;
use crate::base::intern::Interner;
use crate::objects::Pod;
use crate::objects::pod::{
    PodAffinity, PreferredSchedulingTerm, Toleration, TopologySpreadConstraint, Volume,
};
use crate::objects::requests::{RequestsOf, Resources, pod_requests};

/// The parts of one class. Pods with the same number ask for the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Asks {
    /// Amounts of resources.
    pub amounts: AmountsIx,
    /// What labels and names a node must have.
    pub requirements: RequirementsIx,
    /// Taints that are tolerated.
    pub tolerations: TolerationsIx,
    /// Host ports; `None` where none is wanted.
    pub ports: Option<PortSetIx>,
    /// Images of the containers.
    pub images: ImagesIx,
    /// Preferred node affinity.
    pub preferred: PreferredIx,
    /// Topology spread constraints, or whom the default ones follow.
    pub spread: SpreadIx,
    /// Affinity and anti-affinity to pods.
    pub pod_affinity: PodAffinityIx,
    /// There are constraints, or an owner for the default ones to follow; otherwise only services
    /// may bring some.
    pub may_spread: bool,
    /// There is affinity or anti-affinity to pods; otherwise only terms of others concern the pod.
    pub has_terms: bool,
    /// Storage or devices are asked for, or gates hold the pod back: only its objects tell more.
    pub beyond_columns: bool,
}

/// Every distinct part.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    amounts: Interner<AmountsIx, Amounts>,
    requirements: Interner<RequirementsIx, Requirements>,
    tolerations: Interner<TolerationsIx, Vec<Toleration>>,
    ports: Interner<PortSetIx, Vec<PortIx>>,
    images: Interner<ImagesIx, Vec<String>>,
    preferred: Interner<PreferredIx, Option<Vec<PreferredSchedulingTerm>>>,
    spread: Interner<SpreadIx, Spread>,
    pod_affinity: Interner<PodAffinityIx, [Option<PodAffinity>; 2]>,
}

/// Requests as an incoming pod has them, for scoring, and once bound: resizes tell them apart.
type Amounts = [Resources; 3];

/// Topology spread constraints; where there are none, API version, kind and name of the owner.
type Spread = (Vec<TopologySpreadConstraint>, Option<[String; 3]>);

impl Asked {
    /// The parts of a pod that wants these host ports.
    pub(super) fn by(&mut self, pod: &Pod, mut ports: Vec<PortIx>) -> Asks {
        let spec = &pod.spec;
        let affinity = spec.affinity.as_ref();
        let amounts = [RequestsOf::Incoming, RequestsOf::IncomingForScore, RequestsOf::Bound];
        ports.sort_unstable();
        ports.dedup();
        let preferred = affinity.and_then(|it| it.node_affinity.as_ref()?.canonical_preferred());
        let constraints = spec.topology_spread_constraints.clone();
        let owner = pod.meta.controller().filter(|_| constraints.is_empty());
        let owner = owner.map(|it| [it.api_version.clone(), it.kind.clone(), it.name.clone()]);
        let pod_affinity = [
            affinity.and_then(|it| it.pod_affinity.clone()),
            affinity.and_then(|it| it.pod_anti_affinity.clone()),
        ];
        Asks {
            may_spread: !constraints.is_empty() || owner.is_some(),
            has_terms: pod_affinity.iter().any(Option::is_some),
            amounts: self.amounts.intern(amounts.map(|of| pod_requests(pod, of))),
            requirements: self.requirements.intern(Requirements::of(pod)),
            tolerations: self.tolerations.intern(spec.canonical_tolerations()),
            ports: (!ports.is_empty()).then(|| self.ports.intern(ports)),
            images: self.images.intern(spec.canonical_images()),
            preferred: self.preferred.intern(preferred),
            spread: self.spread.intern((constraints, owner)),
            pod_affinity: self.pod_affinity.intern(pod_affinity),
            beyond_columns: spec.volumes.iter().any(Volume::needs_storage)
                || !spec.resource_claims.is_empty()
                || !spec.scheduling_gates.is_empty(),
        }
    }

    /// The host ports of a number.
    pub(super) fn ports(&self, ports: PortSetIx) -> &[PortIx] {
        self.ports.value(ports)
    }
}
