//! The rule over columns.

use super::{counted, named_nodes};
use crate::base::bits::Bits;
use crate::column::Score;
use crate::objects::Pod;
use crate::objects::pod::{NodeAffinity, PreferredSchedulingTerm};
use crate::state::Cluster;
use crate::state::node_sets::Requirements;
use std::collections::BTreeSet;

/// Nodes that the profile's own affinity lets pass; `None` means all.
pub fn enforced(added: Option<&NodeAffinity>, cluster: &mut Cluster) -> Option<Bits> {
    let required = added?.required.clone()?;
    let requirements = Requirements { required: Some(required), ..Requirements::default() };
    Some(cluster.meeting(&requirements))
}

/// Names of the only nodes that the pod's terms can match, if every term names some.
pub fn narrowed(requirements: &Requirements) -> Option<BTreeSet<String>> {
    named_nodes(requirements.required.as_ref()?)
}

/// The terms that add to the score, the pod's and the profile's; `None` where the pod is not
/// scored.
///
/// # Errors
/// Why a term does not compile.
pub fn preferred(
    pod: &Pod,
    added: Option<&NodeAffinity>,
) -> Result<Option<Vec<PreferredSchedulingTerm>>, String> {
    let of = |affinity: Option<&NodeAffinity>| affinity.and_then(|it| it.canonical_preferred());
    let own = of(pod.spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref()));
    if let Some(text) = counted(own.as_deref()).find_map(|term| term.preference.invalid()) {
        return Err(text);
    }
    let added = of(added).unwrap_or_default();
    if own.is_none() && added.is_empty() {
        return Ok(None);
    }
    Ok(Some(own.into_iter().flatten().chain(added).collect()))
}

/// The weights of the terms that hold, per node; `None` where a column has no room for their sum.
pub fn scores<S: Score>(
    terms: &[PreferredSchedulingTerm],
    cluster: &mut Cluster,
) -> Option<Vec<S>> {
    let weights = || counted(Some(terms)).map(|term| i64::from(term.weight));
    S::of_value(weights().sum())?;
    let mut scores = vec![S::default(); cluster.nodes().len()];
    for (term, weight) in counted(Some(terms)).zip(weights()) {
        cluster.term(&term.preference).mark(&mut scores, |score| score.plus(S::cast(weight)));
    }
    Some(scores)
}
