//! PostFilter from ledgers: the same answers as the plain rules give, for classes that columns
//! cover.

use super::Nomination;
use super::ledger::{Found, Ledger};
use crate::column::Score;
use crate::explain::message;
use crate::objects::Pod;
use crate::objects::pod::PreemptionPolicy;
use crate::plugins::{Plugin, dynamic_resources};
use crate::profile::Profile;
use crate::state::Cluster;
use crate::view::examiner::{Asked, Examiner};

/// The ledgers of the classes that failed lately. Classes of which nodes are asked the same share one.
#[derive(Clone, Debug, Default)]
pub struct Ledgers {
    /// By what a node is asked and the pod's priority; the latest last.
    ledgers: Vec<((Asked, i32), Ledger)>,
}

/// How many nodes all ledgers have together at most.
const ENTRIES_MAX: usize = 16_000_000;
/// How many ledgers there are at most.
const LEDGERS_MAX: usize = 256;

/// What PostFilter came to for a pod that no node takes.
#[derive(Clone, Debug)]
pub struct Failure<'l> {
    /// Why no node takes the pod, without what PostFilter says.
    pub fit_error: crate::cycle::fit_error::FitError,
    /// What PostFilter says; empty where a node was found.
    pub text: String,
    /// What becomes of the pod's nomination.
    pub nomination: Nomination,
    ledger: Option<&'l Ledger>,
}

impl<'l> Failure<'l> {
    /// Every node on which removing pods helps, in byte order of the names; none where the pod may
    /// not preempt.
    pub fn candidates(&self, cluster: &'l Cluster) -> Vec<Found<'l>> {
        self.ledger.map(|ledger| ledger.candidates(cluster).collect()).unwrap_or_default()
    }

    /// The candidate that costs least, the first by name where several do.
    pub fn chosen(&self, cluster: &'l Cluster) -> Option<Found<'l>> {
        self.ledger?.candidates(cluster).min_by_key(|found| found.cost)
    }
}

impl Ledgers {
    /// Asks PostFilter about a pod that no node takes; `None` where only the plain rules can tell.
    pub fn post_filter<S: Score>(
        &mut self,
        examiner: &Examiner<'_, S>,
        profile: &Profile,
        cluster: &mut Cluster,
        pod: &Pod,
    ) -> Option<Failure<'_>> {
        let devices_asked = profile.post_filter.contains(&Plugin::DynamicResources)
            && !profile.pre_filter.contains(&Plugin::DynamicResources);
        let uncounted =
            cluster.has_pods_below(pod.priority()) && !examiner.removal_is_told_by_counts(cluster);
        if examiner.rejected().is_some() || devices_asked || uncounted {
            return None;
        }
        let never = pod.spec.preemption_policy == Some(PreemptionPolicy::Never);
        let key = (examiner.asked(cluster), pod.priority());
        let ledger = self.ledger(key, cluster.nodes().len());
        ledger.update(examiner, cluster, pod.priority());
        let ledger = &*ledger;
        let asked = profile.post_filter.contains(&Plugin::DefaultPreemption) && !never;
        let found = asked && ledger.candidates(cluster).next().is_some();
        let said = profile.post_filter.iter().filter_map(|plugin| match plugin {
            Plugin::DynamicResources => Some(dynamic_resources::NO_NEW_CLAIMS.to_owned()),
            Plugin::DefaultPreemption if never => {
                Some("preemption: not eligible due to preemptionPolicy=Never.".to_owned())
            }
            Plugin::DefaultPreemption => Some(format!("preemption: {}", ledger.unhelped())),
            _ => None,
        });
        let narrowed = if examiner.is_narrowed() { vec![Plugin::NodeAffinity] } else { Vec::new() };
        Some(Failure {
            fit_error: ledger.fit_error(&message::excluded(&narrowed)),
            text: if found { String::new() } else { said.collect::<Vec<_>>().join(", ") },
            nomination: match (found, asked || profile.post_filter.is_empty()) {
                (true, _) => Nomination::Set,
                (false, true) => Nomination::Clear,
                (false, false) => Nomination::Keep,
            },
            ledger: asked.then_some(ledger),
        })
    }

    fn ledger(&mut self, key: (Asked, i32), nodes: usize) -> &mut Ledger {
        let known = self.ledgers.iter().rposition(|(known, _)| *known == key);
        let entry = match known {
            Some(at) => self.ledgers.remove(at),
            None => {
                let most = (ENTRIES_MAX / nodes.max(1)).clamp(1, LEDGERS_MAX);
                if self.ledgers.len() >= most {
                    self.ledgers.remove(0);
                }
                (key, Ledger::default())
            }
        };
        self.ledgers.push(entry);
        let last = self.ledgers.len() - 1;
        &mut self.ledgers[last].1
    }
}
