//! Who is asked: a scheduler, and whether binding a pod comes to what evaluating it says.

use super::recording::Entry;
use super::report::{Aspect, Comparison};
use super::{Way, replay};
use anyhow::Result;
use bayplan::cycle::decision::Decision;
use bayplan::profile::Profile;
use bayplan::scheduler::{Engine, Scheduler};
use bayplan::state::Cluster;

/// The scheduler that is asked.
pub(super) struct Asked {
    way: Way,
    fresh: Scheduler,
    scheduler: Scheduler,
}

/// What one attempt comes to.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Outcome {
    pub(super) bound: Option<String>,
    pub(super) nominated: Option<String>,
    pub(super) message: Option<String>,
}

impl Asked {
    pub(super) fn new(profile: Profile, way: Way) -> Self {
        let engine = if way == Way::Plain { Engine::Plain } else { Engine::Fast };
        let fresh = Scheduler::new(profile).with_engine(engine);
        Self { way, scheduler: fresh.clone(), fresh }
    }

    /// The scheduler for the next question.
    pub(super) fn scheduler(&mut self) -> &mut Scheduler {
        if self.way == Way::Anew {
            self.scheduler = self.fresh.clone();
        }
        &mut self.scheduler
    }

    /// Attempts the pod as an embedder does and takes that back. Evaluating looks at every node;
    /// binding only looks for the best one, which is a way of its own. The plain rules have one way
    /// for both: nothing is compared then.
    pub(super) fn compare(
        &mut self,
        cluster: &mut Cluster,
        key: &str,
        evaluated: &Outcome,
    ) -> Result<Option<Comparison>> {
        if self.way == Way::Plain {
            return Ok(None);
        }
        let (namespace, name) = replay::split(key);
        let savepoint = cluster.savepoint();
        let decision = self.scheduler().schedule(cluster, &namespace, &name);
        cluster.rollback(savepoint);
        let texts = [format!("{evaluated:?}"), format!("{:?}", Outcome::of(decision?))];
        let [evaluated, scheduled] = texts;
        Ok(Some(Comparison::of(Aspect::Scheduled, "", evaluated, scheduled)))
    }
}

impl Outcome {
    fn of(decision: Decision) -> Self {
        match decision {
            Decision::Bound { node, .. } => Self { bound: Some(node), ..Self::default() },
            Decision::Nominated { node, message, .. } => {
                Self { nominated: Some(node), message: Some(message), ..Self::default() }
            }
            Decision::Unschedulable(message) | Decision::Skipped(message) => {
                Self { message: Some(message), ..Self::default() }
            }
            Decision::Gated(_) => Self::default(),
        }
    }
}

impl Entry {
    /// What the attempt comes to.
    pub(super) fn outcome(&self) -> Outcome {
        let nominated = self.preemption.as_ref().map(|made| made.nominated_node.clone());
        Outcome { bound: self.bound.clone(), nominated, message: self.message.clone() }
    }
}
