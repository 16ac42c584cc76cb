//! The indices of the state's tables.

use crate::base::index::index_types;

index_types! {
    /// A node. Nodes are numbered by zone and name within the zone, so that a zone is one range;
    /// `Nodes::rank` gives the place in byte order of the names.
    NodeIx;
    /// A pod, pending or bound.
    PodIx;
    /// A class: pods that are the same to the scheduler.
    ClassIx;
    /// A label set: namespace and labels of pods, and whether they are terminating.
    LabelSetIx;
    /// A topology key: a node label whose values are domains.
    KeyIx;
    /// A matcher: which pods a term of a spread constraint or an affinity speaks of.
    MatcherIx;
    /// A count of matched pods per domain.
    CounterIx;
    /// Running pods that carry a term, per domain.
    CarrierIx;
    /// A resource besides CPU, memory and ephemeral storage.
    ResourceIx;
    /// A host port: address, protocol, number.
    PortIx;
    /// A set of nodes that count for a spread constraint.
    EligibleIx;
    /// What a pod takes from its node.
    TakeIx;
    /// Amounts of resources that a pod asks for.
    AmountsIx;
    /// What labels and names a pod requires of a node.
    RequirementsIx;
    /// Tolerations of a pod.
    TolerationsIx;
    /// Host ports that a pod wants.
    PortSetIx;
    /// Images of a pod.
    ImagesIx;
    /// Preferred node affinity of a pod.
    PreferredIx;
    /// Topology spread constraints of a pod.
    SpreadIx;
    /// Affinity and anti-affinity to pods.
    PodAffinityIx;
}
