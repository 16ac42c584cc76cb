//! One measured run: every pending pod placed in order, with the time that each decision takes.

use crate::clock::timed;
use crate::input::Input;
use anyhow::Result;
use bayplan::scheduler::Scheduler;
use bayplan::state::Cluster;
use bayplan::state::ix::{NodeIx, PodIx};
use std::time::{Duration, Instant};

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// How many pods got a node.
    pub bound: usize,
    /// How many did not.
    pub unschedulable: usize,
    /// What each decision took by the clock, in order of the pods.
    pub times: Vec<Duration>,
    /// What the run took of the deciding thread's processor.
    pub processor: Duration,
    /// The decisions as one number.
    pub digest: Digest,
}

impl Run {
    /// Places the pending pods until all had their turn or the decisions took `limit`.
    ///
    /// # Errors
    /// A pod could not be attempted.
    pub fn new(input: &mut Input, scheduler: &mut Scheduler, limit: Duration) -> Result<Self> {
        let mut times = Vec::with_capacity(input.pending.len());
        let mut nodes = Vec::with_capacity(input.pending.len());
        let (placed, processor) = timed(|| -> Result<()> {
            let begin = Instant::now();
            let mut start = begin;
            for pod in &input.pending {
                nodes.push(scheduler.schedule_pod(&mut input.cluster, *pod)?);
                let now = Instant::now();
                times.push(now - start);
                start = now;
                if now - begin >= limit {
                    break;
                }
            }
            Ok(())
        });
        placed?;
        let mut run = Self { times, processor, ..Self::default() };
        for (pod, node) in input.pending.iter().zip(nodes) {
            run.note(&input.cluster, *pod, node);
        }
        Ok(run)
    }

    fn note(&mut self, cluster: &Cluster, pod: PodIx, node: Option<NodeIx>) {
        let node = if let Some(node) = node {
            self.bound += 1;
            cluster.nodes().name(node)
        } else {
            self.unschedulable += 1;
            ""
        };
        let key = cluster.pods().get(pod).map(|row| row.pod.meta.key()).unwrap_or_default();
        self.digest.add(&format!("{key} {node}\n"));
    }

    /// What all decisions took together.
    pub fn total(&self) -> Duration {
        self.times.iter().sum()
    }

    /// Decisions per second.
    pub fn rate(&self) -> f64 {
        self.times.len() as f64 / self.total().as_secs_f64().max(1e-9)
    }

    /// Decisions per second of processor time.
    pub fn processor_rate(&self) -> f64 {
        self.times.len() as f64 / self.processor.as_secs_f64().max(1e-9)
    }

    /// What a decision took that is slower than this share (0 to 1) of all.
    pub fn quantile(&self, share: f64) -> Duration {
        let mut sorted = self.times.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        sorted.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
    }
}

/// A number that is the same on every machine for the same decisions (FNV-1a, 64 bits).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(pub u64);

impl Default for Digest {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    /// Takes in more text.
    pub fn add(&mut self, text: &str) {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
