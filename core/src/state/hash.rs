//! What two clusters have in common: digests of the state, and whether the sums that are kept are
//! those that counting anew gives.
//!
//! Nothing here depends on the order in which values were interned or objects came in. Which
//! counters are kept depends on what was asked, so digests leave them out;
//! [`Cluster::is_counted_right`] looks at them.

use super::Cluster;
use super::ix::{NodeIx, PodIx};
use crate::objects::Store;
use crate::objects::store::Images;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

/// Digests of a cluster. Two that are equal in all three are the same to every decision. The
/// numbers are for comparing within one version of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateHash {
    /// The objects, and which node every pod counts on.
    pub objects: u64,
    /// Sums per node, priorities, and terms carried per domain.
    pub sums: u64,
    /// What the objects alone do not tell: image sizes as first seen, host ports in use.
    pub history: u64,
}

impl Cluster {
    /// Digests of everything that bears on decisions. Costs a walk over all objects.
    pub fn state_hash(&self) -> StateHash {
        StateHash {
            objects: Digest::of(|digest| self.digest_objects(digest)),
            sums: Digest::of(|digest| self.digest_sums(digest)),
            history: Digest::of(|digest| self.digest_history(digest)),
        }
    }

    fn digest_objects(&self, digest: &mut Digest) {
        digest.add(&Store { images: Images::default(), ..self.store.clone() });
        for node in &self.nodes.by_rank {
            digest.add(&self.nodes.objects[*node]);
        }
        let row = |(_, row): (PodIx, _)| -> (_, _) { self.described(row) };
        let pods: BTreeMap<_, _> = self.pods.iter().map(row).collect();
        digest.add(&pods);
        let nominated: BTreeSet<_> = self.nominated.iter().map(|pod| self.key_of(*pod)).collect();
        digest.add(&nominated);
    }

    fn described<'a>(
        &'a self,
        row: &'a super::pods::PodRow,
    ) -> ((&'a str, &'a str), impl fmt::Debug) {
        let meta = &row.pod.meta;
        ((&meta.namespace, &meta.name), (&row.pod, row.node.map(|node| self.nodes.name(node))))
    }

    fn key_of(&self, pod: PodIx) -> Option<(&str, &str)> {
        let meta = &self.pods.get(pod)?.pod.meta;
        Some((&meta.namespace, &meta.name))
    }

    fn digest_sums(&self, digest: &mut Digest) {
        let nodes = &self.nodes;
        for node in &nodes.by_rank {
            let pods: BTreeSet<_> =
                nodes.pods.of(*node).iter().map(|pod| self.key_of(*pod)).collect();
            let ephemeral = &nodes.ephemeral_storage;
            digest.add(&nodes.rows[*node]);
            digest.add(&(ephemeral.allocatable[*node], ephemeral.requested[*node]));
            digest.add(&(self.scalars_of(*node), pods));
        }
        digest.add(&self.priorities);
        digest.add(&self.counters.carried_terms(&self.labels, &self.topology));
    }

    /// Scalar resources that the node has or its pods ask for.
    fn scalars_of(&self, node: NodeIx) -> BTreeMap<&str, (i64, i64)> {
        let scalars = self.nodes.scalars.indices().map(|resource| {
            let column = &self.nodes.scalars[resource];
            let amounts = (column.allocatable[node], column.requested[node]);
            (self.nodes.resource_name(resource), amounts)
        });
        scalars.filter(|(_, amounts)| *amounts != (0, 0)).collect()
    }

    fn digest_history(&self, digest: &mut Digest) {
        digest.add(&self.store.images);
        for node in &self.nodes.by_rank {
            digest.add(&self.nodes.used_ports(*node).collect::<BTreeSet<_>>());
        }
    }

    /// Whether all that is kept up to date from change to change is what counting every pod anew
    /// gives. Costs that.
    pub fn is_counted_right(&self) -> bool {
        let mut anew = self.clone();
        anew.recount(self.nodes.all_ports());
        let nominated = self.pods.iter().filter(|(_, row)| row.pod.is_nominated());
        anew.nodes.rows == self.nodes.rows
            && anew.nodes.measures == self.nodes.measures
            && anew.nodes.ephemeral_storage == self.nodes.ephemeral_storage
            && anew.nodes.scalars == self.nodes.scalars
            && anew.nodes.pods.same_as(&self.nodes.pods)
            && anew.pods.counts_like(&self.pods)
            && anew.priorities == self.priorities
            && anew.counters.counts_like(&self.counters)
            && nominated.map(|(pod, _)| pod).eq(self.nominated())
            && self.pods.iter().all(|(_, row)| row.named == row.pod.node_name.is_some())
    }
}

/// FNV-1a over what values print for debugging: the same on every machine.
struct Digest(u64);

impl Digest {
    fn of(write: impl FnOnce(&mut Self)) -> u64 {
        let mut digest = Self(0xcbf2_9ce4_8422_2325);
        write(&mut digest);
        digest.0
    }

    fn add(&mut self, value: &dyn fmt::Debug) {
        // Writing to a digest does not fail.
        let _written = write!(self, "{value:?};");
    }
}

impl Write for Digest {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Ok(())
    }
}
