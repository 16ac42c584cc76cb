//! Claims that one node can use at a time and that pods on several nodes use all the same.
//! kube-scheduler allows that, and the pods that come second never start.

use crate::objects::claims::claims_of;
use crate::objects::storage::{AccessMode, PersistentVolumeClaim};
use crate::state::Cluster;
use std::collections::{BTreeMap, BTreeSet};

/// One sentence for each such claim, by namespace and name.
pub(super) fn notes(cluster: &Cluster) -> Vec<String> {
    let mut nodes_of: BTreeMap<(&str, String), BTreeSet<&str>> = BTreeMap::new();
    for (_, row) in cluster.pods().iter() {
        let Some(node) = row.node else { continue };
        for used in claims_of(&row.pod) {
            let claim = (row.pod.meta.namespace.as_str(), used.name.into_owned());
            nodes_of.entry(claim).or_default().insert(cluster.nodes().name(node));
        }
    }
    let shared = nodes_of.into_iter().filter(|(_, nodes)| nodes.len() > 1);
    shared
        .filter_map(|((namespace, name), nodes)| {
            let claim = cluster.store().claims.get(namespace, &name)?;
            is_for_one_node(claim).then(|| {
                let nodes: Vec<_> = nodes.into_iter().collect();
                format!(
                    "PersistentVolumeClaim/{namespace}/{name}: is ReadWriteOnce, but pods on {} \
                     use it; only those on one node can start",
                    nodes.join(", ")
                )
            })
        })
        .collect()
}

fn is_for_one_node(claim: &PersistentVolumeClaim) -> bool {
    let modes = &claim.spec.access_modes;
    !modes.is_empty() && modes.iter().all(|mode| *mode == AccessMode::ReadWriteOnce)
}
