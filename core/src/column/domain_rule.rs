//! Rules that hold a node against the number of pods that its topology domain counts.

use super::Score;
use crate::base::index::Ix;
use crate::state::counters::Tally;
use crate::state::ix::NodeIx;
use crate::state::topology::{Domain, Domains, NO_DOMAIN};

/// A rule about the domains of one topology key: which counts a domain may have.
///
/// Topology spread, affinity and anti-affinity come down to such rules. Where the domains are zones
/// or single nodes a decision can hold them against a zone at once, or against the best node alone.
#[derive(Clone, Copy, Debug)]
pub struct DomainRule<'c> {
    /// The domains.
    pub domains: &'c Domains,
    /// What counts the pods.
    pub tally: Tally,
    /// Counted pods, per domain.
    pub counts: &'c [i32],
    /// The smallest count that is allowed.
    pub least: i32,
    /// The largest count that is allowed.
    pub most: i32,
    /// A node without a domain is refused.
    pub key_required: bool,
}

impl DomainRule<'_> {
    /// Whether the nodes of a domain are refused.
    #[inline]
    pub fn refuses_domain(&self, domain: Domain) -> bool {
        match domain {
            NO_DOMAIN => self.key_required,
            domain => !self.allows(self.counts[domain as usize]),
        }
    }

    /// Whether a node is refused.
    #[inline]
    pub fn refuses(&self, node: NodeIx) -> bool {
        self.refuses_domain(self.domains.of[node])
    }

    /// Marks the refused nodes in the totals.
    pub fn refuse<S: Score>(&self, totals: &mut [S]) {
        if self.domains.each_node {
            for (total, count) in totals.iter_mut().zip(self.counts) {
                // Written in any case, so that this becomes vector instructions.
                *total = if self.allows(*count) { *total } else { S::REFUSED };
            }
        } else if let Some(ranges) = &self.domains.ranges
            && !self.domains.some_lack_it
        {
            for (range, count) in ranges.iter().zip(self.counts) {
                if !self.allows(*count) {
                    totals[range.clone()].fill(S::REFUSED);
                }
            }
        } else {
            for (at, total) in totals.iter_mut().enumerate() {
                if self.refuses(NodeIx::new(at)) {
                    *total = S::REFUSED;
                }
            }
        }
    }

    #[inline]
    fn allows(&self, count: i32) -> bool {
        self.least <= count && count <= self.most
    }
}
