//! Who decides: the seam between the judge and the ways to compute a decision.

use bayplan::cycle::evaluation::Evaluation;
use bayplan::cycle::plain::evaluate;
use bayplan::objects::Pod;
use bayplan::preemption::{Nomination, plain::post_filter};
use bayplan::profile::Profile;
use bayplan::state::Cluster;

/// A way to compute decisions.
pub trait Engine {
    /// One attempt to place the pod.
    fn evaluate(&mut self, cluster: &Cluster, profile: &Profile, pod: &Pod) -> Evaluation;

    /// What PostFilter does for a pod that no node takes.
    fn preempt(
        &mut self,
        cluster: &Cluster,
        profile: &Profile,
        pod: &Pod,
        evaluation: &Evaluation,
    ) -> Preempted;
}

/// What PostFilter came to, by names.
#[derive(Clone, Debug, Default)]
pub struct Preempted {
    /// Every node on which removing pods helps, by name.
    pub candidates: Vec<Candidate>,
    /// Indices into `candidates` of the best ones; the first is chosen.
    pub ties: Vec<usize>,
    /// What becomes of the pod's nomination.
    pub nomination: Nomination,
    /// What PostFilter says.
    pub text: String,
}

/// A node on which removing pods helps.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Name of the node.
    pub node: String,
    /// `namespace/name` of the pods to remove, the most important first.
    pub victims: Vec<String>,
    /// How many of them a disruption budget protects.
    pub num_pdb_violations: usize,
}

/// The plain rules.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl Engine for Plain {
    fn evaluate(&mut self, cluster: &Cluster, profile: &Profile, pod: &Pod) -> Evaluation {
        evaluate(&cluster.snapshot(), profile, pod)
    }

    fn preempt(
        &mut self,
        cluster: &Cluster,
        profile: &Profile,
        pod: &Pod,
        evaluation: &Evaluation,
    ) -> Preempted {
        let snapshot = cluster.snapshot();
        let outcome = post_filter(&snapshot, profile, pod, evaluation);
        let candidates = outcome.candidates.iter().map(|candidate| Candidate {
            node: snapshot.nodes[candidate.node].node.name().to_owned(),
            victims: candidate.victims.iter().map(|victim| victim.meta.key()).collect(),
            num_pdb_violations: candidate.num_pdb_violations,
        });
        Preempted {
            candidates: candidates.collect(),
            ties: outcome.ties,
            nomination: outcome.nomination,
            text: outcome.text,
        }
    }
}
