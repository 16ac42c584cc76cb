//! What a decision costs through the C library, compared with the same decision through the Rust
//! interface: many rounds of both in turn, each undone afterwards; the best and the middle of each.

#![allow(unsafe_code)]

use anyhow::{Result, ensure};
use bayplan::objects::Pod;
use bayplan::state::ix::NodeIx;
use bayplan::{Cluster, Scheduler, Template};
use bayplan_ffi::cluster::*;
use bayplan_ffi::memory::bayplan_str;
use bayplan_ffi::scheduler::*;
use bayplan_ffi::status::bayplan_status::BAYPLAN_OK;
use bayplan_ffi::transaction::*;
use clap::Parser;
use serde_json::json;
use std::ptr::null_mut;
use std::time::{Duration, Instant};

/// What a decision costs through the C library, and through the Rust interface.
#[derive(Parser)]
struct Arguments {
    /// Nodes of the cluster.
    #[arg(long, default_value_t = 5000)]
    nodes: usize,
    /// Rounds of each way.
    #[arg(long, default_value_t = 200)]
    rounds: usize,
    /// Decisions of a round.
    #[arg(long, default_value_t = 1000)]
    decisions: usize,
}

const POD: &str = r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "worker",
    "namespace": "shop"}, "spec": {"containers": [{"name": "worker", "image": "worker",
    "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}}}]}}"#;

fn node(at: usize) -> serde_json::Value {
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": format!("node-{at:05}")},
        "status": {"allocatable": {"cpu": "64", "memory": "256Gi", "pods": "100000"}}})
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    ensure!(arguments.rounds > 0, "there has to be a round");
    println!("nodes {}, best and middle of {} rounds", arguments.nodes, arguments.rounds);
    println!(
        "{:>10} {:>12} {:>12} {:>12} {:>12} {:>12}",
        "a call", "rust ns", "c ns", "over ns", "rust middle", "c middle"
    );
    for a_call in [1, 10, arguments.decisions] {
        let mut rust = InRust::new(&arguments)?;
        let mut c = InC::new(&arguments)?;
        let (mut rounds_in_rust, mut rounds_in_c) = (Vec::new(), Vec::new());
        for _ in 0..arguments.rounds {
            rounds_in_rust.push(rust.round(arguments.decisions, a_call)?);
            rounds_in_c.push(c.round(arguments.decisions, a_call)?);
        }
        let each = |rounds: &mut Vec<Duration>| {
            rounds.sort_unstable();
            let nanoseconds = |at: usize| rounds[at].as_nanos() as f64 / arguments.decisions as f64;
            (nanoseconds(0), nanoseconds(rounds.len() / 2))
        };
        let (rust, rust_middle) = each(&mut rounds_in_rust);
        let (c, c_middle) = each(&mut rounds_in_c);
        let over = c - rust;
        println!(
            "{a_call:>10} {rust:>12.0} {c:>12.0} {over:>12.0} {rust_middle:>12.0} {c_middle:>12.0}"
        );
    }
    Ok(())
}

/// The Rust interface.
struct InRust {
    cluster: Cluster,
    scheduler: Scheduler,
    template: Template,
}

impl InRust {
    fn new(arguments: &Arguments) -> Result<Self> {
        let nodes = (0..arguments.nodes)
            .map(|at| Ok(serde_json::from_value::<bayplan::Node>(node(at))?.into()));
        let pod: Pod = serde_json::from_str(POD)?;
        Ok(Self {
            cluster: Cluster::from_objects(nodes.collect::<Result<Vec<_>>>()?)?,
            scheduler: Scheduler::default(),
            template: Template::new(pod),
        })
    }

    fn round(&mut self, decisions: usize, a_call: usize) -> Result<Duration> {
        let mut nodes: Vec<Option<NodeIx>> = vec![None; a_call];
        let savepoint = self.cluster.savepoint();
        let start = Instant::now();
        let mut bound = 0;
        for _ in 0..decisions / a_call {
            bound += self.scheduler.schedule_template(
                &mut self.cluster,
                &mut self.template,
                &mut nodes,
            )?;
        }
        let time = start.elapsed();
        self.cluster.rollback(savepoint);
        ensure!(bound == decisions, "{bound} of {decisions} are bound");
        Ok(time)
    }
}

/// The C library, called as C calls it.
struct InC {
    cluster: *mut bayplan_cluster,
    scheduler: *mut bayplan_scheduler,
    template: u64,
}

impl InC {
    fn new(arguments: &Arguments) -> Result<Self> {
        let nodes: Vec<_> = (0..arguments.nodes).map(|at| node(at).to_string()).collect();
        let nodes = nodes.join("\n");
        let text = |text: &str| bayplan_str { data: text.as_ptr().cast(), length: text.len() };
        let (cluster, scheduler) = (bayplan_cluster_new(), bayplan_scheduler_new());
        // SAFETY: the texts live.
        let (status, template) = unsafe {
            let status = bayplan_cluster_apply(cluster, text(&nodes), null_mut());
            (status, bayplan_cluster_intern_pod(cluster, text(POD), null_mut()))
        };
        ensure!(status == BAYPLAN_OK && template != 0, "{status:?}");
        Ok(Self { cluster, scheduler, template })
    }

    fn round(&mut self, decisions: usize, a_call: usize) -> Result<Duration> {
        let mut nodes = vec![0_u32; a_call];
        let (mut transaction, mut bound, mut placed) = (null_mut(), 0, 0);
        // SAFETY: the pointers lead to what is above.
        unsafe {
            let status = bayplan_cluster_begin(self.cluster, &mut transaction, null_mut());
            ensure!(status == BAYPLAN_OK, "{status:?}");
            let start = Instant::now();
            for _ in 0..decisions / a_call {
                let status = bayplan_scheduler_schedule_batch(
                    self.scheduler,
                    self.cluster,
                    self.template,
                    a_call,
                    nodes.as_mut_ptr(),
                    null_mut(),
                    &mut placed,
                    null_mut(),
                );
                ensure!(status == BAYPLAN_OK, "{status:?}");
                bound += placed;
            }
            let time = start.elapsed();
            bayplan_transaction_free(transaction);
            ensure!(bound == decisions, "{bound} of {decisions} are bound");
            Ok(time)
        }
    }
}

impl Drop for InC {
    fn drop(&mut self) {
        bayplan_scheduler_free(self.scheduler);
        bayplan_cluster_free(self.cluster);
    }
}
